"""The bodies of answers, made of stored summaries: what is passed on as it is is not even decoded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import orjson
from msgspec import Raw

from schemas.fields import SentimentLabel
from schemas.topics import PRODUCT_SUMMARY
from streams.serde import JsonObject
from streams.web.catalogue import KnownProduct, ReviewList, ReviewPage
from streams.web.stored_summary import (
    Aspect,
    AspectDays,
    Day,
    Sentiment,
    SummaryParts,
    read_aspect_days,
    read_counts,
    read_parts,
)


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
        "trends": trends(
            summary.days,
            read_aspect_days(summary.aspect_days),
            as_of=summary.as_of.astimezone(UTC).date(),
            today=today,
        ),
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


def days_body(product: KnownProduct, aspect: str | None) -> JsonObject:
    """A `ProductDays`, ready for `encode`."""
    summary = read_parts(product.document)
    return {
        "product_id": summary.product_id,
        **_freshness(summary, product),
        "aspect": aspect,
        "days": _days(summary) if aspect is None else _days_of(summary, aspect),
    }


def _days(summary: SummaryParts) -> list[JsonObject]:
    return [{"day": day.day, "reviews": day.reviews, **_total([day])} for day in summary.days]


def _days_of(summary: SummaryParts, aspect: str) -> list[JsonObject]:
    return [
        {"day": day, "reviews": None, "negative": negative, "neutral": neutral, "positive": positive}
        for known in read_aspect_days(summary.aspect_days)
        if known.aspect == aspect
        for day, negative, neutral, positive in zip(
            known.days, known.negative, known.neutral, known.positive, strict=True
        )
    ]


def review_ids_body(
    product: KnownProduct, wanted: ReviewList, page: ReviewPage, next_cursor: str | None
) -> JsonObject:
    """A `ReviewIds`, ready for `encode`: stale too where the product counts another number than are listed."""
    summary = read_parts(product.document)
    reason = product.stale_reason or page.stale_reason
    if reason is None and page.total != _counted(summary, wanted):
        reason = "between_updates"
    return {
        "product_id": summary.product_id,
        **_freshness(summary, replace(product, stale_reason=reason)),
        "aspect": wanted.aspect,
        "polarity": wanted.polarity,
        "total": page.total,
        "reviews": [
            {
                "review_id": listed.review_id,
                "created_at": datetime.fromtimestamp(listed.created_ms / 1000, UTC),
            }
            for listed in page.reviews
        ],
        "next_cursor": next_cursor,
    }


def review_list_of(
    product: KnownProduct, *, polarity: SentimentLabel | None, aspect: str | None
) -> ReviewList:
    """A list of the product as it is now, not of what it was before it was withdrawn."""
    return ReviewList(read_parts(product.document).withdrawals, polarity, aspect)


def _counted(summary: SummaryParts, wanted: ReviewList) -> int:
    """The number in the counter of a list."""
    counts = read_counts(summary.counts)
    if wanted.polarity is None:
        return counts.reviews
    if wanted.aspect is None:
        return int(getattr(counts.sentiment, wanted.polarity))
    of_aspect = (known for known in counts.aspects if known.aspect == wanted.aspect)
    return sum(getattr(known, wanted.polarity) for known in of_aspect)


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


def trends(
    days: Sequence[Day], aspects: Sequence[AspectDays] = (), *, as_of: date, today: date
) -> list[JsonObject]:
    """The windows of `WINDOWS` days that end today, each with the one before it if the data reach back so far.

    Args:
        days: those with reviews.
        aspects: the days of each aspect.
        as_of: the day that the summary is of.
        today: UTC.

    >>> november = [Day(negative=0, neutral=0, positive=n, day=date(2026, 11, n), reviews=n) for n in (1, 13, 20)]
    >>> week, month, quarter = trends(november, as_of=date(2026, 11, 20), today=date(2026, 11, 20))
    >>> week["reviews"], week["before"]["reviews"], month["reviews"], quarter["before"]
    (20, 13, 34, None)
    """
    reach = as_of - timedelta(days=DAYS_KEPT - 1)
    return [_trend(days, aspects, length, reach, today) for length in WINDOWS]


def _trend(
    days: Sequence[Day], aspects: Sequence[AspectDays], length: int, reach: date, today: date
) -> JsonObject:
    first = today - timedelta(days=length - 1)
    earlier = first - timedelta(days=length)
    before = _window(days, aspects, earlier, first - timedelta(days=1)) if earlier >= reach else None
    return {"days": length, **_window(days, aspects, first, today), "before": before}


def _window(days: Iterable[Day], aspects: Iterable[AspectDays], first: date, last: date) -> JsonObject:
    counted = [day for day in days if first <= day.day <= last]
    of_stars = [day.sentiment_from_stars for day in counted if day.sentiment_from_stars is not None]
    is_told_apart = len(of_stars) == len(counted)
    return {
        "first_day": first,
        "last_day": last,
        "reviews": sum(day.reviews for day in counted),
        **_total(counted),
        "sentiment_from_stars": _total(of_stars) if is_told_apart else None,
        "aspects": _spoken_of(aspect.between(first, last) for aspect in aspects),
    }


def _spoken_of(aspects: Iterable[Aspect]) -> list[JsonObject]:
    """Those that reviews speak of, by how often."""
    spoken = [(aspect.negative + aspect.neutral + aspect.positive, aspect) for aspect in aspects]
    spoken.sort(key=lambda pair: (-pair[0], pair[1].aspect))
    return [msgspec.structs.asdict(aspect) for reviews, aspect in spoken if reviews]


def _total(counted: Sequence[Sentiment]) -> JsonObject:
    return {
        "negative": sum(one.negative for one in counted),
        "neutral": sum(one.neutral for one in counted),
        "positive": sum(one.positive for one in counted),
    }
