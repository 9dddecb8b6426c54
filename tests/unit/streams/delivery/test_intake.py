import asyncio
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.delivery.intake import Chunk, Intake, Lease
from streams.delivery.records import Partition
from tests.fakes import FakeRecord

TOPIC = "new-review"
PARTITIONS = [Partition(TOPIC, number) for number in range(3)]
P0, P1 = PARTITIONS[:2]
BOUND = 8


def records(*offsets: int) -> list[FakeRecord]:
    return [FakeRecord(offset, timestamp=1_000 + offset) for offset in offsets]


def offsets_of(chunk: Chunk) -> list[int]:
    return [record.offset for record in chunk.records]


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(8):
        await asyncio.sleep(0)


class IntakeHistory(RuleBasedStateMachine):
    """Any order of assignments, fetches, work and rebalances, with one fetch at a time as Faust has it.

    What it holds against the intake, after every step:
    no accepted record of a lease is skipped or given twice, and they come in order; `done` stands behind
    the last chunk marked, and never passes one that was not; the records in flight are counted right and
    stay within the bound, unless one chunk is alone; an offer of an old epoch, of a foreign partition or
    while draining is refused; nothing is left in flight in the end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.intake = Intake([TOPIC], max_in_flight_records=BOUND)
        self.is_draining = False
        self.fetch: tuple[asyncio.Task[bool], Partition, list[int], int] | None = None
        self.waiting: deque[tuple[Lease, list[int]]] = deque()
        self.in_flight: list[Chunk] = []
        self.taken: dict[Lease, list[int]] = {}
        self.delivered: dict[Lease, list[int]] = {}
        self.stuck: set[Lease] = set()

    def settle(self) -> None:
        self.runner.run(settle())
        if self.fetch is None or not self.fetch[0].done():
            return
        task, partition, offsets, epoch = self.fetch
        self.fetch = None
        lease = self.intake.leases.get(partition)
        is_welcome = epoch == self.intake.epoch and lease is not None and not self.is_draining
        assert task.result() is is_welcome
        if not is_welcome:
            return
        before = self.taken.setdefault(lease, [])
        reached = before[-1] + 1 if before else lease.start
        fresh = [offset for offset in offsets if reached is None or offset >= reached]
        if fresh:
            self.waiting.append((lease, fresh))
            before += fresh

    @rule(starts=st.dictionaries(st.sampled_from(PARTITIONS), st.none() | st.integers(0, 20)))
    def assign(self, starts: dict[Partition, int | None]) -> None:
        old = list(self.intake.leases.values())
        self.runner.run(self.intake.assign(starts))
        self.waiting.clear()
        self.is_draining = False
        assert not any(lease.is_held for lease in old)
        assert {partition: lease.start for partition, lease in self.intake.leases.items()} == starts
        self.settle()

    @rule()
    def revoke(self) -> None:
        self.runner.run(self.intake.revoke())
        self.waiting.clear()
        self.settle()
        assert self.fetch is None, "an offer still waits after its partition was revoked"
        assert self.intake.leases == {}

    @rule()
    def drain(self) -> None:
        is_empty = self.runner.run(self.intake.drain(0))
        self.waiting.clear()
        self.is_draining = True
        assert is_empty is (not self.in_flight)
        self.settle()

    @precondition(lambda self: self.fetch is None)
    @rule(
        partition=st.sampled_from(PARTITIONS),
        shift=st.integers(-6, 3),
        gaps=st.lists(st.integers(1, 3), min_size=1, max_size=BOUND + 3),
        is_stale=st.booleans(),
    )
    def offer(self, partition: Partition, shift: int, gaps: list[int], is_stale: bool) -> None:
        """Records from before, at or after the lease's position, with holes as compaction leaves them."""
        lease = self.intake.leases.get(partition)
        offset = max(0, (lease.position or 0 if lease is not None else 0) + shift)
        offsets = [offset := offset + gap for gap in gaps]
        epoch = self.intake.epoch - is_stale
        offering = self.intake.offer(partition, records(*offsets), epoch)
        self.fetch = (self.runner.get_loop().create_task(offering), partition, offsets, epoch)
        self.settle()
        if is_stale:
            assert self.fetch is None, "an offer of an old epoch waits"

    @precondition(lambda self: self.waiting)
    @rule()
    def take(self) -> None:
        lease, offsets = self.waiting.popleft()
        chunk = self.runner.run(self.intake.next())
        assert (chunk.lease, offsets_of(chunk)) == (lease, offsets)
        self.in_flight.append(chunk)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), is_delivered=st.booleans())
    def finish(self, data: st.DataObject, is_delivered: bool) -> None:
        """The oldest chunk of a lease is delivered; or it is not, and then nothing later of it ever is."""
        lease = data.draw(st.sampled_from(list(dict.fromkeys(chunk.lease for chunk in self.in_flight))))
        chunk = next(chunk for chunk in self.in_flight if chunk.lease is lease)
        if lease.is_held and is_delivered and lease not in self.stuck:
            self.intake.mark_done(chunk)
            self.delivered.setdefault(lease, []).extend(offsets_of(chunk))
        else:
            self.stuck.add(lease)
        self.runner.run(self.intake.release(chunk))
        self.in_flight.remove(chunk)
        self.settle()

    @invariant()
    def counts_and_bounds_hold(self) -> None:
        sizes = [len(offsets) for _, offsets in self.waiting] + [len(c.records) for c in self.in_flight]
        assert self.intake.in_flight_records == sum(sizes)
        assert sum(sizes) <= BOUND or len(sizes) == 1

    @invariant()
    def done_stands_behind_what_was_delivered(self) -> None:
        for lease, taken in self.taken.items():
            delivered = self.delivered.get(lease, [])
            assert taken[: len(delivered)] == delivered
            assert lease.done == (delivered[-1] + 1 if delivered else None)
            assert len(set(taken)) == len(taken)

    @invariant()
    def an_offer_waits_only_for_room(self) -> None:
        if self.fetch is not None:
            assert self.intake.in_flight_records + 1 > BOUND - len(self.fetch[2])

    def teardown(self) -> None:
        self.revoke()
        for chunk in self.in_flight:
            self.runner.run(self.intake.release(chunk))
        assert self.intake.in_flight_records == 0
        assert self.runner.run(self.intake.drain(0))
        self.runner.close()


