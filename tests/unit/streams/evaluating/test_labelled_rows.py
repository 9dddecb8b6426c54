"""Rows of labelled files that cannot be read."""

from pathlib import Path

import pytest

from streams.evaluating.aspect_files import read_aspect_file
from streams.evaluating.labelled_rows import LabelledRows


def rows_of(file: Path, encoding: str | None = None) -> tuple[list[object], list[str], int]:
    told: list[str] = []
    rows = LabelledRows(file, encoding, told.append)
    return [dict(fields) for fields in rows], told[1:], rows.unreadable


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Great value, I would buy it again.,positive", "3 cells for the 2 columns (text, label)"),
        ("Great, cheap, and quiet,positive", "4 cells for the 2 columns"),
        ('"Great,positive', "a quote is opened and not closed"),
        ('"Great" value,positive', "quotes within a cell are to be doubled"),
        ("Great,positive,,x", "4 cells for the 2 columns"),
    ],
)
def test_a_row_is_named_by_its_line_with_what_is_wrong(tmp_path: Path, line: str, problem: str) -> None:
    """It is not taken for one without a label, and the others are read."""
    file = tmp_path / "a.csv"
    file.write_text(f"text,label\n{line}\nBroke in a week.,negative\n")
    rows, told, unreadable = rows_of(file)
    assert rows == [{"text": "Broke in a week.", "label": "negative"}]
    assert unreadable == 1
    assert told[0].startswith(f"{file}:2: ")
    assert problem in told[0]


def test_only_the_first_are_named_and_all_are_counted(tmp_path: Path) -> None:
    """A broken file does not flood the screen."""
    file = tmp_path / "a.csv"
    file.write_text("text,label\n" + "a,b,c\n" * 50 + "fine,positive\n")
    rows, told, unreadable = rows_of(file)
    assert (len(rows), unreadable, len(told)) == (1, 50, 21)
    assert told[-1] == "... and 30 more rows cannot be read"


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    """As for `publish`."""
    file = tmp_path / "a.csv"
    file.write_bytes("text,label\nžádné problémy,positive\n".encode("cp1250"))
    assert rows_of(file)[2] == 1
    assert rows_of(file, "cp1250")[0] == [{"text": "žádné problémy", "label": "positive"}]


def test_aspect_files_count_them_as_skipped(tmp_path: Path) -> None:
    """And tell them."""
    file, told = tmp_path / "a.csv", list[str]()
    file.write_text("text,aspect,label\na,b,c,d\nLate parcel.,shipping,negative\n")
    names = {"text_column": "text", "aspect_column": "aspect", "label_column": "label"}
    found = read_aspect_file(file, **names, names={}, progress=told.append)
    assert found.skipped == 1
    assert any(line.startswith(f"{file}:2: 4 cells") for line in told)
