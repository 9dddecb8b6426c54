"""What is kept on disk and before it: changes are seen at once, and only what was delivered survives."""

import time
from pathlib import Path

import pytest

from streams.errors import ConfigurationError
from streams.roles.rolling.tables import ProductTables
from streams.rolling.product_state import ReviewState
from streams.state.directory import WorkerDirectory
from streams.state.store import Checkpoint, PartitionStore, StoreMemory

MEMORY = StoreMemory(8 * 1024 * 1024)
REVIEW = ReviewState(1, 0, None)


def change(tables: ProductTables, product_id: str, *review_ids: str) -> None:
    tables.touch(tables.product(product_id))
    for review_id in review_ids:
        tables.put_review(product_id, review_id, REVIEW)


def test_a_store_keeps_values_in_order_and_forgets(tmp_path: Path) -> None:
    """Written, deleted, scanned by prefix, and the same after it was closed."""
    store = PartitionStore(tmp_path / "0", MEMORY)
    store.write({b"a1": b"one", b"a2": b"two", b"b1": b"three"}, Checkpoint("cluster", 3, time.time()))
    store.write({b"a2": None}, None)
    store.close()

    again = PartitionStore(tmp_path / "0", MEMORY)
    assert list(again.scan(b"a")) == [(b"a1", b"one")]
    assert again.get(b"a2") is None
    known = again.checkpoint()
    assert known is not None
    assert known[:2] == ("cluster", 3)
    again.clear()
    assert again.get(b"a1") is None
    assert again.checkpoint() is None
    again.close()


def test_changes_are_seen_before_they_are_delivered(tmp_path: Path) -> None:
    """By id, and among a product's reviews; on disk is what was delivered."""
    store = PartitionStore(tmp_path / "0", MEMORY)
    tables = ProductTables(store, 10)
    change(tables, "p", "r1", "r2")
    assert tables.review("p", "r1") == REVIEW
    changes = tables.take_changes()
    assert [key for key, _ in changes] == [b"pp", b"rp\x00r1", b"rp\x00r2"]
    assert not list(store.scan(b"r"))
    assert [one for one, _ in tables.reviews_of("p")] == ["r1", "r2"]

    tables.put_review("p", "r1", None)
    assert tables.review("p", "r1") is None
    assert [one for one, _ in tables.reviews_of("p")] == ["r2"]
    tables.delivered(changes, None)
    assert [key for key, _ in store.scan(b"r")] == [b"rp\x00r1", b"rp\x00r2"]
    tables.delivered(tables.take_changes(), None)
    assert [key for key, _ in store.scan(b"r")] == [b"rp\x00r2"]
    store.close()


def test_a_newer_change_outlives_the_delivery_of_an_older_one(tmp_path: Path) -> None:
    """Two chunks in flight change one review: after the first is delivered, the second's value still counts."""
    store = PartitionStore(tmp_path / "0", MEMORY)
    tables = ProductTables(store, 10)
    tables.put_review("p", "r", ReviewState(1, 0, None))
    first = tables.take_changes()
    tables.put_review("p", "r", ReviewState(2, 0, None))
    tables.take_changes()
    tables.delivered(first, None)
    newest = tables.review("p", "r")
    assert newest is not None
    assert newest.version == 2
    store.close()


def test_few_products_stay_decoded_and_none_is_lost(tmp_path: Path) -> None:
    """More products than are cached, changed twice."""
    store = PartitionStore(tmp_path / "0", MEMORY)
    tables = ProductTables(store, 3)
    for _ in range(2):
        for number in range(10):
            tables.product(f"p{number}").product_version += 1
            change(tables, f"p{number}")
        tables.delivered(tables.take_changes(), None)
    assert {product.product_id: product.product_version for product in tables.products()} == {
        f"p{number}": 2 for number in range(10)
    }
    store.close()


def test_every_worker_has_a_directory_of_its_own(tmp_path: Path) -> None:
    """Two at once get two; the next worker takes over the one that became free."""
    with WorkerDirectory(tmp_path) as one:
        with WorkerDirectory(tmp_path) as other:
            assert (one.path, other.path) == (tmp_path / "0", tmp_path / "1")
        with WorkerDirectory(tmp_path) as again:
            assert again.path == other.path


def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    """It says which setting to change."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="REVIEWSTREAM_STATE__DIRECTORY"):
        WorkerDirectory(tmp_path / "file").__enter__()
