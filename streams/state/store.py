"""One partition's tables on disk: RocksDB with capped memory and without a log of its own.

The changelog topic is the log. What a crash takes from memory is restored from there: RocksDB keeps a prefix of
what was written, and the position in the changelog is written with it.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import rocksdict

from streams.state.versions import VersionedCodec

_CHECKPOINT_KEY = b"\x00checkpoint"
_WRITE_BUFFER_BYTES = 8 * 1024 * 1024
_MAX_OPEN_FILES = 64
_BLOOM_BITS = 10


class Checkpoint(NamedTuple):
    """How far a store follows its changelog.

    Attributes:
        cluster: the Kafka cluster that the changelog is on.
        offset: every record below it is in the store.
        written_s: when, in seconds since 1970.
    """

    cluster: str
    offset: int
    written_s: float


_CHECKPOINTS = VersionedCodec(Checkpoint, version=1, readers={0: msgspec.msgpack.Decoder(Checkpoint).decode})


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
    """Keys and values of one partition, as bytes, in key order.

    Args:
        directory: of its own; made if it is not there.
        memory: shared with other stores.
    """

    def __init__(self, directory: Path, memory: StoreMemory) -> None:
        self._directory = directory
        self._memory = memory
        self._without_log = rocksdict.WriteOptions()
        setattr(self._without_log, "disable_wal", True)  # noqa: B010 - a property; its stub says method
        self._database = self._open()

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        value: bytes | None = self._database.get(key)
        return value

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All keys that start so, in order."""
        pairs: Iterator[tuple[Any, Any]] = self._database.items(from_key=prefix)
        for key, value in pairs:
            if not key.startswith(prefix):
                return
            yield key, value

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
        self._database.write(batch, self._without_log)

    def checkpoint(self) -> Checkpoint | None:
        """How far the store follows its changelog; None if it is new."""
        value = self._database.get(_CHECKPOINT_KEY)
        return None if value is None else _CHECKPOINTS.decode(value)

    def clear(self) -> None:
        """Forget everything."""
        self._database.close()
        shutil.rmtree(self._directory)
        self._database = self._open()

    def close(self) -> None:
        """Put what is in memory on disk, and let go."""
        self._database.flush()
        self._database.close()

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
