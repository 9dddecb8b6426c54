"""The bodies of answers, made of stored summaries: what is passed on as it is is not even decoded."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, timedelta

import msgspec
import orjson
from msgspec import Raw

from schemas.topics import PRODUCT_SUMMARY
from streams.serde import JsonObject
from streams.web.catalogue import KnownProduct
from streams.web.stored_summary import Day, Sentiment, SummaryParts, read_counts, read_parts


def product_body(product: KnownProduct, *, today: date, topic: str = PRODUCT_SUMMARY.name) -> JsonObject:
    """A `ServedProduct`, ready for `encode`."""
    summary = read_parts(product.document)
    counts = read_counts(summary.counts)
    return {
        "product_id": summary.product_id,
        "title": _as_it_is(summary.title),
        "category": _as_it_is(summary.category),
        "brand": _as_it_is(summary.brand),
        "price": _as_it_is(summary.price),
        "currency": _as_it_is(summary.currency),
        "tags": _as_it_is(summary.tags),
        "language": _as_it_is(summary.language),
        **_freshness(summary, product),
        "review_count": counts.reviews,
        "average_rating": counts.average_rating,
        "counts": _as_it_is(summary.counts),
        "trends": trends(summary.days, as_of=summary.as_of.astimezone(UTC).date(), today=today),
        "key_points": _as_it_is(summary.key_points),
        "claims": _as_it_is(summary.claims),
        "pros": _as_it_is(summary.pros),
        "cons": _as_it_is(summary.cons),
        "facets": _as_it_is(summary.facets),
        "text": _as_it_is(summary.text),
        "method": _as_it_is(summary.method),
        "generation": summary.generation,
        "text_generation": summary.text_generation,
        "text_review_count": summary.text_review_count,
        "text_as_of": _as_it_is(summary.text_as_of),
        "versions": {
            "schema_version": summary.schema_version,
            "generation": summary.generation,
            "model": _as_it_is(summary.model),
            "source": {
                "topic": topic,
                "partition": product.stored.partition,
                "offset": product.stored.offset,
            },
        },
    }


def listed_body(product: KnownProduct) -> JsonObject:
    """A `ListedProduct`, ready for `encode`."""
    summary = read_parts(product.document)
    counts = read_counts(summary.counts)
    stars = counts.sentiment_from_stars
    return {
        "product_id": summary.product_id,
        "title": _as_it_is(summary.title),
        "category": _as_it_is(summary.category),
        **_freshness(summary, product),
        "review_count": counts.reviews,
        "average_rating": counts.average_rating,
        "negative_share": counts.sentiment.negative_share,
        "sentiment": msgspec.structs.asdict(counts.sentiment),
        "sentiment_from_stars": stars and msgspec.structs.asdict(stars),
    }


def reviews_body(product: KnownProduct, *, limit: int) -> JsonObject:
    """A `ProductReviews` of at most `limit` reviews, ready for `encode`."""
    summary = read_parts(product.document)
    return {
        "product_id": summary.product_id,
        **_freshness(summary, product),
        "reviews": [_as_it_is(review) for review in summary.latest_reviews[:limit]],
    }


def _freshness(summary: SummaryParts, product: KnownProduct) -> JsonObject:
    return {
        "as_of": summary.as_of,
        "stale": product.stale_reason is not None,
        "stale_reason": product.stale_reason,
    }


def _as_it_is(part: Raw) -> orjson.Fragment:
    return orjson.Fragment(bytes(part))


#: A summary holds the days with reviews of so many, up to the day it is of.
DAYS_KEPT = 90
WINDOWS = (7, 30, 90)


def trends(days: Sequence[Day], *, as_of: date, today: date) -> list[JsonObject]:
    """The windows of `WINDOWS` days that end today, each with the one before it if the data reach back so far.

    Args:
        days: those with reviews.
        as_of: the day that the summary is of.
        today: UTC.

    >>> november = [Day(negative=0, neutral=0, positive=n, day=date(2026, 11, n), reviews=n) for n in (1, 13, 20)]
    >>> week, month, quarter = trends(november, as_of=date(2026, 11, 20), today=date(2026, 11, 20))
    >>> week["reviews"], week["before"]["reviews"], month["reviews"], quarter["before"]
    (20, 13, 34, None)
    """
    reach = as_of - timedelta(days=DAYS_KEPT - 1)
    return [_trend(days, length, reach, today) for length in WINDOWS]


def _trend(days: Sequence[Day], length: int, reach: date, today: date) -> JsonObject:
    first = today - timedelta(days=length - 1)
    earlier = first - timedelta(days=length)
    before = _window(days, earlier, first - timedelta(days=1)) if earlier >= reach else None
    return {"days": length, **_window(days, first, today), "before": before}


def _window(days: Iterable[Day], first: date, last: date) -> JsonObject:
    counted = [day for day in days if first <= day.day <= last]
    of_stars = [day.sentiment_from_stars for day in counted if day.sentiment_from_stars is not None]
    is_told_apart = len(of_stars) == len(counted)
    return {
        "first_day": first,
        "last_day": last,
        "reviews": sum(day.reviews for day in counted),
        **_total(counted),
        "sentiment_from_stars": _total(of_stars) if is_told_apart else None,
    }


def _total(counted: Sequence[Sentiment]) -> JsonObject:
    return {
        "negative": sum(one.negative for one in counted),
        "neutral": sum(one.neutral for one in counted),
        "positive": sum(one.positive for one in counted),
    }
