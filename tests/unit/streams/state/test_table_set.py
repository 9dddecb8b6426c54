"""Tables come, are restored, and go with their partitions; what they were counted from is kept with them."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from streams.delivery.intake import Chunk, Lease
from streams.delivery.records import Effects, Output, Partition
from streams.errors import ConfigurationError, FatalError
from streams.kafka.topic_admin import BrokerUnreachableError
from streams.kafka.topic_facts import TopicFacts
from streams.state.origin import LostTablesError, PartitionCountError
from streams.state.positions import position
from streams.state.restoring import RestoreProgress, restore
from streams.state.stateful_sink import StatefulSink
from streams.state.store import Checkpoint, PartitionStore, StoreMemory
from streams.state.table_set import TableSet
from streams.state.tables import PartitionTables
from streams.state.topic_watch import TopicWatch
from streams.state.versions import VersionedCodec
from tests.changelogs import CHANGELOG, FakeChangelog
from tests.fakes import FakeSink

MEMORY = StoreMemory(8 * 1024 * 1024)
NAMES = VersionedCodec(list[str], version=1, readers={})
INPUT = "reviews"
P0 = Partition(INPUT, 0)


class NameTables(PartitionTables):
    """Lists of names by key."""

    def __init__(self, store: PartitionStore, _partitions: int = 1) -> None:
        super().__init__(store)
        self.names = self.add(b"n", NAMES, cached=10)


class Topics:
    """What the broker says of the topics, to be changed by a test."""

    def __init__(self, partitions: int = 2) -> None:
        self.facts = {INPUT: TopicFacts(partitions, "a"), CHANGELOG: TopicFacts(partitions, "c")}

    async def ask(self) -> Mapping[str, TopicFacts]:
        return dict(self.facts)


class Machine:
    """A worker's tables, and how it delivers."""

    def __init__(self, path: Path, changelog: FakeChangelog, topics: Topics) -> None:
        self.changelog = changelog
        self.watch = TopicWatch(topics.ask, [INPUT, CHANGELOG], [INPUT], CHANGELOG)
        self.anew: list[str] = []
        self.tables: TableSet[NameTables] = TableSet(
            changelog.connection,
            self.watch,
            NameTables,
            path,
            cluster="cluster",
            is_kafka=True,
            memory=MEMORY,
            on_anew=self.anew.append,
        )

    async def put(self, number: int, key: bytes, *names: str) -> None:
        tables = self.tables.of(number)
        tables.names.put(key, list(names))
        changes = tables.take_changes()
        await self.tables.delivered(number, changes, self.changelog.append(number, changes))


@pytest.fixture
def changelog() -> FakeChangelog:
    return FakeChangelog()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PartitionStore]:
    opened = PartitionStore(tmp_path / "store", MEMORY)
    yield opened
    opened.close()


async def restored(
    changelog: FakeChangelog, store: PartitionStore, *, cluster: str = "cluster", topic_id: str = "c"
) -> int:
    return await restore(
        changelog.connection, CHANGELOG, {0: store}, cluster=cluster, topic_id=topic_id, is_kafka=True
    )


async def test_a_store_reads_what_it_misses_and_no_more(
    changelog: FakeChangelog, store: PartitionStore
) -> None:
    """To the end at first, from there on afterwards; deletions are deletions; progress is told."""
    changelog.append(0, [(b"a", b"1"), (b"b", b"2"), (b"a", None)])
    told: list[RestoreProgress] = []
    await restore(
        changelog.connection,
        CHANGELOG,
        {0: store},
        cluster="cluster",
        topic_id="c",
        is_kafka=True,
        report=told.append,
    )
    assert dict(store.scan(b"a")) == {}
    assert dict(store.scan(b"b")) == {b"b": b"2"}
    assert told[-1] == RestoreProgress(3, 3)
    changelog.append(0, [(b"c", b"3")])
    assert await restored(changelog, store) == 1
    assert store.get(b"c") == b"3"


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (Checkpoint("elsewhere", 1, time.time(), "c"), "another cluster"),
        (Checkpoint("cluster", 1, time.time(), "the one before"), "the changelog was made anew"),
        (Checkpoint("cluster", 9, time.time(), "c"), "ahead of the changelog"),
        (Checkpoint("cluster", 1, time.time() - 86_400, "c"), "too old"),
    ],
)
async def test_a_store_that_cannot_follow_starts_anew(
    tmp_path: Path, changelog: FakeChangelog, known: Checkpoint, why: str
) -> None:
    """Of another cluster, of a changelog made anew, ahead of it, or too old: what it had is gone, and it is told."""
    changelog.append(0, [(b"na", NAMES.encode(["lamp"])), (b"nb", NAMES.encode(["desk"]))])
    before = PartitionStore(tmp_path / "0", MEMORY)
    before.write({b"nold": NAMES.encode(["old"])}, known)
    before.close()
    machine = Machine(tmp_path, changelog, Topics())
    await machine.tables.hold([0])
    assert dict(machine.tables.of(0).names.scan()) == {b"a": ["lamp"], b"b": ["desk"]}
    assert machine.anew == [why]
    await machine.tables.hold([0])
    assert machine.anew == [why]
    machine.tables.close()


