"""A partition that goes to another worker and comes back: nothing old is published of it."""

from datetime import UTC, datetime
from pathlib import Path

import orjson

from schemas.topics import ENRICHED_REVIEW, NEW_PRODUCT, PRODUCT_SUMMARY, PRODUCT_TEXT
from streams.delivery.intake import Chunk, Lease
from streams.delivery.records import Effects, Partition
from streams.kafka.topic_facts import TopicFacts
from streams.roles.rolling.handler import RollProducts
from streams.roles.rolling.tables import ProductTables
from streams.settings import RollingSettings
from streams.state.stateful_sink import StatefulSink
from streams.state.store import StoreMemory
from streams.state.table_set import TableSet
from streams.state.topic_watch import TopicWatch
from tests.changelogs import FakeChangelog
from tests.fakes import FakeRecord, FakeSink
from tests.histories import enriched

PARTITION = Partition(ENRICHED_REVIEW.name, 0)
INPUTS = (ENRICHED_REVIEW.name, NEW_PRODUCT.name, PRODUCT_TEXT.name)
STATE = "rolling-state"


class PublishingSink(FakeSink):
    """Publishes to a changelog in memory."""

    changelog: FakeChangelog

    async def deliver(self, chunk: Chunk, effects: Effects) -> dict[str, int]:
        await super().deliver(chunk, effects)
        changes = [(one.key or b"", one.value) for one in effects.outputs if one.topic == STATE]
        return {STATE: self.changelog.append(0, changes)}


class Worker:
    """What a worker does with one partition."""

    def __init__(self, path: Path, changelog: FakeChangelog) -> None:
        self.inner = PublishingSink()
        self.inner.changelog = changelog
        self.tables = TableSet(
            changelog.connection,
            TopicWatch(self.ask, [*INPUTS, STATE], INPUTS, STATE),
            ProductTables,
            path,
            cluster="c",
            is_kafka=True,
            memory=StoreMemory(8 * 1024 * 1024),
        )
        self.sink = StatefulSink(self.inner, self.tables)
        settings = RollingSettings(prompt_summaries=0)
        self.handler = RollProducts(self.tables, settings, now=lambda: datetime(2026, 9, 21, tzinfo=UTC))

    async def ask(self) -> dict[str, TopicFacts]:
        return dict.fromkeys([*INPUTS, STATE], TopicFacts(1, "id"))

    async def take(self, offset: int, review_id: str) -> None:
        event = orjson.dumps(enriched(review_id, 1))
        record = FakeRecord(offset, b"p", event, ENRICHED_REVIEW.name)
        await self.deliver(await self.handler([record]))

    async def deliver(self, effects: Effects) -> None:
        await self.sink.deliver(Chunk(Lease(PARTITION, 0), (), 1), effects)

    async def tick(self) -> list[int]:
        """How many reviews the summaries of a tick have."""
        effects = await self.handler.tick(PARTITION)
        await self.deliver(effects)
        return [
            orjson.loads(one.value or b"")["counts"]["reviews"]
            for one in effects.outputs
            if one.topic == PRODUCT_SUMMARY.name
        ]


async def test_a_tick_between_an_assignment_and_its_restoration_publishes_nothing(tmp_path: Path) -> None:
    """This worker's tables are older than what the other one published; they are restored first."""
    changelog = FakeChangelog()
    here, there = Worker(tmp_path / "here", changelog), Worker(tmp_path / "there", changelog)
    await here.sink.acquire([PARTITION])
    await here.sink.restore([PARTITION])
    await here.take(0, "r1")

    await there.sink.acquire([PARTITION])
    await there.sink.restore([PARTITION])
    await there.take(1, "r2")
    assert await there.tick() == [2]
    await there.take(2, "r3")

    await here.sink.acquire([PARTITION])
    before = len(changelog.partitions[0])
    assert await here.tick() == []
    assert len(changelog.partitions[0]) == before
    await here.sink.restore([PARTITION])
    assert await here.tick() == [3]
    for worker in (here, there):
        worker.tables.close()
