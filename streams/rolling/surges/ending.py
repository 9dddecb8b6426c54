"""From surges to alerts: when one is over, and when the next may be raised.

An alert is over when the reviews since speak for the share before the surge rather than for the surge, 20 to 1: the
sequential test of Wald (1945) run the other way, starting anew wherever that speaks more. It is also over when it is a
month old; what has become usual is no surge. Then it is quiet for a week, and after that only reviews that
came since the end can be a new surge; all earlier ones are baseline. So an alert cannot flicker.
"""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from streams.rolling.surges.finding import Surge, SurgeLimits, find_surge
from streams.rolling.surges.shares import tail

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
QUIET_MS = WEEK_MS
LONGEST_MS = 30 * DAY_MS
_CALM = log(20.0)
_LEAST_CALM_REVIEWS = 10


class AlertState(NamedTuple):
    """What is kept of the latest alert of one product and kind. Times are milliseconds of event time.

    `resolved_at_ms` is 0 while the alert stands. `until_ms` is when the newest review was written that the product
    had when it was raised or, later, resolved: reviews since are those written after it.
    """

    alert_id: str
    raised_at_ms: int
    resolved_at_ms: int
    until_ms: int
    baseline_reviews: int
    baseline_matching: int


class Recovery(NamedTuple):
    """Why an alert is over: of the latest `reviews` reviews since it was raised, `matching` match.

    `p_value` is the probability of at least as many if nothing had ever changed; `expired` says that it is over
    only because it is old. `reviews` may be 0 then, and `p_value` is 1.
    """

    reviews: int
    matching: int
    baseline_reviews: int
    baseline_matching: int
    p_value: float
    expired: bool


def raised(alert_id: str, surge: Surge, *, at_ms: int, until_ms: int) -> AlertState:
    """The state after a surge was made an alert of a product whose newest review was written at `until_ms`."""
    return AlertState(alert_id, at_ms, 0, until_ms, surge.baseline_reviews, surge.baseline_matching)


def resolved(state: AlertState, *, at_ms: int, until_ms: int) -> AlertState:
    """The state after the alert was found to be over, with a newest review written at `until_ms`."""
    return state._replace(resolved_at_ms=max(at_ms, 1), until_ms=until_ms)


def reviews_a_week(reviews: int, first_ms: int, recent: int, recent_first_ms: int, now_ms: int) -> float:
    """How fast a product is reviewed: over its whole life or of late, whichever is faster.

    One week is added to each time span: nobody can tell from three reviews in an hour how many a week will bring.

    Args:
        reviews: all reviews of the product.
        first_ms: when the first of them was written.
        recent: how many of them are the latest ones looked at.
        recent_first_ms: when the first of those was written.
        now_ms: the latest event time.

    >>> reviews_a_week(300, 0, 40, 28 * WEEK_MS, 29 * WEEK_MS)
    20.0
    """
    life = max(now_ms - first_ms, 0) / WEEK_MS
    late = max(now_ms - recent_first_ms, 0) / WEEK_MS
    return max(reviews / (life + 1.0), recent / (late + 1.0))


def look(
    state: AlertState | None,
    recent: Sequence[bool],
    matching: int,
    reviews: int,
    limits: SurgeLimits,
    *,
    since: int,
    now_ms: int,
    pace: float,
) -> Surge | Recovery | None:
    """What a review changes: a surge to raise, the recovery of the alert that stands, or nothing.

    Args:
        state: what is kept of the latest alert of this product and kind.
        recent: whether each of the latest reviews matches, in the order of writing.
        matching: how many of all the product's reviews match, those in `recent` included.
        reviews: how many reviews the product has, those in `recent` included.
        limits: what it takes to be a surge.
        since: how many of `recent` were written since the alert of `state` was raised or, later, resolved.
        now_ms: the latest event time.
        pace: reviews a week.
    """
    if state is not None:
        if not state.resolved_at_ms:
            return is_over(state, _latest(recent, since), limits, now_ms=now_ms)
        if now_ms < state.resolved_at_ms + QUIET_MS:
            return None
        recent = _latest(recent, since)
    if not recent or not recent[-1]:
        return None
    return find_surge(
        recent, matching - recent.count(True), reviews - len(recent), limits, reviews_a_week=pace
    )


def is_over(state: AlertState, since: Sequence[bool], limits: SurgeLimits, *, now_ms: int) -> Recovery | None:
    """Why the alert that stands is over, if it is. It can be asked with the passing of time, without a review.

    Args:
        state: what is kept of the alert.
        since: whether each of the reviews written since it was raised matches, as far as they are kept.
        limits: what it takes to be a surge.
        now_ms: the time.

    >>> from streams.rolling.surges import NEGATIVE
    >>> state = AlertState("a", 0, 0, 100, 80, 12)
    >>> is_over(state, [False] * 9, NEGATIVE, now_ms=1) is None
    True
    >>> is_over(state, [False] * 12, NEGATIVE, now_ms=1)[:2]
    (12, 0)
    """
    before = limits.before(state.baseline_matching, state.baseline_reviews)
    surging = limits.surging(before).mean
    match, other = log(before.mean / surging), log((1.0 - before.mean) / (1.0 - surging))
    evidence = most = 0.0
    length = inside = calm = calm_inside = 0
    for matches in reversed(since):
        length += 1
        inside += matches
        evidence += match if matches else other
        if evidence > most:
            most, calm, calm_inside = evidence, length, inside
    recovered = most >= _CALM and calm >= _LEAST_CALM_REVIEWS
    if not recovered:
        if now_ms < state.raised_at_ms + LONGEST_MS:
            return None
        calm, calm_inside = length, inside
    return Recovery(
        calm,
        calm_inside,
        state.baseline_reviews,
        state.baseline_matching,
        tail(before, calm_inside, calm),
        not recovered,
    )


def _latest(recent: Sequence[bool], number: int) -> Sequence[bool]:
    return recent[len(recent) - min(len(recent), number) :]
