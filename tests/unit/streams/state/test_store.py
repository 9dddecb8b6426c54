"""Tables on a disk that fails: what is damaged starts anew from the changelog, what is full says so."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from streams.errors import ConfigurationError
from streams.state.store import Checkpoint, DamagedStoreError, FullDiskError, PartitionStore, StoreMemory
from tests.disks import small_disk

MEMORY = StoreMemory(8 * 1024 * 1024)
KEYS = 3_000


def filled(directory: Path) -> Path:
    """A store that was closed, with all that it holds in files."""
    store = PartitionStore(directory, MEMORY)
    bytes_of = Random(1).randbytes
    changes: dict[bytes, bytes | None] = {b"k%06d" % number: bytes_of(200) for number in range(KEYS)}
    store.write(changes, Checkpoint("cluster", KEYS, time.time()))
    store.close()
    return directory


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replaced(path: Path) -> None:
    path.write_bytes(b"not what RocksDB wrote")


def removed(path: Path) -> None:
    path.unlink()


def flipped(path: Path) -> None:
    kept = bytearray(path.read_bytes())
    for at in range(0, len(kept), 50):
        kept[at] ^= 0xFF
    path.write_bytes(kept)


def flipped_inside(path: Path) -> None:
    """In a block of data: RocksDB notices when it reads it."""
    kept = bytearray(path.read_bytes())
    for at in range(len(kept) // 3, len(kept) // 3 + 100):
        kept[at] ^= 0xFF
    path.write_bytes(kept)


@pytest.mark.parametrize("damage", [cut, replaced, removed, flipped])
@pytest.mark.parametrize("files", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_damaged_tables_are_opened_as_new_ones(
    tmp_path: Path, files: str, damage: Callable[[Path], None]
) -> None:
    """No checkpoint and no keys, so that everything is restored; what is written then stays."""
    directory = filled(tmp_path / "0")
    for path in directory.glob(files):
        damage(path)
    store = PartitionStore(directory, MEMORY)
    assert store.checkpoint() is None
    assert store.is_empty()
    store.write({b"k": b"v"}, Checkpoint("cluster", 1, time.time()))
    store.close()
    again = PartitionStore(directory, MEMORY)
    assert not again.was_damaged
    assert again.get(b"k") == b"v"
    again.close()


def test_damage_that_is_found_by_reading_is_remembered(tmp_path: Path) -> None:
    """A read and a scan fail, neither ends early as if that were all; the next to open them finds new tables."""
    directory = filled(tmp_path / "0")
    for path in directory.glob("*.sst"):
        flipped_inside(path)
    store = PartitionStore(directory, MEMORY)
    with pytest.raises(DamagedStoreError, match="Start the worker again"):
        list(store.scan(b"k"))
    with pytest.raises(DamagedStoreError):
        for number in range(KEYS):
            store.get(b"k%06d" % number)
    store.close()
    again = PartitionStore(directory, MEMORY)
    assert again.is_empty()
    again.close()
    once_more = PartitionStore(directory, MEMORY)
    once_more.close()
    assert not (directory / "DAMAGED").exists()


@pytest.mark.thorough
def test_a_full_disk_ends_the_worker_for_good_with_what_to_do(tmp_path: Path) -> None:
    """Where, how much is free, which setting; as a wrong setting does, so that nothing restarts it for ever."""
    bytes_of = Random(1).randbytes
    with small_disk(tmp_path / "disk", mebibytes=6) as disk:
        store = PartitionStore(disk / "0", MEMORY)
        with pytest.raises(
            FullDiskError, match=r"disk/0.*KiB are free.*REVIEWSTREAM_STATE__DIRECTORY"
        ) as full:
            for number in range(40_000):
                store.write({b"%06d" % number: bytes_of(1_000)}, None)
        assert isinstance(full.value, ConfigurationError)
        store.close()


@pytest.mark.parametrize("limit", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_to_open_is_no_damage(tmp_path: Path, limit: int) -> None:
    """The disk's end, a user's or a process's share of it, whatever RocksDB was doing: nothing is deleted for that."""

    class FullStore(PartitionStore):
        def _open(self) -> None:  # type: ignore[override]
            raise Exception(f"IO error: {os.strerror(limit)}: While appending to file")  # noqa: TRY002

    directory = filled(tmp_path / "0")
    with pytest.raises(FullDiskError):
        FullStore(directory, MEMORY)
    store = PartitionStore(directory, MEMORY)
    assert not store.is_empty()
    store.close()
