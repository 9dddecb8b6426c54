"""Files compressed, piped, damaged or of another kind."""

import gzip
import io
import random
import sys
from pathlib import Path

import pytest
import zstandard

from streams.errors import ConfigurationError
from streams.importing import RowFile
from tests.unit.streams.importing.files import cells_in, rows_in, written

LINES = "id,text\n" + "".join(f"{number},warm and soft\n" for number in range(1_000))


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


@pytest.mark.parametrize(("ending", "compress"), [("gz", gzip.compress), ("zst", zstd)])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a"])
def test_compressed_files_are_read_like_others(
    tmp_path: Path, ending: str, compress: object, name: str
) -> None:
    """Whatever their format; the bytes tell the compression, not the name."""
    assert callable(compress)
    content = LINES if "json" not in name else '{"id": "7", "text": "x"}'
    for path_name in (f"{name}.{ending}", f"{name}.bin" if "json" not in name else name):
        path = written(tmp_path, path_name, compress(content.encode()))
        assert len(cells_in(path)) == (1_000 if "json" not in name else 1)
        with RowFile(path) as rows:
            assert rows.told.endswith({"gz": "gzip", "zst": "zstd"}[ending])


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_several_members_are_one_file(tmp_path: Path, compress: object) -> None:
    """As `cat a.gz b.gz` makes."""
    assert callable(compress)
    path = written(tmp_path, "a.csv.gz", compress(LINES.encode()) + compress(b"1000,last\n"))
    assert cells_in(path)[-1] == ["1000", "last"]


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_a_damaged_file_says_where_it_ends(tmp_path: Path, compress: object) -> None:
    """The rows before the damage are read; a last row says that there is more."""
    assert callable(compress)
    numbers = random.Random(7)
    noise = "".join(f"{number},{numbers.randbytes(60).hex()}\n" for number in range(60_000))
    packed = compress(("id,text\n" + noise).encode())
    rows = rows_in(written(tmp_path, "a.csv.gz", packed[: len(packed) * 3 // 4]))
    assert len(rows) > 1_000
    assert [row.fields is None for row in rows[-2:]] == [False, True]
    assert "damaged after this line" in rows[-1].problem


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.xlsx", b"PK\x03\x04", "spreadsheet; save it as CSV UTF-8"),
        ("a.csv", b"PK\x03\x04zip", "archive"),
        ("a.csv", b"\xd0\xcf\x11\xe0old", "spreadsheet"),
        ("a.pdf", b"%PDF-1.7", "no table"),
        ("a.xml", b"<reviews/>", "no table"),
        ("a.csv.bz2", b"BZh91AY", "archive"),
        ("a.gz", b"\x1f\x8bnot gzip at all", "cannot be read"),
    ],
)
def test_what_is_no_table_is_said_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, wanted: str
) -> None:
    """In one line, whether the name or the bytes tell it."""
    with pytest.raises(ConfigurationError, match=wanted) as caught:
        list(RowFile(written(tmp_path, name, content)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["none.csv", "none.jsonl", "none.parquet", "."])
def test_a_missing_file_is_said(tmp_path: Path, name: str) -> None:
    """A wrong path is one line, not a traceback."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        RowFile(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (LINES.encode(), 1_000),
        (gzip.compress(LINES.encode()), 1_000),
        (zstd(LINES.encode()), 1_000),
        (b'{"id": 1}\n{"id": 2}\n', 2),
        (b'[{"id": 1},\n{"id": 2}, {"id": 3}]', 3),
        ("id;text\n1;très bien".encode("utf-16"), 1),
        (b"", 0),
    ],
)
def test_standard_input_is_read_whatever_it_is(
    monkeypatch: pytest.MonkeyPatch, content: bytes, count: int
) -> None:
    """There is no name that tells the format."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with RowFile(Path("-")) as rows:
        assert len(list(rows)) == count
        assert rows.size is None


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd])
def test_progress_is_told_in_bytes_on_disk(tmp_path: Path, compress: object) -> None:
    """From nothing to all of it."""
    assert callable(compress)
    rows = RowFile(written(tmp_path, "a.csv", compress(LINES.encode() * 300)))
    seen = [rows.position or 0 for _ in rows]
    assert seen == sorted(seen)
    assert 0 < seen[0] <= seen[-1] == rows.size
