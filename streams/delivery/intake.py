"""Leases on partitions, and the chunks that wait or are in flight: the bookkeeping of delivery.

Knows neither Faust nor Kafka, and runs on one event loop. The rule it keeps: a lease's `done` is the
offset after the last record all of whose effects are acknowledged, it moves in order, and nothing
else is ever committed.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from streams.delivery.records import Partition, Record
from streams.delivery.work_limit import WorkLimit

# Of the time that a recent chunk took, so much may be spent on gathering what is fetched or delivered together.
_GATHERING_SHARE = 0.25
_WEIGHT_OF_LAST = 0.2


class Lease:
    """Our hold on one partition, from its assignment until it is revoked.

    Attributes:
        partition: what is held.
        start: the committed offset the lease began at; None where nothing was committed yet.
        first: the offset of the first record taken; None before it.
        position: the offset of the next record to take; None until the first one is taken from the
            beginning of a partition without a committed offset.
        done: the offset after the last record whose effects are acknowledged; None before the first.
        committed: what the group's committed offset is known to be.
        mark: what our last transaction wrote beside it; None before the first.
        is_held: False for ever once the partition was revoked or lost.
    """

    __slots__ = ("committed", "done", "first", "is_held", "mark", "partition", "position", "start")

    def __init__(self, partition: Partition, start: int | None) -> None:
        self.partition = partition
        self.start = start
        self.first: int | None = None
        self.position = start
        self.done: int | None = None
        self.committed = start
        self.mark: str | None = None
        self.is_held = True

    def __repr__(self) -> str:
        held = "held" if self.is_held else "lost"
        return (
            f"<Lease {self.partition.topic}[{self.partition.partition}] {held} start={self.start} "
            f"position={self.position} done={self.done} committed={self.committed}>"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive records of one partition, under the lease they were fetched with.

    Attributes:
        next_offset: the offset to commit once every effect of the chunk is acknowledged.
    """

    lease: Lease
    records: Sequence[Record]
    next_offset: int

    @classmethod
    def of(cls, lease: Lease, records: Sequence[Record]) -> "Chunk":
        """The chunk of some records."""
        return cls(lease, records, records[-1].offset + 1)

    @property
    def is_tick(self) -> bool:
        """Whether it has no records: time has passed, nothing else."""
        return not self.records


