"""Brings stores up to date with their changelog, in chunks: from where each stands to the changelog's end."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.connection import KafkaConnection
from streams.state.store import Checkpoint, DamagedStoreError, PartitionStore

log = structlog.get_logger(__name__)

#: The reason for which tables are made anew that were found damaged.
DAMAGED = "damaged"
#: A broker forgets a deletion after a day (Kafka's delete.retention.ms). A store that missed one would keep the key
#: for ever, so one that is older than half of that starts anew.
_STALE_AFTER_S = 12 * 3600.0
_POLL_MS = 200


@dataclass(frozen=True, slots=True)
class RestoreProgress:
    """How far a restoration is, in offsets; compaction leaves gaps, so there may be fewer records."""

    restored: int
    total: int


async def restore(
    client: KafkaConnection,
    topic: str,
    stores: Mapping[int, PartitionStore],
    *,
    cluster: str,
    topic_id: str,
    is_kafka: bool,
    report: Callable[[RestoreProgress], None] = lambda _progress: None,
    on_anew: Callable[[str], None] = lambda _reason: None,
) -> int:
    """Read what stores miss of their changelog partitions, committed records only, and write it to them.

    Args:
        client: the connection to Kafka.
        topic: the changelog.
        stores: by partition number; one that cannot follow from where it stands is cleared first.
        cluster: the cluster's id.
        topic_id: the changelog's; empty where the broker tells none.
        is_kafka: False on the embedded broker.
        report: told of progress.
        on_anew: told why a store with contents starts anew, on any thread.

    Returns:
        How many records were read.

    Raises:
        KafkaError: the broker cannot be read.
    """
    if not stores:
        return 0
    consumer = client.consumer()
    await consumer.start()
    try:
        restoration = _Restoration(
            consumer, topic, stores, cluster, topic_id, is_kafka=is_kafka, on_anew=on_anew
        )
        return await restoration.run(report)
    finally:
        await consumer.stop()


async def first_value(
    client: KafkaConnection, topic: str, partition: int, key: bytes, *, is_kafka: bool
) -> bytes | None:
    """The first value of a key in a changelog partition; None if there is none up to the partition's end.

    Raises:
        KafkaError: the broker cannot be read.
    """
    consumer = client.consumer()
    await consumer.start()
    try:
        wanted = TopicPartition(topic, partition)
        consumer.assign([wanted])
        end = (await consumer.end_offsets([wanted]))[wanted] if is_kafka else None
        consumer.seek(wanted, 0)
        while end is None or await consumer.position(wanted) < end:
            for record in (await consumer.getmany(timeout_ms=_POLL_MS)).get(wanted, ()):
                if record.key == key and record.value is not None:
                    return bytes(record.value)
            end = consumer.highwater(wanted) if end is None else end
    finally:
        await consumer.stop()
    return None


class _Restoration:
    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topic: str,
        stores: Mapping[int, PartitionStore],
        cluster: str,
        topic_id: str,
        *,
        is_kafka: bool,
        on_anew: Callable[[str], None],
    ) -> None:
        self._consumer = consumer
        self._stores = {TopicPartition(topic, number): store for number, store in stores.items()}
        self._cluster = cluster
        self._topic_id = topic_id
        self._is_kafka = is_kafka
        self._on_anew = on_anew
        self._starts: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}

    async def run(self, report: Callable[[RestoreProgress], None]) -> int:
        """Restore all of them; see `restore`."""
        self._consumer.assign(list(self._stores))
        if self._is_kafka:
            self._ends = await self._consumer.end_offsets(list(self._stores))
        for partition, store in self._stores.items():
            self._starts[partition] = await asyncio.to_thread(self._prepared, partition, store)
            self._consumer.seek(partition, self._starts[partition])
        records = 0
        waiting = {partition for partition in self._stores if not await self._is_done(partition)}
        while waiting:
            for partition in self._stores.keys() - waiting:
                if partition not in self._consumer.paused():
                    self._consumer.pause(partition)
            fetched = await self._consumer.getmany(timeout_ms=_POLL_MS)
            for partition, chunk in fetched.items():
                changes = {record.key: record.value for record in chunk}
                checkpoint = Checkpoint(self._cluster, chunk[-1].offset + 1, time.time(), self._topic_id)
                await asyncio.to_thread(self._stores[partition].write, changes, checkpoint)
                records += len(chunk)
            waiting = {partition for partition in waiting if not await self._is_done(partition)}
            report(await self._progress())
        return records

    def _prepared(self, partition: TopicPartition, store: PartitionStore) -> int:
        """Where to read from; a store that cannot follow from where it stands is emptied."""
        try:
            known = store.checkpoint()
        except DamagedStoreError as error:
            log.warning("tables are damaged; the changelog restores them", why=str(error))
            self._on_anew(DAMAGED)
            store.clear()
            return 0
        if known is not None:
            end = self._ends.get(partition, known.offset)
            reasons = list(self._why_anew(known, end))
            if not reasons:
                return known.offset
            log.info("a store starts anew", partition=partition.partition, why=reasons)
            self._on_anew(reasons[0])
        store.clear()
        return 0

    def _why_anew(self, known: Checkpoint, end: int) -> Iterator[str]:
        """Why a store cannot follow its changelog from where it stands."""
        if known.cluster != self._cluster:
            yield "another cluster"
        if known.topic_id and self._topic_id and known.topic_id != self._topic_id:
            yield "the changelog was made anew"
        if time.time() - known.written_s > _STALE_AFTER_S:
            yield "too old"
        if known.offset > end:
            yield "ahead of the changelog"

    async def _is_done(self, partition: TopicPartition) -> bool:
        end = self._ends.get(partition)
        if end is None:  # the embedded broker tells it with the first fetch only
            end = self._consumer.highwater(partition)
            if end is None:
                return False
        return int(await self._consumer.position(partition)) >= end

    async def _progress(self) -> RestoreProgress:
        restored = total = 0
        for partition, start in self._starts.items():
            end = self._ends.get(partition) or self._consumer.highwater(partition) or start
            restored += int(await self._consumer.position(partition)) - start
            total += max(0, end - start)
        return RestoreProgress(restored, max(total, restored))
