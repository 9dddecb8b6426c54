"""Histories watched as the rolling role watches them, review by review."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from streams.rolling.surges import (
    ASPECT,
    LOOKALIKE,
    NEGATIVE,
    ONE_STAR,
    SAFETY,
    AlertState,
    Recovery,
    Surge,
    SurgeLimits,
    find_surge,
    look,
    raised,
    resolved,
)
from streams.rolling.surges.ending import WEEK_MS
from tests.bench.surge_histories import Array, History

LIMITS = {
    "negative_surge": NEGATIVE,
    "one_star_surge": ONE_STAR,
    "aspect_surge": ASPECT,
    "safety_surge": SAFETY,  # published as an aspect_surge
    "lookalike_surge": LOOKALIKE,
}
RECENT = 40


class Alarm(NamedTuple):
    """An alert that was raised where nothing had happened: at which review, and of how fast a product."""

    kind: str
    pace: float
    review: int


def paces(times: Array) -> Array:
    """`reviews_a_week` after every review."""
    count = np.arange(len(times))
    first = np.maximum(count - RECENT + 1, 0)
    life = (count + 1) / (times - times[:1] + 1)
    return np.maximum(life, (count - first + 1) / (times - times[first] + 1))


class Stream:
    """Whether each review of a product matches, with its running count, and what could be a look."""

    def __init__(self, matches: Array, limits: SurgeLimits) -> None:
        self.limits = limits
        self.matches: list[bool] = matches.tolist()
        counted = np.concatenate([[0], np.cumsum(matches)])
        self.counted: list[int] = counted.tolist()
        at = np.flatnonzero(matches)
        enough = counted[at + 1] - counted[np.maximum(at - RECENT + 1, 0)] >= limits.least_matching
        self.looks: list[int] = at[enough].tolist()

    def recent(self, review: int) -> list[bool]:
        """What the rolling role knows of the latest reviews when this one came."""
        return self.matches[max(review - RECENT + 1, 0) : review + 1]


class Watch:
    """A stream in time: milliseconds and reviews a week of every review."""

    def __init__(self, stream: Stream, times: list[int], pace: list[float]) -> None:
        self.stream, self.times, self.pace = stream, times, pace

    def look(self, state: AlertState | None, review: int) -> Surge | Recovery | None:
        """What the rolling role learns from this review."""
        stream = self.stream
        return look(
            state,
            stream.recent(review),
            stream.counted[review + 1],
            review + 1,
            stream.limits,
            since=0 if state is None else review + 1 - bisect_right(self.times, state.until_ms),
            now_ms=self.times[review],
            pace=self.pace[review],
        )

    def raised(self, surge: Surge, review: int) -> AlertState:
        """The alert that this review raised."""
        return raised("alert", surge, at_ms=self.times[review], until_ms=self.times[review])

    def end(self, state: AlertState, review: int) -> int:
        """The review with which the alert that this one raised is over; the number of reviews if none."""
        for later in range(review + 1, len(self.times)):
            if isinstance(self.look(state, later), Recovery):
                return later
        return len(self.times)


def false_alarms(history: History) -> Iterator[Alarm]:
    """Every alert on a history without a cause, with recovery and quiet time as in production."""
    if not len(history.times):
        return
    pace = paces(history.times).tolist()
    times = (history.times * WEEK_MS).astype(int).tolist()
    for kind, matches in history.streams():
        watch = Watch(Stream(matches, LIMITS[kind]), times, pace)
        yield from (Alarm(kind, history.pace, review) for review in _alarms(watch))


def _alarms(watch: Watch) -> Iterator[int]:
    state: AlertState | None = None
    over = 0
    for review in watch.stream.looks:
        if review < over:
            continue
        surge = watch.look(state, review)
        if isinstance(surge, Surge):
            yield review
            state = watch.raised(surge, review)
            over = watch.end(state, review)
            if over == len(watch.times):
                return
            state = resolved(state, at_ms=watch.times[over], until_ms=watch.times[over])


def found_within(
    rng: np.random.Generator,
    before: float,
    after: float,
    *,
    baseline: int,
    pace: float,
    limits: SurgeLimits = NEGATIVE,
    most: int = 60,
) -> int | None:
    """After how many reviews a change of a share is found; None if not within `most`."""
    matches = np.concatenate([rng.random(baseline) < before, rng.random(most) < after])
    stream = Stream(matches, limits)
    for review in stream.looks:
        recent = stream.recent(review)
        earlier = review + 1 - len(recent)
        if review >= baseline and find_surge(
            recent, stream.counted[earlier], earlier, limits, reviews_a_week=pace
        ):
            return review - baseline + 1
    return None


class Aftermath(NamedTuple):
    """What became of an alert: raised with which review, over with which; None if neither within the time."""

    raised: int | None
    over: int | None


def aftermath(
    rng: np.random.Generator, share: float, *, baseline: int, surge: int, later: int, pace: float
) -> Aftermath:
    """A tripling for `surge` reviews and its end. Reviews are counted from the first of the surge."""
    matches = np.concatenate(
        [rng.random(baseline) < share, rng.random(surge) < min(3 * share, 0.95), rng.random(later) < share]
    )
    times = (np.arange(len(matches)) / pace * WEEK_MS).astype(int).tolist()
    watch = Watch(Stream(matches, NEGATIVE), times, [pace] * len(times))
    for review in range(baseline, baseline + surge):
        found = watch.look(None, review)
        if isinstance(found, Surge):
            over = watch.end(watch.raised(found, review), review)
            return Aftermath(review - baseline, over - baseline if over < len(times) else None)
    return Aftermath(None, None)
