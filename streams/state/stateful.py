"""Delivery for a role with tables: the changelog is published with the outputs, the copy on disk written after it."""

import asyncio
from collections import defaultdict
from collections.abc import Collection

from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, FirstOffsets, Sink
from streams.state.table_set import DeliveredTables


class StatefulSink:
    """Wraps a sink. What is published to the changelog is written to disk once the broker has acknowledged it.

    Exactly once, the tables change with the outputs and the committed offset, or not at all. At least once, a chunk
    may be applied again after a crash, and the tables' own rule sees to it that this changes nothing.

    Args:
        inner: publishes.
        tables: restored when partitions come.
    """

    def __init__(self, inner: Sink, tables: DeliveredTables) -> None:
        self.is_committed_by_consumer = inner.is_committed_by_consumer
        self.pause_s = inner.pause_s
        self.checkpoint: Checkpoint = inner.checkpoint
        self._inner = inner
        self._tables = tables
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def start(self) -> None:
        """Connect."""
        await self._inner.start()

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """See `Sink`."""
        await self._inner.acquire(partitions)

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Hold the tables of these partitions, as the changelog has them."""
        await self._tables.hold(sorted({partition.partition for partition in partitions}))

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Publish, then write the tables; the topics' partitions of one number take turns; see `Sink`."""
        changelog = self._tables.changelog
        number = chunk.lease.partition.partition
        async with self._locks[number]:
            published = await self._inner.deliver(chunk, effects)
            changes = [(one.key or b"", one.value) for one in effects.outputs if one.topic == changelog]
            self.checkpoint("before_tables")
            if changes and chunk.lease.is_held:
                self._tables.delivered(number, changes, published.get(changelog))
        return published

    async def stop(self) -> None:
        """Disconnect, and put the tables on disk."""
        await self._inner.stop()
        await asyncio.to_thread(self._tables.close)
