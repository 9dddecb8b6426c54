"""Every limit of the contracts at, below and above its edge."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.copywriting import CopyRequest
from schemas.events import Timings
from schemas.explanation import explain
from schemas.fields import EARLIEST_S, is_plausible
from schemas.learning import ModelPromoted
from schemas.products import KeyPoint, Product, ReviewCounts, TimeWindow
from schemas.reviews import Review, ReviewEnriched, Sentiment

REVIEW: dict[str, object] = {
    "review_id": "r1",
    "product_id": "p1",
    "text": "Bright enough to read by.",
    "created_at": "2025-06-01T12:00:00Z",
}
PRODUCT: dict[str, object] = {"product_id": "p1", "title": "Lamp", "updated_at": "2025-06-01T12:00:00Z"}
ENRICHED: dict[str, object] = {
    **REVIEW,
    "review_version": 1,
    "status": "enriched",
    "sentiment": {"label": "positive", "negative": 0.1, "neutral": 0.2, "positive": 0.7},
    "model": {"name": "builtin:english", "version": "1"},
    "source": {"topic": "new-review", "partition": 0, "offset": 0, "timestamp_ms": 0},
    "made_at": "2025-06-01T12:00:01Z",
}
# The same for all processes that collect these tests, since it is in their names.
_NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def refusal(contract: type[Review] | type[Product] | type[ReviewEnriched], **changes: object) -> str:
    """Why the changed sample of a contract is refused; an empty text if it is not."""
    sample = {Review: REVIEW, Product: PRODUCT, ReviewEnriched: ENRICHED}[contract]
    try:
        contract.model_validate_json(json.dumps({**sample, **changes}))
    except ValidationError as error:
        return explain(error)
    return ""


ACCEPTED: list[tuple[str, object]] = [
    ("text", "x"),
    ("text", "x" * 20_000),
    ("text", "字" * 20_000),
    ("text", " x\n"),
    ("title", None),
    ("title", ""),
    ("title", "x" * 300),
    ("review_id", "x"),
    ("review_id", "x" * 128),
    ("review_id", "two words, 一"),
    ("rating", None),
    ("rating", 0),
    ("rating", -0.0),
    ("rating", 5),
    ("rating", 4.5),
    ("version", 1),
    ("version", 2**63 - 1),
    ("language", "en"),
    ("language", "zh-Hans"),
    ("language", "pt_BR"),
    ("language", "en-x-123456789"[:13]),
    ("verified_purchase", True),
    ("created_at", "1990-01-01T00:00:00Z"),
    ("created_at", "1990-01-01T08:00:00+08:00"),
    ("created_at", "2025-06-01T12:00:00.123456789+0000"),
    ("created_at", (_NOW + timedelta(days=2, minutes=-5)).isoformat()),
]
REFUSED: list[tuple[str, object]] = [
    ("text", None),
    ("text", ""),
    ("text", " \n\t\u3000"),
    ("text", "x" * 20_001),
    ("text", 5),
    ("text", ["x"]),
    ("title", "x" * 301),
    ("review_id", ""),
    ("review_id", "x" * 129),
    ("review_id", " x"),
    ("review_id", "x "),
    ("review_id", "x\n"),
    ("review_id", "\u3000x"),
    ("review_id", "a\x00b"),
    ("review_id", "a\x7fb"),
    ("review_id", "a\x85b"),
    ("review_id", 17),
    ("review_id", None),
    ("product_id", ""),
    ("rating", -0.001),
    ("rating", 5.001),
    ("rating", True),
    ("rating", "5"),
    ("rating", float("nan")),
    ("rating", float("inf")),
    ("rating", -float("inf")),
    ("version", 0),
    ("version", 2**63),
    ("version", 1.0),
    ("version", "1"),
    ("version", True),
    ("version", None),
    ("language", ""),
    ("language", "e"),
    ("language", "english please"),
    ("language", "en-12345678-12345"),
    ("verified_purchase", "true"),
    ("verified_purchase", 1),
    ("removed", None),
    ("created_at", "1989-12-31T23:59:59.999Z"),
    ("created_at", "1990-01-01T07:59:59+08:00"),
    ("created_at", (_NOW + timedelta(days=2, hours=12)).isoformat()),
    ("created_at", "9999-12-31T23:59:59-23:59"),
    ("created_at", "2025-06-01T12:00:00"),
    ("created_at", "2025-06-01"),
    ("created_at", "2025-02-30T12:00:00Z"),
    ("created_at", "1748779200"),
    ("created_at", 1748779200),
    ("created_at", 1748779200.5),
    ("created_at", None),
]


@pytest.mark.parametrize(("field", "value"), ACCEPTED)
def test_a_review_within_its_limits_is_accepted(field: str, value: object) -> None:
    """A value at the edge of its field's limits is accepted."""
    assert refusal(Review, **{field: value}) == ""


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_review_beyond_a_limit_is_refused_by_its_field(field: str, value: object) -> None:
    """A value past the edge is refused, and the explanation names the field."""
    assert refusal(Review, **{field: value}).startswith(
        f"{field}: wanted" if (field, value) != ("text", None) else "Review: text is required"
    )


