"""Counters of a product's reviews: what a contribution adds, and how it is taken back."""

from collections.abc import Sequence

from streams.rolling.product_state import NO_LANGUAGE, UNRATED, UNREAD, Contribution, Counts, ProductState

#: Days kept for trends. Older ones count in the totals only.
KEPT_DAYS = 90


def see_day(product: ProductState, day: int) -> bool:
    """Let the kept days end with this one, if none was later; whether that changed anything.

    To be told of every version of a review, older ones too: the days that are kept must not depend on their order.
    """
    if day <= product.newest_day:
        return False
    product.newest_day = day
    for old in [old for old in product.days if old <= day - KEPT_DAYS]:
        del product.days[old]
    return True


def add(product: ProductState, contribution: Contribution) -> None:
    """Count a contribution."""
    _count(product.counts, contribution, 1)
    if contribution.day > product.newest_day - KEPT_DAYS:
        _count_day(product.days.setdefault(contribution.day, [0] * 7), contribution, 1)


def retract(product: ProductState, contribution: Contribution) -> None:
    """Take a contribution back: exactly what `add` counted."""
    _count(product.counts, contribution, -1)
    bucket = product.days.get(contribution.day)
    if bucket is not None:
        _count_day(bucket, contribution, -1)
        if bucket[0] == 0:
            del product.days[contribution.day]


def average_rating(rating_hundredths: int, rating_histogram: Sequence[int]) -> float | None:
    """The mean of the ratings, rounded to hundredths; None without any.

    >>> average_rating(1_350, [0, 0, 0, 0, 1, 2])
    4.5
    """
    ratings = sum(rating_histogram)
    return min(5.0, round(rating_hundredths / ratings / 100, 2)) if ratings else None


def _count(counts: Counts, contribution: Contribution, step: int) -> None:
    counts.reviews += step
    if contribution.rating_hundredths != UNRATED:
        counts.histogram[(contribution.rating_hundredths + 50) // 100] += step
        counts.rating_hundredths += step * contribution.rating_hundredths
    if contribution.sentiment != UNREAD:
        counts.sentiment[contribution.sentiment] += step
        counts.sentiment_from_stars[contribution.sentiment] += step * contribution.is_of_stars
    for aspect, polarity in contribution.opinions:
        triple = counts.aspects.get(aspect)
        if triple is None:
            triple = counts.aspects[aspect] = [0, 0, 0]
        triple[polarity] += step
        if step < 0 and not any(triple):
            del counts.aspects[aspect]
    counts.verified += step * contribution.is_verified
    if contribution.is_near_duplicate:
        counts.near_duplicates += step
        counts.lookalike_five_stars += step * contribution.is_five_star
    if contribution.language == NO_LANGUAGE:
        return
    spoken = counts.languages.get(contribution.language, 0) + step
    if spoken:
        counts.languages[contribution.language] = spoken
    else:
        del counts.languages[contribution.language]


def _count_day(bucket: list[int], contribution: Contribution, step: int) -> None:
    bucket[0] += step
    if contribution.sentiment != UNREAD:
        bucket[1 + contribution.sentiment] += step
        if contribution.is_of_stars and len(bucket) == 7:
            bucket[4 + contribution.sentiment] += step
