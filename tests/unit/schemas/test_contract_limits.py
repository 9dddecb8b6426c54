"""Every limit of a review, and of what is read of it, at, below and above its edge."""

import json

import pytest
from pydantic import ValidationError

from schemas.explanation import explain
from schemas.reviews import Review, ReviewEnriched, Sentiment

REVIEW: dict[str, object] = {
    "review_id": "r1",
    "product_id": "p1",
    "text": "Bright enough to read by.",
    "created_at": "2025-06-01T12:00:00Z",
}
ENRICHED: dict[str, object] = {
    **REVIEW,
    "review_version": 1,
    "status": "enriched",
    "sentiment": {"label": "positive", "negative": 0.1, "neutral": 0.2, "positive": 0.7},
    "model": {"name": "builtin:english", "version": "1"},
    "source": {"topic": "new-review", "partition": 0, "offset": 0, "timestamp_ms": 0},
    "made_at": "2025-06-01T12:00:01Z",
}

STARS_SAY: dict[str, object] = {
    "label": "positive",
    "negative": 0.0,
    "neutral": 0.1,
    "positive": 0.9,
    "basis": "stars",
}
RATED: dict[str, object] = {
    "status": "rating_only",
    "text": None,
    "sentiment": None,
    "model": None,
    "rating": 5,
}


def is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def refusal(contract: type[Review] | type[ReviewEnriched], **changes: object) -> str:
    """Why the changed sample of a contract is refused; an empty text if it is not."""
    sample = {Review: REVIEW, ReviewEnriched: ENRICHED}[contract]
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
    ("created_at", "2199-12-31T23:59:59.999999Z"),
    ("created_at", "2200-01-01T07:59:59+08:00"),
]
BLANK = (None, "", " ", "\n\t", "\u3000", "\u00a0\u2003")
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
    ("created_at", "2200-01-01T00:00:00Z"),
    ("created_at", "2199-12-31T20:00:00-04:00"),
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
        f"{field}: wanted" if field != "text" or not is_blank(value) else "Review: text is required"
    )


def test_a_removed_review_needs_no_text() -> None:
    """A retraction names the review and says nothing else."""
    assert refusal(Review, removed=True, text=None) == ""


@pytest.mark.parametrize("text", BLANK)
def test_stars_need_no_words(text: str | None) -> None:
    """A rating stands for itself, and a text without a word is none; neither stars nor words is no review."""
    assert refusal(Review, rating=0, text=text) == ""
    assert Review.model_validate_json(json.dumps({**REVIEW, "rating": 1, "text": text})).text is None
    assert refusal(Review, removed=True, text=text) == ""
    assert refusal(Review, text=text).startswith("Review: text is required unless a rating stands")


def test_a_title_is_no_text() -> None:
    """A review of a title alone is refused, in words that say what would do."""
    assert refusal(Review, text=None, title="Lamp") == (
        "Review: text is required unless a rating stands or removed is true"
    )


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
        ({"status": "rating_only"}, "sentiment must be present exactly"),
        ({**RATED, "rating": None}, "rating must be present"),
        ({**RATED, "text": "Fine"}, "text must be absent exactly"),
        ({**RATED, "sentiment": STARS_SAY}, ""),
        ({**RATED, "sentiment": {**STARS_SAY, "basis": "text"}}, "or that of the stars"),
        (RATED, ""),
        ({"stars": {"one": 0, "two": 0, "three": 0.1, "four": 0.2, "five": 0.7}}, ""),
        ({"stars": {"one": 0, "two": 0, "three": 0.1, "four": 0.2, "five": 0.6}}, "sum to 1 within 0.01"),
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
