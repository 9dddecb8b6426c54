"""How many sentences of praise and of criticism: as the reviews are mixed."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from streams.composing.values import Mix, Opinion

MAX_SENTENCES = 6
_WANTED_SENTENCES = 3


def choices(opinions: Sequence[Opinion], mix: Mix) -> Iterator[list[Opinion]]:
    """What to tell, the most first; each next choice is shorter, the last is empty.

    The praise's share is that of positive reviews among positive and negative ones, rounded up or down, as long as
    there is enough to tell; a side that is heard of at all is told where rounding allows it. The side of more reviews
    comes first. Neutral points are told where these leave room.
    """
    praise = [one for one in opinions if one.polarity == "positive"]
    criticism = [one for one in opinions if one.polarity == "negative"]
    neutral = [one for one in opinions if one.polarity == "neutral"]
    if not praise and not criticism:
        for size in range(min(MAX_SENTENCES, len(neutral)), -1, -1):
            yield neutral[:size]
        return
    share = praise_share(mix, praise, criticism)
    for good, bad in _splits(len(praise), len(criticism), share):
        first, second = praise[:good], criticism[:bad]
        sides = first + second if share >= Fraction(1, 2) else second + first
        for room in range(min(MAX_SENTENCES - len(sides), len(neutral)), -1, -1):
            yield sides + neutral[:room]
    yield []


def praise_share(mix: Mix, praise: Sequence[Opinion], criticism: Sequence[Opinion]) -> Fraction:
    """The share of positive reviews among positive and negative ones; without any, that of the points."""
    positive, negative = mix.positive, mix.negative
    if positive + negative == 0:
        positive = sum(one.total for one in praise)
        negative = sum(one.total for one in criticism)
    return Fraction(positive, positive + negative)


def _splits(praise: int, criticism: int, share: Fraction) -> Iterator[tuple[int, int]]:
    """Sentences of praise and criticism, by falling number."""
    fitting = [
        (good, size - good)
        for size in range(min(MAX_SENTENCES, praise + criticism), 0, -1)
        for good in _by_closeness(size, share)
        if good <= praise and size - good <= criticism
    ]
    best = [
        pair for place, pair in enumerate(fitting) if sum(pair) not in {sum(one) for one in fitting[:place]}
    ]
    if not best or sum(best[0]) < min(_WANTED_SENTENCES, praise + criticism):
        # One side has too little that can be told: better a mix that is off than almost nothing.
        size = min(_WANTED_SENTENCES, praise + criticism)
        good = min(praise, max(size - criticism, round(size * share)))
        best = [(good, size - good), *best]
    yield from best


def _by_closeness(size: int, share: Fraction) -> list[int]:
    """The share of `size`, rounded down and up: first what lets both sides be heard, then the nearer."""
    exact = size * share
    whole = int(exact)
    both = [whole] if whole == exact else [whole, whole + 1]
    return sorted(
        both, key=lambda good: (good in {0, size} and 0 < share < 1 and size > 1, abs(exact - good))
    )