class Intake:
    """Chunks between the fetch and the acknowledgement, bounded in records.

    Args:
        topics: the topics that arrive in chunks.
        max_in_flight_records: the bound. A single chunk may exceed it when nothing else is in flight.
        in_flight_s: the bound in seconds of work; see `WorkLimit`.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        topics: Collection[str],
        *,
        max_in_flight_records: int,
        in_flight_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.topics = frozenset(topics)
        self.leases: dict[Partition, Lease] = {}
        self.epoch = 0
        self.has_been_assigned = False
        self.has_given_up = False
        self.in_flight_records = 0
        self._limit = WorkLimit(max_in_flight_records, target_s=in_flight_s)
        self._chunk_s = 0.0
        self._clock = clock
        self._is_draining = False
        self._in_flight: dict[Chunk, float] = {}
        self._waiting: deque[Chunk] = deque()
        self._changed = asyncio.Condition()

    def __repr__(self) -> str:
        return (
            f"<Intake epoch={self.epoch} leases={len(self.leases)} waiting={len(self._waiting)} "
            f"in_flight={len(self._in_flight)} records={self.in_flight_records} limit={self._limit.records}>"
        )

    @property
    def is_filling(self) -> bool:
        """Whether more is in flight than half of what may be: records come faster than they are worked off."""
        return self.in_flight_records > self._limit.records // 2

    @property
    def gathering_s(self) -> float:
        """How long to gather records before they are fetched, or effects before they are delivered.

        Every request costs the broker and this process time that the model then does not have. A share of what a
        chunk takes anyway makes them few when much is under way, and does not keep a lone review waiting.
        """
        return _GATHERING_SHARE * self._chunk_s

    async def assign(self, starts: Mapping[Partition, int | None]) -> None:
        """Take leases on exactly these partitions, each from its committed offset."""
        await self.revoke()
        self.leases = {partition: Lease(partition, start) for partition, start in starts.items()}
        self._is_draining = False
        self.has_been_assigned = True

    async def give_up(self) -> None:
        """Let every lease go although the group has not taken it: a partition turned out to be another worker's.

        All of them, for partitions may share tables that hold what was dropped. `has_given_up` asks the driver to join
        the group anew; until new leases come nothing is taken.
        """
        self.has_given_up = bool(self.leases)
        for lease in self.leases.values():
            lease.is_held = False
        await self._drop_waiting()

    async def revoke(self) -> None:
        """Give every lease up. Chunks that wait are dropped: they are read again from the committed offset."""
        self.epoch += 1
        for lease in self.leases.values():
            lease.is_held = False
        self.leases = {}
        self.has_given_up = False
        await self._drop_waiting()

    async def offer(self, partition: Partition, records: Sequence[Record], epoch: int) -> bool:
        """Take fetched records in, in chunks, waiting for room.

        Returns:
            False if they were not all taken because the assignment changed since `epoch`; the caller has to
            fetch again from where the lease stands.
        """
        while len(records) > (size := self._limit.chunk_records):
            if not await self._offer_chunk(partition, records[:size], epoch):
                return False
            records = records[size:]
        return await self._offer_chunk(partition, records, epoch)

    async def _offer_chunk(self, partition: Partition, records: Sequence[Record], epoch: int) -> bool:
        async with self._changed:
            await self._changed.wait_for(lambda: epoch != self.epoch or self._has_room_for(len(records)))
            lease = self.leases.get(partition)
            if epoch != self.epoch or lease is None or self._is_draining or not lease.is_held:
                return False
            position = lease.position
            fresh = [r for r in records if r.offset >= position] if position is not None else list(records)
            if not fresh:
                return True
            if lease.first is None:
                lease.first = fresh[0].offset
            lease.position = fresh[-1].offset + 1
            self._waiting.append(Chunk.of(lease, fresh))
            self.in_flight_records += len(fresh)
            self._changed.notify_all()
            return True

    async def tick(self, topic: str) -> None:
        """Put a chunk without records behind what waits, for each partition of a topic whose position is known.

        A partition whose last tick is still under way gets none.
        """
        async with self._changed:
            ticking = {chunk.lease for chunk in (*self._in_flight, *self._waiting) if chunk.is_tick}
            for lease in self.leases.values():
                is_due = lease.partition.topic == topic and lease not in ticking and not self._is_draining
                if is_due and lease.is_held and lease.position is not None:
                    self._waiting.append(Chunk(lease, (), lease.position))
            self._changed.notify_all()

    async def next(self) -> Chunk:
        """The next chunk to work on, in the order of arrival. Each must be given to `release` later."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting)
            chunk = self._waiting.popleft()
            self._in_flight[chunk] = self._clock()
            return chunk

    async def release(self, chunk: Chunk) -> None:
        """Say that nobody works on this chunk any more, whatever came of it."""
        async with self._changed:
            seconds = self._clock() - self._in_flight.pop(chunk)
            is_full = not self._has_room_for(self._limit.chunk_records)
            self._limit.learn(seconds, is_full=is_full)
            if not chunk.is_tick:
                self._chunk_s += _WEIGHT_OF_LAST * (seconds - self._chunk_s)
            self.in_flight_records -= len(chunk.records)
            self._changed.notify_all()

    async def finish(self, partition: Partition) -> None:
        """Wait until nothing of a partition waits or is in flight."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.oldest_timestamp_ms(partition) is None)

    async def drain(self, timeout_s: float) -> bool:
        """Take no more, drop what waits, and wait for what is in flight.

        Returns:
            True if nothing is in flight any more, False if `timeout_s` passed first.
        """
        self._is_draining = True
        await self._drop_waiting()
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: not self._in_flight)
        except TimeoutError:
            return False
        return True

    def mark_done(self, chunk: Chunk) -> None:
        """Move the lease's `done` behind this chunk."""
        lease = chunk.lease
        before = lease.done if lease.done is not None else lease.start
        first = chunk.records[0].offset if chunk.records else chunk.next_offset
        if before is not None and first < before:
            raise AssertionError(f"This is a bug: {first} is done already in {lease!r}.")
        lease.done = chunk.next_offset

    def oldest_timestamp_ms(self, partition: Partition) -> int | None:
        """When the oldest record of a partition that waits or is in flight was published; None if none is."""
        chunks = (*self._in_flight, *self._waiting)
        heads = [
            chunk.records[0].timestamp
            for chunk in chunks
            if chunk.records and chunk.lease.partition == partition
        ]
        return min(heads, default=None)

    def _has_room_for(self, count: int) -> bool:
        return self.in_flight_records == 0 or self.in_flight_records + count <= self._limit.records

    async def _drop_waiting(self) -> None:
        async with self._changed:
            self.in_flight_records -= sum(len(chunk.records) for chunk in self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
