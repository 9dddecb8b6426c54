"""Histories that come all at once, in any order: what is past raises nothing, the same reviews of today do."""

import datetime as dt

import numpy as np

from streams.rolling.alerts import look_at_newest
from streams.rolling.applying import apply_review
from streams.rolling.events import EnrichedReview, Labelled, Source
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.surges import DAY_MS

NOW_MS = 1_790_000_000_000
REVIEWS, SURGE = 200, 15
_DAYS = 400
#: How many days before the import the surge was over.
_AGES = (8, 30, 90, 300)
ORDERS = ("oldest first", "newest first", "shuffled")


def measure_imports(*, products: int, seed: int) -> dict[str, tuple[int, int, int]]:
    """By order of import: products, those with an alert, and those with one if the surge is dated today.

    One review in seven is negative, some two years' worth of them; then come `SURGE` with one star, in two days.
    """
    rng = np.random.default_rng(seed)
    results = {}
    for order in ORDERS:
        past = sum(
            is_alerted(rng, order, surge_days_ago=_AGES[index % len(_AGES)]) for index in range(products)
        )
        today = sum(is_alerted(rng, order, surge_days_ago=0) for _ in range(products))
        results[order] = (products, past, today)
    return results


def is_alerted(rng: np.random.Generator, order: str, *, surge_days_ago: float) -> bool:
    """Whether a product has an alert after all of its reviews were imported."""
    usual = zip(rng.uniform(0, _DAYS, REVIEWS).tolist(), (rng.random(REVIEWS) < 1 / 7).tolist(), strict=True)
    surge = [(surge_days_ago + days, True) for days in rng.uniform(0, 2, SURGE).tolist()]
    reviews = sorted([*usual, *surge], reverse=order == "oldest first")
    if order == "shuffled":
        reviews = [reviews[index] for index in rng.permutation(len(reviews))]
    tables = MemoryTables()
    is_raised = False
    for offset, (days_ago, is_bad) in enumerate(reviews):
        product = apply_review(tables, _review(offset, days_ago, is_bad=is_bad), offset)
        is_raised |= product is not None and bool(look_at_newest(product))
    return is_raised


def _review(number: int, days_ago: float, *, is_bad: bool) -> EnrichedReview:
    written_s = (NOW_MS - days_ago * DAY_MS) / 1000
    return EnrichedReview(
        review_id=f"r{number}",
        product_id="p",
        review_version=1,
        status="rating_only",
        created_at=dt.datetime.fromtimestamp(written_s, dt.UTC),
        source=Source(NOW_MS),
        rating=1.0 if is_bad else 5.0,
        sentiment=Labelled("negative" if is_bad else "positive", basis="stars"),
    )