async def test_damaged_tables_are_restored_and_told_once(tmp_path: Path, changelog: FakeChangelog) -> None:
    """Of two partitions the damaged one; nothing is told of a new machine."""
    machine = Machine(tmp_path, changelog, Topics())
    await machine.tables.hold([0, 1])
    await machine.put(0, b"k", "lamp")
    await machine.put(1, b"k", "desk")
    machine.tables.close()
    assert machine.anew == []
    (tmp_path / "1" / "CURRENT").unlink()
    again = Machine(tmp_path, changelog, Topics())
    for _ in range(2):
        await again.tables.hold([0, 1])
        assert [again.tables.of(number).names.get(b"k") for number in (0, 1)] == [["lamp"], ["desk"]]
        assert again.anew == ["damaged"]
    again.tables.close()


async def test_tables_are_what_was_delivered_wherever_they_are_held(
    tmp_path: Path, changelog: FakeChangelog
) -> None:
    """Another machine has the same; what was not delivered is nowhere, and one partition leaves the other alone."""
    here = Machine(tmp_path / "here", changelog, Topics())
    await here.tables.hold([0, 1])
    await here.put(0, b"k", "lamp")
    await here.put(1, b"k", "desk")
    here.tables.of(0).names.put(b"undelivered", ["x"])
    there = Machine(tmp_path / "there", changelog, Topics())
    for machine in (here, there):
        await machine.tables.hold([0])
        assert dict(machine.tables.of(0).names.scan()) == {b"k": ["lamp"]}
        assert not machine.tables.is_held(1)
    here.tables.close()
    there.tables.close()


async def test_tables_of_an_earlier_assignment_are_not_read(tmp_path: Path, changelog: FakeChangelog) -> None:
    """From the next assignment on, until they are restored: another worker has changed them meanwhile."""
    here, there = (Machine(tmp_path / name, changelog, Topics()) for name in ("here", "there"))
    sink = StatefulSink(FakeSink(), here.tables)
    await sink.restore([P0])
    await here.put(0, b"k", "old")
    before = here.tables.of(0)
    await there.tables.hold([0])
    await there.put(0, b"k", "new")

    await sink.acquire([P0])
    assert not here.tables.is_held(0)
    assert not here.tables.holds(before)
    await sink.restore([P0])
    assert here.tables.of(0).names.get(b"k") == ["new"]
    here.tables.close()
    there.tables.close()


async def test_outputs_are_acknowledged_before_the_changelog_without_transactions(tmp_path: Path) -> None:
    """A crash between the two leaves the tables as they were, so that the chunk has its outputs again."""
    passed: list[str] = []
    effects = Effects([Output(CHANGELOG, b"nk", NAMES.encode(["lamp"])), Output("alerts", b"k", b"!")])
    machine = Machine(tmp_path, FakeChangelog(), Topics())
    inner = FakeSink(checkpoint=passed.append)
    sink = StatefulSink(inner, machine.tables)
    await sink.restore([P0])
    await sink.deliver(Chunk(Lease(P0, 0), (), 1), effects)
    assert [[output.topic for output in done.outputs] for _, _, done in inner.delivered] == [
        ["alerts"],
        [CHANGELOG],
    ]
    assert passed == ["before_changelog", "before_tables"]
    machine.tables.close()


async def test_all_is_one_delivery_with_transactions(tmp_path: Path) -> None:
    """Changelog and outputs, or nothing; and under a lost lease nothing is written to disk."""
    effects = Effects([Output(CHANGELOG, b"nk", NAMES.encode(["lamp"])), Output("alerts", b"k", b"!")])
    machine = Machine(tmp_path, FakeChangelog(), Topics())
    inner = FakeSink(is_committed_by_consumer=False)
    sink = StatefulSink(inner, machine.tables)
    await sink.restore([P0])
    lost = Lease(P0, 0)
    lost.is_held = False
    await sink.deliver(Chunk(lost, (), 1), effects)
    assert [done for _, _, done in inner.delivered] == [effects]
    assert machine.tables.of(0).names.get(b"k") is None
    await sink.deliver(Chunk(Lease(P0, 0), (), 1), effects)
    assert machine.tables.of(0).names.get(b"k") == ["lamp"]
    machine.tables.close()


