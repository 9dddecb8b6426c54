"""Windows of aspects: each is the sum of its days, whatever days there are."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.web.product_bodies import trends
from streams.web.stored_summary import AspectDays

TODAY = date(2026, 11, 25)
numbers = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
histories = st.dictionaries(
    st.sampled_from(["quality", "delivery", "气味"]),
    st.dictionaries(st.integers(-3, 100), numbers, max_size=20),
)


def days_of(aspect: str, days_ago: dict[int, tuple[int, int, int]]) -> AspectDays:
    days = {TODAY - timedelta(days=ago): triple for ago, triple in sorted(days_ago.items(), reverse=True)}
    negative, neutral, positive = (
        (list(column) for column in zip(*days.values(), strict=True)) if days else ([], [], [])
    )
    return AspectDays(aspect, list(days), negative, neutral, positive)


@given(histories)
def test_each_window_of_each_aspect_is_a_recount(history: dict[str, dict[int, tuple[int, int, int]]]) -> None:
    """Those that reviews speak of, by how often, and no others."""
    aspects = [days_of(name, days) for name, days in history.items()]
    for trend in trends([], aspects, as_of=TODAY, today=TODAY):
        length = trend["days"]
        expected = []
        for name, days in history.items():
            chosen = [triple for ago, triple in days.items() if 0 <= ago < length]
            negative, neutral, positive = (sum(column) for column in zip(*chosen, (0, 0, 0), strict=True))
            if negative + neutral + positive:
                expected.append((negative + neutral + positive, name, (negative, neutral, positive)))
        expected.sort(key=lambda row: (-row[0], row[1]))
        found = [
            (one["aspect"], (one["negative"], one["neutral"], one["positive"])) for one in trend["aspects"]
        ]
        assert found == [(name, triple) for _, name, triple in expected]
