"""A contract knows no clock: the same moment is accepted whenever it is read."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from schemas.fields import EARLIEST, TOO_LATE, is_ahead, is_plausible


@given(
    edge=st.sampled_from([EARLIEST, TOO_LATE]),
    off_by_s=st.integers(-3 * 86_400, 3 * 86_400),
    offset_minutes=st.integers(-1439, 1439),
)
def test_a_timestamp_is_judged_without_a_clock(edge: datetime, off_by_s: int, offset_minutes: int) -> None:
    """The years 1990 to 2199 in UTC decide, whatever date the offset shows, and whenever it is read."""
    moment = (edge + timedelta(seconds=off_by_s)).astimezone(timezone(timedelta(minutes=offset_minutes)))

    assert is_plausible(moment) is (EARLIEST <= moment < TOO_LATE)


@given(
    off_by_s=st.integers(-3 * 86_400, 3 * 86_400),
    hour_of_now=st.integers(0, 23),
    offset_minutes=st.integers(-1439, 1439),
)
def test_a_moment_is_ahead_two_days_after_the_clock_it_is_compared_with(
    off_by_s: int, hour_of_now: int, offset_minutes: int
) -> None:
    """The date that an offset shows is not what decides, however near to the edge."""
    now_s = datetime(2025, 6, 1, hour_of_now, 59, 59, tzinfo=UTC).timestamp()
    moment_s = now_s + 2 * 86_400 + off_by_s
    moment = datetime.fromtimestamp(moment_s, timezone(timedelta(minutes=offset_minutes)))

    assert is_ahead(moment, now_s=now_s) is (off_by_s > 0)
