"""A store on disk for the tests of the rolling role."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.state.store import PartitionStore, StoreMemory


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PartitionStore]:
    opened = PartitionStore(tmp_path / "store", StoreMemory(8 * 1024 * 1024))
    yield opened
    opened.close()
