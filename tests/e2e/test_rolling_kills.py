"""Every count is right, whatever dies: rolling workers killed under load, then a recount of each product."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.products import ProductSummary
from schemas.topics import ENRICHED_REVIEW, PRODUCT_SUMMARY
from streams.publishing import RawRecord, publish
from streams.tailing import follow
from tests.brokers import ApacheKafka, unique_name
from tests.e2e.cluster import CHECKPOINTS, Cluster, kill_and_replace, paced
from tests.histories import Recount, random_history, summary_counts

pytestmark = [pytest.mark.kafka]

PRODUCTS = 101
LOAD_PER_SECOND = 400
#: Between the changelog's acknowledgement and the copy on disk, beside all points of delivery.
ROLLING_CHECKPOINTS = (*CHECKPOINTS, "before_tables")


def new_cluster(kafka: ApacheKafka, directory: Path, delivery: str) -> Cluster:
    return Cluster(
        kafka.bootstrap_servers,
        directory,
        group=unique_name("rolling"),
        delivery=delivery,
        script=Path(__file__).with_name("rolling_worker.py"),
        environment={
            "REVIEWSTREAM_STATE__DIRECTORY": str(directory / "state"),
            "REVIEWSTREAM_ROLLING__TICK_S": "0.2",
        },
    )


async def run_with_kills(
    kafka: ApacheKafka, cluster: Cluster, history: list[dict[str, Any]], *, kills: int, restarts_broker: bool
) -> dict[str, ProductSummary]:
    """Publish a history while workers die, join and leave; the summaries that products end with."""
    await cluster.create_topics()
    expected = expected_counts(history)
    records = [RawRecord(event["product_id"].encode(), orjson.dumps(event)) for event in history]
    killing_is_over = asyncio.Event()

    async def publish_under_way() -> None:
        for number, batch in enumerate(paced(records, 100)):
            await publish(cluster.client, ENRICHED_REVIEW.name, batch)
            if not killing_is_over.is_set():
                await asyncio.sleep(100 / LOAD_PER_SECOND)
            if restarts_broker and number == len(records) // 200:
                await asyncio.to_thread(kafka.stop)
                await asyncio.to_thread(kafka.start)

    async def kill() -> None:
        await kill_and_replace(cluster, kills=kills, seed=11, checkpoints=ROLLING_CHECKPOINTS)
        killing_is_over.set()

    summaries: dict[str, ProductSummary] = {}
    try:
        async with asyncio.timeout(kills * 30 + 150):
            await asyncio.gather(publish_under_way(), kill())
            await read_until_right(cluster, summaries, expected)
    except TimeoutError:
        wrong = [one for one in expected if not is_right(summaries, expected, one)]
        pytest.fail(
            f"{len(wrong)} of {len(expected)} products are wrong: {wrong[:5]}\n{cluster.logs()[-4000:]}"
        )
    return summaries


def expected_counts(history: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    recount = Recount(history)
    return {
        product_id: recount.counts(product_id) for product_id in {event["product_id"] for event in history}
    }


def is_right(
    summaries: dict[str, ProductSummary], expected: dict[str, dict[str, Any]], product_id: str
) -> bool:
    return product_id in summaries and summary_counts(summaries[product_id]) == expected[product_id]


async def read_until_right(
    cluster: Cluster, summaries: dict[str, ProductSummary], expected: dict[str, dict[str, Any]]
) -> None:
    """The last summary of every product, read until all are what the recount says."""
    right: set[str] = set()
    async with follow(cluster.client, [PRODUCT_SUMMARY.name], from_beginning=True) as tail:
        async for record in tail:
            summary = ProductSummary.model_validate_json(record.value)
            summaries[summary.product_id] = summary
            if is_right(summaries, expected, summary.product_id):
                right.add(summary.product_id)
            else:
                right.discard(summary.product_id)
            if len(right) == len(expected):
                return


async def check(
    kafka: ApacheKafka,
    directory: Path,
    delivery: str,
    *,
    events: int,
    kills: int,
    restarts_broker: bool = False,
) -> None:
    history = random_history(5, events, products=PRODUCTS)
    cluster = new_cluster(kafka, directory, delivery)
    try:
        summaries = await run_with_kills(
            kafka, cluster, history, kills=kills, restarts_broker=restarts_broker
        )
        codes = await cluster.stop()
    finally:
        cluster.kill_all()
    print(
        json.dumps({"delivery": delivery, "kills": cluster.killed(), "products": len(summaries), "wrong": 0})
    )
    assert cluster.killed() == kills
    assert set(codes) == {0}
    for summary in summaries.values():
        for point in summary.key_points:
            assert point.count >= len(point.review_ids)


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_every_count_is_right_when_workers_are_killed(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Three kills under load, of 4,000 creations, edits, removals and repeats: every product as recounted."""
    await check(own_kafka, tmp_path, delivery, events=4_000, kills=3)


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_every_count_is_right_after_thirty_kills(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Thirty kills at random points and failpoints, workers joining and leaving, a restart of the broker."""
    await check(own_kafka, tmp_path, delivery, events=20_000, kills=30, restarts_broker=True)
