"""How many reviews the last days brought, and the days before: counted when asked, for today moves."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Protocol

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
