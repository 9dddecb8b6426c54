"""Opinions by day: how many of a product's reviews of each kept day speak of an aspect, by polarity."""

from streams.rolling.counters import KEPT_DAYS
from streams.rolling.product_state import Contribution, ProductState


def add(product: ProductState, contribution: Contribution) -> None:
    """Count a contribution's opinions on its day, if that is kept."""
    day = contribution.day
    if day <= product.newest_day - KEPT_DAYS:
        return
    for aspect, polarity in contribution.opinions:
        days = product.aspect_days.get(aspect)
        if days is None:
            days = product.aspect_days[aspect] = {}
        triple = days.get(day)
        if triple is None:
            triple = days[day] = [0, 0, 0]
        triple[polarity] += 1


def retract(product: ProductState, contribution: Contribution) -> None:
    """Take a contribution back: exactly what `add` counted."""
    day = contribution.day
    for aspect, polarity in contribution.opinions:
        days = product.aspect_days.get(aspect)
        if days is None or day not in days:
            continue
        triple = days[day]
        triple[polarity] -= 1
        if not any(triple):
            del days[day]
            if not days:
                del product.aspect_days[aspect]


def see_day(product: ProductState, day: int) -> None:
    """Let the kept days end with this one."""
    for aspect, days in list(product.aspect_days.items()):
        for old in [old for old in days if old <= day - KEPT_DAYS]:
            del days[old]
        if not days:
            del product.aspect_days[aspect]
