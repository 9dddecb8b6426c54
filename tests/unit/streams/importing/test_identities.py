"""Ids made of content, and reviews that come twice."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import NEW_REVIEW
from streams.importing import EventStream, ImportOptions, ReadyEvent, Row
from streams.importing.identities import SeenKeys
from tests.unit.streams.importing.files import bodies, events_in, problems, stream_of, written

HEADER = "product_id,author,text,rating,created_at"
ROWS = ["lamp,Tess,Bright,5,2021-05-04", "lamp,Ann,Bright,5,2021-05-04", "cup,Tess,Bright,5,2021-05-04"]


def ids(path: Path, options: ImportOptions | None = None) -> list[object]:
    return [body["review_id"] for body in bodies(events_in(path, options))]


def table(directory: Path, *rows: str, header: str = HEADER) -> Path:
    return written(directory, "a.csv", "\n".join([header, *rows]))


def test_rows_without_an_id_get_one_each(tmp_path: Path) -> None:
    """Product, author, time, title, text and stars tell them apart; how many were made is told."""
    stream = stream_of(table(tmp_path, *ROWS))
    assert len({body["review_id"] for body in bodies(stream)}) == 3
    assert stream.made_ids == 3


def test_an_id_is_the_same_whenever_the_row_is_read(tmp_path: Path) -> None:
    """In another order, among other rows, with columns of no matter, with other options, in another format."""
    first = dict(zip(ROWS, ids(table(tmp_path, *ROWS)), strict=True))
    assert ids(table(tmp_path, *reversed(ROWS))) == [first[row] for row in reversed(ROWS)]
    assert ids(table(tmp_path, ROWS[1])) == [first[ROWS[1]]]
    votes = [f"{row},{number}" for number, row in enumerate(ROWS)]
    assert ids(table(tmp_path, *votes, header=f"{HEADER},helpful_votes")) == list(first.values())
    assert ids(table(tmp_path, *ROWS), ImportOptions(timezone="Asia/Tokyo", day_first=True)) == list(
        first.values()
    )
    line = (
        '{"product_id": "lamp", "author": "Tess", "text": "Bright", "rating": 5, "created_at": "2021-05-04"}'
    )
    assert ids(written(tmp_path, "a.jsonl", line)) == [first[ROWS[0]]]


@pytest.mark.parametrize("cell", ["text", "rating", "created_at", "author", "product_id"])
def test_another_content_is_another_id(tmp_path: Path, cell: str) -> None:
    """Each of the columns counts."""
    values = dict(zip(HEADER.split(","), ROWS[0].split(","), strict=True))
    changed = values | {cell: {"rating": "4", "created_at": "2021-05-05"}.get(cell, "other")}
    assert len(set(ids(table(tmp_path, ROWS[0], ",".join(changed.values()))))) == 2


def test_the_same_row_twice_is_one_review(tmp_path: Path) -> None:
    """An export that repeats itself adds nothing; the second row is refused with its reason."""
    told = problems(events_in(table(tmp_path, ROWS[0], ROWS[1], ROWS[0])))
    assert list(told) == [4]
    assert "stands in an earlier row" in told[4]


def test_stars_without_words_are_reviews_of_their_own(tmp_path: Path) -> None:
    """Three people may give five stars; what looks the same is told apart, in any order of the rows."""
    rows = ["lamp,5", "lamp,5", "lamp,4", "lamp,5"]
    found = ids(table(tmp_path, *rows, header="product_id,rating"))
    assert len(set(found)) == 4
    assert set(ids(table(tmp_path, *sorted(rows), header="product_id,rating"))) == set(found)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        (["r1,lamp,1", "r1,lamp,1"], [3]),
        (["r1,lamp,1", "r1,lamp,2"], []),
        (["r1,lamp,1", "r1,cup,1"], []),
        (["r1,lamp,", "r1,lamp,1"], [3]),
        (["r1,lamp,2", "r2,lamp,1", "r1,lamp,2", "r1,lamp,1"], [4]),
    ],
)
def test_a_second_review_of_the_same_id_and_version_is_told(
    tmp_path: Path, rows: list[str], refused: list[int]
) -> None:
    """Downstream it would change nothing, without a word; a higher version is an edit."""
    lines = [f"{row},text {number},2021-05-04" for number, row in enumerate(rows)]
    path = table(tmp_path, *lines, header="review_id,product_id,version,text,created_at")
    told = problems(events_in(path))
    assert list(told) == refused
    assert all("give an edit or a removal a higher version" in problem for problem in told.values())


def test_an_author_is_not_published(tmp_path: Path) -> None:
    """Names and addresses are used for the id only."""
    path = table(tmp_path, "lamp,tess@example.com,Bright,5,2021-05-04")
    (body,) = bodies(events_in(path))
    assert "tess" not in str(body)


@given(st.lists(st.tuples(st.integers(0, 9), st.text(max_size=2))))
def test_keys_are_remembered_as_in_a_set(keys: list[tuple[int, str]]) -> None:
    """Each is new once."""
    seen, known = SeenKeys(), set[tuple[int, str]]()
    for key in keys:
        assert seen.add(key) == (key not in known)
        known.add(key)


def test_many_keys_are_remembered() -> None:
    """While the table grows."""
    seen = SeenKeys()
    assert all(seen.add((number,)) for number in range(50_000))
    assert not any(seen.add((number,)) for number in range(50_000))


@pytest.mark.thorough
def test_memory_does_not_grow_with_the_rows() -> None:
    """Twenty thousand rows need no more than the memory of their ids beyond what a tenth of them needs."""
    peaks = []
    for count in (2_000, 20_000):
        rows = (
            Row(number, {"review_id": f"r{number}", "product_id": "p", "text": "Warm and soft. " * 20})
            for number in range(count)
        )
        tracemalloc.start()
        assert (
            sum(isinstance(item, ReadyEvent) for item in EventStream(rows, NEW_REVIEW, ImportOptions()))
            == count
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 20_000 * 60