def test_a_removed_review_needs_no_text() -> None:
    """A retraction names the review and says nothing else."""
    assert refusal(Review, removed=True, text=None) == ""


def test_a_plausible_moment_is_from_1990_to_two_days_ahead() -> None:
    """Both edges are included, a microsecond further is not."""
    now = datetime(2025, 6, 1, tzinfo=UTC)
    first = datetime.fromtimestamp(EARLIEST_S, UTC)
    last = now + timedelta(days=2)
    step = timedelta(microseconds=1)

    assert first == datetime(1990, 1, 1, tzinfo=UTC)
    assert [is_plausible(moment, now_s=now.timestamp()) for moment in (first, last)] == [True, True]
    assert [is_plausible(moment, now_s=now.timestamp()) for moment in (first - step, last + step)] == [
        False,
        False,
    ]


@given(
    edge=st.sampled_from(["first", "last"]),
    off_by_s=st.integers(-3 * 86_400, 3 * 86_400),
    hour_of_now=st.integers(0, 23),
    offset_minutes=st.integers(-1439, 1439),
)
def test_whatever_its_offset_a_moment_is_judged_by_when_it_is(
    edge: str, off_by_s: int, hour_of_now: int, offset_minutes: int
) -> None:
    """The date that an offset shows is not what decides, however near to an edge."""
    now_s = datetime(2025, 6, 1, hour_of_now, 59, 59, tzinfo=UTC).timestamp()
    moment_s = (EARLIEST_S if edge == "first" else now_s + 2 * 86_400) + off_by_s
    moment = datetime.fromtimestamp(moment_s, timezone(timedelta(minutes=offset_minutes)))
    assert is_plausible(moment, now_s=now_s) is (EARLIEST_S <= moment_s <= now_s + 2 * 86_400)


