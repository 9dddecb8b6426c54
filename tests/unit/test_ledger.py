"""The recount of the fault campaign finds what it is there to find: a ledger that sees nothing proves nothing."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from schemas import dead_letters
from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_REVIEW,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    dead_letter_topic,
)
from streams.kafka.connection import KafkaConnection
from tests.e2e.ledger import Ledger
from tests.histories import enriched

REVIEW = {
    "review_id": "r1",
    "product_id": "p1",
    "version": 1,
    "removed": False,
    "text": "a fine thing",
    "rating": 5,
    "created_at": "2026-09-01T12:00:00Z",
}


def record(topic: str, value: object, offset: int = 0, **headers: str) -> Any:
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    told = [(name, text.encode()) for name, text in headers.items()]
    return SimpleNamespace(topic=topic, partition=0, offset=offset, key=b"p1", value=raw, headers=told)


def outcome(offset: int) -> Any:
    review = enriched("r1", 1, product_id="p1", rating=5, sentiment={"label": "positive"})
    return record(ENRICHED_REVIEW.name, review | {"source": review["source"] | {"offset": offset}})


def summary(reviews: int) -> Any:
    event = {
        "schema_version": "1.0",
        "product_id": "p1",
        "generation": 1,
        "as_of": "2026-09-20T00:00:00Z",
        "counts": {
            "reviews": reviews,
            "rating_histogram": [0, 0, 0, 0, 0, reviews],
            "rating_hundredths": 500 * reviews,
            "sentiment": {"negative": 0, "neutral": 0, "positive": reviews},
            "languages": {"en": reviews},
        },
        "days": [
            {
                "day": "2026-09-01",
                "reviews": 1,
                "negative": 0,
                "neutral": 0,
                "positive": 1,
                "sentiment_from_stars": {"negative": 0, "neutral": 0, "positive": 0},
            }
        ],
        "latest_reviews": [
            {"review_id": "r1", "review_version": 1, "created_at": "2026-09-01T12:00:00Z", "text": "fine"}
        ],
        "text_generation": 1,
        "source": {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": 1},
        "made_at": "2026-09-20T00:00:00Z",
    }
    return record(PRODUCT_SUMMARY.name, event)


def of_generation(topic: str, number: int) -> Any:
    return record(topic, {"product_id": "p1", "generation": number})


def dead(offset: int) -> Any:
    place = {dead_letters.SOURCE_PARTITION: "0", dead_letters.SOURCE_OFFSET: str(offset)}
    return record(dead_letter_topic(NEW_REVIEW.name), b"not json", **place)


ALL = (
    record(NEW_REVIEW.name, REVIEW),
    record(NEW_REVIEW.name, b"not json", 1),
    outcome(0),
    dead(1),
    summary(1),
    of_generation(REFRESH_REQUESTED.name, 1),
    of_generation(PRODUCT_TEXT.name, 1),
)


def found(*records: Any) -> tuple[int, int, int]:
    ledger = Ledger(KafkaConnection("nowhere:9092"))
    ledger._add(records)
    tally = ledger.tally()
    return tally.lost, tally.twice, tally.wrong


def test_nothing_is_found_where_nothing_is_missing() -> None:
    assert found(*ALL) == (0, 0, 0)


@pytest.mark.parametrize("missing", [2, 3, 6])
def test_what_is_lost_is_found(missing: int) -> None:
    """A review, a dead letter, a text."""
    lost, _, _ = found(*ALL[:missing], *ALL[missing + 1 :])
    assert lost == 1


def test_a_generation_that_was_left_out_is_found() -> None:
    """Neither asked for nor answered."""
    later = [of_generation(topic.name, 3) for topic in (REFRESH_REQUESTED, PRODUCT_TEXT)]
    assert found(*ALL, *later)[0] == 2


@pytest.mark.parametrize("repeated", [2, 3, 5, 6])
def test_what_is_there_twice_is_found(repeated: int) -> None:
    assert found(*ALL, ALL[repeated]) == (0, 1, 0)


@pytest.mark.parametrize("change", [summary(2), outcome(7), dead(7)], ids=["count", "outcome", "dead letter"])
def test_what_is_wrong_is_found(change: Any) -> None:
    """A count, and outcomes of reviews that never were."""
    assert found(*ALL, change) == (0, 0, 1)


def test_a_product_without_a_summary_is_found() -> None:
    assert found(*ALL[:4], *ALL[5:]) == (0, 0, 1)
