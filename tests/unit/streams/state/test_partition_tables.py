"""Tables of any contract in one store: changes are seen at once, and reach the disk when they are delivered."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streams.state.store import PartitionStore, StoreMemory
from streams.state.tables import Change, PartitionTables
from streams.state.versions import VersionedCodec

MEMORY = StoreMemory(8 * 1024 * 1024)
NAMES = VersionedCodec(list[str], version=1, readers={})
KEYS = st.sampled_from([b"a", b"ab", b"b", b"\x00"])


class FakeStore(PartitionStore):
    """A store in memory."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        kept = sorted(self.values.items())
        return iter([(key, value) for key, value in kept if key.startswith(prefix) and key >= start])

    def write(self, changes: object, checkpoint: object) -> None:
        del checkpoint
        assert isinstance(changes, dict)
        for key, value in changes.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value


class TablesMachine(RuleBasedStateMachine):
    """Two tables beside two dictionaries; deliveries lag behind, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.store = FakeStore()
        self.tables = PartitionTables(self.store)
        self.cached = self.tables.add(b"c", NAMES, cached=1)
        self.plain = self.tables.add(b"p", NAMES)
        self.wanted: dict[str, dict[bytes, list[str]]] = {"cached": {}, "plain": {}}
        self.taken: list[list[Change]] = []

    @rule(
        name=st.sampled_from(["cached", "plain"]), key=KEYS, value=st.none() | st.lists(st.text(max_size=3))
    )
    def put(self, name: str, key: bytes, value: list[str] | None) -> None:
        getattr(self, name).put(key, value)
        if value is None:
            self.wanted[name].pop(key, None)
        else:
            self.wanted[name][key] = value

    @rule(key=KEYS)
    def change_in_place(self, key: bytes) -> None:
        value = self.cached.get(key)
        if value is not None:
            value.append("more")
            self.cached.put(key, value)
            self.wanted["cached"][key] = list(value)

    @rule()
    def take(self) -> None:
        self.taken.append(self.tables.take_changes())

    @rule()
    def deliver(self) -> None:
        if self.taken:
            self.tables.delivered(self.taken.pop(0), None)

    @invariant()
    def reads_are_the_newest(self) -> None:
        for name, wanted in self.wanted.items():
            table = getattr(self, name)
            assert {key: table.get(key) for key in (b"a", b"ab", b"b", b"\x00")} == {
                key: wanted.get(key) for key in (b"a", b"ab", b"b", b"\x00")
            }
            for prefix, start in ((b"a", b""), (b"", b"ab"), (b"a", b"ab")):
                assert list(table.scan(prefix, start)) == [
                    (key, value)
                    for key, value in sorted(wanted.items())
                    if key.startswith(prefix) and key >= start
                ]

    def teardown(self) -> None:
        """Once everything is delivered, a new worker reads the same from the store."""
        for changes in [*self.taken, self.tables.take_changes()]:
            self.tables.delivered(changes, None)
        again = PartitionTables(self.store)
        assert dict(again.add(b"c", NAMES).scan()) == self.wanted["cached"]
        assert dict(again.add(b"p", NAMES).scan()) == self.wanted["plain"]


TestTables = TablesMachine.TestCase
TestTables.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_changes_are_published_table_by_table_in_their_order(tmp_path: Path) -> None:
    """The first table's before the second's, each key once with its newest value; on disk only once delivered."""
    store = PartitionStore(tmp_path / "0", MEMORY)
    tables = PartitionTables(store)
    first, second = tables.add(b"1", NAMES), tables.add(b"2", NAMES)
    second.put(b"x", ["old"])
    first.put(b"b", ["lamp"])
    first.put(b"a", None)
    second.put(b"x", ["new"])
    changes = tables.take_changes()
    assert [(key, value and NAMES.decode(value)) for key, value in changes] == [
        (b"1b", ["lamp"]),
        (b"1a", None),
        (b"2x", ["new"]),
    ]
    assert store.get(b"1b") is None
    tables.delivered(changes, None)
    assert store.get(b"1b") == NAMES.encode(["lamp"])
    assert tables.take_changes() == []
    store.close()


class CountingCodec(VersionedCodec[list[str]]):
    """Counts what it decodes."""

    decoded = 0

    def decode(self, kept: bytes) -> list[str]:
        self.decoded += 1
        return super().decode(kept)


@pytest.mark.parametrize(("cached", "decoded"), [(0, 6), (1, 3), (5, 2)])
def test_values_are_kept_decoded_up_to_a_number(cached: int, decoded: int) -> None:
    """Until the changes are taken all are; then the longest unused ones are dropped."""
    store, codec = FakeStore(), CountingCodec(list[str], version=1, readers={})
    table = PartitionTables(store).add(b"t", codec, cached=cached)
    store.values = {b"ta": NAMES.encode(["a"]), b"tb": NAMES.encode(["b"])}
    assert [table.get(key) for key in (b"a", b"a", b"b", b"b")] == [["a"], ["a"], ["b"], ["b"]]
    assert list(table.take()) == []
    assert [table.get(key) for key in (b"b", b"a")] == [["b"], ["a"]]
    assert codec.decoded == decoded
