"""Delivery for a role with tables: the changelog is published with the outputs, the copy on disk written after it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack

from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, FirstOffsets, Sink
from streams.state.table_set import DeliveredTables


class StatefulSink:
    """Wraps a sink. What is published to the changelog is written to disk once the broker has acknowledged it.

    Exactly once, the tables change with the outputs and the committed offset, or not at all. At least once, outputs
    are acknowledged before the changelog: after a crash between the two a chunk is applied again as if for the
    first time, and its outputs come twice. Behind the changelog, the tables' own rule sees to it that a chunk which
    is applied again changes nothing, and so has no outputs either: what was not out by then would never be.

    Args:
        inner: publishes.
        tables: let go when partitions go or come, restored when they have come.
        is_counted: whether the group has committed an offset of a partition.
        begin_anew: told of each partition whose topic was made anew: what the group has committed is of the one before.
    """

    def __init__(
        self,
        inner: Sink,
        tables: DeliveredTables,
        is_counted: Callable[[Partition], bool] = lambda _partition: False,
        begin_anew: Callable[[Partition], None] = lambda _partition: None,
    ) -> None:
        self.is_committed_by_consumer = inner.is_committed_by_consumer
        self.pause_s = inner.pause_s
        self.checkpoint: Checkpoint = inner.checkpoint
        self._inner = inner
        self._tables = tables
        self._is_counted = is_counted
        self._begin_anew = begin_anew
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def start(self) -> None:
        """Connect."""
        await self._inner.start()

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """See `Sink`. The tables are of an earlier assignment: nothing may read them until they are restored."""
        self._tables.let_go()
        await self._inner.acquire(partitions)

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Hold the tables of these partitions, as the changelog has them once nothing is on its way there."""
        counted = {partition.partition for partition in partitions if self._is_counted(partition)}
        numbers = sorted({partition.partition for partition in partitions})
        async with AsyncExitStack() as deliveries:
            for number in numbers:
                await deliveries.enter_async_context(self._locks[number])
            await self._tables.hold(numbers, counted)
        for partition in partitions:
            if partition.topic in self._tables.renewed[partition.partition]:
                self._begin_anew(partition)

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Publish, then write the tables; the topics' partitions of one number take turns; see `Sink`."""
        changelog = self._tables.changelog
        number = chunk.lease.partition.partition
        async with self._locks[number]:
            published = await self._publish(chunk, effects)
            changes = [(one.key or b"", one.value) for one in effects.outputs if one.topic == changelog]
            self.checkpoint("before_tables")
            if changes and chunk.lease.is_held:
                await self._tables.delivered(number, changes, published.get(changelog))
        return published

    async def _publish(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        changelog = self._tables.changelog
        changes = [output for output in effects.outputs if output.topic == changelog]
        others = [output for output in effects.outputs if output.topic != changelog]
        if not self.is_committed_by_consumer or not changes:
            return await self._inner.deliver(chunk, effects)
        if others or effects.dead_letters:
            await self._inner.deliver(chunk, Effects(others, effects.dead_letters))
        self.checkpoint("before_changelog")
        return await self._inner.deliver(chunk, Effects(changes))

    async def stop(self) -> None:
        """Disconnect, and put the tables on disk."""
        await self._inner.stop()
        await asyncio.to_thread(self._tables.close)