@pytest.mark.parametrize(
    "shares",
    [
        ("positive", 0.1, 0.2, 0.7),
        ("neutral", 0.4, 0.4, 0.2),
        ("negative", 0.4, 0.4, 0.2),
        ("positive", 0.0, 0.0, 1.0),
        ("positive", 0.1, 0.2, 0.709),
        ("positive", 0.1, 0.2, 0.691),
    ],
)
def test_a_sentiment_is_a_distribution_with_its_mode(shares: tuple[str, float, float, float]) -> None:
    """Probabilities sum to 1 within 0.01, and the label is the most probable, ties allowed."""
    label, negative, neutral, positive = shares

    assert Sentiment(label=label, negative=negative, neutral=neutral, positive=positive).label == label


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        (("negative", 0.1, 0.2, 0.7), "most probable"),
        (("neutral", 0.5, 0.4, 0.1), "most probable"),
        (("positive", 0.1, 0.2, 0.711), "sum to 1"),
        (("positive", 0.1, 0.2, 0.689), "sum to 1"),
        (("positive", -0.1, 0.2, 0.9), "from 0 to 1"),
        (("positive", 0.0, 0.0, 1.001), "from 0 to 1"),
        (("mixed", 0.1, 0.2, 0.7), "wanted 'negative', 'neutral' or 'positive'"),
    ],
)
def test_what_is_no_distribution_is_refused(shares: tuple[str, float, float, float], told: str) -> None:
    """A label that is not the mode, a wrong sum and an impossible probability are refused."""
    label, negative, neutral, positive = shares

    with pytest.raises(ValidationError) as refused:
        Sentiment(label=label, negative=negative, neutral=neutral, positive=positive)

    assert told in explain(refused.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"sentiment": None}, "sentiment must be present"),
        ({"model": None}, "model must be present"),
        ({"text": None}, "text must be absent exactly"),
        ({"status": "unsupported_language"}, "sentiment must be present exactly"),
        ({"status": "unsupported_language", "sentiment": None}, "model must be present exactly"),
        ({"status": "unsupported_language", "sentiment": None, "model": None}, ""),
        ({"status": "removed", "sentiment": None, "model": None}, "text must be absent exactly"),
        ({"status": "removed", "sentiment": None, "model": None, "text": None}, ""),
        ({"status": "guessed"}, "status: wanted"),
        ({"source": None}, "source: wanted"),
    ],
)
def test_an_enriched_review_agrees_with_its_status(changes: dict[str, object], told: str) -> None:
    """Sentiment and model are there exactly when enriched, the text exactly unless removed."""
    explained = refusal(ReviewEnriched, **changes)

    assert told in explained
    assert bool(told) == bool(explained)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": None}, "title is required"),
        ({"title": None, "removed": True}, ""),
        ({"price": 0, "currency": "EUR"}, ""),
        ({"price": 1e12, "currency": "EUR"}, ""),
        ({"price": 5}, "price needs its currency"),
        ({"price": -0.01, "currency": "EUR"}, "price: wanted"),
        ({"price": 1.1e12, "currency": "EUR"}, "price: wanted"),
        ({"currency": "eur"}, "currency: wanted"),
        ({"attributes": {f"a{number}": number for number in range(200)}}, ""),
        ({"attributes": {f"a{number}": number for number in range(201)}}, "attributes: "),
        ({"attributes": {"dimmable": True, "colour": "red", "weight_kg": 1.5}}, ""),
        ({"attributes": {"colour": None}}, "attributes.colour: wanted"),
        ({"attributes": {"colour": "x" * 2_001}}, "attributes.colour: wanted"),
        ({"attributes": {"": "x"}}, "attributes"),
        ({"attributes": [["colour", "red"]]}, "attributes: wanted"),
        ({"tags": ["x"] * 100}, ""),
        ({"tags": ["x"] * 101}, "tags: "),
        ({"tags": "lamp"}, "tags: wanted"),
    ],
)
def test_a_product_within_and_beyond_its_limits(changes: dict[str, object], told: str) -> None:
    """Each limit of a product, on both sides of its edge."""
    explained = refusal(Product, **changes)

    assert told in explained
    assert bool(told) == bool(explained)


def test_counters_may_not_count_a_review_twice() -> None:
    """Ratings and polarities add up to at most the number of reviews."""
    counted = {"reviews": 3, "rating_histogram": (0, 1, 0, 0, 1, 1)}
    polarity = {"negative": 1, "neutral": 1, "positive": 1}
    assert ReviewCounts.model_validate({**counted, "sentiment": polarity}).reviews == 3

    with pytest.raises(ValidationError, match="rating_histogram counts more"):
        ReviewCounts.model_validate({**counted, "reviews": 2, "sentiment": polarity})
    with pytest.raises(ValidationError, match="sentiment counts more"):
        ReviewCounts.model_validate({**counted, "sentiment": {**polarity, "positive": 2}})