TestIntakeHistory = IntakeHistory.TestCase
TestIntakeHistory.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


async def assigned(*, bound: int = BOUND, start: int | None = 0) -> Intake:
    intake = Intake([TOPIC], max_in_flight_records=bound)
    await intake.assign({P0: start, P1: start})
    return intake


async def test_a_full_intake_makes_an_offer_wait_until_a_chunk_is_released() -> None:
    """The bound holds the fetch back, and a release lets it go on."""
    intake = await assigned(bound=2)
    assert await intake.offer(P0, records(0, 1), intake.epoch)
    second = asyncio.create_task(intake.offer(P1, records(0), intake.epoch))
    await settle()
    assert not second.done()
    chunk = await intake.next()
    await settle()
    assert not second.done()
    await intake.release(chunk)
    assert await second is True


async def test_a_chunk_larger_than_the_bound_is_taken_alone() -> None:
    """A fetch larger than the bound does not wait for ever."""
    intake = await assigned(bound=2)
    assert await intake.offer(P0, records(0, 1, 2, 3), intake.epoch)
    assert intake.in_flight_records == 4


async def test_a_waiting_offer_wakes_up_when_its_partition_goes() -> None:
    """A rebalance never leaves the fetch loop waiting for room that is not coming."""
    intake = await assigned(bound=1)
    await intake.offer(P0, records(0), intake.epoch)
    waiting = asyncio.create_task(intake.offer(P0, records(1), intake.epoch))
    await settle()
    await intake.revoke()
    assert await waiting is False


async def test_records_fetched_twice_are_taken_once() -> None:
    """A fetch that overlaps what was taken adds only what is new; one that is all old adds nothing."""
    intake = await assigned()
    await intake.offer(P0, records(0, 1, 2), intake.epoch)
    assert await intake.offer(P0, records(1, 2, 3), intake.epoch)
    assert await intake.offer(P0, records(0, 3), intake.epoch)
    assert [offsets_of(await intake.next()) for _ in range(2)] == [[0, 1, 2], [3]]
    assert intake.in_flight_records == 4


async def test_records_before_the_committed_offset_are_not_taken() -> None:
    """A lease begins at its committed offset, whatever the consumer fetches."""
    intake = await assigned(start=5)
    await intake.offer(P0, records(3, 4, 5, 6), intake.epoch)
    assert offsets_of(await intake.next()) == [5, 6]


async def test_a_lease_without_committed_offset_takes_what_comes_first() -> None:
    """Where nothing was committed the partition may begin anywhere; from there on nothing repeats."""
    intake = await assigned(start=None)
    await intake.offer(P0, records(7, 8), intake.epoch)
    await intake.offer(P0, records(8, 9), intake.epoch)
    assert [offsets_of(await intake.next()) for _ in range(2)] == [[7, 8], [9]]


async def test_what_waits_at_a_drain_is_dropped_and_nothing_more_is_taken() -> None:
    """A drain waits for what somebody works on, and for nothing else."""
    intake = await assigned()
    await intake.offer(P0, records(0), intake.epoch)
    await intake.offer(P0, records(1), intake.epoch)
    chunk = await intake.next()
    draining = asyncio.create_task(intake.drain(60))
    await settle()
    assert not draining.done()
    assert await intake.offer(P0, records(2), intake.epoch) is False
    await intake.release(chunk)
    assert await draining is True
    assert intake.in_flight_records == 0


