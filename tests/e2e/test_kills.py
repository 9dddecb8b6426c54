"""Nothing is lost, whatever dies: workers killed under load on Apache Kafka, then an independent recount."""

import asyncio
import json
from pathlib import Path

import pytest

from schemas.topics import NEW_REVIEW
from streams.kafka.publishing import publish
from tests.brokers import ApacheKafka, unique_name
from tests.e2e.cluster import (
    Cluster,
    Load,
    Recount,
    kill_and_replace,
    make_load,
    paced,
    read_until_complete,
)

pytestmark = [pytest.mark.kafka]


LOAD_PER_SECOND = 400


async def run_with_kills(cluster: Cluster, load: Load, *, kills: int, seed: int) -> Recount:
    """Publish the load while workers die, join and leave, until all of it has come out."""
    await cluster.create_topics()
    recount = Recount()
    killing_is_over = asyncio.Event()

    async def publish_under_way() -> None:
        for batch in paced(load.records, 100):
            await publish(cluster.client, NEW_REVIEW.name, batch)
            if not killing_is_over.is_set():
                await asyncio.sleep(100 / LOAD_PER_SECOND)

    async def kill() -> None:
        await kill_and_replace(cluster, kills=kills, seed=seed)
        killing_is_over.set()

    try:
        async with asyncio.timeout(kills * 30 + 120):
            await asyncio.gather(publish_under_way(), kill(), read_until_complete(cluster, load, recount))
    except TimeoutError:
        pytest.fail(f"not complete: {recount.summary(load)}\n{cluster.logs()[-4000:]}")
    return recount


async def check(kafka: ApacheKafka, directory: Path, delivery: str, *, reviews: int, kills: int) -> None:
    load = make_load(reviews, raising_every=200, undecodable_every=333)
    cluster = Cluster(
        kafka.bootstrap_servers,
        directory,
        group=unique_name("kill"),
        delivery=delivery,
        arguments=["0.00005"],
    )
    try:
        recount = await run_with_kills(cluster, load, kills=kills, seed=7)
        codes = await cluster.stop()
    finally:
        cluster.kill_all()
    summary = recount.summary(load)
    print(json.dumps({"delivery": delivery, "kills": cluster.killed(), **summary}))
    assert cluster.killed() == kills
    assert codes
    assert set(codes) == {0}
    assert summary["lost"] == 0
    assert summary["not_dead_lettered"] == 0
    assert summary["wrong"] == 0
    assert summary["order_violations"] == 0
    if delivery == "exactly_once":
        assert summary["repeats"] == 0


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_nothing_is_lost_when_workers_are_killed(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Three kills under load: every valid review comes out, every invalid one is set aside, no more than promised."""
    await check(own_kafka, tmp_path, delivery, reviews=4_000, kills=3)


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_nothing_is_lost_in_twenty_kills(own_kafka: ApacheKafka, tmp_path: Path, delivery: str) -> None:
    """Twenty kills at random points and failpoints, workers joining and leaving, 20,000 reviews: as above."""
    await check(own_kafka, tmp_path, delivery, reviews=20_000, kills=20)
