"""How many sentences of praise and of criticism: as the reviews are mixed."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from streams.composing.composition import Mix, Opinion

MAX_SENTENCES = 6
#: Of a text that is asked to be short, which has no other sentences.
MAX_SHORT_SENTENCES = 8
_WANTED_SENTENCES = 3
#: How far the share of praise may be from the reviews' own for the sake of a sentence more.
CLOSE = Fraction(5, 100)


def choices(
    opinions: Sequence[Opinion],
    mix: Mix,
    length: Callable[[Opinion], int] = lambda _: 0,
    *,
    most: int = MAX_SENTENCES,
) -> Iterator[list[Opinion]]:
    """What to tell, the best first; the last is empty.

    The praise's share is as near as can be to that of positive reviews among positive and negative ones: the most
    sentences that come within 5 points of it, else whatever comes nearest with at least three, where there are so
    many to tell. The side of more reviews comes first. Neutral points are told where these leave room. Of each number
    of sentences, those on the points that most reviews make come first, then shorter ones.

    Args:
        opinions: all that can be told, most made points first.
        mix: of the reviews.
        length: of what is told of an opinion.
        most: sentences.
    """
    praise = [opinion for opinion in opinions if opinion.polarity == "positive"]
    criticism = [opinion for opinion in opinions if opinion.polarity == "negative"]
    neutral = [opinion for opinion in opinions if opinion.polarity == "neutral"]
    if not praise and not criticism:
        for size in range(min(most, len(neutral)), -1, -1):
            yield neutral[:size]
        return
    share = praise_share(mix, praise, criticism)
    for good, bad in _splits(len(praise), len(criticism), share, most):
        for among in (1, 2, len(opinions)):
            first = _shortest(praise[: among * good], good, length)
            second = _shortest(criticism[: among * bad], bad, length)
            sides = first + second if share >= Fraction(1, 2) else second + first
            for room in range(min(most - len(sides), len(neutral)), -1, -1):
                yield sides + neutral[:room]
    yield []


def praise_share(mix: Mix, praise: Sequence[Opinion], criticism: Sequence[Opinion]) -> Fraction:
    """The share of positive reviews among positive and negative ones; without any, that of the points."""
    positive, negative = mix.positive, mix.negative
    if positive + negative == 0:
        positive = sum(opinion.total for opinion in praise)
        negative = sum(opinion.total for opinion in criticism)
    return Fraction(positive, positive + negative)


def _shortest(opinions: Sequence[Opinion], number: int, length: Callable[[Opinion], int]) -> list[Opinion]:
    """So many of them, the shortest, in their order."""
    indices = sorted(sorted(range(len(opinions)), key=lambda index: length(opinions[index]))[:number])
    return [opinions[index] for index in indices]


def _splits(praise: int, criticism: int, share: Fraction, most: int) -> list[tuple[int, int]]:
    """Sentences of praise and criticism, the best numbers first."""
    least = min(_WANTED_SENTENCES, praise + criticism)

    def worth(split: tuple[int, int]) -> tuple[bool, bool, Fraction, int]:
        size = sum(split)
        distance = abs(Fraction(split[0], size) - share)
        is_close = distance <= CLOSE
        return size < least, not is_close, Fraction(0) if is_close else distance, -size

    sizes = [(good, bad) for good in range(praise + 1) for bad in range(criticism + 1)]
    return sorted((split for split in sizes if 0 < sum(split) <= most), key=worth)