async def test_a_drain_gives_up_in_time() -> None:
    """A handler that does not come to an end holds a rebalance up no longer than was agreed."""
    intake = await assigned()
    await intake.offer(P0, records(0), intake.epoch)
    await intake.next()
    assert await intake.drain(0.01) is False


async def test_a_chunk_is_done_only_once() -> None:
    """`done` never moves backwards: that would be a bug, and it says so."""
    intake = await assigned()
    await intake.offer(P0, records(0, 1), intake.epoch)
    chunk = await intake.next()
    intake.mark_done(chunk)
    assert chunk.lease.done == 2
    with pytest.raises(AssertionError, match="This is a bug"):
        intake.mark_done(chunk)


async def test_the_oldest_timestamp_is_of_what_is_not_done_yet() -> None:
    """The age of the lag counts waiting and working chunks of that partition only."""
    intake = await assigned()
    assert intake.oldest_timestamp_ms(P0) is None
    await intake.offer(P0, records(0, 1), intake.epoch)
    await intake.offer(P0, records(2), intake.epoch)
    await intake.offer(P1, records(9), intake.epoch)
    first = await intake.next()
    assert intake.oldest_timestamp_ms(P0) == 1_000
    await intake.release(first)
    assert intake.oldest_timestamp_ms(P0) == 1_002
    assert intake.oldest_timestamp_ms(P1) == 1_009


async def test_its_text_shows_its_state() -> None:
    """A log line that shows an intake or a lease says what one needs to know."""
    intake = await assigned(start=4)
    await intake.offer(P0, records(4), intake.epoch)
    assert repr(intake) == "<Intake epoch=1 leases=2 waiting=1 in_flight=0 records=1 limit=8>"
    assert repr(intake.leases[P0]) == "<Lease new-review[0] held start=4 position=5 done=None committed=4>"


async def test_a_large_fetch_is_taken_in_chunks_of_a_quarter_of_the_limit() -> None:
    """So that one can be delivered while others are worked on."""
    intake = await assigned(bound=512)
    assert await intake.offer(P0, records(*range(300)), intake.epoch)
    assert [len((await intake.next()).records) for _ in range(3)] == [128, 128, 44]


async def test_a_fast_model_gets_more_in_flight_and_a_slow_one_less() -> None:
    """The limit follows the time that chunks take; it never passes the one that was set."""
    now = [0.0]
    intake = Intake([TOPIC], max_in_flight_records=2_048, in_flight_s=2.0, clock=lambda: now[0])
    await intake.assign({P0: 0})
    offset = 0

    async def work(seconds: float, chunks: int) -> None:
        nonlocal offset
        for _ in range(chunks):
            waiting = asyncio.create_task(
                intake.offer(P0, records(*range(offset, offset + 2_000)), intake.epoch)
            )
            offset += 2_000
            while not waiting.done() or intake.in_flight_records:
                await settle()
                chunk = await intake.next()
                now[0] += seconds
                await intake.release(chunk)

    await work(0.01, chunks=10)
    assert "limit=2048" in repr(intake)
    await work(5.0, chunks=3)
    assert "limit=128" in repr(intake)


async def test_gathering_takes_a_share_of_what_chunks_take_and_ticks_do_not_count() -> None:
    """Quick chunks are not kept waiting, slow ones a little; a tick says nothing about reviews."""
    now = [0.0]
    intake = Intake([TOPIC], max_in_flight_records=100, clock=lambda: now[0])
    await intake.assign({P0: 0})
    assert intake.gathering_s == 0
    for offset in range(40):
        await intake.offer(P0, [FakeRecord(offset)], intake.epoch)
        chunk = await intake.next()
        now[0] += 0.2
        await intake.release(chunk)
    assert intake.gathering_s == pytest.approx(0.05, rel=0.01)
    for _ in range(40):
        await intake.tick(TOPIC)
        await intake.release(await intake.next())
    assert intake.gathering_s == pytest.approx(0.05, rel=0.01)


async def test_finish_waits_for_what_waits_and_what_is_in_flight_of_its_partition() -> None:
    """And for no other partition: what cannot be read behind it stops nobody before all of it is done."""
    intake = Intake([TOPIC], max_in_flight_records=BOUND)
    await intake.assign({P0: 0, P1: 0})
    await intake.offer(P0, records(0, 1), intake.epoch)
    await intake.offer(P1, records(0), intake.epoch)
    finishing = asyncio.create_task(intake.finish(P0))
    await settle()
    chunk = await intake.next()
    await settle()
    assert not finishing.done()
    await intake.release(chunk)
    await settle()
    assert finishing.done()
    assert intake.in_flight_records == 1
