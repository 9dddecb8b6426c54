"""At least once: outputs are acknowledged, then the consumer commits."""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.delivery.batches import enqueue, first_offsets
from streams.delivery.dead_letters import DeadLetterWriter, dead_letter_output
from streams.delivery.intake import Chunk
from streams.delivery.producing import (
    raise_if_hopeless,
    started,
    stopped,
)
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, FirstOffsets, pass_by
from streams.delivery.sizes import TopicSizes
from streams.errors import LeaseLostError
from streams.kafka.connection import KafkaConnection
from streams.retries import retried


class AtLeastOnceSink:
    """One producer; a chunk that was delivered and not yet committed is delivered again after a crash."""

    is_committed_by_consumer = True
    pause_s = 0.0

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        is_idempotent: bool,
        sizes: TopicSizes | None = None,
        write_dead_letter: DeadLetterWriter = dead_letter_output,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._connection = connection
        self._is_idempotent = is_idempotent
        self._sizes = sizes or TopicSizes()
        self._write_dead_letter = write_dead_letter
        self.checkpoint = checkpoint
        self._producer: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()

    async def start(self) -> None:
        """Connect the producer."""
        self._producer = await self._new_producer()

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """Nothing to prepare."""

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Nothing is kept."""

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Publish, and wait for the acknowledgements; see `Sink`."""
        return await self._publish_chunk(chunk, effects)

    async def stop(self) -> None:
        """Send what is buffered, and disconnect."""
        producer, self._producer = self._producer, None
        await stopped(producer)

    # Sent again after a failure whose outcome is unknown, also what has no records: twice rather than not at all.
    @retried(KafkaError)
    async def _publish_chunk(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        if not chunk.lease.is_held:
            raise LeaseLostError("revoked while publishing")
        producer = None
        try:
            producer = await self._living_producer()
            self.checkpoint("before_output")
            futures = await enqueue(
                producer, chunk.lease.partition.partition, effects, self._sizes, self._write_dead_letter
            )
            published = await asyncio.gather(*futures)
            self.checkpoint("after_output")
        except KafkaError as error:
            await self._retire(producer)
            raise_if_hopeless(error)
            raise
        return first_offsets(published)

    async def _living_producer(self) -> AIOKafkaProducer:
        async with self._renewing:  # partitions share it, and lose it at the same moment
            if self._producer is None:
                self._producer = await self._new_producer()
            return self._producer

    async def _new_producer(self) -> AIOKafkaProducer:
        return await started(self._connection.producer(is_idempotent=self._is_idempotent))

    async def _retire(self, producer: AIOKafkaProducer | None) -> None:
        """A producer that gave a batch up has a hole in its sequence: go on with a new one."""
        if producer is not None and producer is self._producer:
            self._producer = None
            await stopped(producer)
