"""Every refresh that was asked for is answered, whatever dies, and no older text replaces a newer one."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.summaries import ProductText
from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED, dead_letter_topic
from streams.kafka.publishing import RawRecord, publish
from streams.kafka.tailing import follow
from tests.brokers import ApacheKafka, unique_name
from tests.e2e.cluster import CHECKPOINTS, Cluster, kill_and_replace, paced

pytestmark = [pytest.mark.kafka]

PRODUCTS = 31
LOAD_PER_SECOND = 200


def request(number: int) -> dict[str, Any]:
    """Generation after generation of each product."""
    return {
        "product_id": f"p{number % PRODUCTS}",
        "generation": number // PRODUCTS + 1,
        "as_of": "2026-09-20T00:00:00Z",
        "reason": "new_reviews",
        "language": "en",
        "counts": {
            "reviews": number,
            "rating_histogram": [0, 0, 0, 0, 0, number],
            "sentiment": {"negative": 0, "neutral": 0, "positive": number},
        },
        "source": {"topic": "enriched-review", "partition": 0, "offset": number, "timestamp_ms": 1},
        "made_at": "2026-09-20T00:00:00Z",
    }


async def check(kafka: ApacheKafka, directory: Path, delivery: str, *, requests: int, kills: int) -> None:
    cluster = Cluster(
        kafka.bootstrap_servers,
        directory,
        group=unique_name("generate"),
        delivery=delivery,
        script=Path(__file__).with_name("generate_worker.py"),
    )
    wanted = {(f"p{number % PRODUCTS}", number // PRODUCTS + 1) for number in range(requests)}
    records = [RawRecord(f"p{n % PRODUCTS}".encode(), orjson.dumps(request(n))) for n in range(requests)]
    bad = RawRecord(b"p1", b"{}")
    answered: Counter[tuple[str, int]] = Counter()
    newest: dict[str, int] = {}
    went_back = dead = 0

    async def publish_under_way() -> None:
        for batch in paced(records, 50):
            await publish(cluster.client, REFRESH_REQUESTED.name, [*batch, bad])
            await asyncio.sleep(50 / LOAD_PER_SECOND)

    async def read() -> None:
        nonlocal went_back, dead
        topics = [PRODUCT_TEXT.name, dead_letter_topic(REFRESH_REQUESTED.name)]
        async with follow(cluster.client, topics, from_beginning=True) as tail:
            async for record in tail:
                if record.topic != PRODUCT_TEXT.name:
                    dead += 1
                    continue
                text = ProductText.model_validate_json(record.value)
                answered[text.product_id, text.generation] += 1
                went_back += text.generation < newest.get(text.product_id, 0)
                newest[text.product_id] = text.generation
                if answered.keys() >= wanted:
                    return

    try:
        await cluster.create_topics()
        async with asyncio.timeout(kills * 30 + 120):
            await asyncio.gather(
                publish_under_way(),
                kill_and_replace(cluster, kills=kills, seed=3, checkpoints=CHECKPOINTS),
                read(),
            )
        codes = await cluster.stop()
    except TimeoutError:
        pytest.fail(f"{len(wanted - answered.keys())} requests were not answered\n{cluster.logs()[-4000:]}")
    finally:
        cluster.kill_all()
    repeats = sum(answered.values()) - len(answered)
    print(
        json.dumps(
            {"delivery": delivery, "kills": cluster.killed(), "answered": len(answered), "twice": repeats}
        )
    )
    assert cluster.killed() == kills
    assert set(codes) == {0}
    assert answered.keys() == wanted
    assert dead > 0
    if delivery == "exactly_once":
        assert (repeats, went_back) == (0, 0)


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_every_request_is_answered_when_workers_are_killed(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Two kills under load: each generation of each product comes out; exactly once, in order."""
    await check(own_kafka, tmp_path, delivery, requests=1_500, kills=2)


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_every_request_is_answered_after_twenty_kills(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Twenty kills at random and at failpoints: as above."""
    await check(own_kafka, tmp_path, delivery, requests=12_000, kills=20)
