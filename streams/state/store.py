"""One partition's tables on disk: RocksDB with capped memory and without a log of its own.

The changelog topic is the log. What a crash takes from memory is restored from there: RocksDB keeps a prefix of
what was written, and the position in the changelog is written with it.
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import rocksdict
import structlog

from streams.errors import ConfigurationError, FatalError
from streams.state.versions import VersionedCodec

log = structlog.get_logger(__name__)

#: Keys that begin so are no table's.
_ABOUT_THE_STORE = b"\x00"
_CHECKPOINT_KEY = b"\x00checkpoint"
_WRITE_BUFFER_BYTES = 8 * 1024 * 1024
_MAX_OPEN_FILES = 64
_BLOOM_BITS = 10
#: Beside RocksDB's files: the tables were found damaged, and the next to open them starts anew.
_DAMAGED = "DAMAGED"
#: How RocksDB's messages say that its files are not what it wrote; it has one exception for everything.
_SIGNS_OF_DAMAGE = ("Corruption", "No such file or directory")
#: The disk's own end, that of the user's share of it, and that of what this process may write.
_SIGNS_OF_A_FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")


class DamagedStoreError(FatalError):
    """The tables on disk are not what was written. They are marked, and made anew when they are opened next."""


class FullDiskError(ConfigurationError):
    """There is no room for the tables. A restart does not help, so it ends as a wrong setting does."""


class Checkpoint(NamedTuple):
    """How far a store follows its changelog.

    Attributes:
        cluster: the Kafka cluster that the changelog is on.
        offset: every record below it is in the store.
        written_s: when, in seconds since 1970.
        topic_id: the changelog's, which changes when it is made anew; empty where the broker tells none.
    """

    cluster: str
    offset: int
    written_s: float
    topic_id: str = ""


_checkpoint_decoder = msgspec.msgpack.Decoder(Checkpoint)
_CHECKPOINTS = VersionedCodec(
    Checkpoint, version=2, readers=dict.fromkeys((0, 1), _checkpoint_decoder.decode)
)


class StoreMemory:
    """The memory that all stores of a worker share.

    Args:
        cache_bytes: of blocks read from disk, half of it for what is not on disk yet.
    """

    def __init__(self, cache_bytes: int) -> None:
        self.cache = rocksdict.Cache(cache_bytes)
        self.buffers = rocksdict.WriteBufferManager.new_write_buffer_manager_with_cache(
            cache_bytes // 2, False, self.cache
        )


class PartitionStore:
    """Keys and values of one partition, as bytes, in key order. Damaged ones are cleared when they are opened.

    Args:
        directory: of its own; made if it is not there.
        memory: shared with other stores.

    Attributes:
        was_damaged: whether what was in the directory was thrown away when it was opened.

    Raises:
        FullDiskError: there is no room, here and with every method.
        DamagedStoreError: the files are not what was written, with every method.
    """

    def __init__(self, directory: Path, memory: StoreMemory) -> None:
        self._directory = directory
        self._memory = memory
        self._without_log = rocksdict.WriteOptions()
        setattr(self._without_log, "disable_wal", True)  # noqa: B010 - a property; its stub says method
        self.was_damaged = False
        self._database = self._opened()

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        try:
            value: bytes | None = self._database.get(key)
        except Exception as error:
            raise self._explained("read", error) from error
        return value

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All keys that start so, in order, from `start` on."""
        last = max(prefix, start)
        try:
            pairs: Iterator[tuple[Any, Any]] = self._database.items(from_key=last)
            for key, value in pairs:
                if not key.startswith(prefix):
                    return
                last = key
                yield key, value
            self._require_end(last)
        except GeneratorExit:
            raise
        except Exception as error:
            raise self._explained("read", error) from error

    def write(self, changes: Mapping[bytes, bytes | None], checkpoint: Checkpoint | None) -> None:
        """Write changes, None for a deletion, and how far they reach, together."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        if checkpoint is not None:
            batch.put(_CHECKPOINT_KEY, _CHECKPOINTS.encode(checkpoint))
        try:
            self._database.write(batch, self._without_log)
        except Exception as error:
            raise self._explained("write", error) from error

    def checkpoint(self) -> Checkpoint | None:
        """How far the store follows its changelog; None if it is new."""
        value = self.get(_CHECKPOINT_KEY)
        return None if value is None else _CHECKPOINTS.decode(value)

    def is_empty(self) -> bool:
        """Whether nothing is kept but how far the store follows, and what is about this disk only."""
        return all(key.startswith(_ABOUT_THE_STORE) for key, _ in self.scan(b""))

    def clear(self) -> None:
        """Forget everything."""
        with contextlib.suppress(Exception):  # what cannot be closed is deleted all the same
            self._database.close()
        shutil.rmtree(self._directory)
        self._database = self._opened()

    def close(self) -> None:
        """Put what is in memory on disk, and let go; what finds no room is read from the changelog again."""
        for step in (self._database.flush, self._database.close):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - RocksDB raises nothing narrower
                log.warning("tables in memory were not kept", why=str(self._explained("keep", error)))

    def _require_end(self, last: bytes) -> None:
        """Fail if the keys end for an error: RocksDB's items just stop there."""
        rest = self._database.iter()
        rest.seek(last)
        if rest.valid():
            rest.next()
        rest.status()

    def _explained(self, action: str, error: Exception) -> Exception:
        """Our error of RocksDB's; damage is marked on disk."""
        got = " ".join(str(error).split())
        if any(sign in got for sign in _SIGNS_OF_A_FULL_DISK):
            return self._full(action, got)
        if any(sign in got for sign in _SIGNS_OF_DAMAGE):
            with contextlib.suppress(OSError):
                (self._directory / _DAMAGED).touch()
            return DamagedStoreError(
                f"tables: wanted to {action} them in {self._directory}; got {got}; they are damaged. "
                "Start the worker again: it restores them from the changelog, which has everything"
            )
        if isinstance(error, rocksdict.DbClosedError):
            return error
        return FatalError(
            f"tables: wanted to {action} them in {self._directory}; got {got}; check the disk and its rights"
        )

    def _full(self, action: str, got: str) -> FullDiskError:
        try:
            free = f"{shutil.disk_usage(self._directory.parent).free // 1024} KiB are free"
        except OSError:
            free = "how much is free is unknown"
        return FullDiskError(
            f"tables: wanted to {action} them in {self._directory}; got {got} ({free}); make room, or set "
            "REVIEWSTREAM_STATE__DIRECTORY to a larger disk, and start the worker again: nothing is lost, "
            "for the changelog has everything"
        )

    def _opened(self) -> rocksdict.Rdict:
        """The database; one that is damaged is deleted, for the changelog has what was in it."""
        why = "found damaged when it was used"
        if not (self._directory / _DAMAGED).exists():
            try:
                return self._open()
            except Exception as error:
                explained = self._explained("open", error)
                if not isinstance(explained, DamagedStoreError):
                    raise explained from error
                why = " ".join(str(error).split())
        log.warning("tables are damaged; the changelog restores them", path=str(self._directory), why=why)
        self.was_damaged = True
        shutil.rmtree(self._directory)
        try:
            return self._open()
        except Exception as error:
            raise self._explained("open", error) from error

    def _open(self) -> rocksdict.Rdict:
        self._directory.mkdir(parents=True, exist_ok=True)
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_max_open_files(_MAX_OPEN_FILES)
        options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
        options.set_max_write_buffer_number(2)
        options.set_write_buffer_manager(self._memory.buffers)
        options.set_compression_type(rocksdict.DBCompressionType.lz4())
        options.set_keep_log_file_num(2)
        tables = rocksdict.BlockBasedOptions()
        tables.set_block_cache(self._memory.cache)
        tables.set_bloom_filter(_BLOOM_BITS, False)
        options.set_block_based_table_factory(tables)
        return rocksdict.Rdict(str(self._directory), options)
