"""Exactly once: one transaction a delivery holds outputs, dead letters and the consumer group's offset."""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from streams.delivery.batches import enqueue, first_offsets
from streams.delivery.intake import Chunk
from streams.delivery.producing import (
    raise_if_hopeless,
    started,
    stopped,
)
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, FirstOffsets, pass_by
from streams.errors import FatalError, LeaseLostError
from streams.kafka.connection import TRANSACTION_TIMEOUT_MS, KafkaConnection
from streams.kafka.patience import retried

_FENCED_PAUSE_S = 3.0
_TAKE_OVER_ATTEMPTS = 6


def _pause_after(error: Exception) -> bool | float:
    """Whether a failed transaction is tried again, and after how long if not as usual."""
    if isinstance(error, ProducerFenced):
        # Still the owner as far as we know: the news of a rebalance gets time to come.
        return _FENCED_PAUSE_S
    return isinstance(error, (KafkaError, TimeoutError))


class ExactlyOnceSink:
    """One transaction a delivery: outputs, dead letters and the consumer group's offset, or none of them.

    Each partition has a producer of its own whose transactional id names group, topic and partition.
    Starting it fences whoever had the partition before and settles its open transaction, so the
    committed offset that is read next is final.
    """

    is_committed_by_consumer = False
    # A transaction costs five requests, some milliseconds of CPU time here and at the broker: one for each review
    # would cost more than the model does.
    pause_s = 0.1

    def __init__(self, connection: KafkaConnection, *, group: str, checkpoint: Checkpoint = pass_by) -> None:
        self._connection = connection
        self._group = group
        self.checkpoint = checkpoint
        self._producers: dict[Partition, AIOKafkaProducer] = {}

    async def start(self) -> None:
        """Nothing to connect before partitions are assigned."""

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """Start a new producer for every partition, kept ones included; stop all old ones."""
        old, self._producers = self._producers, {}
        stopping = [asyncio.create_task(stopped(producer)) for producer in old.values()]
        await self._take_partitions_over(partitions)
        await asyncio.gather(*stopping)

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Nothing is kept."""

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Run the chunk's transaction; see `Sink`."""
        published = await self._settle_transaction(chunk, effects)
        chunk.lease.committed = chunk.next_offset
        return published

    async def stop(self) -> None:
        """Disconnect every producer; an open transaction is aborted."""
        producers, self._producers = self._producers, {}
        await asyncio.gather(*(stopped(producer) for producer in producers.values()))

    @retried(KafkaError, attempts=_TAKE_OVER_ATTEMPTS, first_pause_s=0.5)
    async def _take_partitions_over(self, partitions: Collection[Partition]) -> None:
        missing = [partition for partition in partitions if partition not in self._producers]
        try:
            await asyncio.gather(*map(self._renew, missing))
        except KafkaError as error:
            raise_if_hopeless(error)
            raise

    @retried(_pause_after)
    async def _settle_transaction(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        partition = chunk.lease.partition
        if not chunk.lease.is_held:
            raise LeaseLostError("revoked before its transaction")
        try:
            producer = self._producers.get(partition)
            if producer is None:
                producer = await self._renew(partition)
                if await self._has_been_committed(chunk):
                    return {}
            async with asyncio.timeout(TRANSACTION_TIMEOUT_MS / 1000):
                return await self._transact(producer, chunk, effects)
        except (KafkaError, TimeoutError) as error:
            raise_if_hopeless(error)
            if not chunk.lease.is_held:
                raise LeaseLostError("fenced by the partition's new owner") from error
            # Whether the commit went through is unknown. A new producer settles it; then we ask.
            await stopped(self._producers.pop(partition, None))
            raise

    async def _transact(self, producer: AIOKafkaProducer, chunk: Chunk, effects: Effects) -> FirstOffsets:
        partition = chunk.lease.partition
        # No abort on failure: `_settle_transaction` puts a new producer in this one's place, and starting that
        # aborts what is open here, or learns that it was committed.
        await producer.begin_transaction()
        self.checkpoint("before_output")
        futures = await enqueue(producer, partition.partition, effects)
        published = await asyncio.gather(*futures)
        self.checkpoint("after_output")
        # One after the other: while the broker adds the group to a transaction it refuses the outputs' batch, and a
        # transaction in fifteen would wait for the retry.
        offsets = {TopicPartition(*partition): chunk.next_offset}
        await producer.send_offsets_to_transaction(offsets, self._group)
        self.checkpoint("before_commit")
        await producer.commit_transaction()
        self.checkpoint("after_commit")
        return first_offsets(published)

    async def _renew(self, partition: Partition) -> AIOKafkaProducer:
        transactional_id = f"{self._group}-{partition.topic}-{partition.partition}"
        producer = await started(
            self._connection.producer(is_idempotent=True, transactional_id=transactional_id)
        )
        self._producers[partition] = producer
        return producer

    async def _has_been_committed(self, chunk: Chunk) -> bool:
        """Ask the broker what became of a transaction whose outcome we did not learn."""
        committed = await committed_offset(self._connection, self._group, chunk.lease.partition)
        if committed == chunk.lease.committed:
            return False
        if committed == chunk.next_offset:
            return True
        if not chunk.lease.is_held:
            raise LeaseLostError("its new owner has gone on")
        raise FatalError(
            f"exactly once: {chunk.lease.partition} was expected at offset {chunk.lease.committed} or "
            f"{chunk.next_offset}, the group {self._group} stands at {committed}: somebody else moved it. "
            "This worker starts again from there."
        )


async def committed_offset(connection: KafkaConnection, group: str, partition: Partition) -> int | None:
    """The group's committed offset as the broker has it, None if there is none.

    Raises:
        KafkaError: the broker could not be asked.
    """
    admin = connection.admin()
    await admin.start()
    try:
        key = TopicPartition(*partition)
        offsets = await admin.list_consumer_group_offsets(group, partitions=[key])
    finally:
        await admin.close()
    offset = offsets[key].offset if key in offsets else -1
    return offset if offset >= 0 else None
