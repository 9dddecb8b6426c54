"""Exactly once: one transaction a delivery holds outputs, dead letters and the consumer group's offset."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Collection

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from streams.delivery.batches import enqueue, first_offsets
from streams.delivery.committed import Committed, committed
from streams.delivery.dead_letters import DeadLetterWriter, dead_letter_output
from streams.delivery.intake import Chunk, Lease
from streams.delivery.producing import (
    aborted,
    raise_if_hopeless,
    started,
    stopped,
)
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, FirstOffsets, pass_by
from streams.delivery.sizes import TopicSizes
from streams.errors import FatalError, LeaseLostError
from streams.kafka.connection import TRANSACTION_TIMEOUT_MS, KafkaConnection
from streams.retries import retried


class ExactlyOnceSink:
    """One transaction a delivery: outputs, dead letters and the consumer group's offset, or none of them.

    Each partition has a producer of its own whose transactional id names group, topic and partition.
    Starting it fences whoever had the partition before and settles its open transaction, so the
    committed offset that is read next is final.

    The offset carries a mark of its transaction. After a failure whose outcome is unknown the group's offset and mark
    say which transaction was the last, also where a delivery without records moved no offset.

    A producer that was fenced is final: the partition may be another worker's, who would be fenced in turn by a new
    one. So would a producer that is started for a lease that was lost meanwhile.
    """

    is_committed_by_consumer = False
    # A transaction costs five requests, some milliseconds of CPU time here and at the broker: one for each review
    # would cost more than the model does.
    pause_s = 0.1

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        group: str,
        sizes: TopicSizes | None = None,
        write_dead_letter: DeadLetterWriter = dead_letter_output,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._connection = connection
        self._group = group
        self._sizes = sizes or TopicSizes()
        self._write_dead_letter = write_dead_letter
        self.checkpoint = checkpoint
        self._producers: dict[Partition, AIOKafkaProducer] = {}
        self._renewing: defaultdict[Partition, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def start(self) -> None:
        """Nothing to connect before partitions are assigned."""

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """Start a new producer for every partition, kept ones included; stop all old ones.

        Waits for a broker that is away as long as it takes.
        """
        old, self._producers = self._producers, {}
        stopping = [asyncio.create_task(stopped(producer)) for producer in old.values()]
        try:
            await self._take_partitions_over(partitions)
        finally:
            await asyncio.gather(*stopping)

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Nothing is kept."""

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Run the chunk's transaction; see `Sink`."""
        mark = secrets.token_hex(8)
        published = await self._settle_transaction(chunk, effects, mark)
        chunk.lease.committed, chunk.lease.mark = chunk.next_offset, mark
        return published

    async def stop(self) -> None:
        """Disconnect every producer; an open transaction is aborted."""
        producers, self._producers = self._producers, {}
        await asyncio.gather(*(stopped(producer) for producer in producers.values()))

    @retried(KafkaError, first_pause_s=0.5)
    async def _take_partitions_over(self, partitions: Collection[Partition]) -> None:
        missing = [partition for partition in partitions if partition not in self._producers]
        # All of them end before the next try: a straggler would fence the producer that was started after it.
        outcomes = await asyncio.gather(*map(self._take_over, missing), return_exceptions=True)
        for error in (outcome for outcome in outcomes if isinstance(outcome, BaseException)):
            raise_if_hopeless(error)
            raise error

    async def _take_over(self, partition: Partition) -> None:
        async with self._renewing[partition]:
            self._producers[partition] = await self._new_producer(partition)

    @retried((KafkaError, TimeoutError))
    async def _settle_transaction(self, chunk: Chunk, effects: Effects, mark: str) -> FirstOffsets:
        lease, partition = chunk.lease, chunk.lease.partition
        _require(lease, "before its transaction")
        producer = self._producers.get(partition)
        try:
            if producer is None:
                producer = await self._renew(lease)
                if await self._has_been_committed(chunk, mark):
                    return {}
            async with asyncio.timeout(TRANSACTION_TIMEOUT_MS / 1000):
                return await self._transact(producer, chunk, effects, mark)
        except ProducerFenced as error:
            await self._retire(partition, producer)
            raise LeaseLostError("its producer was fenced") from error
        except LeaseLostError:
            await aborted(
                producer
            )  # else readers of committed records would wait for the transaction's timeout
            await self._retire(partition, producer)
            raise
        except (KafkaError, TimeoutError) as error:
            # Whether the commit went through is unknown. A new producer settles it; then we ask.
            await self._retire(partition, producer)
            raise_if_hopeless(error)
            _require(lease, "during its transaction")
            raise

    async def _transact(
        self, producer: AIOKafkaProducer, chunk: Chunk, effects: Effects, mark: str
    ) -> FirstOffsets:
        lease, partition = chunk.lease, chunk.lease.partition
        # No abort on failure: `_settle_transaction` puts a new producer in this one's place, and starting that
        # aborts what is open here, or learns that it was committed.
        await producer.begin_transaction()
        self.checkpoint("before_output")
        futures = await enqueue(producer, partition.partition, effects, self._sizes, self._write_dead_letter)
        published = await asyncio.gather(*futures)
        self.checkpoint("after_output")
        _require(lease, "after its outputs")
        # One after the other: while the broker adds the group to a transaction it refuses the outputs' batch, and a
        # transaction in fifteen would wait for the retry.
        offsets = {TopicPartition(*partition): OffsetAndMetadata(chunk.next_offset, mark)}
        await producer.send_offsets_to_transaction(offsets, self._group)
        self.checkpoint("before_commit")
        _require(lease, "before its commit")
        await producer.commit_transaction()
        self.checkpoint("after_commit")
        return first_offsets(published)

    async def _renew(self, lease: Lease) -> AIOKafkaProducer:
        """Put a new producer in the place of one that failed, while the lease is held."""
        async with self._renewing[lease.partition]:
            _require(lease, "before its producer was renewed")
            producer = await self._new_producer(lease.partition)
            if not lease.is_held:
                await stopped(producer)
            _require(lease, "while its producer was renewed")
            self._producers[lease.partition] = producer
        return producer

    async def _new_producer(self, partition: Partition) -> AIOKafkaProducer:
        transactional_id = f"{self._group}-{partition.topic}-{partition.partition}"
        return await started(self._connection.producer(is_idempotent=True, transactional_id=transactional_id))

    async def _retire(self, partition: Partition, producer: AIOKafkaProducer | None) -> None:
        """Stop a producer that failed; one that took its place meanwhile stays."""
        if producer is not None and self._producers.get(partition) is producer:
            del self._producers[partition]
        await stopped(producer)

    async def _has_been_committed(self, chunk: Chunk, mark: str) -> bool:
        """Ask the broker what became of a transaction whose outcome we did not learn."""
        lease = chunk.lease
        stands = await self._ask(lease)
        _require(lease, "while its offset was asked for")
        if stands == (chunk.next_offset, mark):
            return True
        if stands.offset == lease.committed and lease.mark in {None, stands.mark}:
            return False
        raise FatalError(
            f"exactly once: {lease.partition} was expected at offset {lease.committed} or "
            f"{chunk.next_offset}, the group {self._group} stands at {stands.offset}: somebody else moved it. "
            "This worker starts again from there."
        )

    @retried((KafkaError, TimeoutError))
    async def _ask(self, lease: Lease) -> Committed:
        """Where the group stands; asked again until it says, for an answer that does not say is no answer."""
        _require(lease, "while its offset was asked for")
        try:
            return await committed(self._connection, self._group, lease.partition)
        except KafkaError as error:
            raise_if_hopeless(error)
            raise


def _require(lease: Lease, when: str) -> None:
    """Do nothing while the lease is held. Looked at again after every wait before a commit.

    Raises:
        LeaseLostError: it is not held any more.
    """
    if not lease.is_held:
        raise LeaseLostError(f"lost {when}")
