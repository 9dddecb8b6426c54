"""At least once: outputs are acknowledged, then the consumer commits."""

import asyncio
from collections.abc import Collection

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.delivery.batches import enqueue, first_offsets
from streams.delivery.intake import Chunk
from streams.delivery.producing import MAX_PAUSE_S, raise_if_hopeless, started, stopped
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, FirstOffsets, pass_by
from streams.errors import LeaseLostError
from streams.kafka.connection import KafkaConnection

log = structlog.get_logger(__name__)


class AtLeastOnceSink:
    """One producer; a chunk that was delivered and not yet committed is delivered again after a crash."""

    is_committed_by_consumer = True
    pause_s = 0.0

    def __init__(
        self, connection: KafkaConnection, *, is_idempotent: bool, checkpoint: Checkpoint = pass_by
    ) -> None:
        self._connection = connection
        self._is_idempotent = is_idempotent
        self.checkpoint = checkpoint
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect the producer."""
        self._producer = await self._new_producer()

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """Nothing to prepare."""

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Nothing is kept."""

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Publish, and wait for the acknowledgements; see `Sink`."""
        pause_s = 0.1
        while chunk.lease.is_held:
            producer = self._producer
            try:
                if producer is None:
                    producer = self._producer = await self._new_producer()
                self.checkpoint("before_output")
                futures = await enqueue(producer, chunk.lease.partition.partition, effects)
                published = await asyncio.gather(*futures)
                self.checkpoint("after_output")
            except KafkaError as error:
                raise_if_hopeless(error)
                log.warning("publishing waits for the broker", error=repr(error), lease=repr(chunk.lease))
                await self._retire(producer)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, MAX_PAUSE_S)
            else:
                return first_offsets(published)
        raise LeaseLostError("revoked while publishing")

    async def stop(self) -> None:
        """Send what is buffered, and disconnect."""
        producer, self._producer = self._producer, None
        await stopped(producer)

    async def _new_producer(self) -> AIOKafkaProducer:
        return await started(self._connection.producer(is_idempotent=self._is_idempotent))

    async def _retire(self, producer: AIOKafkaProducer | None) -> None:
        """A producer that gave a batch up has a hole in its sequence: go on with a new one."""
        if producer is not None and producer is self._producer:
            self._producer = None
            await stopped(producer)
