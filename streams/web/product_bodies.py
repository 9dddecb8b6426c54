"""The bodies of answers, made of stored summaries: what is passed on as it is is not even decoded."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Protocol

import msgspec
import orjson
from msgspec import Meta, Raw

from schemas.events import SCHEMA_VERSION
from schemas.topics import PRODUCT_SUMMARY
from streams.rolling.counters import average_rating
from streams.web.catalogue import Found

_EMPTY = Raw(b"[]")
_NULL = Raw(b"null")


class _Sentiment(msgspec.Struct):
    negative: int
    neutral: int
    positive: int


class _Day(_Sentiment):
    day: date
    reviews: int


class _Counts(msgspec.Struct):
    reviews: int
    rating_histogram: list[int]
    sentiment: _Sentiment
    rating_hundredths: int = 0


class _Summary(msgspec.Struct):
    """The parts of a ProductSummary that an answer computes with; the others stay the bytes that they are."""

    product_id: str
    generation: int
    as_of: Annotated[datetime, Meta(tz=True)]
    counts: Raw
    schema_version: str = SCHEMA_VERSION
    days: list[_Day] = []
    title: Raw = _NULL
    category: Raw = _NULL
    language: Raw = _NULL
    key_points: Raw = _EMPTY
    latest_reviews: list[Raw] = []
    claims: Raw = _EMPTY
    pros: Raw = _EMPTY
    cons: Raw = _EMPTY
    text: Raw = _NULL
    method: Raw = _NULL
    text_generation: int = 0
    model: Raw = _NULL


_summaries = msgspec.json.Decoder(_Summary)
_counts = msgspec.json.Decoder(_Counts)


def product_body(found: Found, *, today: date) -> dict[str, Any]:
    """A `ServedProduct`, ready for `encode`."""
    summary = _summaries.decode(found.document)
    counts = _counts.decode(summary.counts)
    return {
        "product_id": summary.product_id,
        "title": _as_it_is(summary.title),
        "category": _as_it_is(summary.category),
        "language": _as_it_is(summary.language),
        **_freshness(summary, found),
        "review_count": counts.reviews,
        "average_rating": average_rating(counts.rating_hundredths, counts.rating_histogram),
        "counts": _as_it_is(summary.counts),
        "trends": trends(summary.days, as_of=summary.as_of.astimezone(UTC).date(), today=today),
        "key_points": _as_it_is(summary.key_points),
        "claims": _as_it_is(summary.claims),
        "pros": _as_it_is(summary.pros),
        "cons": _as_it_is(summary.cons),
        "text": _as_it_is(summary.text),
        "method": _as_it_is(summary.method),
        "generation": summary.generation,
        "text_generation": summary.text_generation,
        "versions": {
            "schema_version": summary.schema_version,
            "generation": summary.generation,
            "model": _as_it_is(summary.model),
            "source": {
                "topic": PRODUCT_SUMMARY.name,
                "partition": found.stored.partition,
                "offset": found.stored.offset,
            },
        },
    }


def listed_body(found: Found) -> dict[str, Any]:
    """A `ListedProduct`, ready for `encode`."""
    summary = _summaries.decode(found.document)
    counts = _counts.decode(summary.counts)
    sentiment = counts.sentiment
    return {
        "product_id": summary.product_id,
        "title": _as_it_is(summary.title),
        "category": _as_it_is(summary.category),
        **_freshness(summary, found),
        "review_count": counts.reviews,
        "average_rating": average_rating(counts.rating_hundredths, counts.rating_histogram),
        "negative_share": negative_share(sentiment.negative, sentiment.neutral, sentiment.positive),
        "sentiment": {
            "negative": sentiment.negative,
            "neutral": sentiment.neutral,
            "positive": sentiment.positive,
        },
    }


def reviews_body(found: Found, *, limit: int) -> dict[str, Any]:
    """A `ProductReviews` of at most `limit` reviews, ready for `encode`."""
    summary = _summaries.decode(found.document)
    return {
        "product_id": summary.product_id,
        **_freshness(summary, found),
        "reviews": [_as_it_is(review) for review in summary.latest_reviews[:limit]],
    }


def encode(body: object) -> bytes:
    """A body as JSON, UTF-8."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


def negative_share(negative: int, neutral: int, positive: int) -> float | None:
    """The share of negative reviews among those with a sentiment, rounded to four digits; None without any.

    >>> negative_share(1, 0, 2)
    0.3333
    """
    reviews = negative + neutral + positive
    return round(negative / reviews, 4) if reviews else None


def _freshness(summary: _Summary, found: Found) -> dict[str, Any]:
    return {
        "as_of": summary.as_of,
        "stale": found.stale_reason is not None,
        "stale_reason": found.stale_reason,
    }


def _as_it_is(part: Raw) -> orjson.Fragment:
    return orjson.Fragment(bytes(part))


#: A summary holds the days with reviews of so many, up to the day it is of.
DAYS_KEPT = 90
WINDOWS = (7, 30, 90)


class Day(Protocol):
    """The counts of one day."""

    day: date
    reviews: int
    negative: int
    neutral: int
    positive: int


def trends(days: Sequence[Day], *, as_of: date, today: date) -> list[dict[str, Any]]:
    """The windows of `WINDOWS` days that end today, each with the one before it if the data reach back so far.

    Args:
        days: those with reviews.
        as_of: the day that the summary is of.
        today: UTC.

    >>> from types import SimpleNamespace
    >>> november = [SimpleNamespace(day=date(2026, 11, n), reviews=n, negative=0, neutral=0, positive=n)
    ...             for n in (1, 13, 20)]
    >>> week, month, quarter = trends(november, as_of=date(2026, 11, 20), today=date(2026, 11, 20))
    >>> week["reviews"], week["before"]["reviews"], month["reviews"], quarter["before"]
    (20, 13, 34, None)
    """
    reach = as_of - timedelta(days=DAYS_KEPT - 1)
    return [_trend(days, length, reach, today) for length in WINDOWS]


def _trend(days: Sequence[Day], length: int, reach: date, today: date) -> dict[str, Any]:
    first = today - timedelta(days=length - 1)
    earlier = first - timedelta(days=length)
    before = _window(days, earlier, first - timedelta(days=1)) if earlier >= reach else None
    return {"days": length, **_window(days, first, today), "before": before}


def _window(days: Iterable[Day], first: date, last: date) -> dict[str, Any]:
    reviews = negative = neutral = positive = 0
    for one in days:
        if first <= one.day <= last:
            reviews += one.reviews
            negative += one.negative
            neutral += one.neutral
            positive += one.positive
    return {
        "first_day": first,
        "last_day": last,
        "reviews": reviews,
        "negative": negative,
        "neutral": neutral,
        "positive": positive,
    }
