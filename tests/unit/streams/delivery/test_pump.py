import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import CapturingLogger

from schemas.dead_letters import DeadLetterReason
from streams.delivery import dead_letters
from streams.delivery.intake import Chunk, Intake, Lease
from streams.delivery.pump import Pump
from streams.delivery.records import DeadLetter, Effects, Output, Partition, Record
from streams.errors import LeaseLostError
from tests.fakes import FakeRecord, FakeSink

TOPIC = "new-review"
P0, P1, P2 = (Partition(TOPIC, number) for number in range(3))


@dataclass
class ManualHandler:
    """Finishes a chunk when the test says so; a chunk is named by its partition and first offset."""

    started: list[tuple[int, int]] = field(default_factory=list)
    gates: dict[tuple[int, int], asyncio.Future[None]] = field(default_factory=dict)

    async def __call__(self, records: Sequence[Record]) -> Effects:
        name = (records[0].partition, records[0].offset)
        self.started.append(name)
        gate = self.gates.setdefault(name, asyncio.get_running_loop().create_future())
        await gate
        return Effects([Output("out", record.key, str(record.offset).encode()) for record in records])

    async def finish(self, *names: tuple[int, int]) -> None:
        for name in names:
            self.gates[name].set_result(None)
            await settle()

    async def fail(self, name: tuple[int, int], error: Exception) -> None:
        self.gates[name].set_exception(error)
        await settle()


@dataclass
class Rig:
    """A pump that runs, with doubles around it."""

    intake: Intake
    handler: ManualHandler
    sink: FakeSink
    running: asyncio.Task[None]
    leases: dict[Partition, Lease]

    async def offer(self, partition: Partition, *offsets: int) -> None:
        records = [FakeRecord(offset, partition=partition.partition) for offset in offsets]
        assert await self.intake.offer(partition, records, self.intake.epoch)
        await settle()

    def delivered(self, partition: Partition) -> list[int]:
        return [
            int(output.value or b"")
            for of_partition, _, effects in self.sink.delivered
            if of_partition == partition
            for output in effects.outputs
        ]


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(100):
        await asyncio.sleep(0)


@asynccontextmanager
async def pumping(sink: FakeSink | None = None) -> AsyncIterator[Rig]:
    intake = Intake([TOPIC], max_in_flight_records=1_000)
    await intake.assign({P0: 0, P1: 0, P2: 0})
    handler, sink = ManualHandler(), sink or FakeSink()
    pump = Pump(intake, handler, sink, checkpoint=sink.checkpoint)
    running = asyncio.create_task(pump.run())
    try:
        yield Rig(intake, handler, sink, running, dict(intake.leases))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@st.composite
