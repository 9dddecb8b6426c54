"""Topics that change under the tables of the rolling role, on a real broker: nothing is counted wrong in silence."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from schemas.summaries import ProductSummary
from schemas.topics import ENRICHED_REVIEW, PRODUCT_SUMMARY
from streams.app import run_role
from streams.errors import ConfigurationError, FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.kafka.tailing import follow
from streams.settings import Settings
from streams.state.origin import LostTablesError, PartitionCountError
from tests.brokers import ApacheKafka, unique_name
from tests.histories import enriched
from tests.integration.workers import make_settings, prepare
from tests.roles import rolling_role, topics

pytestmark = [pytest.mark.kafka]
PRODUCTS = 12


async def put_reviews(client: KafkaConnection, *review_ids: str, version: int = 1, **more: Any) -> None:
    """So many reviews of each product."""
    events = [
        enriched(review_id, version, product_id=f"p{number}", **more)
        for review_id in review_ids
        for number in range(PRODUCTS)
    ]
    records = [RawRecord(event["product_id"].encode(), orjson.dumps(event)) for event in events]
    await publish(client, ENRICHED_REVIEW.name, records)


async def counted(client: KafkaConnection, reviews: int, hundredths: int) -> None:
    """Wait until every product's latest summary has so many reviews, and so much of ratings."""
    latest: dict[str, tuple[int, int]] = {}
    async with asyncio.timeout(60), follow(client, [PRODUCT_SUMMARY.name], from_beginning=True) as tail:
        async for record in tail:
            counts = ProductSummary.model_validate_json(record.value).counts
            latest[record.key] = (counts.reviews, counts.rating_hundredths)
            if list(latest.values()) == [(reviews, hundredths)] * PRODUCTS:
                return


