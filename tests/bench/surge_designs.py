"""Other ways to test for a surge, to compare at the same rate of false alarms. Each scores a list of recent reviews.

All look at the same windows, with the same effect wanted and the same belief in the earlier reviews, and all scores
are lowered by the logarithm of the looks a week, as in `streams.rolling.surges.finding`.
"""

from collections.abc import Callable, Iterator, Sequence
from math import exp, log, sqrt
from typing import NamedTuple

from streams.rolling.surges.finding import SurgeLimits
from streams.rolling.surges.shares import Share, log_likelihood, tail

NOTHING = -99.0


class Window(NamedTuple):
    """The latest `reviews` reviews, `matching` of them matching, and what the earlier ones make believe."""

    matching: int
    reviews: int
    before: Share


def windows(
    recent: Sequence[bool], matching: int, reviews: int, limits: SurgeLimits, *, with_effect: bool = True
) -> Iterator[Window]:
    """Every window that may be a surge; or every window at all."""
    inside = 0
    for length in range(1, len(recent) + 1):
        inside += recent[-length]
        if reviews - length < limits.least_baseline:
            return
        before = limits.before(matching - inside, reviews - length)
        wanted = length * min(limits.least_times * before.mean, (1 + before.mean) / 2)
        if not with_effect or (recent[-length] and inside >= max(limits.least_matching, wanted)):
            yield Window(inside, length, before)


def tails(recent: Sequence[bool], matching: int, reviews: int, limits: SurgeLimits) -> float:
    """A scan (Naus 1965) of exact predictive tails: the smallest p-value of all windows."""
    return max(
        (
            -log(tail(before, inside, length)) - log(before.mean)
            for inside, length, before in windows(recent, matching, reviews, limits)
        ),
        default=NOTHING,
    )


def cusum(recent: Sequence[bool], matching: int, reviews: int, limits: SurgeLimits) -> float:
    """A Bernoulli CUSUM (Reynolds and Stoumbos 1999) whose baseline is the estimate and one standard deviation."""
    best = NOTHING
    for inside, length, before in windows(recent, matching, reviews, limits):
        low = before.mean + sqrt(before.mean * (1 - before.mean) / before.reviews)
        high = min(max(limits.times * before.mean, 1.5 * low, limits.least_surge), 0.95)
        evidence = inside * log(high / low) + (length - inside) * log((1 - high) / (1 - low))
        best = max(best, evidence - log(before.mean))
    return best


def bayes_factor(recent: Sequence[bool], matching: int, reviews: int, limits: SurgeLimits) -> float:
    """The one in use: the largest Bayes factor of two beta-binomials."""
    return max(
        (
            _evidence(window, limits) - log(window.before.mean)
            for window in windows(recent, matching, reviews, limits)
        ),
        default=NOTHING,
    )


def e_detector(recent: Sequence[bool], matching: int, reviews: int, limits: SurgeLimits) -> float:
    """The sum of the Bayes factors over all starts (Shiryaev and Roberts; Shin, Ramdas and Rinaldo 2023)."""
    if not any(windows(recent, matching, reviews, limits)):
        return NOTHING
    found = list(windows(recent, matching, reviews, limits, with_effect=False))
    return log(sum(exp(_evidence(window, limits)) for window in found)) - log(found[0].before.mean)


def _evidence(window: Window, limits: SurgeLimits) -> float:
    inside, length, before = window
    return log_likelihood(limits.surging(before), inside, length) - log_likelihood(before, inside, length)


Design = Callable[[Sequence[bool], int, int, SurgeLimits], float]
DESIGNS: dict[str, Design] = {
    "scan of exact tails": tails,
    "CUSUM": cusum,
    "sum of Bayes factors (e-detector)": e_detector,
    "largest Bayes factor (in use)": bayes_factor,
}
