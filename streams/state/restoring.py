"""Brings stores up to date with their changelog, in chunks: from where each stands to the changelog's end."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.connection import KafkaConnection
from streams.state.store import Checkpoint, PartitionStore

log = structlog.get_logger(__name__)

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
    is_kafka: bool,
    report: Callable[[RestoreProgress], None] = lambda _progress: None,
) -> int:
    """Read what stores miss of their changelog partitions, committed records only, and write it to them.

    Args:
        client: the connection to Kafka.
        topic: the changelog.
        stores: by partition number; one that cannot follow from where it stands is cleared first.
        cluster: the cluster's id.
        is_kafka: False on the embedded broker.
        report: told of progress.

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
        return await _Restoration(consumer, topic, stores, cluster, is_kafka=is_kafka).run(report)
    finally:
        await consumer.stop()


class _Restoration:
    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topic: str,
        stores: Mapping[int, PartitionStore],
        cluster: str,
        *,
        is_kafka: bool,
    ) -> None:
        self._consumer = consumer
        self._stores = {TopicPartition(topic, number): store for number, store in stores.items()}
        self._cluster = cluster
        self._is_kafka = is_kafka
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
                checkpoint = Checkpoint(self._cluster, chunk[-1].offset + 1, time.time())
                await asyncio.to_thread(self._stores[partition].write, changes, checkpoint)
                records += len(chunk)
            waiting = {partition for partition in waiting if not await self._is_done(partition)}
            report(await self._progress())
        return records

    def _prepared(self, partition: TopicPartition, store: PartitionStore) -> int:
        """Where to read from; a store that cannot follow from where it stands is emptied."""
        known = store.checkpoint()
        if known is not None:
            is_elsewhere = known.cluster != self._cluster
            is_stale = time.time() - known.written_s > _STALE_AFTER_S
            is_ahead = known.offset > self._ends.get(partition, known.offset)
            if not (is_elsewhere or is_stale or is_ahead):
                return known.offset
            log.info(
                "a store starts anew", partition=partition.partition, elsewhere=is_elsewhere, stale=is_stale
            )
        store.clear()
        return 0

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