async def run_until(settings: Settings, *waited_for: Any) -> None:
    """Run a worker until everything has come, then stop it; its end before that is an error."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_role(rolling_role(), settings, stop=stop))
    waiting = asyncio.ensure_future(asyncio.gather(*waited_for))
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    waiting.cancel()
    await asyncio.wait_for(running, 60)
    assert waiting.done()


async def raise_partitions(admin: AIOKafkaAdminClient, *names: str) -> None:
    await admin.create_partitions({name: NewPartitions(6) for name in names})


@pytest.fixture
def settings(own_kafka: ApacheKafka, tmp_path: Path) -> Settings:
    return make_settings(
        own_kafka.bootstrap_servers,
        unique_name("group"),
        delivery="exactly_once",
        state={"directory": str(tmp_path / "state")},
        rolling={"tick_s": 0.2},
    )


async def test_partitions_that_are_added_end_a_worker_and_are_refused_from_then_on(
    own_kafka: ApacheKafka, settings: Settings, tmp_path: Path
) -> None:
    """While it runs; then at its start with unequal counts; then with all grown, on this machine and on a new one."""
    client = await prepare(own_kafka.bootstrap_servers)
    await put_reviews(client, "r1", rating=4)
    admin = client.admin()
    await admin.start()
    running = asyncio.create_task(run_role(rolling_role(), settings, stop=asyncio.Event()))
    try:
        await counted(client, 1, 400)
        await raise_partitions(admin, ENRICHED_REVIEW.name)
        with pytest.raises(PartitionCountError, match=f"{ENRICHED_REVIEW.name} 6"):
            await asyncio.wait_for(running, 60)
        with pytest.raises(PartitionCountError, match=f"{ENRICHED_REVIEW.name} 6"):
            await asyncio.wait_for(run_role(rolling_role(), settings, stop=asyncio.Event()), 60)
        others = {spec.name for spec in topics()} - {ENRICHED_REVIEW.name}
        await raise_partitions(admin, *others)
        new_machine = settings.model_copy(
            update={"state": settings.state.model_copy(update={"directory": tmp_path / "new"})}
        )
        for each in (settings, new_machine):
            with pytest.raises(ConfigurationError, match=r"counted with 4 partitions .* got 6"):
                await asyncio.wait_for(run_role(rolling_role(), each, stop=asyncio.Event()), 60)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await admin.close()


async def make_anew(client: KafkaConnection, *names: str, partitions: int = 4) -> None:
    """Delete topics, and create them again."""
    admin = client.admin()
    await admin.start()
    try:
        await admin.delete_topics(list(names))
        async with asyncio.timeout(30):
            while await topic_admin.facts(client, names):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
    await topic_admin.create(client, topics(partitions))


async def commit_late(client: KafkaConnection, group: str) -> None:
    """Commit offsets of the topic before, as a worker does that has not noticed yet."""
    consumer = AIOKafkaConsumer(bootstrap_servers=client.bootstrap_servers, group_id=group)
    partitions = [TopicPartition(ENRICHED_REVIEW.name, number) for number in range(4)]
    consumer.assign(partitions)
    await consumer.start()
    try:
        await consumer.commit(dict.fromkeys(partitions, 3))
    finally:
        await consumer.stop()


async def test_reviews_count_on_in_a_topic_made_anew(own_kafka: ApacheKafka, settings: Settings) -> None:
    """Made anew while no worker runs: edits and new reviews count, what is published again does not count twice."""
    client = await prepare(own_kafka.bootstrap_servers)
    await put_reviews(client, "r1", "r2", "r3", rating=4)
    await run_until(settings, counted(client, 3, 1_200))
    await make_anew(client, ENRICHED_REVIEW.name)
    await commit_late(client, f"{settings.kafka.group_prefix}-rolling")
    await put_reviews(client, "r1", rating=4)
    await put_reviews(client, "r2", version=2, rating=2)
    await put_reviews(client, "r4", rating=5)
    await run_until(settings, counted(client, 4, 400 + 200 + 400 + 500))


async def test_a_worker_notices_that_a_topic_is_made_anew(own_kafka: ApacheKafka, settings: Settings) -> None:
    """It ends, so that it is started again, and counts on then."""
    client = await prepare(own_kafka.bootstrap_servers)
    await put_reviews(client, "r1", rating=4)
    running = asyncio.create_task(run_role(rolling_role(), settings, stop=asyncio.Event()))
    await counted(client, 1, 400)
    await make_anew(client, ENRICHED_REVIEW.name)
    with pytest.raises(FatalError, match=f"{ENRICHED_REVIEW.name} was deleted and made anew") as ended:
        await asyncio.wait_for(running, 60)
    assert not isinstance(ended.value, ConfigurationError)
    await put_reviews(client, "r2", rating=2)
    await run_until(settings, counted(client, 2, 600))


async def test_counts_are_not_begun_again_without_their_changelog(
    own_kafka: ApacheKafka, settings: Settings
) -> None:
    """The changelog was made anew, and the group has gone on from there: the worker ends with what to do."""
    client = await prepare(own_kafka.bootstrap_servers)
    await put_reviews(client, "r1", rating=4)
    await run_until(settings, counted(client, 1, 400))
    await make_anew(client, "rolling-state")
    await put_reviews(client, "r2", rating=4)
    with pytest.raises(LostTablesError, match="delete the offsets"):
        await asyncio.wait_for(run_role(rolling_role(), settings, stop=asyncio.Event()), 60)


async def test_tables_are_rebuilt_by_hand_with_more_partitions(
    own_kafka: ApacheKafka, settings: Settings, tmp_path: Path
) -> None:
    """As docs/operating.md says: the saved records, with their keys, into topics that are made anew; another group."""
    client = await prepare(own_kafka.bootstrap_servers)
    await put_reviews(client, "r1", "r2", rating=4)
    await put_reviews(client, "r2", version=2, rating=1)
    await run_until(settings, counted(client, 2, 500))
    saved: list[RawRecord] = []
    async with asyncio.timeout(60), follow(client, [ENRICHED_REVIEW.name], from_beginning=True) as tail:
        async for record in tail:
            saved.append(RawRecord(record.key, record.value))
            if len(saved) == 3 * PRODUCTS:
                break
    await make_anew(client, *{spec.name for spec in topics()}, partitions=6)
    await publish(client, ENRICHED_REVIEW.name, reversed(saved))
    begun_anew = make_settings(
        own_kafka.bootstrap_servers,
        unique_name("group"),
        delivery="exactly_once",
        state={"directory": str(tmp_path / "new")},
        rolling={"tick_s": 0.2},
    )
    await run_until(begun_anew, counted(client, 2, 500))
