"""A simulation of delivery: virtual time, a broker with faults, and a group that moves partitions.

Everything above the network is the real thing: pump, intake, both sinks, and what they ask the broker. A seed decides
all that happens, so a failure can be looked at again.
"""

import asyncio
import contextlib
import itertools
import random
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from aiokafka.errors import KafkaError, RequestTimedOutError

from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.committed import Committed, committed
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Intake
from streams.delivery.pump import Pump
from streams.delivery.records import Effects, Output, Partition, Record
from tests.fakes import FakeRecord
from tests.unit.streams.delivery.simulated_broker import FAULTY_S, TOPIC, BrokenPromiseError, Broker

GROUP = "g"
_CALM_S = 1_200.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise BrokenPromiseError("everything waits for ever")
        self._loop.now += max(0.0, timeout)
        return []


Sinks = Callable[[Broker], ExactlyOnceSink | AtLeastOnceSink]
Ask = Callable[[Any, str, Partition], Awaitable[Committed]]


class Worker:
    """One worker: the real parts, and what Faust does around them."""

    _names = itertools.count()

    def __init__(self, group: "Group", sink: ExactlyOnceSink | AtLeastOnceSink) -> None:
        self.group, self.broker, self.chance = group, group.broker, group.broker.chance
        self.intake = Intake([TOPIC], max_in_flight_records=16, clock=asyncio.get_running_loop().time)
        self.sink = sink
        self.ticks = 0
        self.name = next(self._names)
        self._moving = asyncio.Lock()
        pump = Pump(self.intake, self._handle, sink, on_tick=self._tick)
        jobs: Sequence[Coroutine[Any, Any, None]] = (pump.run(), self._fetch(), self._look_after())
        self._tasks = [asyncio.ensure_future(job) for job in jobs]

    @property
    def has_ended(self) -> bool:
        return any(task.done() for task in self._tasks)

    async def take(self) -> None:
        """Give everything back, and take what the group gives."""
        async with self._moving:
            await self.intake.drain(5.0)
            await self._commit()
            await self.intake.revoke()
            mine = [partition for partition, owner in self.group.owners.items() if owner is self]
            epoch = self.intake.epoch
            await self.sink.acquire(mine)
            starts = {}
            for partition in mine:
                committed = await self.group.ask(partition)
                starts[partition] = committed
            if epoch == self.intake.epoch:
                await self.intake.assign(starts)

    async def let_go(self) -> None:
        """Finish what is in flight, commit, and hold nothing."""
        async with self._moving:
            await self.intake.drain(5.0)
            await self._commit()
            await self.intake.revoke()

    async def end(self) -> None:
        """Stop without a word, as SIGKILL does."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(self, records: Sequence[Record]) -> Effects:
        await asyncio.sleep(self.chance.expovariate(5))
        return Effects([Output("out", record.key, b"%d" % record.offset) for record in records])

    async def _tick(self, _partition: Partition) -> Effects:
        self.ticks += 1
        return Effects([Output("out", None, b"tick %d of worker %d" % (self.ticks, self.name))])

    async def _fetch(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.3, 2.5))
            epoch = self.intake.epoch
            for partition, lease in list(self.intake.leases.items()):
                first = lease.position or 0
                count = min(self.chance.randint(1, 3), self.broker.available() - first)
                if count > 0 and epoch == self.intake.epoch:
                    records = [FakeRecord(first + n, partition=partition.partition) for n in range(count)]
                    await self.intake.offer(partition, records, epoch)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.5, 3))
            if self.intake.has_given_up:
                await self.take()
            elif not self._moving.locked():
                await self._commit()
                if not self.broker.is_calm:
                    await self.intake.tick(TOPIC)

    async def _commit(self) -> None:
        if not self.sink.is_committed_by_consumer:
            return
        for partition, lease in list(self.intake.leases.items()):
            if lease.done is None or lease.done == lease.committed:
                continue
            done = lease.done

            def commit(partition: Partition = partition, done: int = done) -> None:
                is_overtaken = (
                    done < self.broker.committed.get(partition, (0, ""))[0]
                )  # one connection keeps the order
                if (
                    self.group.owners.get(partition) is self and not is_overtaken
                ):  # else of another generation
                    self.broker.commit(partition, done)

            with contextlib.suppress(RequestTimedOutError):
                await self.broker.call(commit)
                lease.committed = done


class Group:
    """Moves partitions between workers; some learn late that they have lost one, some die."""

    def __init__(self, broker: Broker, new_sink: Sinks, ask: Ask) -> None:
        self.broker = broker
        self._ask = ask
        self.owners: dict[Partition, Worker] = {}
        self._new_sink = new_sink
        self._workers = [self._new_worker() for _ in range(2)]
        self._late: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Faults for a while, then calm: by its end everything has to be out."""
        loop = asyncio.get_running_loop()
        chance = self.broker.chance
        while loop.time() < FAULTY_S and self.broker.broken is None:
            await self._rebalance()
            await asyncio.sleep(chance.expovariate(1 / 8))
        self.broker.is_calm = True
        await asyncio.gather(*self._late, return_exceptions=True)
        deadline = loop.time() + _CALM_S
        await self._rebalance()
        while not self._is_all_out() and self.broker.broken is None:
            await asyncio.sleep(1)
            if any(worker.has_ended for worker in self._workers):
                await self._rebalance()
            if loop.time() > deadline:
                raise BrokenPromiseError(f"stands still at {self.broker.committed}")
        for worker in self._workers:
            await worker.end()
        if self.broker.broken is not None:
            raise BrokenPromiseError(self.broker.broken)

    async def ask(self, partition: Partition) -> int | None:
        """What the consumer is told at an assignment; it asks until it is told."""
        while True:
            try:
                return (await self._ask(self.broker, GROUP, partition)).offset
            except KafkaError:
                await asyncio.sleep(0.5)

    def _is_all_out(self) -> bool:
        committed = self.broker.committed
        return all(committed.get(one, (0, ""))[0] == self.broker.records for one in self.broker.partitions)

    def _new_worker(self) -> Worker:
        return Worker(self, self._new_sink(self.broker))

    async def _rebalance(self) -> None:
        chance = self.broker.chance
        for index, worker in enumerate(self._workers):
            if worker.has_ended or (not self.broker.is_calm and chance.random() < 0.1):
                await worker.end()
                self._workers[index] = self._new_worker()
                await self._workers[index].sink.start()
        told = [one for one in self._workers if self.broker.is_calm or chance.random() < 0.75]
        await asyncio.gather(*(worker.let_go() for worker in told))
        self.owners = {partition: chance.choice(self._workers) for partition in self.broker.partitions}
        await asyncio.gather(*(worker.take() for worker in told))
        for zombie in [one for one in self._workers if one not in told]:
            task = asyncio.ensure_future(self._tell_late(zombie))
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _tell_late(self, zombie: Worker) -> None:
        await asyncio.sleep(self.broker.chance.uniform(0, 30))
        if zombie in self._workers:
            await zombie.take()


def simulate(
    seed: int,
    new_sink: Sinks,
    *,
    repeats: bool,
    ask: Ask = committed,
    records: int = 10,
    partitions: int = 2,
) -> Broker:
    """Run one history.

    Args:
        seed: decides all that happens.
        new_sink: makes a worker's sink.
        repeats: whether outputs may come twice.
        ask: asks where the group stands when partitions are assigned.
        records: in each partition.
        partitions: of the topic.

    Raises:
        BrokenPromiseError: delivery did not keep its promise.
    """
    random.seed(seed)  # the pauses between tries
    loop = VirtualLoop()

    async def main() -> Broker:
        chance = random.Random(seed)
        broker = Broker(chance, records=records, partitions=partitions, repeats=repeats)
        await Group(broker, new_sink, ask).run()
        return broker

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main())
