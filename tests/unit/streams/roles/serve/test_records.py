from datetime import UTC, datetime

import msgspec
import orjson
import pytest
from hypothesis import given

from schemas.summaries import ProductSummary
from schemas.topics import PRODUCT_SUMMARY
from streams.errors import RejectedEventError
from streams.roles.serve.records import Change, change_of
from tests.fakes import FakeRecord
from tests.summaries import document, summary
from tests.unit.schemas.event_samples import summaries

NOW = datetime(2026, 11, 30, tzinfo=UTC)
AT_MS = 1_795_000_000_000
PARTS = (
    "counts",
    "counts.reviews",
    "counts.rating_histogram",
    "counts.sentiment",
    "days",
    "key_points",
    "as_of",
)
PARTS += ("latest_reviews", "generation", "product_id", "title", "text", "method", "model", "schema_version")


def record(key: bytes | None, value: bytes | None, timestamp_ms: int = AT_MS) -> FakeRecord:
    return FakeRecord(7, key, value, PRODUCT_SUMMARY.name, 1, timestamp_ms)


@given(summaries)
def test_whatever_the_contract_accepts_is_kept_as_it_is(given_summary: ProductSummary) -> None:
    """The quick reading refuses nothing that the contract lets through, and changes no byte."""
    raw = given_summary.model_dump_json().encode()
    change = change_of(record(given_summary.product_id.encode(), raw), NOW)
    assert change.document == raw
    assert (change.product_id, change.offset, change.timestamp_ms) == (given_summary.product_id, 7, AT_MS)
    assert change.scores[0] == given_summary.counts.reviews
    assert change.scores[3] == int(given_summary.as_of.timestamp() * 1000)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("wrong", [-1, "x", [1], {"a": 1}, True], ids=repr)
def test_what_the_contract_refuses_is_refused(part: str, wrong: object) -> None:
    """A part of another type is never stored: a request would fail on it later."""
    fields = orjson.loads(document("p"))
    *path, name = part.split(".")
    inner = fields
    for step in path:
        inner = inner[step]
    inner[name] = wrong
    raw = orjson.dumps(fields)
    try:
        ProductSummary.model_validate_json(raw)
    except ValueError:
        with pytest.raises(RejectedEventError):
            change_of(record(b"p", raw), NOW)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"p", b"{", "malformed_json"),
        (b"p", b"", "malformed_json"),
        (b"p", b"\xff\xfe", "malformed_json"),
        (b"p", b'{"a": NaN}', "malformed_json"),
        (b"p", b"{}", "invalid_event"),
        (b"p", b"[]", "invalid_event"),
        (b"q", document("p"), "key_mismatch"),
        (None, document("p"), "key_mismatch"),
        (None, None, "key_mismatch"),
        (b"", None, "key_mismatch"),
        (b"\xff", None, "key_mismatch"),
        (b"p", document("p", schema_version="2.0"), "unsupported_version"),
        (b"p", document("p", as_of="2026-11-25T10:00:00"), "invalid_event"),
        (b"p", document("p", as_of=1_795_000_000), "invalid_event"),
    ],
)
def test_what_cannot_be_read_has_a_reason(key: bytes | None, value: bytes | None, reason: str) -> None:
    """The same words as for dead letters, so that an operator knows them."""
    with pytest.raises(RejectedEventError) as caught:
        change_of(record(key, value), NOW)
    assert caught.value.reason == reason


def test_a_null_says_that_the_product_is_gone() -> None:
    """It stays in no index."""
    assert change_of(record("灯".encode(), None), NOW) == Change(
        "灯", 7, AT_MS, None, (None, None, None, None)
    )


def test_a_product_without_ratings_or_sentiments_is_in_no_index_of_them() -> None:
    """None is better than a zero that is none."""
    fields = summary("p", reviews=0, negative=0)
    fields["counts"] |= {"verified_purchases": 0, "languages": {}}
    change = change_of(record(b"p", orjson.dumps(fields)), NOW)
    assert change.scores[:3] == (0, None, None)


@pytest.mark.parametrize("no_time", [-1, 0, 1_795_000_000, 1_795_000_000_000_000, 2**63 - 1])
def test_a_record_whose_time_is_none_has_that_of_its_summary(no_time: int) -> None:
    """Which of two partitions is newer is told by it; a removal has no other time than now."""
    fields = summary("p") | {"as_of": "2026-11-25T10:00:00Z"}
    change = change_of(record(b"p", orjson.dumps(fields), no_time), NOW)
    assert change.timestamp_ms == datetime(2026, 11, 25, 10, tzinfo=UTC).timestamp() * 1000
    assert change_of(record(b"p", None, no_time), NOW).timestamp_ms == NOW.timestamp() * 1000


#: Paths into a summary, and what the contract refuses there.
BEYOND: list[tuple[str, object]] = [
    ("product_id", "p\n"), ("product_id", "p\x00q"), ("product_id", "x" * 129), ("generation", 2**63),
    ("title", ""), ("title", " "), ("title", "x" * 2**18), ("price", -1), ("price", 1e13), ("currency", "eur"),
    ("currency", "EUR\n"), ("tags", ["x"] * 101), ("tags", [""]), ("language", "e"), ("language", "en\n"),
    ("average_rating", 6), ("text", "x" * 20_001), ("method", ""), ("as_of", "9999-12-31T23:59:59Z"),
    ("as_of", "1970-01-01T00:00:00Z"), ("counts.reviews", 2**64), ("counts.languages", {"": 1}),
    ("counts.languages", {str(number): 0 for number in range(201)}), ("days", [{}]), ("pros", ["x" * 301]),
    ("key_points", [{}]), ("latest_reviews", [{"review_id": "r\n"}]), ("facets", [{}] * 201),
]  # fmt: skip


@pytest.mark.parametrize(("part", "wrong"), BEYOND, ids=lambda value: ascii(value)[:24])
def test_what_is_beyond_a_bound_of_the_contract_is_refused(part: str, wrong: object) -> None:
    """Lengths, sizes, patterns, years: nothing is stored that a reader by the contract would refuse."""
    fields = orjson.loads(document("p"))
    *path, name = part.split(".")
    inner = fields
    for step in path:
        inner = inner[step]
    inner[name] = wrong
    key = str(fields["product_id"]).encode()
    raw = msgspec.json.encode(fields)
    with pytest.raises(ValueError, match="validation error"):
        ProductSummary.model_validate_json(raw)
    with pytest.raises(RejectedEventError):
        change_of(record(key, raw), NOW)
