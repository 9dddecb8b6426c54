"""The rolling role: enriched reviews, products and their texts to the tables; summaries, refreshes and alerts out."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from schemas.topics import ENRICHED_REVIEW, NEW_PRODUCT, PRODUCT_TEXT, ROLLING_STATE
from streams.delivery.records import Handler, TickHandler
from streams.delivery.sink import Sink
from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.roles.rolling.handler import RollProducts
from streams.state.directory import WorkerDirectory
from streams.state.stateful import StatefulSink
from streams.state.store import StoreMemory
from streams.state.table_set import TableSet
from streams.worker.stream_worker import StreamWorker


class RollingWorker(StreamWorker):
    """See `StreamWorker`."""

    role = "rolling"
    topics = (ENRICHED_REVIEW.name, NEW_PRODUCT.name, PRODUCT_TEXT.name)
    shares_tables = True
    _tables: TableSet | None = None
    _handler: RollProducts | None = None

    async def load_handler(self, client: dict[str, Any], *, is_kafka: bool) -> Handler:
        """Claim a directory for the tables; they are restored when partitions come."""
        settings = self._settings
        directory = self._stack.enter_context(WorkerDirectory(settings.state.directory / self._group))
        self._tables = TableSet(
            client,
            ROLLING_STATE,
            directory.path,
            cluster=await topic_admin.cluster_id(client),
            is_kafka=is_kafka,
            memory=StoreMemory(settings.state.cache_bytes),
            cached_products=settings.state.cached_products,
        )
        self._handler = RollProducts(
            self._tables,
            settings.rolling,
            now=lambda: datetime.now(UTC),
            is_behind=lambda: self._intake.is_filling,
        )
        return self._handler

    def tick_handler(self) -> TickHandler | None:
        """Publishes and refreshes what waits."""
        return self._handler.tick if self._handler is not None else None

    def wrap_sink(self, sink: Sink) -> Sink:
        """Writes the tables after publishing."""
        if self._tables is None:
            raise FatalError("rolling: the tables are not there yet; this is a bug")
        return StatefulSink(sink, self._tables)

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Ticks."""
        return (self._tick(),)

    def missing(self) -> Sequence[str]:
        """Tables that are being restored, and how far."""
        progress = self._tables.progress if self._tables is not None else None
        if progress is None:
            return ()
        return (f"tables are being restored: {progress.restored} of {progress.total} offsets",)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._settings.rolling.tick_s)
            await self._intake.tick(ENRICHED_REVIEW.name)
