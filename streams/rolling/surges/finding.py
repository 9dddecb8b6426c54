"""A surge: far more matching reviews among the latest than the product's earlier ones lead to expect.

Of every window that ends with the latest review, two hypotheses predict the reviews: "as before", the beta-binomial of
the product's earlier reviews, and "tripled". The logarithm of the Bayes factor of the two is the evidence (Kass and
Raftery 1995); the window with the most of it is the surge. Taking the best window anew at every review is the
cumulative sum of Page (1954) with mixtures in the place of known shares. With known shares it would raise at most
one false alarm in exp(evidence) reviews, however long it goes on (Lorden 1971). So the evidence wanted grows with the
logarithm of the looks a week: the reviews a week times the share of them that match, as no best window ends with
another one. The rest is set by simulation (tests/bench/surge_simulation.py) so that all kinds together raise at
most three false alarms in 4,000 product-weeks, of fast products and of slow ones.
"""

from collections.abc import Sequence
from itertools import compress
from math import log
from typing import NamedTuple

from streams.rolling.surges.shares import Share, log_likelihood, tail

_SURGE_WEIGHT = 10.0  # how many reviews the belief in the share of a surge is worth: it may well be another
_HIGHEST_SHARE = 0.9
_SLOWEST = 4.0  # reviews a week; slower products are treated as if they were as fast


class SurgeLimits(NamedTuple):
    """What it takes to speak of a surge of one kind.

    `usual_share` is the shop's usual share of matching reviews; a product's own share starts from there, as if
    `usual_reviews` of its reviews had been seen. Its earlier reviews count for `most_reviews` at most, since shares
    drift. A surge is `times` the share before, or `least_surge` if that is more. `evidence`, in nats, is wanted where
    one matching review a week is expected. A window of at most `longest_window` reviews needs `least_matching` matching
    ones, `least_baseline` reviews before it, and a share of at least `least_times` the share before, or so high that
    the share of the other reviews is halved.
    """

    usual_share: float
    evidence: float
    least_surge: float = 0.15
    least_matching: int = 4
    least_baseline: int = 20
    longest_window: int = 40
    usual_reviews: float = 10.0
    most_reviews: float = 120.0
    times: float = 3.0
    least_times: float = 2.0

    def mean_before(self, matching: int, reviews: int) -> float:
        """The share expected of a product after these reviews of it."""
        return (matching + self.usual_share * self.usual_reviews) / (reviews + self.usual_reviews)

    def before(self, matching: int, reviews: int) -> Share:
        """What is believed of a product's share after these reviews of it."""
        return Share(
            self.mean_before(matching, reviews), min(reviews + self.usual_reviews, self.most_reviews)
        )

    def surging(self, before: Share) -> Share:
        """What is believed of the share during a surge."""
        return Share(min(max(self.times * before.mean, self.least_surge), _HIGHEST_SHARE), _SURGE_WEIGHT)


NEGATIVE = SurgeLimits(usual_share=0.15, evidence=7.2)
ONE_STAR = SurgeLimits(usual_share=0.07, evidence=9.2)
ASPECT = SurgeLimits(usual_share=0.06, evidence=9.5, least_matching=5, usual_reviews=30.0)
#: Of safety, where waiting does most harm: fewer reviews and less evidence are enough.
SAFETY = SurgeLimits(usual_share=0.02, evidence=8.8, least_surge=0.1, least_matching=3, usual_reviews=30.0)
LOOKALIKE = SurgeLimits(usual_share=0.02, evidence=11.5, least_surge=0.3, least_matching=5)


class Surge(NamedTuple):
    """The latest `reviews` reviews, of which `matching` match, against the `baseline_reviews` before them.

    `p_value` is the beta-binomial probability of at least as many if nothing had changed, for this window alone;
    `evidence` is in nats.
    """

    reviews: int
    matching: int
    baseline_reviews: int
    baseline_matching: int
    p_value: float
    evidence: float


def find_surge(
    recent: Sequence[bool],
    baseline_matching: int,
    baseline_reviews: int,
    limits: SurgeLimits,
    *,
    reviews_a_week: float = 200.0,
) -> Surge | None:
    """The surge that ends with the latest review, if there is one.

    Args:
        recent: whether each of the latest reviews matches, oldest first. What of them is not in the window is baseline.
        baseline_matching: how many of the product's reviews before those match.
        baseline_reviews: how many reviews there are before those.
        limits: what it takes.
        reviews_a_week: how fast the product is reviewed; see `streams.rolling.surges.ending.reviews_a_week`.

    >>> find_surge([False] * 5 + [True] * 9, 30, 195, NEGATIVE)[:4]
    (9, 9, 200, 30)
    >>> find_surge([False] * 5 + [True] * 4, 30, 195, NEGATIVE) is None
    True
    """
    if not recent or not recent[-1]:
        return None
    found = recent.count(True)
    if found < limits.least_matching:
        return None
    best = _strongest(recent, baseline_matching + found, baseline_reviews + len(recent), limits)
    if best is None or best.margin < limits.evidence + log(max(reviews_a_week, _SLOWEST)):
        return None
    baseline_reviews += len(recent) - best.reviews
    baseline_matching += found - best.matching
    return Surge(
        best.reviews,
        best.matching,
        baseline_reviews,
        baseline_matching,
        tail(limits.before(baseline_matching, baseline_reviews), best.matching, best.reviews),
        best.evidence,
    )


class _Window(NamedTuple):
    margin: float  # the evidence beyond the logarithm of the usual share
    reviews: int
    matching: int
    evidence: float


def _strongest(recent: Sequence[bool], matching: int, reviews: int, limits: SurgeLimits) -> _Window | None:
    """The best window. It starts with a matching review, and the review before does not match."""
    best = None
    starts = list(compress(range(len(recent)), recent))
    for inside in range(limits.least_matching, len(starts) + 1):
        start = starts[-inside]
        length = len(recent) - start
        earlier = reviews - length
        if earlier < limits.least_baseline or length > limits.longest_window:
            break
        mean = limits.mean_before(matching - inside, earlier)
        if inside < length * min(limits.least_times * mean, (1.0 + mean) / 2.0):
            continue
        longer_fits = length < limits.longest_window and earlier > limits.least_baseline
        if start and recent[start - 1] and longer_fits:
            continue  # with the matching review before it, it is stronger
        before = limits.before(matching - inside, earlier)
        evidence = log_likelihood(limits.surging(before), inside, length)
        evidence -= log_likelihood(before, inside, length)
        margin = evidence - log(mean)
        if best is None or margin > best.margin:
            best = _Window(margin, length, inside, evidence)
    return best
