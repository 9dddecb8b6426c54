"""A text is written from sure key points, with all reviews that make them and the sentences of their quotes."""

import datetime as dt
from functools import partial
from typing import Any

import orjson
import pytest

from schemas.summaries import KeyPoint, ProductSummary, RefreshRequested
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.point_makers import makers_of
from streams.rolling.shown_points import MAX_TOLD_QUOTES
from streams.rolling.summaries import MAX_NAMED, SummaryWriter
from tests.histories import apply_all, enriched

SOURCE = {"topic": "enriched-review", "partition": 0, "offset": 1, "timestamp_ms": 1}
TEXT = "The lid is tight. It was carried upstairs by two cheerful men, on time. Fine."
QUOTE = "by two cheerful men"


def review(number: int, **more: Any) -> dict[str, Any]:
    """One that praises the delivery."""
    start = TEXT.index(QUOTE)
    opinion = {
        "aspect": "delivery", "sentiment": "positive", "score": 0.9, "confidence": 0.6, "field": "text",
        "start": start, "end": start + len(QUOTE), "quote": QUOTE,
    }  # fmt: skip
    sentence = {
        "field": "text",
        "start": 18,
        "end": TEXT.index(" Fine"),
        "sentiment": more.pop("sentence", "positive"),
    }
    return enriched(
        f"r{number}",
        1,
        text=TEXT,
        language={"code": "en", "confidence": 1.0},
        sentiment={"label": "positive"},
        sentences=[sentence],
        aspects=[opinion | more],
    )


def points(*reviews: dict[str, Any]) -> tuple[KeyPoint, ...]:
    """What a text would be written from."""
    tables = MemoryTables()
    apply_all(tables, list(reviews))
    return RefreshRequested.model_validate_json(
        orjson.dumps(writer(tables).refresh(1, "requested"))
    ).key_points


def writer(tables: MemoryTables) -> SummaryWriter:
    product = tables.product("p")
    return SummaryWriter(
        product,
        partial(tables.review, "p"),
        SOURCE,
        dt.datetime.now(dt.UTC),
        makers=partial(makers_of, tables, product),
    )


@pytest.mark.parametrize(
    "doubt",
    [
        {"counted": False},
        {"confidence": 0.39},
        {"score": 0.74},
        {"sentence": "negative"},
        {"sentence": "neutral"},
    ],
)
def test_what_is_not_sure_makes_no_point(doubt: dict[str, Any]) -> None:
    """An opinion that does not count, is not surely there, or that its sentence does not share."""
    (known,) = points(review(1), review(2, **doubt))
    assert known.review_ids == ("r1",)
    assert known.count == 1


def test_all_reviews_of_a_point_are_named_and_several_are_quoted() -> None:
    (known,) = points(*map(review, range(30)))
    assert len(known.review_ids) == known.count == 30
    assert len(known.quotes) == MAX_TOLD_QUOTES


def test_not_more_are_named_than_a_record_holds() -> None:
    (known,) = points(*map(review, range(MAX_NAMED + 20)))
    assert len(known.review_ids) == MAX_NAMED
    assert known.count == MAX_NAMED + 20


def test_a_quote_comes_with_its_sentence() -> None:
    (known,) = points(review(1))
    assert known.quotes[0].sentence == "It was carried upstairs by two cheerful men, on time."


def test_a_sentence_that_is_not_kept_whole_is_not_told() -> None:
    long = TEXT.replace("on time.", "on time " + "and on time " * 50)
    (known,) = points({**review(1), "text": long})
    assert known.quotes[0].sentence is None


def test_a_summary_has_no_more_than_before() -> None:
    tables = MemoryTables()
    apply_all(tables, [*map(review, range(30))])
    (known,) = ProductSummary.model_validate_json(orjson.dumps(writer(tables).summary())).key_points
    assert (known.count, len(known.review_ids), len(known.quotes)) == (30, 8, 3)
    assert known.quotes[0].sentence is None
