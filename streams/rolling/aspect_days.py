"""Opinions by day: how many of a product's reviews of each kept day speak of an aspect, by polarity.

A day holds the numbers that are not 0, each under a small number of its own: the aspect's index in the product's names,
times three, and the polarity. So a product of every aspect and every day takes some kilobytes.
"""

from collections.abc import Iterator

from streams.rolling.counters import KEPT_DAYS
from streams.rolling.product_state import POLARITIES, Contribution, ProductState

_POLARITIES = len(POLARITIES)


def add(product: ProductState, contribution: Contribution) -> None:
    """Count a contribution's opinions on its day, if that is kept."""
    if contribution.opinions and contribution.day > product.newest_day - KEPT_DAYS:
        _count(product, contribution, product.aspect_days.setdefault(contribution.day, {}), 1)


def retract(product: ProductState, contribution: Contribution) -> None:
    """Take a contribution back: exactly what `add` counted."""
    numbers = product.aspect_days.get(contribution.day)
    if numbers is None:
        return
    _count(product, contribution, numbers, -1)
    if not numbers:
        del product.aspect_days[contribution.day]


def series(product: ProductState) -> Iterator[tuple[str, dict[int, list[int]]]]:
    """Each aspect, and by day how many reviews of each polarity speak of it; days in order, aspects by name."""
    by_aspect: dict[str, dict[int, list[int]]] = {}
    for day, numbers in sorted(product.aspect_days.items()):
        for cell, reviews in numbers.items():
            index, polarity = divmod(cell, _POLARITIES)
            days = by_aspect.setdefault(product.aspect_names[index], {})
            days.setdefault(day, [0] * _POLARITIES)[polarity] += reviews
    yield from sorted(by_aspect.items())


def _count(product: ProductState, contribution: Contribution, numbers: dict[int, int], step: int) -> None:
    names = product.aspect_names
    for aspect, polarity in contribution.opinions:
        if aspect not in names:
            names.append(aspect)
        cell = names.index(aspect) * _POLARITIES + polarity
        reviews = numbers.get(cell, 0) + step
        if reviews:
            numbers[cell] = reviews
        else:
            del numbers[cell]
