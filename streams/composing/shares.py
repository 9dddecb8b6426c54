"""Shares of reviews as words that are true."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

#: Shares that have a name, by their key.
NAMED: Final[Mapping[str, Fraction]] = MappingProxyType(
    {
        "quarter": Fraction(1, 4),
        "third": Fraction(1, 3),
        "half": Fraction(1, 2),
        "two_thirds": Fraction(2, 3),
        "three_quarters": Fraction(3, 4),
    }
)
#: By how much a share may differ from the one that "about" it names.
TOLERANCE: Final = Fraction(3, 100)
#: Of fewer reviews a share says less than the numbers do.
LEAST_REVIEWS: Final = 8


def named_share(part: int, whole: int) -> tuple[str, bool] | None:
    """The key of the share nearest to `part` of `whole`, and whether it is exactly that; None if none is near.

    >>> named_share(20, 30), named_share(13, 20), named_share(18, 30)
    (('two_thirds', True), ('two_thirds', False), None)
    """
    if whole < LEAST_REVIEWS:
        return None
    share = Fraction(part, whole)
    key = min(NAMED, key=lambda name: abs(NAMED[name] - share))
    return (key, NAMED[key] == share) if abs(NAMED[key] - share) <= TOLERANCE else None
