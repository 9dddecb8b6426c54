"""All partitions' tables of a worker: opened, restored and let go as partitions come and go."""

import asyncio
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from streams.kafka.connection import KafkaConnection
from streams.state.restoring import RestoreProgress, restore
from streams.state.store import Checkpoint, PartitionStore, StoreMemory
from streams.state.tables import Change, PartitionTables

log = structlog.get_logger(__name__)
_RETRY_S = 1.0
_REPORT_EVERY_S = 2.0


TablesT = TypeVar("TablesT", bound=PartitionTables)


class DeliveredTables(Protocol):
    """What delivery needs of a worker's tables, whatever they hold; `TableSet` fits."""

    @property
    def changelog(self) -> str:
        """The topic that holds them."""
        ...

    async def hold(self, partitions: Collection[int]) -> None:
        """Hold exactly these partitions, restored."""
        ...

    def delivered(self, partition: int, changes: Collection[Change], first_offset: int | None) -> None:
        """Changes are in the changelog."""
        ...

    def close(self) -> None:
        """Put everything on disk."""
        ...


class TableSet(Generic[TablesT]):
    """The tables of the partitions that a worker holds, of any contract.

    Args:
        client: the connection to Kafka.
        changelog: the topic they are restored from.
        make_tables: makes a partition's tables of its store and the number of partitions that share the memory.
        directory: where the stores are, one a partition.
        cluster: the Kafka cluster's id.
        is_kafka: False on the embedded broker.
        memory: of all stores.

    Attributes:
        progress: of the restoration under way; None when there is none.
    """

    def __init__(
        self,
        client: KafkaConnection,
        changelog: str,
        make_tables: Callable[[PartitionStore, int], TablesT],
        directory: Path,
        *,
        cluster: str,
        is_kafka: bool,
        memory: StoreMemory,
    ) -> None:
        self._client = client
        self.changelog = changelog
        self._make_tables = make_tables
        self._directory = directory
        self._cluster = cluster
        self._is_kafka = is_kafka
        self._memory = memory
        self._stores: dict[int, PartitionStore] = {}
        self._tables: dict[int, TablesT] = {}
        self.progress: RestoreProgress | None = None

    def of(self, partition: int) -> TablesT:
        """The tables of a partition that is held and restored."""
        return self._tables[partition]

    def is_held(self, partition: int) -> bool:
        """Whether a partition's tables are there and restored."""
        return partition in self._tables

    def holds(self, tables: TablesT) -> bool:
        """Whether these are still the tables of a partition that is held."""
        return any(known is tables for known in self._tables.values())

    async def hold(self, partitions: Collection[int]) -> None:
        """Hold exactly these partitions: undelivered changes are dropped, stores follow the changelog to its end.

        Waits for the broker as long as it takes.
        """
        self._tables = {}
        for number in [number for number in self._stores if number not in partitions]:
            await asyncio.to_thread(self._stores.pop(number).close)
        for number in partitions:
            if number not in self._stores:
                path = self._directory / str(number)
                self._stores[number] = await asyncio.to_thread(PartitionStore, path, self._memory)
        self.progress = RestoreProgress(0, 0)
        try:
            await self._restore()
        finally:
            self.progress = None
        count = len(self._stores)
        self._tables = {number: self._make_tables(store, count) for number, store in self._stores.items()}

    def delivered(self, partition: int, changes: Collection[Change], first_offset: int | None) -> None:
        """Changes are in the changelog; the first of them at `first_offset`, where that is known.

        The checkpoint stays at the first, so a restoration reads the last delivery again: its values are the same.
        """
        tables = self._tables.get(partition)
        if tables is not None:
            known = None if first_offset is None else Checkpoint(self._cluster, first_offset, time.time())
            tables.delivered(changes, known)

    def close(self) -> None:
        """Put everything on disk, and let go."""
        self._tables = {}
        while self._stores:
            self._stores.popitem()[1].close()

    async def _restore(self) -> None:
        started = time.monotonic()
        reported = started

        def report(progress: RestoreProgress) -> None:
            nonlocal reported
            self.progress = progress
            if time.monotonic() - reported > _REPORT_EVERY_S:
                reported = time.monotonic()
                log.info("restoring tables", restored=progress.restored, total=progress.total)

        while True:
            try:
                records = await restore(
                    self._client,
                    self.changelog,
                    self._stores,
                    cluster=self._cluster,
                    is_kafka=self._is_kafka,
                    report=report,
                )
            except KafkaError as error:
                log.warning("restoring waits for the broker", error=repr(error))
                await asyncio.sleep(_RETRY_S)
            else:
                seconds = round(time.monotonic() - started, 2)
                log.info("tables restored", records=records, seconds=seconds, partitions=sorted(self._stores))
                return
