"""A rolling worker that kills itself while it makes the lists of an older version's tables, if told to.

python tests/e2e/upgrading_worker.py [listing:COUNT]
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams.app import ROLES
from streams.roles.rolling import tables as rolling_tables
from streams.roles.rolling.tables import ProductTables
from streams.roles.rolling.worker import RollingWorker
from streams.state.store import PartitionStore
from tests.e2e.worker import Killer, killer_of, main

#: Lists are written in so many pieces that a kill falls between two of them.
rolling_tables._LISTED_AT_ONCE = 20


class DyingStore:
    """Puts each piece of the lists on disk, as RocksDB does whenever it likes; then the worker may die."""

    def __init__(self, store: PartitionStore, killer: Killer) -> None:
        self._store = store
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, changes: Mapping[bytes, bytes | None], _checkpoint: None) -> None:
        self._store.write(changes, None)
        self._store._database.flush()
        self._killer("listing")


class UpgradingTables(ProductTables):
    """Makes its lists in a store that ends the worker."""

    killer: Killer

    def prepare(self) -> None:
        store = self._store
        self._store = DyingStore(store, self.killer)
        super().prepare()
        self._store = store


class UpgradingWorker(RollingWorker):
    """A rolling worker with such tables."""

    def make_tables(self, store: PartitionStore, partitions: int) -> ProductTables:
        return UpgradingTables(store, self._settings.state.cached_products // partitions)


if __name__ == "__main__":
    UpgradingTables.killer = killer_of(sys.argv[1:])
    main(replace(ROLES["rolling"], worker=partial(UpgradingWorker)))