def test_a_key_point_is_supported_by_its_reviews() -> None:
    """The count covers the ids, there is at least one, and quotes come from among them."""
    point = {
        "claim": "Bright",
        "aspect": "light",
        "polarity": "positive",
        "count": 2,
        "review_ids": ("a", "b"),
        "quotes": ({"review_id": "a", "text": "Bright!"},),
    }
    assert KeyPoint.model_validate(point).count == 2

    with pytest.raises(ValidationError, match="count must be at least"):
        KeyPoint.model_validate({**point, "count": 1})
    with pytest.raises(ValidationError, match="review_ids"):
        KeyPoint.model_validate({**point, "review_ids": ()})
    with pytest.raises(ValidationError, match="quotes must come from"):
        KeyPoint.model_validate({**point, "quotes": ({"review_id": "c", "text": "Bright!"},)})


def test_a_window_runs_forwards() -> None:
    """A window that ends where it starts is refused."""
    start = datetime(2025, 6, 1, tzinfo=UTC)
    assert TimeWindow(starts_at=start, ends_at=start + timedelta(seconds=1)).starts_at == start

    with pytest.raises(ValidationError, match="before ends_at"):
        TimeWindow(starts_at=start, ends_at=start)


def test_python_values_are_as_strict_as_json() -> None:
    """A naive datetime, a list for a tuple, and text for a timestamp are refused from Python too."""
    naive = datetime(2025, 6, 1)
    for field, value in [("updated_at", naive), ("tags", ["x"]), ("updated_at", "2025-06-01T12:00:00Z")]:
        changed: dict[str, object] = {**PRODUCT, "updated_at": naive.replace(tzinfo=UTC), field: value}
        with pytest.raises(ValidationError, match=field):
            Product.model_validate(changed)


def test_copy_is_about_something_and_a_reply_answers_something() -> None:
    """A request needs a product or attributes, and a reply the review it answers."""
    asked: dict[str, object] = {
        "request_id": "q",
        "kind": "reply",
        "product_id": "p",
        "review_text": "Broken.",
    }
    assert CopyRequest.model_validate(asked).subject_id == "p"
    inline = {**asked, "product_id": None, "attributes": {"colour": "red"}}
    assert CopyRequest.model_validate(inline).subject_id == "q"

    with pytest.raises(ValidationError, match="product_id or attributes"):
        CopyRequest.model_validate({**asked, "product_id": None})
    with pytest.raises(ValidationError, match="review_text"):
        CopyRequest.model_validate({**asked, "review_text": None})
    for words in (4, 1_001):
        with pytest.raises(ValidationError, match="from 5 to 1,000"):
            CopyRequest.model_validate({**asked, "max_words": words})


@pytest.mark.parametrize("digest", ["A" * 64, "a" * 63, "a" * 65, "g" * 64])
def test_a_promotion_names_its_manifest_by_a_whole_digest(digest: str) -> None:
    """Anything but 64 lower-case hexadecimal digits is refused."""
    promotion = {
        "task": "sentiment",
        "model": {"name": "english", "version": "2"},
        "location": "/models/2",
        "metrics": {"macro_f1": 0.9},
        "promoted_at": "2025-06-01T12:00:00Z",
    }
    read = ModelPromoted.model_validate_json(json.dumps({**promotion, "manifest_sha256": "a" * 64}))
    assert read.metrics == {"macro_f1": 0.9}

    with pytest.raises(ValidationError, match="64 lower-case"):
        ModelPromoted.model_validate_json(json.dumps({**promotion, "manifest_sha256": digest}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_number_is_infinite_or_undefined(number: str) -> None:
    """Python's JSON writer emits such literals; fields without an upper limit refuse them as well."""
    product = json.dumps({**PRODUCT, "attributes": {"weight_kg": "?"}}).replace('"?"', number)
    timings = f'{{"queue_ms": {number}, "tokenise_ms": 0, "forward_ms": 0}}'

    with pytest.raises(ValidationError, match="weight_kg"):
        Product.model_validate_json(product)
    with pytest.raises(ValidationError, match="queue_ms"):
        Timings.model_validate_json(timings)
