import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted

from streams.delivery.intake import Intake
from streams.delivery.records import Partition
from streams.worker import lag as lag_module
from streams.worker.lag import LagWatch
from streams.worker.metrics import WorkerMetrics
from tests.fakes import FakeRecord

TOPIC = "new-review"
FIRST = asyncio.FIRST_COMPLETED
P0, P1 = Partition(TOPIC, 0), Partition(TOPIC, 1)


@dataclass
class FakeEnds:
    """A broker and a consumer that say what the test wants."""

    ends_at: dict[Partition, int] = field(default_factory=dict)
    read_to: dict[Partition, int] = field(default_factory=dict)
    fail_with: list[Exception] = field(default_factory=list)
    asked: int = 0
    asked_often: asyncio.Event = field(default_factory=asyncio.Event)

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        self.asked += 1
        if self.asked >= 3:
            self.asked_often.set()
        if self.fail_with:
            raise self.fail_with.pop(0)
        return {partition: self.ends_at[partition] for partition in partitions if partition in self.ends_at}

    async def positions(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        return {partition: self.read_to[partition] for partition in partitions if partition in self.read_to}


@dataclass
class Watched:
    """A watch over an intake with two partitions, each from offset 10."""

    ends: FakeEnds
    intake: Intake
    metrics: WorkerMetrics
    watch: LagWatch

    def lag(self, partition: int, name: str = "messages") -> float | None:
        labels = {"role": "enrich", "topic": TOPIC, "partition": str(partition)}
        return self.metrics.registry.get_sample_value(f"reviewstream_lag_{name}", labels)

    async def take(self, partition: Partition, *offsets: int, timestamp: int = 0) -> None:
        records = [
            FakeRecord(offset, timestamp=timestamp, partition=partition.partition) for offset in offsets
        ]
        assert await self.intake.offer(partition, records, self.intake.epoch)


@pytest.fixture
async def watched() -> Watched:
    intake = Intake([TOPIC], max_in_flight_records=100)
    await intake.assign({P0: 10, P1: 10})
    ends = FakeEnds({P0: 30, P1: 10}, {P0: 10, P1: 10})
    metrics = WorkerMetrics("enrich")
    return Watched(ends, intake, metrics, LagWatch(ends, intake, metrics))


async def test_the_lag_is_what_lies_between_reading_and_the_end(watched: Watched) -> None:
    """Without anything in flight it is the broker's end less the consumer's position."""
    await watched.watch.refresh()
    assert (watched.lag(0), watched.lag(1)) == (20, 0)
    assert watched.watch.messages == 20


async def test_what_is_in_flight_still_waits(watched: Watched) -> None:
    """Records that were read and are not acknowledged count as lag; their age is told in seconds."""
    an_hour_ago = int((time.time() - 3_600) * 1_000)
    await watched.take(P0, *range(10, 30), timestamp=an_hour_ago)
    watched.ends.read_to[P0] = 30
    await watched.watch.refresh()
    assert watched.lag(0) == 20
    assert watched.lag(0, "seconds") == pytest.approx(3_600, abs=60)
    assert (
        watched.metrics.registry.get_sample_value("reviewstream_in_flight_records", {"role": "enrich"}) == 20
    )


async def test_done_shortens_the_lag(watched: Watched) -> None:
    """As chunks are acknowledged the lag falls, and with the last one it is zero."""
    await watched.take(P0, *range(10, 20))
    await watched.take(P0, *range(20, 30))
    watched.ends.read_to[P0] = 30
    for remaining in (10, 0):
        chunk = await watched.intake.next()
        watched.intake.mark_done(chunk)
        await watched.intake.release(chunk)
        await watched.watch.refresh()
        assert watched.watch.messages == remaining


async def test_offsets_without_records_are_not_lag(watched: Watched) -> None:
    """Transaction markers at the end are passed by the consumer, and no record waits there."""
    watched.ends.read_to[P0] = 30
    await watched.watch.refresh()
    assert watched.watch.messages == 0
    assert watched.lag(0, "seconds") == 0


async def test_a_clock_that_is_behind_gives_no_negative_age(watched: Watched) -> None:
    """A record from the future, by this machine's clock, is zero seconds old."""
    await watched.take(P0, 10, timestamp=int((time.time() + 3_600) * 1_000))
    await watched.watch.refresh()
    assert watched.lag(0, "seconds") == 0


async def test_partitions_that_left_are_forgotten(watched: Watched) -> None:
    """After a rebalance the lag of another worker's partitions is not ours to report."""
    await watched.watch.refresh()
    await watched.intake.assign({P1: 10})
    await watched.watch.refresh()
    assert watched.lag(0) is None
    assert watched.lag(1) == 0


async def test_a_partition_without_committed_offset_counts_from_where_it_begins(watched: Watched) -> None:
    """Where old records were deleted before anything was committed, those that are gone are not lag."""
    await watched.intake.assign({P0: None})
    watched.ends.ends_at[P0], watched.ends.read_to[P0] = 1_000_010, 1_000_005
    await watched.take(P0, *range(1_000_000, 1_000_005))
    await watched.watch.refresh()
    assert watched.watch.messages == 10


async def test_idle_grows_only_while_work_waits_and_nothing_moves(watched: Watched) -> None:
    """The stuck worker is told from the idle one: by lag, and by offsets that do not move."""
    watch = watched.watch

    async def idle_s_after(seconds: float) -> float:
        watch._moved_at -= seconds
        await watch.refresh()
        return watch.idle_s

    await watched.take(P0, *range(10, 15))
    await watch.refresh()
    assert await idle_s_after(500) >= 500
    assert await idle_s_after(500) >= 1_000
    chunk = await watched.intake.next()
    watched.intake.mark_done(chunk)
    assert await idle_s_after(0) < 400
    assert await idle_s_after(500) >= 500
    await watched.intake.release(chunk)
    watched.ends.read_to[P0] = 30
    assert await idle_s_after(0) < 400
    assert await idle_s_after(500) < 400


@pytest.mark.parametrize(
    "trouble",
    [KafkaError("away"), OSError("away"), TimeoutError(), ConsumerNotStarted()],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_broker_that_is_away_leaves_the_last_figures(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """Trouble with asking, whatever it is, costs one refresh: the watch goes on, and with it the worker."""
    monkeypatch.setattr(lag_module, "_INTERVAL_S", 0.001)
    await watched.watch.refresh()
    watched.ends.fail_with, watched.ends.asked = [trouble], 0
    running = asyncio.create_task(watched.watch.run())
    try:
        await asyncio.wait(
            [running, asyncio.create_task(watched.ends.asked_often.wait())], timeout=2, return_when=FIRST
        )
        assert watched.ends.asked_often.is_set()
        assert not running.done()
        assert watched.watch.messages == 20
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@dataclass
class FakePing:
    """A broker that answers or does not, and counts how often it was asked."""

    is_away: bool = False
    asked: int = 0

    async def __call__(self) -> None:
        self.asked += 1
        if self.is_away:
            raise KafkaError("away")


async def an_hour_later(watch: LagWatch) -> None:
    """One round of `run`, as if nothing had been heard for an hour."""
    for name in ("_moved_at", "_heard_at", "_known_at"):
        setattr(watch, name, getattr(watch, name) - 3_600)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_broker_that_is_away_is_not_heard(watched: Watched) -> None:
    """Silence grows while nothing answers; the worker is not stuck meanwhile, and has its full time afterwards."""
    watched.watch = LagWatch(watched.ends, watched.intake, watched.metrics, ping=FakePing(is_away=True))
    watched.ends.fail_with = [KafkaError("away")]
    await an_hour_later(watched.watch)
    assert watched.watch.silent_s >= 3_600
    assert watched.watch.idle_s < 60
    assert watched.watch.unknown_s < 60
    await watched.watch.refresh()
    assert watched.watch.silent_s < 60


async def test_a_consumer_that_says_nothing_is_not_taken_for_the_broker(watched: Watched) -> None:
    """If the broker answers the ping and the consumer does not, it is this worker that is stuck."""
    watched.watch = LagWatch(watched.ends, watched.intake, watched.metrics, ping=FakePing())
    watched.ends.fail_with = [TimeoutError()]
    await an_hour_later(watched.watch)
    assert watched.watch.silent_s < 60
    assert watched.watch.unknown_s >= 3_600
    assert watched.watch.idle_s >= 3_600


@pytest.mark.parametrize(("has_partitions", "is_asking"), [(False, True), (True, False)])
async def test_who_has_nothing_to_ask_pings(watched: Watched, has_partitions: bool, is_asking: bool) -> None:
    """A spare worker, and one whose figures come from the last fetch, would not notice that the broker is gone."""
    if not has_partitions:
        await watched.intake.assign({})
    ping = FakePing()
    watch = LagWatch(watched.ends, watched.intake, watched.metrics, ping=ping, is_asking=is_asking)
    await an_hour_later(watch)
    assert (ping.asked, watch.silent_s < 60) == (1, True)
    ping.is_away = True
    await an_hour_later(watch)
    assert watch.silent_s >= 3_600


async def test_a_batch_that_is_finished_is_progress(watched: Watched) -> None:
    """A chunk of many slow batches moves no offset for long, and its worker is not stuck."""
    await watched.watch.refresh()
    watched.watch._moved_at -= 500
    watched.watch.moved()
    await watched.watch.refresh()
    assert watched.watch.idle_s < 400
