"""A simulation of delivery: virtual time, a broker that loses, delays and repeats, and a group that moves partitions.

Everything above the network is the real thing: pump, intake, both sinks, and what they ask the broker. A seed decides
all that happens, so a failure can be looked at again.
"""

import asyncio
import contextlib
import itertools
import random
import selectors
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka.errors import InvalidTxnState, KafkaError, ProducerFenced, RequestTimedOutError
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3
from aiokafka.structs import RecordMetadata

from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.committed import Committed, committed
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Intake
from streams.delivery.pump import Pump
from streams.delivery.records import Effects, Output, Partition, Record
from tests.fakes import FakeRecord

Result = TypeVar("Result")
TOPIC = "new-review"
GROUP = "g"
_REQUEST_TIMEOUT_S = 30.0
_TRANSACTION_TIMEOUT_S = 60.0
_LOADING = 14
_FAULTY_S = 40.0
_CALM_S = 1_200.0


class BrokenPromiseError(AssertionError):
    """Delivery lost, repeated or overtook something, or stands still."""


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


@dataclass
class _Transaction:
    outputs: list[tuple[Partition, bytes]] = field(default_factory=list)
    offsets: dict[Partition, tuple[int, str]] = field(default_factory=dict)


class Broker:
    """Keeps what a broker keeps, and checks the promise at every commit.

    Attributes:
        log: by partition, the outputs that a reader of committed records sees, in order.
        committed: by partition, the group's offset and its mark.
    """

    def __init__(self, chance: random.Random, *, records: int, partitions: int, repeats: bool) -> None:
        self.chance = chance
        self.records = records
        self.partitions = [Partition(TOPIC, number) for number in range(partitions)]
        self.repeats = repeats
        self.is_calm = False
        self.log: defaultdict[Partition, list[bytes]] = defaultdict(list)
        self.committed: dict[Partition, tuple[int, str]] = {}
        self.broken: str | None = None
        self._epochs: defaultdict[str, int] = defaultdict(int)
        self._open: dict[str, _Transaction] = {}

    async def call(self, effect: Callable[[], Result]) -> Result:
        """Let a request take effect: at once, late, twice as slow as its timeout, or never; the answer may be lost."""
        fate = 1.0 if self.is_calm else self.chance.random()
        if fate < 0.04:
            await asyncio.sleep(_REQUEST_TIMEOUT_S)
            raise RequestTimedOutError
        await asyncio.sleep(self.chance.expovariate(20))
        if fate < 0.08:
            late_s = self.chance.uniform(0, 2 * _REQUEST_TIMEOUT_S)
            asyncio.get_running_loop().call_later(late_s, self._late, effect)
            await asyncio.sleep(_REQUEST_TIMEOUT_S)
            raise RequestTimedOutError
        result = effect()
        if fate < 0.14:
            await asyncio.sleep(_REQUEST_TIMEOUT_S)
            raise RequestTimedOutError
        await asyncio.sleep(self.chance.expovariate(20))
        return result

    def _late(self, effect: Callable[[], object]) -> None:
        with contextlib.suppress(ProducerFenced, InvalidTxnState, BrokenPromiseError):
            effect()

    def take_id(self, transactional_id: str) -> int:
        """Fence whoever has it, and abort what it left open."""
        self._open.pop(transactional_id, None)
        self._epochs[transactional_id] += 1
        return self._epochs[transactional_id]

    def transaction(self, transactional_id: str, epoch: int) -> _Transaction:
        """What is open; opened by the first request."""
        self._check_epoch(transactional_id, epoch)
        if transactional_id not in self._open:
            opened = self._open[transactional_id] = _Transaction()
            asyncio.get_running_loop().call_later(
                _TRANSACTION_TIMEOUT_S, self._expire, transactional_id, opened
            )
        return self._open[transactional_id]

    def end(self, transactional_id: str, epoch: int, *, commits: bool) -> None:
        """Make a transaction's outputs and offsets real, all of them or none."""
        self._check_epoch(transactional_id, epoch)
        ended = self._open.pop(transactional_id, None)
        if ended is None:
            raise InvalidTxnState
        if commits:
            for partition, value in ended.outputs:
                self.log[partition].append(value)
            for partition, (offset, mark) in ended.offsets.items():
                self.commit(partition, offset, mark)

    def available(self) -> int:
        """How many records each partition has by now; they come during the first part of the faults."""
        share = asyncio.get_running_loop().time() / (0.8 * _FAULTY_S)
        return min(self.records, 1 + int(share * self.records))

    def commit(self, partition: Partition, offset: int, mark: str = "") -> None:
        """Move the group, and hold the promise against what came out."""
        self.committed[partition] = (offset, mark)
        told = [value for value in self.log[partition] if value.isdigit()]
        wanted = [b"%d" % number for number in range(offset)]
        if self.repeats:
            missing = set(wanted) - set(told)
            self._expect(not missing, f"{partition} committed {offset} without {missing}")
        else:
            self._expect(told == wanted, f"{partition} committed {offset} with {told}")
            ticks = [value for value in self.log[partition] if not value.isdigit()]
            self._expect(len(ticks) == len(set(ticks)), f"{partition} has a tick's effects twice: {ticks}")

    def _expect(self, is_kept: bool, promise: str) -> None:
        if not is_kept:
            self.broken = self.broken or promise
            raise BrokenPromiseError(promise)

    def _check_epoch(self, transactional_id: str, epoch: int) -> None:
        if self._epochs[transactional_id] != epoch:
            raise ProducerFenced

    def _expire(self, transactional_id: str, opened: _Transaction) -> None:
        if self._open.get(transactional_id) is opened:
            self.take_id(transactional_id)

    # What `KafkaConnection` is to the sinks.

    def producer(self, *, is_idempotent: bool, transactional_id: str | None = None) -> "_Producer":
        assert is_idempotent
        return _Producer(self, transactional_id)

    def admin(self) -> "_Admin":
        return _Admin(self)


