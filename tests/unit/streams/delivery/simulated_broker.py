"""The broker of the simulation: loses, delays and repeats requests, and holds delivery to its promise."""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka.errors import InvalidTxnState, ProducerFenced, RequestTimedOutError
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3
from aiokafka.structs import RecordMetadata

from streams.delivery.records import Partition

Result = TypeVar("Result")
TOPIC = "new-review"
#: How long there are faults, by the virtual clock.
FAULTY_S = 40.0
_REQUEST_TIMEOUT_S = 30.0
_TRANSACTION_TIMEOUT_S = 60.0
_LOADING = 14


class BrokenPromiseError(AssertionError):
    """Delivery lost, repeated or overtook something, or stands still."""


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
        share = asyncio.get_running_loop().time() / (0.8 * FAULTY_S)
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

    def __post_init__(self) -> None:
        self._txn_manager = TransactionManager(self.transactional_id, 60_000)  # what may be done when

    async def start(self) -> None:
        if self.transactional_id is not None:
            name = self.transactional_id
            self.epoch = await self.broker.call(lambda: self.broker.take_id(name))
            self._txn_manager.set_pid_and_epoch(1, self.epoch)

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

    async def begin_transaction(self) -> None:
        self._txn_manager.begin_transaction()

    async def send_offsets_to_transaction(self, offsets: dict[Any, Any], _group: str) -> None:
        def add() -> None:
            told = {Partition(*tp): (known.offset, known.metadata) for tp, known in offsets.items()}
            self._transaction().offsets.update(told)

        await self.broker.call(add)

    async def commit_transaction(self) -> None:
        self._txn_manager.committing_transaction()
        await self._end(commits=True)

    async def abort_transaction(self) -> None:
        self._txn_manager.aborting_transaction()
        await self._end(commits=False)

    async def stop(self) -> None:
        await asyncio.sleep(self.broker.chance.expovariate(5))

    def _transaction(self) -> _Transaction:
        assert self.transactional_id is not None
        return self.broker.transaction(self.transactional_id, self.epoch)

    async def _end(self, *, commits: bool) -> None:
        name = self.transactional_id or ""
        await self.broker.call(lambda: self.broker.end(name, self.epoch, commits=commits))
        self._txn_manager.complete_transaction()


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
