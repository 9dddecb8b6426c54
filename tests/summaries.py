"""Product summaries as the rolling role publishes them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from streams.kafka.publishing import RawRecord

TODAY = date(2026, 11, 25)


def summary(
    product_id: str,
    *,
    reviews: int = 10,
    negative: int = 2,
    rating: int = 4,
    as_of: datetime = datetime(2026, 11, 25, 10, tzinfo=UTC),
    days: int = 3,
    key_points: int = 2,
    latest: int = 3,
    **more: Any,
) -> dict[str, Any]:
    """A valid ProductSummary as a JSON object; `more` goes over it."""
    histogram = [0] * 6
    histogram[rating] = reviews
    ids = [f"r{number}" for number in range(5)]
    fields = {
        "schema_version": "1.0",
        "source": {"topic": "enriched-review", "partition": 0, "offset": reviews, "timestamp_ms": 1},
        "made_at": "2026-11-25T10:00:00Z",
        "product_id": product_id,
        "generation": 1,
        "as_of": as_of,
        "title": f"About {product_id[:100]}",
        "category": "lamps",
        "language": "en",
        "counts": {
            "reviews": reviews,
            "rating_histogram": histogram,
            "rating_hundredths": reviews * rating * 100,
            "sentiment": {"negative": negative, "neutral": 0, "positive": reviews - negative},
            "aspects": [{"aspect": "quality", "negative": 1, "neutral": 2, "positive": 3}],
            "verified_purchases": 1,
            "languages": {"en": reviews},
        },
        "days": [
            {
                "day": TODAY - timedelta(days=days - 1 - n), "reviews": 2,
                "negative": 1, "neutral": 0, "positive": 1,
            }
            for n in range(days)
        ],
        "key_points": [
            {
                "claim": f"claim {n}", "aspect": "quality", "polarity": ("positive", "negative")[n % 2],
                "count": 7, "review_ids": ids, "quotes": [{"review_id": "r0", "text": "It hums. 有点响。"}],
            }
            for n in range(key_points)
        ],
        "latest_reviews": [_latest_review(number) for number in range(latest)],
        "text": "Reviewers like it.",
        "method": "extractive",
        "text_generation": 1,
    }  # fmt: skip
    return {**fields, **more}


def alert(product_id: str = "lamp", state: str = "raised", **more: Any) -> dict[str, Any]:
    """A valid ProductAlert as a JSON object; `more` goes over it."""
    fields = {
        "schema_version": "1.0",
        "alert_id": "a",
        "product_id": product_id,
        "kind": "negative_surge",
        "state": state,
        "window": {"starts_at": "2026-11-25T10:00:00Z", "ends_at": "2026-11-25T11:00:00Z"},
        "baseline": {"matching": 1, "reviews": 20},
        "observed": {"matching": 9, "reviews": 9},
        "p_value": 0.001,
        "source": {"topic": "enriched-review", "partition": 0, "offset": 1, "timestamp_ms": 1},
        "made_at": "2026-11-25T11:00:00Z",
    }
    return {**fields, **more}


def _latest_review(number: int) -> dict[str, Any]:
    return {
        "review_id": f"r{number}", "review_version": 1, "created_at": "2026-11-24T10:00:00Z",
        "rating": 4.0, "sentiment": "positive", "language": "en", "title": "", "text": f"text {number}",
    }  # fmt: skip


def document(product_id: str, **more: Any) -> bytes:
    """A summary as it is published."""
    return orjson.dumps(summary(product_id, **more), option=orjson.OPT_UTC_Z)


def summary_record(product_id: str, **more: Any) -> RawRecord:
    """A summary as a record of product-summary."""
    return RawRecord(product_id.encode(), document(product_id, **more))


def gone_record(product_id: str) -> RawRecord:
    """The record that says that a product is gone."""
    return RawRecord(product_id.encode(), None)
