"""Rows as events: which column is which field, what is refused, and what is told of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reviews import Review
from schemas.topics import COPY_REQUEST, NEW_PRODUCT, NEW_REVIEW, Topic
from streams.errors import ConfigurationError
from streams.importing import BadRow, EventStream, ImportOptions, ReadyEvent, RowFile, parse_assignments
from streams.serde import decode
from tests.unit.streams.importing.files import events_in, written

HEADER = "review_id,product_id,text,created_at"
AT = "2025-06-01T12:00:00Z"


def load(
    path: Path,
    *,
    topic: Topic = NEW_REVIEW,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
) -> list[ReadyEvent | BadRow]:
    options = ImportOptions(columns or {}, constants or {})
    return list(events_in(path, options, topic=topic))


def only(items: list[ReadyEvent | BadRow]) -> Review:
    """The review of a file with one good row."""
    (item,) = items
    assert isinstance(item, ReadyEvent), item
    assert isinstance(item.event, Review)
    return item.event


def told(items: list[ReadyEvent | BadRow]) -> list[tuple[int, str]]:
    """Each row's line, and its review_id or `bad`."""
    return [
        (item.line, item.event.review_id if isinstance(item.event, Review) else "?")
        if isinstance(item, ReadyEvent)
        else (item.line, "bad")
        for item in items
    ]


def row(review_id: str, text: str = "Fine", at: str = AT) -> str:
    return f"{review_id},p1,{text},{at}"


#: Files of good rows, in every format, and of halves of them.
FILES = st.lists(
    st.sampled_from(
        [
            row("r1").encode(),
            row("r2").replace(",", "\t").encode(),
            b'{"review_id": "r3", "product_id": "p1", "text": "Fine", "created_at": "2025-06-01T12:00:00Z"}',
            b'{"review_id": "r4"}',
            b"",
            b'"',
            b"\xff",
        ]
    ),
    max_size=6,
).map(b"\n".join)


def tabbed(line: str) -> str:
    return line.replace(",", "\t")


def test_three_formats_give_the_same_events(tmp_path: Path) -> None:
    """JSONL, CSV and TSV of the same reviews publish the same bytes under the same keys."""
    objects = [
        orjson.dumps({"review_id": f"r{n}", "product_id": "p1", "text": "够亮", "created_at": AT})
        for n in (1, 2)
    ]
    files = {
        "a.jsonl": b"\n".join(objects),
        "a.ndjson": b"\n".join(objects) + b"\n",
        "a.csv": "\n".join([HEADER, row("r1", "够亮"), row("r2", "够亮")]),
        "a.TSV": "\r\n".join([tabbed(HEADER), tabbed(row("r1", "够亮")), tabbed(row("r2", "够亮"))]),
    }
    loaded = [load(written(tmp_path, name, content)) for name, content in files.items()]
    values = [
        [orjson.loads(item.value) for item in items if isinstance(item, ReadyEvent)] for items in loaded
    ]
    assert values == [[orjson.loads(one) for one in objects]] * 4
    assert {item.key for items in loaded for item in items if isinstance(item, ReadyEvent)} == {b"p1"}