@dataclass
class _Batch:
    values: list[bytes] = field(default_factory=list)

    def append(self, *, value: bytes, **_more: object) -> None:
        self.values.append(value)


@dataclass
class _Producer:
    broker: Broker
    transactional_id: str | None
    epoch: int = 0

    async def start(self) -> None:
        if self.transactional_id is not None:
            name = self.transactional_id
            self.epoch = await self.broker.call(lambda: self.broker.take_id(name))

    def create_batch(self) -> _Batch:
        return _Batch()

    async def send_batch(
        self, batch: _Batch, topic: str, *, partition: int
    ) -> "asyncio.Future[RecordMetadata]":
        target = Partition(TOPIC, partition)

        def append() -> None:
            if self.transactional_id is None:
                self.broker.log[target] += batch.values
            else:
                self._transaction().outputs += [(target, value) for value in batch.values]

        async def acknowledge() -> RecordMetadata:
            await self.broker.call(append)
            return RecordMetadata(topic, partition, None, 0, None, None, None)

        return asyncio.ensure_future(acknowledge())

    async def begin_transaction(self) -> None: ...

    async def send_offsets_to_transaction(self, offsets: dict[Any, Any], _group: str) -> None:
        def add() -> None:
            told = {Partition(*tp): (known.offset, known.metadata) for tp, known in offsets.items()}
            self._transaction().offsets.update(told)

        await self.broker.call(add)

    async def commit_transaction(self) -> None:
        await self._end(commits=True)

    async def abort_transaction(self) -> None:
        await self._end(commits=False)

    async def stop(self) -> None:
        await asyncio.sleep(self.broker.chance.expovariate(5))

    def _transaction(self) -> _Transaction:
        assert self.transactional_id is not None
        return self.broker.transaction(self.transactional_id, self.epoch)

    async def _end(self, *, commits: bool) -> None:
        name = self.transactional_id or ""
        await self.broker.call(lambda: self.broker.end(name, self.epoch, commits=commits))


@dataclass
class _Admin:
    broker: Broker

    async def start(self) -> None: ...

    async def find_coordinator(self, _group: str) -> int:
        return 0

    async def _send_request(self, request: OffsetFetchRequest, _node: int) -> OffsetFetchResponse_v3:
        broker = self.broker

        def answer() -> OffsetFetchResponse_v3:
            if not broker.is_calm and broker.chance.random() < 0.3:
                return OffsetFetchResponse_v3(0, [], _LOADING)
            ((topic, (number,)),) = request._partitions
            offset, mark = broker.committed.get(Partition(topic, number), (-1, ""))
            return OffsetFetchResponse_v3(0, [(topic, [(number, offset, mark, 0)])], 0)

        return await broker.call(answer)

    async def close(self) -> None: ...


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
        while loop.time() < _FAULTY_S and self.broker.broken is None:
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
