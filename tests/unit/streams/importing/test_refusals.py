"""What becomes of refused rows."""

from pathlib import Path

import orjson
import pytest

from streams.errors import ConfigurationError
from streams.importing import BadRow, Refusals
from tests.unit.streams.importing.files import bodies, events_in, stream_of, written

CONTENT = "review_id,product_id,text,rating,created_at\nr1,p,Fine,5,2021-05-04\nr2,p,Fine,8,2021-05-04\nr3,p,a,b,c,d\n"


def test_each_is_written_with_line_reason_and_row(tmp_path: Path) -> None:
    """The cells of a row that could be read, the text of one that could not."""
    kept = tmp_path / "rejects.jsonl"
    refusals = Refusals(kept, show=lambda _bad: None)
    good = list(refusals.good(stream_of(written(tmp_path, "a.csv", CONTENT))))
    refusals.close()
    assert len(good) == 1
    first, second = map(orjson.loads, kept.read_bytes().splitlines())
    assert (first["line"], first["row"]["review_id"]) == (3, "r2")
    assert "--rating-scale" in first["reason"]
    assert (second["line"], second["row"]) == (4, "r3,p,a,b,c,d")
    assert "6 cells for the 5 columns" in second["reason"]


def test_rejects_can_be_read_again_when_they_are_mended(tmp_path: Path) -> None:
    """The rows in the file have the columns of the one they come from."""
    kept = tmp_path / "rejects.jsonl"
    refusals = Refusals(kept, show=lambda _bad: None)
    list(refusals.good(stream_of(written(tmp_path, "a.csv", CONTENT))))
    refusals.close()
    rows = [orjson.loads(line)["row"] for line in kept.read_bytes().splitlines()]
    mended = orjson.dumps(rows[0] | {"rating": "4"})
    assert [body["review_id"] for body in bodies(events_in(written(tmp_path, "b.jsonl", mended)))] == ["r2"]


@pytest.mark.parametrize(
    ("most_shown", "most_kept", "shown", "kept", "more"),
    [(2, 1, 2, 1, 3), (None, None, 5, 5, 0), (0, 0, 0, 0, 5)],
)
def test_the_first_are_shown_and_all_are_counted(
    most_shown: int | None, most_kept: int | None, shown: int, kept: int, more: int
) -> None:
    """However many there are."""
    told: list[BadRow] = []
    refusals = Refusals(None, show=told.append, most_shown=most_shown, most_kept=most_kept)
    for line in range(5):
        refusals.add(BadRow(line, "no"))
    assert (len(told), len(refusals.kept), refusals.more, refusals.count) == (shown, kept, more, 5)


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match=r"--rejects: .* cannot be written"):
        Refusals(tmp_path / "none" / "rejects.jsonl", show=lambda _bad: None)