class TestBadRows:
    def test_each_bad_row_is_told_with_its_line_and_the_rest_is_read(self, tmp_path: Path) -> None:
        """Lines count from 1 as an editor shows them, empty ones and the header included."""
        lines = ['{"review_id": "r1", "product_id": "p1", "text": "Fine"}', "", "not json", "[1]", "null"]
        last = lines[0].replace("r1", "r2")
        items = load(written(tmp_path, "a.jsonl", "\n".join([*lines, last])))
        assert told(items) == [(1, "r1"), (3, "bad"), (4, "bad"), (5, "bad"), (6, "r2")]
        table = [HEADER, row("r1"), "", row("r2", ""), row("r3", at="yesterday"), row("r4")]
        items = load(written(tmp_path, "a.csv", "\n".join(table)))
        assert told(items) == [(2, "r1"), (4, "bad"), (5, "bad"), (6, "r4")]

    def test_a_problem_names_the_field(self, tmp_path: Path) -> None:
        """What is wrong is said as for the stream: the field, what was wanted, what came."""
        (bad,) = load(written(tmp_path, "a.csv", f"{HEADER},rating\n{row('r1')},often"))
        assert isinstance(bad, BadRow)
        assert bad.problem == "rating: wanted stars from 0 to 5, got 'often'"

    def test_too_many_cells_are_a_bad_row(self, tmp_path: Path) -> None:
        """A comma too many shifts nothing into the wrong column."""
        items = load(written(tmp_path, "a.csv", f"{HEADER}\n{row('r1')},more\n{row('r2')}"))
        assert told(items) == [(2, "bad"), (3, "r2")]

    def test_too_few_cells_are_missing_fields(self, tmp_path: Path) -> None:
        """A short row is bad if a required field is missing, and good if an optional one is."""
        items = load(written(tmp_path, "a.csv", f"{HEADER},rating\nr1,p1\n{row('r2')}"))
        assert told(items) == [(2, "bad"), (3, "r2")]

    def test_an_unterminated_quote_does_not_swallow_the_rest(self, tmp_path: Path) -> None:
        """A quote that is never closed is a bad row, not a review that contains all later rows."""
        rows = ["review_id,product_id,created_at,text", f'r1,p1,{AT},"Fine', f"r2,p1,{AT},Fine"]
        items = load(written(tmp_path, "a.csv", "\n".join(rows)))
        assert "bad" in [name for _, name in told(items)]
        assert "r1" not in [name for _, name in told(items)]

    @pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
    @settings(deadline=None)
    @given(content=st.one_of(st.binary(max_size=120), st.text(max_size=60).map(str.encode), FILES))
    def test_no_file_raises(
        self, tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
    ) -> None:
        """Whatever bytes a file holds, each row is an event or a bad row with its problem, in order."""
        directory = tmp_path_factory.mktemp("rows")
        head = {
            "a.jsonl": b'{"review_id": "r0", "product_id": "p1", "text": "Fine"}',
            "a.csv": HEADER.encode(),
            "a.tsv": tabbed(HEADER).encode(),
        }[name]
        items = load(written(directory, name, head + b"\n" + content))
        lines = [item.line for item in items]
        assert lines == sorted(lines)
        if name.endswith("jsonl"):
            assert lines[1:] == [
                number for number, line in enumerate(content.split(b"\n"), start=2) if line.strip()
            ]
        for item in items:
            if isinstance(item, BadRow):
                assert item.problem
            else:
                assert decode(Review, item.value) == item.event
                assert item.key == item.event.product_id.encode()


class TestTables:
    def test_numbers_and_booleans_are_converted(self, tmp_path: Path) -> None:
        """A table's cells become what their fields want; text that looks like a number stays text."""
        header = "review_id,product_id,text,created_at,version,rating,verified_purchase,removed"
        event = only(load(written(tmp_path, "a.csv", f"{header}\n007,42,1.5,{AT}, 3 ,4.5,Yes,0")))
        assert (event.review_id, event.product_id, event.text) == ("007", "42", "1.5")
        assert (event.version, event.rating, event.verified_purchase, event.removed) == (3, 4.5, True, False)

    @pytest.mark.parametrize("cell", ["true", "TRUE", "yes", "y", "1"])
    def test_true(self, tmp_path: Path, cell: str) -> None:
        """The usual ways to write true."""
        assert only(load(written(tmp_path, "a.csv", f"{HEADER},removed\n{row('r1')},{cell}"))).removed

    @pytest.mark.parametrize("cell", ["false", "False", "no", "n", "0", ""])
    def test_false(self, tmp_path: Path, cell: str) -> None:
        """The usual ways to write false; an empty cell is no value at all."""
        assert not only(load(written(tmp_path, "a.csv", f"{HEADER},removed\n{row('r1')},{cell}"))).removed

    @pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "1e999", "1_0", "perhaps"])
    @pytest.mark.parametrize("column", ["rating", "version", "verified_purchase"])
    def test_what_is_no_number_is_refused(self, tmp_path: Path, column: str, cell: str) -> None:
        """A cell that is no number is left for the contract to refuse; it does not silently become null."""
        items = load(written(tmp_path, "a.csv", f"{HEADER},{column}\n{row('r1')},{cell}"))
        assert told(items) == [(2, "bad")]

    @pytest.mark.parametrize("cell", ["9" * 19, "9" * 20, "-" + "9" * 30, "9" * 5_000])
    def test_a_number_of_any_size_is_refused_or_taken(self, tmp_path: Path, cell: str) -> None:
        """A version beyond 64 bits is a bad row and the next row is read."""
        items = load(written(tmp_path, "a.csv", f"{HEADER},version\n{row('r1')},{cell}\n{row('r2')},1"))
        assert told(items) == [(2, "bad"), (3, "r2")]

    def test_quotes_commas_and_lines_in_a_cell(self, tmp_path: Path) -> None:
        """CSV as spreadsheets write it: quoted cells hold commas, quotes and lines."""
        text = '"Good, he said ""really"".\r\nYes."'
        event = only(load(written(tmp_path, "a.csv", f"{HEADER}\r\n{row('r1', text)}\r\n")))
        assert event.text == 'Good, he said "really".\r\nYes.'

    def test_quotes_in_tsv_are_text(self, tmp_path: Path) -> None:
        """TSV knows no quoting: an inch sign opens nothing."""
        content = "\n".join([tabbed(HEADER), tabbed(row("r1", 'A 24" screen'))])
        assert only(load(written(tmp_path, "a.tsv", content))).text == 'A 24" screen'

    @pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
    def test_a_byte_order_mark_is_ignored(self, tmp_path: Path, name: str) -> None:
        """Files saved on Windows begin with one; the first row is as good as the others."""
        line = orjson.dumps({"review_id": "r1", "product_id": "p1", "text": "Fine", "created_at": AT})
        content = line if name.endswith("jsonl") else f"{HEADER}\n{row('r1')}".encode()
        assert only(load(written(tmp_path, name, b"\xef\xbb\xbf" + content))).review_id == "r1"

    def test_a_column_without_a_name_is_no_fault_of_the_rows(self, tmp_path: Path) -> None:
        """A table with an index column, as data frames write it, is read like any other."""
        event = only(load(written(tmp_path, "a.csv", f",{HEADER}\n0,{row('r1')}")))
        assert event.review_id == "r1"

    def test_a_file_with_a_header_only_has_no_events(self, tmp_path: Path) -> None:
        """No rows, no events, no error."""
        assert load(written(tmp_path, "a.csv", HEADER)) == []
        assert load(written(tmp_path, "a.csv", "")) == []


