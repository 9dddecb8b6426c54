"""Every limit of a product and of its counters at, below and above its edge."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from schemas.alerts import ProductAlert, TimeWindow
from schemas.counts import ReviewCounts
from schemas.events import Timings
from schemas.explanation import explain
from schemas.products import Product
from schemas.summaries import KeyPoint

PRODUCT: dict[str, object] = {"product_id": "p1", "title": "Lamp", "updated_at": "2025-06-01T12:00:00Z"}


def refusal(**changes: object) -> str:
    """Why the changed product is refused; an empty text if it is not."""
    try:
        Product.model_validate_json(json.dumps({**PRODUCT, **changes}))
    except ValidationError as error:
        return explain(error)
    return ""


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
    explained = refusal(**changes)

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
    with pytest.raises(ValidationError, match="sentiment_from_stars counts reviews"):
        ReviewCounts.model_validate(
            {**counted, "sentiment": polarity, "sentiment_from_stars": {**polarity, "positive": 2}}
        )


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


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_number_is_infinite_or_undefined(number: str) -> None:
    """Python's JSON writer emits such literals; fields without an upper limit refuse them as well."""
    product = json.dumps({**PRODUCT, "attributes": {"weight_kg": "?"}}).replace('"?"', number)
    timings = f'{{"queue_ms": {number}, "tokenise_ms": 0, "forward_ms": 0}}'

    with pytest.raises(ValidationError, match="weight_kg"):
        Product.model_validate_json(product)
    with pytest.raises(ValidationError, match="queue_ms"):
        Timings.model_validate_json(timings)


@pytest.mark.parametrize(
    ("kind", "aspect", "told"),
    [
        ("aspect_surge", "quality", ""),
        ("aspect_surge", None, "aspect must be present"),
        ("negative_surge", None, ""),
        ("negative_surge", "quality", "aspect must be absent"),
        ("a kind of tomorrow", "quality", ""),
        ("a kind of tomorrow", None, ""),
    ],
)
def test_an_alert_has_an_aspect_where_its_kind_is_about_one(kind: str, aspect: str | None, told: str) -> None:
    """Of a kind that is not known here either is taken."""
    share = {"matching": 1, "reviews": 2}
    alert = {
        "alert_id": "a1",
        "product_id": "p1",
        "kind": kind,
        "aspect": aspect,
        "state": "raised",
        "window": {"starts_at": "2025-06-01T00:00:00Z", "ends_at": "2025-06-02T00:00:00Z"},
        "baseline": share,
        "observed": share,
        "p_value": 0.001,
        "source": {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": 0},
        "made_at": "2025-06-02T00:00:00Z",
    }
    try:
        read = ProductAlert.model_validate_json(json.dumps(alert))
    except ValidationError as error:
        explained = explain(error)
    else:
        explained = ""
        assert read.kind == kind
    assert told in explained
    assert bool(told) == bool(explained)
