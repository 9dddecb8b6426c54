"""When a product's text is written anew: the policy, pure, and the budget of refreshes a minute."""

from dataclasses import dataclass
from typing import Literal

from streams.rolling.product_state import Counts, ProductState, Refresh

Reason = Literal["first_reviews", "new_reviews", "sentiment_shift", "evidence_removed", "age"]


@dataclass(frozen=True, slots=True)
class RefreshPolicy:
    """What makes a text old.

    Attributes:
        first_reviews: a product's first text is written at so many reviews.
        growth: share of new reviews that makes a text old.
        shrinkage: share of reviews gone, or edited, that does.
        shift: by how much the mix of polarities or of aspects has to change, as total variation, 0 to 1.
        max_age_s: how long anything new may wait, in seconds.
    """

    first_reviews: int = 5
    growth: float = 0.2
    shrinkage: float = 0.05
    shift: float = 0.15
    max_age_s: float = 7 * 86_400.0


def due(product: ProductState, policy: RefreshPolicy, now_ms: int) -> Reason | None:
    """Why a product's text has to be written anew now; None if it has not.

    Whether it does depends on time only through the age of what waits, so a product without a change is never due.
    """
    last, counts = product.refresh, product.counts
    if product.is_gone or not (last.added or last.retracted):
        return None
    if last.generation == 0 or last.reviews == 0:
        return "first_reviews" if counts.reviews >= policy.first_reviews else None
    return _outdated(last, counts, policy, now_ms)


def _outdated(last: Refresh, counts: Counts, policy: RefreshPolicy, now_ms: int) -> Reason | None:
    gone = max(last.retracted, last.reviews - counts.reviews)
    if gone >= policy.shrinkage * last.reviews:
        return "evidence_removed"
    if counts.reviews >= (1 + policy.growth) * last.reviews:
        return "new_reviews"
    if shift(last, counts) > policy.shift:
        return "sentiment_shift"
    if last.waits_since_ms is not None and now_ms - last.waits_since_ms >= policy.max_age_s * 1000:
        return "age"
    return None


def shift(last: Refresh, counts: Counts) -> float:
    """How far the mix of polarities, or that of aspects, has moved since the last refresh: the larger of both."""
    aspects = {name: sum(triple) for name, triple in counts.aspects.items()}
    names = [*{**last.aspects, **aspects}]
    return max(
        _variation(last.sentiment, counts.sentiment),
        _variation([last.aspects.get(name, 0) for name in names], [aspects.get(name, 0) for name in names]),
    )


def refreshed(product: ProductState) -> Refresh:
    """The bookkeeping after a refresh was asked for from the product as it is."""
    counts = product.counts
    return Refresh(
        generation=product.refresh.generation + 1,
        reviews=counts.reviews,
        sentiment=list(counts.sentiment),
        aspects={name: sum(triple) for name, triple in counts.aspects.items()},
        applied=product.applied,
    )


def heat(product: ProductState) -> int:
    """Which product goes first when not all can: the one in which most has changed."""
    return product.refresh.added + product.refresh.retracted


class RefreshBudget:
    """A token bucket: so many refreshes a minute, a minute's worth at once at most.

    >>> budget = RefreshBudget(2, now_s=0.0)
    >>> [budget.take(0.0), budget.take(0.0), budget.take(0.0), budget.take(30.0)]
    [True, True, False, True]
    """

    def __init__(self, per_minute: int, *, now_s: float) -> None:
        self._per_minute = per_minute
        self._tokens = float(per_minute)
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Whether there is one left; it is gone then."""
        grown = max(0.0, now_s - self._at_s) * self._per_minute / 60
        self._tokens = min(float(self._per_minute), self._tokens + grown)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _variation(before: list[int], after: list[int]) -> float:
    """Total variation between two mixes, 0 to 1; 0 where one of them is empty."""
    all_before, all_after = sum(before), sum(after)
    if not all_before or not all_after:
        return 0.0
    return sum(abs(b / all_before - a / all_after) for b, a in zip(before, after, strict=True)) / 2
