"""Parquet, as data frames write it."""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from streams.errors import ConfigurationError
from streams.importing import RowFile
from tests.unit.streams.importing.files import bodies, events_in, rows_in

AT = datetime(2021, 5, 4, 10, 0, 0, 123_000, tzinfo=UTC)


def table(path: Path, **columns: object) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def test_reviews_of_a_data_frame(tmp_path: Path) -> None:
    """Ids that are numbers, gaps that made them fractions, nanoseconds, gaps in ratings."""
    path = table(
        tmp_path / "reviews.parquet",
        review_id=pa.array([11, 12, 13]),
        product_id=pa.array([7.0, 7.0, 8.0]),
        text=["Warm", None, "Itchy"],
        rating=pa.array([5.0, 4.0, float("nan")]),
        created_at=pa.array([AT.replace(tzinfo=None)] * 3, pa.timestamp("ns")),
        verified_purchase=pa.array([1, 0, 1]),
    )
    found = bodies(events_in(path))
    assert [(one["review_id"], one["product_id"], one.get("rating")) for one in found] == [
        ("11", "7", 5),
        ("12", "7", 4),
        ("13", "8", None),
    ]
    assert found[0]["created_at"] == "2021-05-04T10:00:00.123000+00:00"
    assert [one["verified_purchase"] for one in found] == [True, False, True]


def test_what_json_does_not_have(tmp_path: Path) -> None:
    """Days, times with a zone, decimals and bytes are what they would be in JSON."""
    path = table(
        tmp_path / "a.parquet",
        day=pa.array([date(2021, 5, 4)]),
        at=pa.array([AT], pa.timestamp("us", "Europe/Berlin")),
        price=pa.array([Decimal("4.50")]),
        raw=pa.array([b"warm"]),
    )
    (row,) = rows_in(path)
    assert row.fields == {
        "day": "2021-05-04",
        "at": "2021-05-04T12:00:00.123000+02:00",
        "price": 4.5,
        "raw": "warm",
    }


def test_bytes_that_are_no_text_refuse_their_row(tmp_path: Path) -> None:
    """And only that."""
    path = table(tmp_path / "a.parquet", raw=pa.array([b"\xff", b"ok"]))
    assert [(row.line, row.fields is None) for row in rows_in(path)] == [(1, True), (2, False)]


def test_progress_is_told_in_rows(tmp_path: Path) -> None:
    """A file of columns is not read from its beginning to its end."""
    with RowFile(table(tmp_path / "a.parquet", id=list(range(12_000)))) as rows:
        assert (rows.size, rows.position, rows.columns) == (12_000, None, ("id",))
        assert len(list(rows)) == 12_000


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    """In one line."""
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        RowFile(path)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not installed by default."""
    path = table(tmp_path / "a.parquet", id=[1])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'reviewstream\[parquet\]'"):
        RowFile(path)
