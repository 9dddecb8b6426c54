"""All partitions' tables of a worker: opened, restored and let go as partitions come and go."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_facts import TopicFacts
from streams.retries import retried
from streams.state.origin import (
    ORIGIN_CODEC,
    ORIGIN_PREFIX,
    LostTablesError,
    TableOrigin,
    renewed,
    require_same_count,
    succeeding,
)
from streams.state.restoring import DAMAGED, RestoreProgress, first_value, restore
from streams.state.store import Checkpoint, PartitionStore, StoreMemory
from streams.state.tables import Change, PartitionTables
from streams.state.topic_watch import TopicWatch

log = structlog.get_logger(__name__)
_FIRST_PAUSE_S = 0.5
_REPORT_EVERY_S = 2.0


TablesT = TypeVar("TablesT", bound=PartitionTables)


class DeliveredTables(Protocol):
    """What delivery needs of a worker's tables, whatever they hold; `TableSet` fits."""

    @property
    def changelog(self) -> str:
        """The topic that holds them."""
        ...

    @property
    def renewed(self) -> Mapping[int, frozenset[str]]:
        """By partition, the topics that were made anew since its tables were kept."""
        ...

    def let_go(self) -> None:
        """Hold no tables until `hold`."""
        ...

    async def hold(self, partitions: Collection[int], counted: Collection[int] = ()) -> None:
        """Hold exactly these partitions, restored."""
        ...

    async def delivered(self, partition: int, changes: Collection[Change], first_offset: int | None) -> None:
        """Changes are in the changelog."""
        ...

    def close(self) -> None:
        """Put everything on disk."""
        ...


