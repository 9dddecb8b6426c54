"""A worker with tables: it looks at its topics first, claims a directory, and watches both while it runs."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from schemas.topics import NEW_PRODUCT, NEW_REVIEW, PRODUCT_SUMMARY, USER_BEHAVIOUR
from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Partition, Record
from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_facts import TopicFacts
from streams.settings import KafkaSettings, Settings
from streams.state.origin import PartitionCountError
from streams.state.restoring import RestoreProgress
from streams.state.store import PartitionStore
from streams.state.table_set import TableSet
from streams.state.tables import PartitionTables
from streams.worker import stateful_worker
from streams.worker.role import Role
from streams.worker.stateful_worker import StatefulWorker
from tests.fakes import FakeSink

CHANGELOG = "kept"
KEYED = ("new-review", "new-product", "product-summary", CHANGELOG)
ROLE = Role(
    "adding",
    port_offset=9,
    does="nothing",
    worker=cast("Any", None),
    reads=(NEW_REVIEW, NEW_PRODUCT),
    # Of the two that it writes, one has partitions of its own: its keys meet no tables.
    writes=(PRODUCT_SUMMARY, USER_BEHAVIOUR),
    changelogs=(CHANGELOG,),
)
CLIENT = KafkaConnection("nowhere:1")
P0, OTHERS_0 = Partition("new-review", 0), Partition("new-product", 0)


class AddingHandler:
    """Does nothing, and counts its ticks."""

    def __init__(self, tables: TableSet[PartitionTables], is_behind: Callable[[], bool]) -> None:
        self.tables = tables
        self.is_behind = is_behind

    async def __call__(self, _records: Collection[Record]) -> Effects:
        return Effects()

    async def tick(self, _partition: Partition) -> Effects:
        return Effects()


class AddingWorker(StatefulWorker[PartitionTables]):
    """The least that a role with tables is."""

    tick_s = 0.001

    def make_tables(self, store: PartitionStore, _partitions: int) -> PartitionTables:
        return PartitionTables(store)

    def new_handler(self, tables: TableSet[PartitionTables], is_behind: Callable[[], bool]) -> AddingHandler:
        return AddingHandler(tables, is_behind)


class Broker:
    """What topics there are, and what was asked."""

    def __init__(self) -> None:
        self.facts = {name: TopicFacts(2, name) for name in KEYED}
        self.asked: list[frozenset[str]] = []
        self.fails_with: Exception | None = None

    async def tell(self, client: KafkaConnection, names: Collection[str]) -> Mapping[str, TopicFacts]:
        assert client is CLIENT
        self.asked.append(frozenset(names))
        if self.fails_with is not None:
            raise self.fails_with
        return {name: facts for name, facts in self.facts.items() if name in names}

    async def cluster_id(self, _client: KafkaConnection) -> str:
        return "cluster"


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(topic_admin, "facts", broker.tell)
    monkeypatch.setattr(topic_admin, "cluster_id", broker.cluster_id)
    monkeypatch.setattr(stateful_worker, "_LOOK_EVERY_S", 0.001)
    return broker


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"state": {"directory": tmp_path}})


async def loaded(settings: Settings, stack: AsyncExitStack) -> AddingWorker:
    worker = AddingWorker(ROLE, settings, stack)
    await worker.load_handler(CLIENT, is_kafka=True)
    return worker


async def test_topics_are_looked_at_before_a_directory_is_claimed(
    broker: Broker, settings: Settings, tmp_path: Path
) -> None:
    """Those that share keys with the tables: read, written or the changelog; unequal ones end the start."""
    broker.facts[CHANGELOG] = TopicFacts(3, CHANGELOG)
    async with AsyncExitStack() as stack:
        with pytest.raises(PartitionCountError, match=f"{CHANGELOG} 3"):
            await loaded(settings, stack)
    assert broker.asked == [frozenset(KEYED)]
    assert not (tmp_path / "reviewstream-adding").exists()


async def test_renamed_topics_are_looked_at_by_their_names(broker: Broker, settings: Settings) -> None:
    """The changelog, too, from which the tables are restored."""
    broker.facts = {f"shop.{name}": TopicFacts(2, name) for name in KEYED}
    renamed = settings.model_copy(update={"kafka": KafkaSettings(topic_prefix="shop.")})
    async with AsyncExitStack() as stack:
        tables = (await asyncio.wait_for(loaded(renamed, stack), 30))._tables
        assert broker.asked == [frozenset(broker.facts)]
        assert tables is not None
        assert tables.changelog == f"shop.{CHANGELOG}"


async def test_each_worker_has_a_directory_until_it_ends(settings: Settings, tmp_path: Path) -> None:
    """Below the group's name; the next worker finds that of one that ended."""
    base = tmp_path / "reviewstream-adding"
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        for stack in (first, second):
            tables = (await loaded(settings, stack))._tables
            assert tables is not None
        assert sorted(path.name for path in base.iterdir()) == ["0", "1"]
        await first.aclose()
        async with AsyncExitStack() as third:
            await loaded(settings, third)
            assert sorted(path.name for path in base.iterdir()) == ["0", "1"]


