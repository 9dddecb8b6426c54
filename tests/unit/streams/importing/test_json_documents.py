"""JSON documents: lists of objects, objects that hold one, read piece by piece."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.importing import RowFile
from tests.unit.streams.importing.files import rows_in, written

ROWS = [{"id": str(number), "text": 'warm, [soft] {and} "light"', "of": {"a": [1]}} for number in range(3)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        json.dumps({"reviews": ROWS}),
        json.dumps({"total": 3, "page": {"next": None}, "data": ROWS, "tags": ["a"]}, indent=1),
        "\ufeff  " + json.dumps(ROWS),
        "\n".join(map(json.dumps, ROWS)),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a"])
def test_each_layout_gives_the_same_rows(tmp_path: Path, content: str, name: str) -> None:
    """A list, indented or not; an object around it; an object a line."""
    assert [row.fields for row in rows_in(written(tmp_path, name, content))] == ROWS


def test_rows_have_the_lines_on_which_they_begin(tmp_path: Path) -> None:
    """As an editor counts."""
    content = '[\n{"id": 1,\n "text": "x"},\n\n{"id": 2}\n]'
    assert [row.line for row in rows_in(written(tmp_path, "a.json", content))] == [2, 5]


@pytest.mark.parametrize(
    ("content", "good", "problem"),
    [
        ('[{"id": 1}, {"id": 2', 1, "not JSON"),
        ('[{"id": 1} {"id": 2}]', 1, "wanted ','"),
        ('[{"id": 1}, 7, "x"]', 1, "wanted a JSON object"),
        ('[{"id": 1}]\n[{"id": 2}]', 1, "wanted the end of the document"),
        ('{"reviews": [{"id": 1}], "others": [{"id": 2}]}', 1, "'others' is a second list"),
        ('[{"id": NaN}]', 0, "NaN"),
        ('{"a": {\n', 0, "not JSON"),
    ],
)
def test_a_fault_is_a_bad_row_and_nothing_after_it_is_lost_in_silence(
    tmp_path: Path, content: str, good: int, problem: str
) -> None:
    """What comes before is read."""
    rows = rows_in(written(tmp_path, "a.json", content))
    assert len([row for row in rows if row.fields is not None]) == good
    assert problem in " ".join(row.problem for row in rows)


VALUES = st.one_of(st.text(max_size=9), st.integers(), st.booleans())


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), VALUES),
        max_size=6,
    ),
    st.sampled_from([None, 0, 3]),
)
def test_any_list_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], indent: int | None
) -> None:
    """Whatever stands in its strings."""
    path = written(tmp_path_factory.mktemp("json"), "a.json", json.dumps(rows, indent=indent))
    assert [row.fields for row in rows_in(path)] == rows


def test_rows_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    """An object that is cut by the end of a piece is put together."""
    rows = [{"id": number, "text": "x" * 50_000} for number in range(20)]
    assert [row.fields for row in rows_in(written(tmp_path, "a.json", orjson.dumps(rows)))] == rows


def test_a_line_that_holds_a_list_is_a_row_in_jsonl(tmp_path: Path) -> None:
    """The ending says that each line is one."""
    path = written(tmp_path, "a.jsonl", '{"id": 1, "images": [{"url": "x"}]}\n')
    assert [row.fields for row in rows_in(path)] == [{"id": 1, "images": [{"url": "x"}]}]


def test_the_format_is_told(tmp_path: Path) -> None:
    """For people."""
    with RowFile(written(tmp_path, "a.json", "[]")) as rows:
        assert rows.told == "JSON, UTF-8"