class TableSet(Generic[TablesT]):
    """The tables of the partitions that a worker holds, of any contract.

    Args:
        client: the connection to Kafka.
        topics: the changelog that they are restored from, and the topics that share its keys.
        make_tables: makes a partition's tables of its store and the number of partitions that share the memory.
        directory: where the stores are, one a partition.
        cluster: the Kafka cluster's id.
        is_kafka: False on the embedded broker.
        memory: of all stores.
        on_anew: told why a partition's tables were cleared and are restored anew, on any thread.

    Attributes:
        progress: of the restoration under way; None when there is none.
        renewed: by partition, the topics that were made anew since its tables were kept: nothing of them was counted.
    """

    def __init__(
        self,
        client: KafkaConnection,
        topics: TopicWatch,
        make_tables: Callable[[PartitionStore, int], TablesT],
        directory: Path,
        *,
        cluster: str,
        is_kafka: bool,
        memory: StoreMemory,
        on_anew: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._client = client
        self._topics = topics
        self.changelog = topics.changelog
        self._make_tables = make_tables
        self._directory = directory
        self._cluster = cluster
        self._topic_id = ""
        self._is_kafka = is_kafka
        self._memory = memory
        self._on_anew = on_anew
        self._stores: dict[int, PartitionStore] = {}
        self._tables: dict[int, TablesT] = {}
        self.progress: RestoreProgress | None = None
        self.renewed: dict[int, frozenset[str]] = {}

    def of(self, partition: int) -> TablesT:
        """The tables of a partition that is held and restored."""
        return self._tables[partition]

    def is_held(self, partition: int) -> bool:
        """Whether a partition's tables are there and restored."""
        return partition in self._tables

    def holds(self, tables: TablesT) -> bool:
        """Whether these are still the tables of a partition that is held."""
        return any(known is tables for known in self._tables.values())

    def let_go(self) -> None:
        """Hold no tables, with undelivered changes dropped, until they are held and restored again.

        What another worker published meanwhile is not in them.
        """
        self._tables = {}

    async def hold(self, partitions: Collection[int], counted: Collection[int] = ()) -> None:
        """Hold exactly these partitions: undelivered changes are dropped, stores follow the changelog to its end.

        Waits for the broker as long as it takes.

        Args:
            partitions: to be held.
            counted: those of which the group has committed an offset, so that something was counted.

        Raises:
            PartitionCountError: the tables were counted with another number of partitions.
            LostTablesError: something was counted, and the changelog has nothing of it.
        """
        self.let_go()
        for number in [number for number in self._stores if number not in partitions]:
            await asyncio.to_thread(self._stores.pop(number).close)
        for number in partitions:
            if number not in self._stores:
                path = self._directory / str(number)
                store = await asyncio.to_thread(PartitionStore, path, self._memory)
                self._stores[number] = store
                if store.was_damaged:
                    self._on_anew(DAMAGED)
        self.progress = RestoreProgress(0, 0)
        try:
            facts = await self._topics.look()
            self._topic_id = facts[self.changelog].topic_id
            await self._restore()
            self._tables = {
                number: await self._restored(number, facts, is_counted=number in counted)
                for number in self._stores
            }
        finally:
            self.progress = None

    async def delivered(self, partition: int, changes: Collection[Change], first_offset: int | None) -> None:
        """Changes are in the changelog; the first of them at `first_offset`, where that is known.

        They are written to disk on a thread, for a disk may take its time.
        The checkpoint stays at the first, so a restoration reads the last delivery again: its values are the same.
        """
        tables = self._tables.get(partition)
        if tables is not None:
            known = None
            if first_offset is not None:
                known = Checkpoint(self._cluster, first_offset, time.time(), self._topic_id)
            written = dict(changes)
            await asyncio.to_thread(tables.write, written, known)
            tables.settle(written)

    def close(self) -> None:
        """Put everything on disk, and let go."""
        self.let_go()
        while self._stores:
            self._stores.popitem()[1].close()

    async def _restored(self, number: int, facts: Mapping[str, TopicFacts], *, is_counted: bool) -> TablesT:
        """The tables of a store that has followed the changelog, if they go on with the topics as they are."""
        store = self._stores[number]
        tables = self._make_tables(store, len(self._stores))
        count = facts[self.changelog].partitions
        known = tables.origin
        if known is None and await asyncio.to_thread(store.is_empty):
            if is_counted:
                raise LostTablesError(
                    f"tables: wanted what was counted of partition {number} before; got nothing from "
                    f"{self.changelog}, which was emptied or made anew. Bring it back; or count again what the "
                    "topics still hold: delete the offsets of this role's consumer group, and start the workers"
                )
            beside = await self._origin_elsewhere(number)
        else:
            beside = known
        if beside is not None:
            require_same_count(self.changelog, beside.partitions, count)
        await asyncio.to_thread(tables.prepare)
        origin = succeeding(known, count, facts, self._topics.inputs)
        self.renewed[number] = renewed(known, origin)
        tables.begin_at(origin)
        return tables

    async def _origin_elsewhere(self, number: int) -> TableOrigin | None:
        """What partition 0 was counted from: a partition that was added later has nothing to tell."""
        if number == 0:
            return None
        value = await self._first_of_partition_0()
        return None if value is None else ORIGIN_CODEC.decode(value)

    @retried(KafkaError, first_pause_s=_FIRST_PAUSE_S)
    async def _first_of_partition_0(self) -> bytes | None:
        return await first_value(self._client, self.changelog, 0, ORIGIN_PREFIX, is_kafka=self._is_kafka)

    async def _restore(self) -> None:
        started = time.monotonic()
        reported = started

        def report(progress: RestoreProgress) -> None:
            nonlocal reported
            self.progress = progress
            if time.monotonic() - reported > _REPORT_EVERY_S:
                reported = time.monotonic()
                log.info("restoring tables", restored=progress.restored, total=progress.total)

        records = await self._follow_changelog(report)
        seconds = round(time.monotonic() - started, 2)
        log.info("tables restored", records=records, seconds=seconds, partitions=sorted(self._stores))

    @retried(KafkaError, first_pause_s=_FIRST_PAUSE_S)
    async def _follow_changelog(self, report: Callable[[RestoreProgress], None]) -> int:
        return await restore(
            self._client,
            self.changelog,
            self._stores,
            cluster=self._cluster,
            topic_id=self._topic_id,
            is_kafka=self._is_kafka,
            report=report,
            on_anew=self._on_anew,
        )