async def test_unequal_partition_counts_are_refused(tmp_path: Path, changelog: FakeChangelog) -> None:
    """At start, with topics and counts, as a wrong setting is; and while a worker runs."""
    topics = Topics()
    machine = Machine(tmp_path, changelog, topics)
    await machine.watch.look()
    await machine.watch.compare()
    topics.facts[INPUT] = TopicFacts(8, "a")
    for looking in (machine.watch.look, machine.watch.compare):
        with pytest.raises(PartitionCountError, match=f"{INPUT} 8, {CHANGELOG} 2") as refused:
            await looking()
        assert isinstance(refused.value, ConfigurationError)


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("machine", ["the same", "a new"])
async def test_tables_know_their_partition_count(
    tmp_path: Path, changelog: FakeChangelog, number: int, machine: str
) -> None:
    """All topics grown: refused on the same and on a new machine, for a partition that had tables and a new one."""
    topics = Topics(2)
    before = Machine(tmp_path / "the same", changelog, topics)
    await before.tables.hold([0, 1])
    await before.put(0, b"k", "lamp")
    topics.facts = {INPUT: TopicFacts(4, "a"), CHANGELOG: TopicFacts(4, "c")}
    with pytest.raises(PartitionCountError, match=r"with 2 partitions .* got 4.*rebuild"):
        await before.watch.compare()
    before.tables.close()
    after = Machine(tmp_path / machine, changelog, topics)
    with pytest.raises(PartitionCountError, match=r"with 2 partitions .* got 4.*rebuild"):
        await after.tables.hold([number])
    assert not after.tables.is_held(number)
    after.tables.close()


async def test_tables_from_before_their_count_was_kept_are_taken_as_they_are(
    tmp_path: Path, changelog: FakeChangelog
) -> None:
    """And keep it from then on, with the first delivery."""
    changelog.append(0, [(b"nk", NAMES.encode(["lamp"]))])
    machine = Machine(tmp_path, changelog, Topics())
    await machine.tables.hold([0], counted=[0])
    await machine.put(0, b"l", "desk")
    machine.tables.close()
    again = Machine(tmp_path, changelog, Topics(4))
    with pytest.raises(PartitionCountError):
        await again.tables.hold([0])
    again.tables.close()


async def test_offsets_count_on_in_a_topic_made_anew(tmp_path: Path, changelog: FakeChangelog) -> None:
    """Each life's first offset is above all of the life before; on another machine too, and only once a life."""
    topics = Topics()
    machine = Machine(tmp_path / "here", changelog, topics)
    await machine.tables.hold([0])
    assert machine.tables.of(0).position(INPUT, 10**9) == 10**9
    await machine.put(0, b"k", "lamp")
    topics.facts[INPUT] = TopicFacts(2, "b")
    with pytest.raises(FatalError, match=f"{INPUT} was deleted and made anew") as ended:
        await machine.watch.compare()
    assert not isinstance(ended.value, ConfigurationError)
    with pytest.raises(FatalError, match="Start it again"):
        await machine.tables.hold([0])
    machine.tables.close()
    machine = Machine(tmp_path / "here", changelog, topics)
    await machine.tables.hold([0])
    assert machine.tables.of(0).position(INPUT, 0) == position(1, 0) > 10**9
    await machine.put(0, b"k", "desk")
    machine.tables.close()
    elsewhere = Machine(tmp_path / "there", changelog, topics)
    await elsewhere.tables.hold([0])
    assert elsewhere.tables.of(0).position(INPUT, 0) == position(1, 0)
    elsewhere.tables.close()


async def test_a_topic_made_anew_is_read_from_its_beginning(tmp_path: Path, changelog: FakeChangelog) -> None:
    """Whatever the group has committed: told once, when its tables are held for the first time after."""
    topics = Topics()
    for topic_id, wanted in (("a", []), ("b", [P0]), ("b", [])):
        topics.facts[INPUT] = TopicFacts(2, topic_id)
        machine = Machine(tmp_path, changelog, topics)
        begun: list[Partition] = []
        sink = StatefulSink(FakeSink(), machine.tables, begin_anew=begun.append)
        await sink.restore([P0, Partition("others", 0)])
        assert begun == wanted
        await machine.put(0, b"k", "lamp")
        machine.tables.close()


async def test_a_changelog_made_anew_is_not_counted_on(tmp_path: Path, changelog: FakeChangelog) -> None:
    """The tables on disk follow another one: they are not used, and missing counts are not taken for zero."""
    topics = Topics()
    machine = Machine(tmp_path, changelog, topics)
    await machine.tables.hold([0])
    for number in range(5):
        await machine.put(0, b"k%d" % number, "lamp")
    machine.tables.close()
    changelog.partitions.clear()
    topics.facts[CHANGELOG] = TopicFacts(2, "d")
    again = Machine(tmp_path, changelog, topics)
    with pytest.raises(LostTablesError, match="delete the offsets"):
        await again.tables.hold([0], counted=[0])
    await again.tables.hold([0])
    assert not list(again.tables.of(0).names.scan())
    again.tables.close()


async def test_topics_that_are_away_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that does not answer, and a topic that is being made anew."""
    monkeypatch.setattr("streams.state.topic_watch._RETRY_S", 0.0)
    answers = [None, {INPUT: TopicFacts(2, "a")}, dict(Topics().facts)]

    async def ask() -> Mapping[str, TopicFacts]:
        answer = answers.pop(0)
        if answer is None:
            raise BrokerUnreachableError("away")
        return answer

    watch = TopicWatch(ask, [INPUT, CHANGELOG], [INPUT], CHANGELOG)
    assert await watch.look() == Topics().facts
