from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.web.product_bodies import WINDOWS, trends
from streams.web.stored_summary import Day, Sentiment

TODAY = date(2026, 11, 25)


def ago(days: int) -> Day:
    return Day(negative=0, neutral=0, positive=1, day=TODAY - timedelta(days=days), reviews=1)


@given(st.lists(st.integers(-3, 200), max_size=30))
def test_each_window_is_a_recount(offsets: Sequence[int]) -> None:
    """Every window holds the reviews of its days, today included, and none of the future."""
    for trend in trends([ago(n) for n in offsets], as_of=TODAY, today=TODAY):
        length = trend["days"]
        assert trend["reviews"] == sum(0 <= n < length for n in offsets)
        assert trend["last_day"] == TODAY
        assert (trend["last_day"] - trend["first_day"]).days == length - 1
        if trend["before"] is not None:
            assert trend["before"]["reviews"] == sum(length <= n < 2 * length for n in offsets)
            assert trend["before"]["last_day"] == trend["first_day"] - timedelta(days=1)


def test_before_is_told_where_the_data_reach_back() -> None:
    """90 days of data know the 30 before the last 30, and not the 90 before the last 90."""
    assert [trend["days"] for trend in trends([], as_of=TODAY, today=TODAY) if trend["before"]] == [7, 30]
    assert [trend["days"] for trend in trends([], as_of=TODAY, today=TODAY)] == list(WINDOWS)


@pytest.mark.parametrize(("days_old", "reviews"), [(0, 1), (6, 1), (7, 0)])
def test_windows_end_at_the_day_of_the_request(days_old: int, reviews: int) -> None:
    """A summary that nobody has changed for a week has no reviews of this week."""
    as_of = TODAY - timedelta(days=days_old)
    week = trends([ago(days_old)], as_of=as_of, today=TODAY)[0]
    assert week["reviews"] == reviews
    assert week["before"]["reviews"] == 1 - reviews


def of_stars(days: int, negative: int, *, is_told: bool = True) -> Day:
    day = ago(days)
    day.negative = negative
    day.sentiment_from_stars = Sentiment(negative=negative, neutral=0, positive=0) if is_told else None
    return day


def test_windows_say_which_sentiments_come_from_stars() -> None:
    """As the totals do: the sum of their days, and nothing where a day does not tell."""
    days = [of_stars(1, 2), of_stars(3, 4), of_stars(10, 8), of_stars(40, 0, is_told=False)]
    week, month, quarter = trends(days, as_of=TODAY, today=TODAY)
    assert week["sentiment_from_stars"] == {"negative": 6, "neutral": 0, "positive": 0}
    assert week["before"]["sentiment_from_stars"] == {"negative": 8, "neutral": 0, "positive": 0}
    assert month["sentiment_from_stars"] == {"negative": 14, "neutral": 0, "positive": 0}
    assert month["before"]["sentiment_from_stars"] is None
    assert quarter["sentiment_from_stars"] is None
