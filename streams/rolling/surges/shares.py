"""What is believed of a share after counting reviews, and how likely it makes the next counts.

The model is the beta-binomial (Skellam 1948; Gelman et al., Bayesian Data Analysis, chapter 2): the share is uncertain
by a beta distribution, the matching reviews among the next ones are binomial given the share. It is exact for counts
of any size; there is no normal approximation to fail for three reviews.
"""

from math import exp, lgamma
from typing import NamedTuple

_NEGLIGIBLE = 1e-12


class Share(NamedTuple):
    """A beta distribution of a share: its mean, above 0 and below 1, and the number of reviews it is worth."""

    mean: float
    reviews: float


def log_likelihood(share: Share, matching: int, reviews: int) -> float:
    """The natural logarithm of the probability of these reviews in this order, `matching` of them matching.

    >>> round(exp(log_likelihood(Share(0.5, 2), 1, 2)), 6)  # of a share that may be anything: 1/2 x 1/3
    0.166667
    """
    mean, weight = share
    matches, others = mean * weight, (1.0 - mean) * weight
    return (
        lgamma(matches + matching)
        - lgamma(matches)
        + lgamma(others + reviews - matching)
        - lgamma(others)
        + lgamma(weight)
        - lgamma(weight + reviews)
    )


def tail(share: Share, matching: int, reviews: int) -> float:
    """The probability of at least `matching` matching reviews among the next `reviews`.

    >>> round(tail(Share(0.5, 2), 1, 2), 6)  # 0, 1 and 2 are equally likely
    0.666667
    """
    if matching <= 0:
        return 1.0
    if matching > reviews:
        return 0.0
    mean, weight = share
    matches, others = mean * weight, (1.0 - mean) * weight
    ways = lgamma(reviews + 1) - lgamma(matching + 1) - lgamma(reviews - matching + 1)
    term = exp(ways + log_likelihood(share, matching, reviews))
    total = term
    for more in range(matching, reviews):
        term *= (reviews - more) * (matches + more) / ((more + 1) * (others + reviews - more - 1))
        total += term
        if more > reviews * mean and term < total * _NEGLIGIBLE:
            break
    return min(total, 1.0)
