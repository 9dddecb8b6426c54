"""The tables of one partition, of any contract: what is on disk, and before it what is not delivered yet."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Generic, Protocol, TypeVar

from streams.state.origin import ORIGIN_CODEC, ORIGIN_PREFIX, TableOrigin
from streams.state.positions import position
from streams.state.store import Checkpoint, PartitionStore

#: A key and its new value; None deletes it.
Change = tuple[bytes, bytes | None]
T = TypeVar("T")
V = TypeVar("V")


class Codec(Protocol[T]):
    """Values to the bytes that are kept, and back; `streams.state.versions.VersionedCodec` fits."""

    def encode(self, value: T) -> bytes:
        """The bytes to keep."""
        ...

    def decode(self, kept: bytes) -> T:
        """The value of kept bytes."""
        ...


class PartitionTables:
    """Some tables in one store. Changes are seen at once, and are kept until they are delivered.

    Args:
        store: what was delivered.
    """

    def __init__(self, store: PartitionStore) -> None:
        self._store = store
        self._tables: list[Table[object]] = []
        self._undelivered: dict[bytes, bytes | None] = {}
        self._origins = self.add(ORIGIN_PREFIX, ORIGIN_CODEC)
        self._origin = self._origins.get(b"")

    @property
    def origin(self) -> TableOrigin | None:
        """What the tables were counted from; None where that was never kept."""
        return self._origin

    def begin_at(self, origin: TableOrigin) -> None:
        """Keep what the tables are counted from henceforth; it is one of the changes."""
        if origin != self._origin:
            self._origins.put(b"", origin)
            self._origin = origin

    def position(self, topic: str, offset: int) -> int:
        """What to keep of an offset as applied: it grows, although offsets start again in a topic made anew."""
        return position(self._origin.epoch(topic) if self._origin is not None else 0, offset)

    def prepare(self) -> None:
        """Bring what was kept by an older version to today's form, before anything is read; may take long."""

    def add(self, prefix: bytes, codec: Codec[T], *, cached: int = 0) -> "Table[T]":
        """A table; its keys on disk begin with `prefix`, which begins no other table's.

        Args:
            prefix: of its keys.
            codec: of its values.
            cached: how many values are kept decoded.
        """
        table = Table(self, prefix, codec, cached)
        self._tables.append(table)  # type: ignore[arg-type]  # values go back to their own table only
        return table

    def take_changes(self, most: int | None = None) -> list[Change]:
        """What has changed since they were taken last, table by table, each in the order of its changes.

        With `most`, that many at most; the next call has those that follow, and an empty list says that all are taken.
        Nothing may be changed between.

        They are to be published in this order, and told to `delivered` once they are.
        """
        changes: list[Change] = []
        for table in self._tables:
            changes += table.take(None if most is None else most - len(changes))
        self._undelivered.update(changes)
        return changes

    def delivered(self, changes: Iterable[Change], checkpoint: Checkpoint | None) -> None:
        """Write changes to disk that are in the changelog now."""
        written = dict(changes)
        self.write(written, checkpoint)
        self.settle(written)

    def write(self, changes: Mapping[bytes, bytes | None], checkpoint: Checkpoint | None) -> None:
        """Write delivered changes to disk, on any thread; `settle` follows."""
        self._store.write(changes, checkpoint)

    def settle(self, written: Mapping[bytes, bytes | None]) -> None:
        """Read these from disk from now on, but for those that have changed again."""
        missing = object()
        for key, value in written.items():
            if self._undelivered.get(key, missing) is value:
                del self._undelivered[key]

    def read(self, key: bytes) -> bytes | None:
        """The newest bytes that were taken of a key."""
        if key in self._undelivered:
            return self._undelivered[key]
        return self._store.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The newest bytes that were taken of all keys that start so, in order, from `start` on."""
        newer = _changes_from(self._undelivered, prefix, start)
        for key, kept in _merged(self._store.scan(prefix, start), newer):
            if kept is not None:
                yield key, kept


class Table(Generic[T]):
    """Values of one kind by key; made by `PartitionTables.add`.

    A value may be changed in place as long as it is put again before the changes are taken.
    """

    def __init__(self, tables: PartitionTables, prefix: bytes, codec: Codec[T], cached: int) -> None:
        self._tables = tables
        self._prefix = prefix
        self._codec = codec
        self._cached = cached
        self._cache: dict[bytes, T] = {}
        self._changed: dict[bytes, T | None] = {}

    def get(self, key: bytes) -> T | None:
        """The newest value of a key."""
        if key in self._changed:
            return self._changed[key]
        value = self._cache.pop(key, None)
        if value is None:
            kept = self._tables.read(self._prefix + key)
            if kept is None:
                return None
            value = self._codec.decode(kept)
        self.keep(key, value)
        return value

    def keep(self, key: bytes, value: T) -> None:
        """Keep a value decoded until the changes are taken and longer; it is not changed by that."""
        if self._cached:
            self._cache[key] = value  # the last one used is the last one dropped

    def put(self, key: bytes, value: T | None) -> None:
        """Change a key as its value will be when the changes are taken; None deletes it."""
        self._changed[key] = value
        if value is not None:
            self.keep(key, value)
        else:
            self._cache.pop(key, None)

    def scan(self, prefix: bytes = b"", start: bytes = b"") -> Iterator[tuple[bytes, T]]:
        """All keys that start so, in order, from `start` on, and their values; reads no more than is taken."""
        length = len(self._prefix)
        newer = _changes_from(self._changed, prefix, start)
        kept = (
            (key[length:], self._codec.decode(value))
            for key, value in self._tables.scan(self._prefix + prefix, self._prefix + start)
        )
        for key, value in _merged(kept, newer):
            if value is not None:
                yield key, value

    def take(self, most: int | None = None) -> list[Change]:
        """So many of what has changed and was not taken yet; called by `PartitionTables.take_changes`."""
        taken = list(islice(self._changed.items(), most))
        for key, _ in taken:
            del self._changed[key]
        if not self._changed:
            for key in list(islice(self._cache, max(0, len(self._cache) - self._cached))):
                del self._cache[key]
        return [
            (self._prefix + key, None if value is None else self._codec.encode(value)) for key, value in taken
        ]


def _changes_from(changes: Mapping[bytes, V], prefix: bytes, start: bytes) -> dict[bytes, V]:
    """Those of some changes that a scan meets."""
    return {key: value for key, value in changes.items() if key.startswith(prefix) and key >= start}


def _merged(
    kept: Iterator[tuple[bytes, V]], newer: Mapping[bytes, V | None]
) -> Iterator[tuple[bytes, V | None]]:
    """What is kept and newer values, in the order of their keys; the newer value of a key is the one that counts."""
    if not newer:
        yield from kept
        return
    old: Iterator[tuple[bytes, V | None]] = (pair for pair in kept if pair[0] not in newer)
    yield from heapq.merge(old, sorted(newer.items(), key=_key_of), key=_key_of)


def _key_of(pair: tuple[bytes, object]) -> bytes:
    return pair[0]
