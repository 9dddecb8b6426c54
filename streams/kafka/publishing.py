"""Publishes events to a topic, acknowledged, in order, and at a rate if wanted."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection

_MAX_UNACKNOWLEDGED = 2_000


class Positions(Collection[tuple[int, int]]):
    """Places of records, (partition, offset), kept as runs of offsets: a million records are a few of them.

    >>> positions = Positions([(0, 5), (0, 6), (1, 3), (0, 9)])
    >>> len(positions), (0, 6) in positions, (0, 7) in positions, sorted(positions)
    (4, True, False, [(0, 5), (0, 6), (0, 9), (1, 3)])
    """

    def __init__(self, positions: Iterable[tuple[int, int]] = ()) -> None:
        self._runs: defaultdict[int, list[range]] = defaultdict(list)
        for partition, offset in positions:
            self.add(partition, offset)

    def add(self, partition: int, offset: int) -> None:
        """Keep one more, which is not there yet."""
        runs = self._runs[partition]
        if runs and runs[-1].stop == offset:
            runs[-1] = range(runs[-1].start, offset + 1)
        else:
            runs.append(range(offset, offset + 1))

    @property
    def runs(self) -> int:
        """How many runs are kept."""
        return sum(map(len, self._runs.values()))

    def __len__(self) -> int:
        return sum(len(run) for runs in self._runs.values() for run in runs)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for partition, runs in self._runs.items():
            for run in runs:
                for offset in run:
                    yield partition, offset

    def __contains__(self, position: object) -> bool:
        if not isinstance(position, tuple):
            return False
        partition, offset = position
        return any(offset in run for run in self._runs.get(partition, ()))


@dataclass(frozen=True, slots=True)
class Published:
    """What a run of `publish` did.

    Attributes:
        positions: (partition, offset) of every acknowledged record.
    """

    positions: Collection[tuple[int, int]]
    seconds: float


class Outgoing(Protocol):
    """What can be published: a key and a value."""

    @property
    def key(self) -> bytes | None:
        """What decides the partition."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event."""
        ...


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record to publish as it is, unchecked: what a broken platform might send."""

    key: bytes | None
    value: bytes | None


async def publish(
    connection: KafkaConnection,
    topic: str,
    items: Iterable[Outgoing],
    *,
    rate: float | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Published:
    """Publish, and wait until every record is acknowledged.

    Args:
        connection: to the broker.
        topic: where to.
        items: what to publish, taken one by one as the broker takes them.
        rate: records a second; None for as fast as the broker takes them.
        progress: told how many were handed over so far.

    Raises:
        FatalError: the topic does not exist, or the broker does not take a record.
        RetryableError: the broker does not answer.
    """
    started = asyncio.get_running_loop().time()
    if not await topic_admin.describe(connection, [topic]):
        raise FatalError(
            f"publish: there is no topic {topic} at {connection.bootstrap_servers}; "
            "create it with `reviewstream topics create`"
        )
    producer = connection.producer(is_idempotent=False)  # every broker takes that
    sending = _Sending(producer, topic, rate, progress)
    try:
        await producer.start()
        for item in items:
            await sending.add(item)
        await sending.finish()
    except KafkaError as error:
        raise FatalError(
            f"publish: {topic} at {connection.bootstrap_servers} does not take records ({error}); "
            "is the broker running, and does the topic exist (`reviewstream topics check`)?"
        ) from error
    finally:
        await producer.stop()
    seconds = asyncio.get_running_loop().time() - started
    return Published(sending.positions, seconds)


class _Sending:
    """Hands records to a producer at a rate, and collects where they went."""

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, rate: float | None, progress: Callable[[int], None]
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._rate = rate
        self._progress = progress
        self._started = asyncio.get_running_loop().time()
        self._count = 0
        self._pending: deque[asyncio.Future[RecordMetadata]] = deque()
        self.positions = Positions()

    async def add(self, item: Outgoing) -> None:
        await self._wait_for_turn()
        self._pending.append(await self._producer.send(self._topic, item.value, key=item.key))
        self._count += 1
        self._progress(self._count)
        while len(self._pending) > _MAX_UNACKNOWLEDGED or (self._pending and self._pending[0].done()):
            await self._acknowledge_oldest()

    async def finish(self) -> None:
        await self._producer.flush()
        while self._pending:
            await self._acknowledge_oldest()

    async def _wait_for_turn(self) -> None:
        if self._rate is not None:
            due = self._started + self._count / self._rate
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    async def _acknowledge_oldest(self) -> None:
        metadata = await self._pending.popleft()
        self.positions.add(metadata.partition, metadata.offset)
