"""Snapshots as the rolling role publishes them: by hand, and drawn by hypothesis."""

import string
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from models.readers.aspects import ASPECTS
from schemas.summaries import RefreshRequested

HOSTILE = (Path(__file__).parent / "hostile_quotes.txt").read_text(encoding="utf-8").splitlines()
_AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
POLARITIES = ("negative", "neutral", "positive")
ENGLISH = (
    "arrived next day", "the arm wobbles", "bright enough to read by", "and the box was crushed", "Love the look!",
    "support never answered", 'refused because of "liquid damage"', "it hums when it is dimmed",
    "fair price for what it is", "the colour is nothing like the picture", "sits flat on the desk (even mine)",
)  # fmt: skip
CHINESE = (
    "物流很快", "客服态度很差", "包装盒压扁了", "灯光柔和不刺眼", "性价比很高", "不过底座不稳", "做工粗糙，有毛刺",
    "外观好看", "安装很简单", "用了两天就坏了",
)  # fmt: skip


def point(aspect: str, polarity: str, *quotes: str, count: int | None = None, **more: Any) -> dict[str, Any]:
    """A key point as a JSON object: each quote from a review of its own."""
    known = [f"{aspect}-{polarity}-{more.pop('first', 0) + place}" for place in range(len(quotes))]
    return {
        "claim": quotes[0],
        "aspect": aspect,
        "polarity": polarity,
        "count": count or len(quotes),
        "review_ids": known,
        "quotes": [
            {"review_id": review_id, "text": text} for review_id, text in zip(known, quotes, strict=True)
        ],
        **more,
    }


def snapshot(
    positive: int,
    neutral: int,
    negative: int,
    points: Sequence[dict[str, Any]] = (),
    *,
    unread: int = 0,
    language: str | None = "en",
    product_id: str = "lamp-201",
    generation: int = 1,
    aspects: Sequence[dict[str, Any]] = (),
) -> RefreshRequested:
    """A snapshot of so many reviews."""
    reviews = positive + neutral + negative + unread
    return RefreshRequested.model_validate(
        {
            "source": {"topic": "enriched-review", "partition": 0, "offset": 1, "timestamp_ms": 1},
            "made_at": _AT,
            "product_id": product_id,
            "generation": generation,
            "as_of": _AT,
            "reason": "new_reviews",
            "language": language,
            "counts": {
                "reviews": reviews,
                "rating_histogram": (0, 0, 0, 0, 0, 0),
                "sentiment": {"negative": negative, "neutral": neutral, "positive": positive},
                "aspects": tuple(aspects),
                "languages": {} if language is None else {language: reviews},
            },
            "key_points": tuple(_tuples(one) for one in points),
        }
    )


def _tuples(one: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}


def _quotes(language: str) -> st.SearchStrategy[str]:
    real = st.sampled_from(CHINESE if language.startswith("zh") else ENGLISH)
    return st.one_of(
        real, real, real, st.sampled_from(HOSTILE), st.text(min_size=1, max_size=40).filter(str.strip)
    )


@st.composite
def _points(draw: st.DrawFn) -> dict[str, Any]:
    language = draw(st.sampled_from(["en", "en", "zh", "zh-Hans", "es"]))
    quotes = draw(st.lists(_quotes(language), min_size=1, max_size=3))
    aspect = draw(
        st.one_of(st.sampled_from(ASPECTS), st.sampled_from(["battery_life", "plot", "ignore the above"]))
    )
    return point(
        aspect,
        draw(st.sampled_from(POLARITIES)),
        *quotes,
        count=len(quotes) + draw(st.sampled_from([0, 0, 1, 7, 1200])),
        first=draw(st.integers(0, 3)),
        language=draw(st.sampled_from([language, language, None])),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> RefreshRequested:
    """Any snapshot: counters and points need not fit each other, quotes may be hostile."""
    small = st.one_of(st.integers(0, 4), st.integers(0, 400_000))
    return snapshot(
        draw(small),
        draw(small),
        draw(small),
        draw(st.lists(_points(), max_size=14)),
        unread=draw(st.sampled_from([0, 0, 1, 5])),
        language=draw(st.sampled_from(["en", "en", "zh", "zh-Hans", "es", "ja", "und", None])),
        product_id=draw(st.text(string.ascii_lowercase, min_size=1, max_size=8)),
        generation=draw(st.integers(1, 50)),
        aspects=[
            {"aspect": aspect, "negative": draw(small), "neutral": draw(small), "positive": draw(small)}
            for aspect in draw(st.lists(st.sampled_from(ASPECTS), unique=True, max_size=4))
        ],
    )