def workloads(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Chunks of two records in the order of arrival, and the order in which their handlers finish."""
    partitions = draw(st.lists(st.integers(0, 2), min_size=1, max_size=10))
    arriving = [
        (partition, 2 * partitions[:index].count(partition)) for index, partition in enumerate(partitions)
    ]
    return arriving, draw(st.permutations(arriving))


@settings(deadline=None, max_examples=40)
@given(workloads())
def test_deliveries_of_a_partition_keep_their_order(
    workload: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    """Whatever order handlers finish in, records come out in order, and `done` never passes one that did not."""
    arriving, finishing = workload

    async def main() -> None:
        async with pumping() as rig:
            for partition, offset in arriving:
                await rig.offer(Partition(TOPIC, partition), offset, offset + 1)
            for count, name in enumerate(finishing, start=1):
                await rig.handler.finish(name)
                for partition, lease in rig.leases.items():
                    ready = 0
                    while (partition.partition, ready) in finishing[:count]:
                        ready += 2
                    assert rig.delivered(partition) == list(range(ready))
                    assert (lease.done or 0) == ready
            assert rig.intake.in_flight_records == 0

    asyncio.run(main())


async def test_what_became_ready_meanwhile_is_delivered_together() -> None:
    """While one delivery is under way others get ready; they are one delivery then, up to the first gap."""
    gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @dataclass
    class SlowSink(FakeSink):
        async def deliver(self, chunk: Chunk, effects: Effects) -> None:
            await gate
            await super().deliver(chunk, effects)

    sink = SlowSink()
    async with pumping(sink) as rig:
        for offset in (0, 1, 2, 3, 4):
            await rig.offer(P0, offset)
        await rig.handler.finish((0, 0), (0, 2), (0, 1), (0, 4))
        gate.set_result(None)
        await settle()
        assert [next_offset for _, next_offset, _ in sink.delivered] == [1, 3]
        assert rig.delivered(P0) == [0, 1, 2]
        assert rig.leases[P0].done == 3


async def test_handlers_of_one_partition_run_at_the_same_time() -> None:
    """A chunk is tokenised while the one before it is on the device."""
    async with pumping() as rig:
        await rig.offer(P0, 0)
        await rig.offer(P0, 1)
        assert rig.handler.started == [(0, 0), (0, 1)]


async def test_partitions_do_not_wait_for_each_other() -> None:
    """A chunk that takes long holds up its own partition only."""
    async with pumping() as rig:
        await rig.offer(P0, 0)
        await rig.offer(P1, 0)
        await rig.handler.finish((1, 0))
        assert rig.leases[P1].done == 1
        assert rig.leases[P0].done is None


async def test_after_a_handler_error_nothing_later_of_its_partition_comes_out() -> None:
    """A broken handler ends the pump; chunks behind the failed one are read again from the committed offset."""
    async with pumping() as rig:
        for offset in (0, 1, 2):
            await rig.offer(P0, offset)
        await rig.handler.finish((0, 0), (0, 2))
        await rig.handler.fail((0, 1), RuntimeError("broken"))
        with pytest.RaisesGroup(RuntimeError):
            await rig.running
        assert rig.delivered(P0) == [0]
        assert rig.leases[P0].done == 1
        assert rig.intake.in_flight_records == 0


async def test_after_a_sink_error_nothing_later_of_its_partition_comes_out() -> None:
    """What could not be delivered is not done, and nothing behind it overtakes it."""

    @dataclass
    class FailingSink(FakeSink):
        async def deliver(self, chunk: Chunk, effects: Effects) -> None:
            if any(record.offset == 1 for record in chunk.records):
                raise ValueError("refused for good")
            await super().deliver(chunk, effects)

    async with pumping(FailingSink()) as rig:
        for offset in (0, 1, 2):
            await rig.offer(P0, offset)
        await rig.handler.finish((0, 0), (0, 2), (0, 1))
        with pytest.RaisesGroup(ValueError):
            await rig.running
        assert rig.delivered(P0) == [0]
        assert rig.leases[P0].done == 1
        assert rig.intake.in_flight_records == 0


async def test_chunks_of_a_lost_lease_are_dropped() -> None:
    """After a revocation nothing of the old lease is delivered; the same records come out under the new one."""
    async with pumping() as rig:
        await rig.offer(P0, 0)
        await rig.offer(P0, 1)
        await rig.intake.assign({P0: 0})
        await rig.handler.finish((0, 0), (0, 1))
        assert rig.sink.delivered == []
        assert rig.leases[P0].done is None
        assert rig.intake.in_flight_records == 0
        rig.handler.gates.clear()
        await rig.offer(P0, 0, 1)
        await rig.handler.finish((0, 0))
        assert rig.delivered(P0) == [0, 1]
        assert rig.intake.leases[P0].done == 2


async def test_a_handler_may_find_its_partition_gone() -> None:
    """Under a lost lease that drops the chunk and ends nothing; under one that is held the worker is broken."""
    async with pumping() as rig:
        await rig.offer(P0, 0)
        await rig.intake.assign({P0: 0, P1: 0})
        await rig.handler.fail((0, 0), LeaseLostError("the tables are gone"))
        assert rig.sink.delivered == []
        assert rig.intake.in_flight_records == 0
        await rig.offer(P1, 0)
        await rig.handler.fail((1, 0), LeaseLostError("the tables are gone"))
        with pytest.RaisesGroup(LeaseLostError):
            await rig.running


@dataclass
class RebalancingSink(FakeSink):
    """Loses the partition while it delivers; then it either knows, or the delivery went through."""

    intake: Intake | None = None
    knows: bool = True

    async def deliver(self, chunk: Chunk, effects: Effects) -> None:
        assert self.intake is not None
        await self.intake.revoke()
        if self.knows:
            raise LeaseLostError("fenced")
        await super().deliver(chunk, effects)


@pytest.mark.parametrize("knows", [True, False])
async def test_a_lease_lost_while_delivering_is_not_moved(knows: bool) -> None:
    """A partition that goes during a delivery drops this chunk and all behind it, and the pump goes on."""
    sink = RebalancingSink(knows=knows)
    async with pumping(sink) as rig:
        sink.intake = rig.intake
        await rig.offer(P0, 0)
        await rig.offer(P0, 1)
        await rig.handler.finish((0, 0), (0, 1))
        assert rig.delivered(P0) == ([] if knows else [0])
        assert rig.leases[P0].done is None
        assert rig.intake.in_flight_records == 0
        assert not rig.running.done()


async def test_a_lease_that_another_took_before_the_news_lets_all_go() -> None:
    """A fenced partition drops every lease and asks the group: the pump goes on, and nothing more is delivered."""
    sink = FakeSink(fail_with=LeaseLostError("fenced"))
    async with pumping(sink) as rig:
        await rig.offer(P0, 0)
        await rig.offer(P1, 0)
        await rig.handler.finish((0, 0))
        sink.fail_with = None
        assert rig.intake.has_given_up
        assert not any(lease.is_held for lease in rig.leases.values())
        await rig.handler.finish((1, 0))
        assert sink.delivered == []
        assert not rig.running.done()
        assert rig.intake.in_flight_records == 0
        assert not await rig.intake.offer(P0, [FakeRecord(1)], rig.intake.epoch)
        await rig.intake.assign({P0: 0})
        assert not rig.intake.has_given_up
        await rig.offer(P0, 7)
        await rig.handler.finish((0, 7))
        assert rig.delivered(P0) == [7]


async def test_the_checkpoint_lies_between_delivery_and_done() -> None:
    """A crash at `before_done` finds the outputs published and `done` where it was: they are repeated."""
    seen: list[tuple[str, int, int | None]] = []
    sink = FakeSink()

    async with pumping(sink) as rig:
        pump = Pump(
            rig.intake,
            rig.handler,
            sink,
            checkpoint=lambda name: seen.append((name, len(sink.delivered), rig.leases[P0].done)),
        )
        rig.running.cancel()
        await asyncio.gather(rig.running, return_exceptions=True)
        rig.running = asyncio.create_task(pump.run())
        await rig.offer(P0, 0)
        await rig.handler.finish((0, 0))
        rig.running.cancel()
        await asyncio.gather(rig.running, return_exceptions=True)
    assert seen == [("before_done", 1, None)]
    assert rig.leases[P0].done == 1


async def test_the_observer_is_told_of_what_was_delivered_only() -> None:
    """Metrics count a chunk once its effects are acknowledged, with the seconds that took."""
    told: list[tuple[int, int, float]] = []
    intake = Intake([TOPIC], max_in_flight_records=10)
    await intake.assign({P0: 0})
    handler = ManualHandler()
    pump = Pump(
        intake,
        handler,
        FakeSink(),
        observe=lambda chunk, effects, seconds: told.append(
            (len(chunk.records), len(effects.outputs), seconds)
        ),
    )
    running = asyncio.create_task(pump.run())
    await intake.offer(P0, [FakeRecord(0), FakeRecord(1)], intake.epoch)
    await settle()
    assert told == []
    await handler.finish((0, 0))
    assert [(count, outputs) for count, outputs, _ in told] == [(2, 2)]
    assert told[0][2] >= 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_cancelled_pump_leaves_nothing_in_flight() -> None:
    """A stop does not wait for chunks that nobody works on any more."""
    async with pumping() as rig:
        await rig.offer(P0, 0)
        await rig.offer(P1, 0)
        rig.running.cancel()
        await asyncio.gather(rig.running, return_exceptions=True)
        assert rig.intake.in_flight_records == 0
        assert await rig.intake.drain(0)
        assert rig.leases[P0].done is None


@pytest.mark.parametrize("shares_tables", [True, False])
async def test_partitions_that_share_tables_are_delivered_in_the_order_of_handling(
    shares_tables: bool,
) -> None:
    """What was handled last holds what was changed before, so it may not be overtaken: not even after a pause."""
    other = Partition("product-text", 0)

    class Gathering(Intake):
        gathering_s = 0.1  # far longer than all of the chunks take to come in

    intake = Gathering([TOPIC, other.topic], max_in_flight_records=10)
    await intake.assign({P0: 0, other: 0})
    sink = FakeSink(pause_s=1.0)

    async def handle(records: Sequence[Record]) -> Effects:
        return Effects([Output("out", record.key, b"") for record in records])

    pump = Pump(intake, handle, sink, shares_tables=shares_tables)
    running = asyncio.create_task(pump.run())
    handled = [(other, 0), (other, 1), (P0, 0), (other, 2), (P0, 1)]
    for partition, offset in handled:
        await intake.offer(partition, [FakeRecord(offset, topic=partition.topic)], intake.epoch)
        await settle()
    assert await intake.drain(10)
    in_order = [(partition, next_offset - 1) for partition, next_offset, _ in sink.delivered]
    assert (in_order == handled) is shares_tables
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_each_event_set_aside_is_logged_without_a_word_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why and where, once it is published; not what it says, and not what the error repeats of it."""
    logger = CapturingLogger()
    monkeypatch.setattr(dead_letters, "log", logger)
    record = FakeRecord(7, partition=2, value=b"secret words")
    letter = DeadLetter(record, DeadLetterReason.INVALID_EVENT, "text: got 'secret words'")
    intake = Intake([TOPIC], max_in_flight_records=10)
    await intake.assign({P2: 7})

    async def set_aside(_records: Sequence[Record]) -> Effects:
        assert logger.calls == []
        return Effects(dead_letters=[letter])

    running = asyncio.create_task(Pump(intake, set_aside, FakeSink()).run())
    assert await intake.offer(P2, [record], intake.epoch)
    await settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (call,) = logger.calls
    assert (call.method_name, call.args) == ("warning", ("an event is set aside",))
    assert call.kwargs == {"reason": "invalid_event", "topic": TOPIC, "partition": 2, "offset": 7}
