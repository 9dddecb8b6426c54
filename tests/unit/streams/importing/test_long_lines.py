"""A line without an end costs its own row, in memory that does not grow with it."""

import gzip
import io
import tracemalloc
from pathlib import Path

import pytest

from streams.importing import RowFile
from streams.importing.long_lines import MAX_LINE, bounded_lines

ROW = b'{"review_id": "%d"}\n'


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_that_is_too_long_is_one_line_and_the_next_are_read(end: bytes) -> None:
    """Whether the file ends with it or goes on, and whether it is a little too long or many times."""
    for times in (1, 3):
        long = b"x" * (MAX_LINE * times + 1)
        found = list(bounded_lines(io.BytesIO(b"a\n" + long + end + (b"b\n" if end else b""))))
        assert [(line.number, line.is_too_long) for line in found] == [(1, False), (2, True), (3, False)][
            : len(found)
        ]
        assert len(found) == (3 if end else 2)


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_line_of_just_that_length_is_one(end: str) -> None:
    """The bound is of what stands in the line, without its end."""
    (found,) = bounded_lines(io.StringIO("x" * MAX_LINE + end))
    assert not found.is_too_long


def test_a_file_without_line_ends_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    """200 MB of one line, packed; the row says what was wanted, and the rows after it are read."""
    path = tmp_path / "reviews.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(ROW % 1 + b'{"text": "')
        for _ in range(50):
            file.write(b"x" * (MAX_LINE))
        file.write(b'"}\n' + ROW % 2)
    tracemalloc.start()
    try:
        first, long, last = RowFile(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (first.fields, last.fields) == ({"review_id": "1"}, {"review_id": "2"})
    assert (long.line, long.fields, last.line) == (2, None, 3)
    assert "longer than 4 Mi characters" in long.problem
    assert "one row a line" in long.problem
    assert len(long.raw) <= 10_000
    assert peak < 25 * MAX_LINE


def test_lines_of_jsonl_end_alike_in_every_encoding(tmp_path: Path) -> None:
    """A carriage return alone is white space of JSON, and no end of a line, in UTF-8 as in cp1252."""
    for name, last in (("utf-8.jsonl", "é".encode()), ("cp1252.jsonl", b"\xe9")):
        path = tmp_path / name
        path.write_bytes(ROW % 1 + b'\r{"text": "' + last + b'"}\n')
        assert [(row.line, row.fields) for row in RowFile(path, encoding=name.split(".")[0])] == [
            (1, {"review_id": "1"}),
            (2, {"text": "é"}),
        ]
