from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest

from schemas.products import Product
from schemas.reviews import Review
from streams.demo import catalogue
from streams.errors import RejectedEventError
from streams.kafka.publishing import RawRecord
from streams.serde import decode, require_key

PRODUCTS = [Product.model_validate_json(orjson.dumps(product)) for product in catalogue.products()]
LINES = catalogue._lines("reviews.jsonl")
REVIEWS = [decode(Review, line) for line in LINES]
MALFORMED = [orjson.loads(line) for line in catalogue._lines("malformed.jsonl")]
RECORDS = list(catalogue.records())


def fate(record: RawRecord) -> str:
    """What the enrich role does with a record before it asks a model."""
    try:
        require_key(record.key, decode(Review, record.value).product_id)
    except RejectedEventError as rejected:
        return str(rejected.reason)
    return "accepted"


def test_it_is_as_large_as_promised() -> None:
    """At least 12 products and 400 reviews, each product with a name of its own and reviews of its own."""
    assert len(PRODUCTS) >= 12
    assert len(REVIEWS) >= 400
    assert len({product.product_id for product in PRODUCTS}) == len(PRODUCTS)
    reviewed = Counter(review.product_id for review in REVIEWS)
    assert set(reviewed) == {product.product_id for product in PRODUCTS}
    assert min(reviewed.values()) >= 5


def test_every_review_is_valid_under_its_key() -> None:
    """Every line of the reviews is one the pipeline reads; what has no text is a removal."""
    assert {fate(RawRecord(orjson.loads(line)["product_id"].encode(), line)) for line in LINES} == {
        "accepted"
    }
    assert all(review.removed or review.text for review in REVIEWS)


def test_it_holds_what_real_streams_hold() -> None:
    """English, Chinese and other languages, edits, removals, duplicates, titles, ratings of every kind."""
    languages = Counter(review.language for review in REVIEWS)
    assert languages["en"] >= 100
    assert languages["zh"] >= 50
    assert any(review.removed for review in REVIEWS)
    assert any(review.version > 1 and not review.removed for review in REVIEWS)
    assert len({(review.review_id, review.version) for review in REVIEWS}) < len(REVIEWS)
    assert len({round(review.rating) for review in REVIEWS if review.rating is not None}) >= 5
    assert any(review.title for review in REVIEWS)
    assert any(review.title is None for review in REVIEWS)


def test_edits_and_removals_are_of_reviews_that_were_published() -> None:
    """A removal or an edit of the same product follows the review it is about."""
    seen: dict[str, str] = {}
    for review in REVIEWS:
        if review.removed:
            assert review.review_id in seen
        assert seen.setdefault(review.review_id, review.product_id) == review.product_id


def test_it_does_not_depend_on_the_clock_of_the_machine() -> None:
    """Reviews from the future are refused, so nothing in the catalogue is younger than 2025."""
    latest = datetime(2026, 1, 1, tzinfo=UTC)
    assert max(review.created_at for review in REVIEWS) < latest
    assert max(product.updated_at for product in PRODUCTS) < latest


def test_its_dates_can_be_moved_to_now() -> None:
    """The last review was written then, every other one as long before it as in the catalogue; nothing else moves."""
    until = datetime(2027, 3, 1, 12, tzinfo=UTC)
    moved = [record for record in catalogue.records(until=until) if fate(record) == "accepted"]
    again = [decode(Review, record.value) for record in moved]
    by = until - max(review.created_at for review in REVIEWS)
    assert again == [review.model_copy(update={"created_at": review.created_at + by}) for review in REVIEWS]


@pytest.mark.parametrize("told", MALFORMED, ids=[told["note"] for told in MALFORMED])
def test_a_malformed_event_is_refused_for_the_reason_it_states(told: dict[str, str]) -> None:
    """Each malformed line lands in the dead letters with exactly its reason."""
    assert fate(catalogue._malformed(orjson.dumps(told))) == told["reason"]


def test_malformed_events_are_of_many_kinds() -> None:
    """Every reason that needs no model and no megabyte is among them."""
    assert {told["reason"] for told in MALFORMED} >= {
        "malformed_json",
        "invalid_event",
        "unsupported_version",
        "null_value",
        "key_mismatch",
    }


def test_everything_is_published_and_the_bad_lies_between_the_good() -> None:
    """The demonstration publishes each review once and in order, and each malformed event among them."""
    fates = [fate(record) for record in RECORDS]
    assert [
        record.value for record, of_it in zip(RECORDS, fates, strict=True) if of_it == "accepted"
    ] == LINES
    assert Counter(of_it for of_it in fates if of_it != "accepted") == Counter(
        told["reason"] for told in MALFORMED
    )
    first_bad = next(index for index, of_it in enumerate(fates) if of_it != "accepted")
    assert first_bad < len(fates) / 10
    assert fates[-1] == "accepted"
