"""The rolling role: enriched reviews, products and their texts to the tables; summaries, refreshes and alerts out."""

from collections.abc import Callable
from datetime import UTC, datetime

from streams.roles.rolling.handler import RollProducts
from streams.roles.rolling.tables import ProductTables
from streams.roles.rolling.topics import LIVE
from streams.state.store import PartitionStore
from streams.state.table_set import TableSet
from streams.worker.stateful_worker import StatefulWorker


class RollingWorker(StatefulWorker[ProductTables]):
    """See `StatefulWorker`."""

    @property
    def tick_s(self) -> float:
        """Between two looks at what waits for its time."""
        return self._settings.rolling.tick_s

    def make_tables(self, store: PartitionStore, partitions: int) -> ProductTables:
        """Products and reviews; the partitions share what may be kept decoded."""
        return ProductTables(store, max(1, self._settings.state.cached_products // partitions))

    def new_handler(self, tables: TableSet[ProductTables], is_behind: Callable[[], bool]) -> RollProducts:
        """Keeps the tables."""
        return RollProducts(
            tables,
            self._settings.rolling,
            now=lambda: datetime.now(UTC),
            is_behind=is_behind,
            topics=LIVE.renamed(self._names),
        )
