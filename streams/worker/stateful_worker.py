"""What every role with tables shares: where they are, how they follow their partitions, and what time does to them."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, Protocol, TypeVar

import structlog

from streams.delivery.records import Effects, Handler, Partition, TickHandler
from streams.delivery.sink import Sink
from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.state.directory import WorkerDirectory
from streams.state.stateful_sink import StatefulSink
from streams.state.store import PartitionStore, StoreMemory
from streams.state.table_set import TableSet
from streams.state.tables import PartitionTables
from streams.state.topic_watch import UNKNOWN, TopicWatch
from streams.worker.stream_worker import StreamWorker

log = structlog.get_logger(__name__)
TablesT = TypeVar("TablesT", bound=PartitionTables)
#: Between two looks at the topics. An added partition, or a topic made anew, is noticed so soon.
_LOOK_EVERY_S = 5.0


class TickingHandler(Handler, Protocol):
    """A handler that the passing of time has effects on, too."""

    async def tick(self, partition: Partition) -> Effects:
        """What time means for a partition; see `TickHandler`."""
        ...


class StatefulWorker(StreamWorker, Generic[TablesT]):
    """A role with tables in one changelog, and ticks on the first topic that it reads."""

    shares_tables = True
    _tables: TableSet[TablesT] | None = None
    _watch: TopicWatch | None = None
    _handler: TickingHandler | None = None

    @property
    @abstractmethod
    def tick_s(self) -> float:
        """Seconds between two ticks of a partition."""

    @abstractmethod
    def make_tables(self, store: PartitionStore, partitions: int) -> TablesT:
        """The tables of one of so many partitions."""

    @abstractmethod
    def new_handler(self, tables: TableSet[TablesT], is_behind: Callable[[], bool]) -> TickingHandler:
        """Make what decides what chunks and ticks do.

        Args:
            tables: of the partitions that are held.
            is_behind: whether records come faster than they are worked off.
        """

    async def load_handler(self, client: KafkaConnection, *, is_kafka: bool) -> Handler:
        """Claim a directory for the tables; they are restored when partitions come."""
        self._watch = self._new_watch(client)
        await self._watch.look()
        directory = self._stack.enter_context(WorkerDirectory(self._settings.state.directory / self._group))
        self._tables = TableSet(
            client,
            self._watch,
            self.make_tables,
            directory.path,
            cluster=await topic_admin.cluster_id(client),
            is_kafka=is_kafka,
            memory=StoreMemory(self._settings.state.cache_bytes),
            on_anew=self._metrics.rebuilt,
        )
        self._handler = self.new_handler(self._tables, lambda: self._intake.is_filling)
        return self._handler

    def tick_handler(self) -> TickHandler | None:
        """What the handler does about time."""
        return self._handler.tick if self._handler is not None else None

    def wrap_sink(self, sink: Sink) -> Sink:
        """Writes the tables after publishing."""
        if self._tables is None:
            raise FatalError(f"{self._role.name}: the tables are not there yet; this is a bug")
        return StatefulSink(
            sink,
            self._tables,
            self._is_counted,
            lambda partition: self._begin_anew(partition, forgets_commits=sink.is_committed_by_consumer),
        )

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Ticks, and a look at the topics now and then."""
        return (self._tick(), self._watch_topics())

    def missing(self) -> Sequence[str]:
        """Tables that are being restored, and how far."""
        progress = self._tables.progress if self._tables is not None else None
        if progress is None:
            return ()
        return (f"tables are being restored: {progress.restored} of {progress.total} offsets",)

    def _new_watch(self, client: KafkaConnection) -> TopicWatch:
        (changelog,) = map(self._names, self._role.changelogs)
        keyed = {self._names(topic.name) for topic in self._role.writes if topic.partitions is None}
        topics = {*self._topics, *keyed, changelog}
        return TopicWatch(lambda: topic_admin.facts(client, topics), topics, self._topics, changelog)

    def _is_counted(self, partition: Partition) -> bool:
        lease = self._intake.leases.get(partition)
        return lease is not None and bool(lease.start)

    def _begin_anew(self, partition: Partition, *, forgets_commits: bool) -> None:
        """Read a partition from its beginning: what is committed may be an offset of the topic before."""
        lease = self._intake.leases.get(partition)
        if lease is not None:
            lease.start = lease.position = None
            if forgets_commits:  # a transaction whose outcome is unknown is told by what is committed now
                lease.committed = None

    async def _watch_topics(self) -> None:
        while self._watch is not None:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self._watch.compare()
            except UNKNOWN as error:
                log.debug("the topics are unknown", error=str(error))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self.tick_s)
            await self._intake.tick(self._topics[0])