class TestColumns:
    def test_renamed_columns_and_constants(self, tmp_path: Path) -> None:
        """--map takes a field from another column, --set fills what a row has not; other columns are left."""
        content = f"id,asin,body,created_at,language,stars\nr1,p1,Fine,{AT},,4\nr2,p1,Gut,{AT},de,5"
        items = load(
            written(tmp_path, "a.csv", content),
            columns={"review_id": "id", "product_id": "asin", "text": "body", "rating": "stars"},
            constants={"language": "en", "platform": "web"},
        )
        events = [
            item.event for item in items if isinstance(item, ReadyEvent) and isinstance(item.event, Review)
        ]
        assert [(e.review_id, e.text, e.rating, e.language, e.platform) for e in events] == [
            ("r1", "Fine", 4.0, "en", "web"),
            ("r2", "Gut", 5.0, "de", "web"),
        ]

    def test_a_mapped_field_wins_over_a_column_of_its_name(self, tmp_path: Path) -> None:
        """A field that is mapped comes from that column only."""
        content = f"{HEADER},summary\n{row('r1', 'long')},short"
        assert only(load(written(tmp_path, "a.csv", content), columns={"text": "summary"})).text == "short"

    def test_a_misspelt_column_is_said_before_anything_is_read(self, tmp_path: Path) -> None:
        """No other column steps in for a mapped one; the message names those that there are."""
        path = written(tmp_path, "a.csv", f"{HEADER}\n{row('r1')}")
        with pytest.raises(
            ConfigurationError, match=r"no column 'bodyy'; it has review_id, product_id, text"
        ):
            load(path, columns={"text": "bodyy"})

    @pytest.mark.parametrize("option", ["columns", "constants"])
    def test_an_unknown_field_is_said_before_anything_is_read(self, tmp_path: Path, option: str) -> None:
        """A misspelt field name ends the command with the names there are."""
        path = written(tmp_path, "a.csv", f"{HEADER}\n{row('r1')}")
        with pytest.raises(ConfigurationError, match=r"no field 'txt'.*text"):
            load(path, **{option: {"txt": "body"}})

    def test_a_row_without_created_at_gets_the_present(self, tmp_path: Path) -> None:
        """The time of publication stands in for a missing one, not for a wrong one."""
        content = "review_id,product_id,text,created_at\nr1,p1,Fine,\nr2,p1,Fine,soon"
        assert told(load(written(tmp_path, "a.csv", content))) == [(2, "r1"), (3, "bad")]

    @pytest.mark.parametrize(
        ("topic", "field", "rest"),
        [
            (NEW_REVIEW, "created_at", {"review_id": "r1", "product_id": "p1", "text": "Fine"}),
            (NEW_PRODUCT, "updated_at", {"product_id": "p1", "title": "Lamp"}),
        ],
    )
    def test_a_time_that_lies_ahead_is_refused_by_the_clock_of_who_publishes(
        self, tmp_path: Path, topic: Topic, field: str, rest: dict[str, str]
    ) -> None:
        """No contract knows a clock, so whoever publishes compares; two days are left for clocks that differ."""
        now = datetime(2025, 6, 1, tzinfo=UTC)
        times = [now - timedelta(days=3_000), now + timedelta(days=2), now + timedelta(days=2, seconds=1)]
        lines = [
            orjson.dumps({**rest, "version": version, field: moment.isoformat()})
            for version, moment in enumerate(times, start=1)
        ]
        path = written(tmp_path, "a.jsonl", b"\n".join(lines))
        *good, bad = EventStream(RowFile(path), topic, ImportOptions(), now=lambda: now)
        assert all(isinstance(item, ReadyEvent) for item in good)
        assert bad == BadRow(3, f"{field}: wanted at most 2 days from now, got 2025-06-03T00:00:01+00:00")

    def test_a_column_that_is_no_field_is_refused_in_requests_and_left_out_of_events(
        self, tmp_path: Path
    ) -> None:
        """A shop's file has more columns than a review needs; a request's typing mistake must not be overlooked."""
        review = written(tmp_path, "r.csv", f"{HEADER},colour\n{row('r1')},red")
        assert only(load(review)).review_id == "r1"
        request = written(tmp_path, "q.csv", "id,kind,product_id,langage\nq1,ad,p1,en")
        (bad,) = load(request, topic=COPY_REQUEST, columns={"request_id": "id"})
        assert bad == BadRow(2, "unknown fields: langage (did you mean language?)")

    def test_keys_follow_the_topic(self, tmp_path: Path) -> None:
        """A request about an inline product is keyed by itself, one about a known product by that."""
        lines = [
            {"request_id": "q1", "kind": "ad", "attributes": {"colour": "red"}},
            {"request_id": "q2", "kind": "ad", "product_id": "p1"},
        ]
        path = written(tmp_path, "a.jsonl", b"\n".join(map(orjson.dumps, lines)))
        assert [i.key for i in load(path, topic=COPY_REQUEST) if isinstance(i, ReadyEvent)] == [b"q1", b"p1"]

    def test_products_can_be_published_from_a_table(self, tmp_path: Path) -> None:
        """Prices become numbers; what a table cannot say, such as tags, is refused and not guessed."""
        content = (
            f"product_id,title,price,currency,updated_at,tags\np1,Lamp,39.9,EUR,{AT},\np2,Lamp,1,EUR,{AT},a"
        )
        good, bad = load(written(tmp_path, "a.csv", content), topic=NEW_PRODUCT)
        assert isinstance(good, ReadyEvent)
        assert orjson.loads(good.value)["price"] == 39.9
        assert isinstance(bad, BadRow)
        assert bad.problem.startswith("tags: ")


class TestAssignments:
    @settings(deadline=None)
    @given(
        st.dictionaries(
            st.from_regex("[a-z_]{1,8}", fullmatch=True), st.from_regex("[A-Za-z =_]{1,8}", fullmatch=True)
        )
    )
    def test_what_was_written_is_read(self, pairs: dict[str, str]) -> None:
        """Any mapping written as a=b,c=d is read back, white space aside; a column may contain `=`."""
        pairs = {name: column.strip() for name, column in pairs.items() if column.strip()}
        text = " , ".join(f"{name} = {column}" for name, column in pairs.items())
        assert parse_assignments(text, "--map") == pairs

    @pytest.mark.parametrize("text", ["review_id", "=id", "review_id=", "text=body,review_id"])
    def test_half_an_assignment_is_refused(self, text: str) -> None:
        """A part without both sides names the option and the part."""
        with pytest.raises(ConfigurationError, match="--map: wanted field=column"):
            parse_assignments(text, "--map")
