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


def record(key: bytes | None, value: bytes | None) -> FakeRecord:
    return FakeRecord(7, key, value, PRODUCT_SUMMARY.name, 1, 1_000)


@given(summaries)
def test_whatever_the_contract_accepts_is_kept_as_it_is(given_summary: ProductSummary) -> None:
    """The quick reading refuses nothing that the contract lets through, and changes no byte."""
    raw = given_summary.model_dump_json().encode()
    change = change_of(record(given_summary.product_id.encode(), raw))
    assert change.document == raw
    assert (change.product_id, change.offset, change.timestamp_ms) == (given_summary.product_id, 7, 1_000)
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
            change_of(record(b"p", raw))


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
        change_of(record(key, value))
    assert caught.value.reason == reason


def test_a_null_says_that_the_product_is_gone() -> None:
    """It stays in no index."""
    assert change_of(record("灯".encode(), None)) == Change("灯", 7, 1_000, None, (None, None, None, None))


def test_a_product_without_ratings_or_sentiments_is_in_no_index_of_them() -> None:
    """None is better than a zero that is none."""
    fields = summary("p", reviews=0, negative=0)
    change = change_of(record(b"p", orjson.dumps(fields)))
    assert change.scores[:3] == (0, None, None)