async def test_tables_lie_in_the_directory_and_know_the_cluster(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that tables are made with comes from the settings, the broker and the role."""
    made: dict[str, Any] = {}

    def noting(client: KafkaConnection, topics: Any, make: Any, directory: Path, **more: Any) -> Any:
        made.update(
            client=client, changelog=topics.changelog, inputs=topics.inputs, directory=directory, **more
        )
        return TableSet(client, topics, make, directory, **more)

    monkeypatch.setattr(stateful_worker, "TableSet", noting)
    monkeypatch.setattr(stateful_worker, "StoreMemory", lambda cache_bytes: cache_bytes)
    async with AsyncExitStack() as stack:
        worker = await loaded(settings, stack)
        assert made == {
            "client": CLIENT,
            "changelog": CHANGELOG,
            "inputs": ("new-review", "new-product"),
            "directory": tmp_path / "reviewstream-adding" / "0",
            "cluster": "cluster",
            "is_kafka": True,
            "on_anew": worker._metrics.rebuilt,
            "memory": settings.state.cache_bytes,
        }


async def test_handler_and_ticks_are_the_roles(settings: Settings) -> None:
    """The handler is told of the tables and of a backlog; there are no ticks before there is one."""
    async with AsyncExitStack() as stack:
        worker = AddingWorker(ROLE, settings, stack)
        assert worker.tick_handler() is None
        handler = await worker.load_handler(CLIENT, is_kafka=True)
        assert isinstance(handler, AddingHandler)
        assert handler.tables is worker._tables
        assert worker.tick_handler() == handler.tick
        assert not handler.is_behind()
        worker._intake.in_flight_records = 10**9
        assert handler.is_behind()


async def test_a_sink_cannot_be_wrapped_without_tables(settings: Settings) -> None:
    """It would publish a changelog that no disk follows."""
    async with AsyncExitStack() as stack:
        with pytest.raises(FatalError, match="adding: the tables are not there yet"):
            AddingWorker(ROLE, settings, stack).wrap_sink(FakeSink())


class NotingTables:
    """Tables that are held as a test says."""

    def __init__(self, *renewed: str) -> None:
        self.changelog = CHANGELOG
        self.renewed = {0: frozenset(renewed)}
        self.progress: RestoreProgress | None = None
        self.held: list[tuple[list[int], list[int]]] = []
        self.is_closed = False

    def let_go(self) -> None: ...

    async def hold(self, partitions: Collection[int], counted: Collection[int] = ()) -> None:
        self.held.append((list(partitions), sorted(counted)))

    async def delivered(self, *_delivered: object) -> None: ...

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(("start", "counted"), [(None, []), (0, []), (7, [0])])
async def test_tables_are_told_whether_anything_was_counted(
    settings: Settings, start: int | None, counted: list[int]
) -> None:
    """By what the group has committed of any topic of the partition's number."""
    async with AsyncExitStack() as stack:
        worker = await loaded(settings, stack)
        tables = NotingTables()
        worker._tables = cast("Any", tables)
        sink = worker.wrap_sink(FakeSink())
        await worker._intake.assign({P0: None, OTHERS_0: start})
        await sink.restore([P0, OTHERS_0])
        assert tables.held == [([0], counted)]
        await sink.stop()
        assert tables.is_closed


@pytest.mark.parametrize("is_committed_by_consumer", [True, False])
async def test_a_topic_made_anew_is_read_from_its_beginning(
    settings: Settings, *, is_committed_by_consumer: bool
) -> None:
    """What is committed is of the topic before; a transaction's mark is still told by it."""
    async with AsyncExitStack() as stack:
        worker = await loaded(settings, stack)
        worker._tables = cast("Any", NotingTables("new-review"))
        sink = worker.wrap_sink(FakeSink(is_committed_by_consumer=is_committed_by_consumer))
        await worker._intake.assign({P0: 7, OTHERS_0: 8})
        await sink.restore([P0, OTHERS_0])
        anew, other = worker._intake.leases[P0], worker._intake.leases[OTHERS_0]
        assert (anew.start, anew.position) == (None, None)
        assert anew.committed == (None if is_committed_by_consumer else 7)
        assert (other.start, other.position, other.committed) == (8, 8, 8)


async def test_restoring_is_a_reason_not_to_be_ready(settings: Settings) -> None:
    """With how far it is; none before there are tables, and none when they are there."""
    async with AsyncExitStack() as stack:
        worker = AddingWorker(ROLE, settings, stack)
        assert worker.missing() == ()
        await worker.load_handler(CLIENT, is_kafka=True)
        assert worker.missing() == ()
        assert worker._tables is not None
        worker._tables.progress = RestoreProgress(3, 9)
        assert worker.missing() == ("tables are being restored: 3 of 9 offsets",)


async def test_the_topics_are_watched_while_the_worker_runs(broker: Broker, settings: Settings) -> None:
    """A broker that is away, or refuses for a moment, is asked again; a partition that is added ends the worker."""
    async with AsyncExitStack() as stack:
        worker = await loaded(settings, stack)
        ticking, watching = worker.background()
        ticking.close()
        looking = asyncio.create_task(watching)
        for passing in (
            topic_admin.BrokerUnreachableError("away"),
            topic_admin.TopicsRefusedError("not yet"),
        ):
            broker.fails_with, before = passing, len(broker.asked)
            async with asyncio.timeout(5):
                while len(broker.asked) < before + 3:  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.001)
        assert not looking.done()
        broker.facts["new-review"] = TopicFacts(3, "new-review")
        broker.fails_with = None
        with pytest.raises(PartitionCountError):
            await asyncio.wait_for(looking, 5)


async def test_time_passes_for_the_first_topic(settings: Settings) -> None:
    """One tick a partition of it, which stands for all topics of its number; again and again."""
    async with AsyncExitStack() as stack:
        worker = await loaded(settings, stack)
        await worker._intake.assign({P0: 0, OTHERS_0: 0})
        ticking, watching = worker.background()
        watching.close()
        passing = asyncio.create_task(ticking)
        for _ in range(2):
            chunk: Chunk = await asyncio.wait_for(worker._intake.next(), 5)
            assert chunk.is_tick
            assert chunk.lease.partition == P0
            await worker._intake.release(chunk)
        passing.cancel()


def test_partitions_of_one_number_share_tables() -> None:
    """So that what a product's topics say of it is applied in turn."""
    assert AddingWorker.shares_tables
