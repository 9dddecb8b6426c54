"""How well opinions are found: by review, aspect with polarity, against what was annotated by reading."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import NamedTuple

from models.readers.aspects import ASPECTS, Aspect
from models.readers.interfaces import ReviewReading, SentimentLabel
from models.training.corpora.annotated import AnnotatedOpinion
from schemas.vocabularies import HOLDERS

Opinions = Mapping[Aspect, SentimentLabel]
_VALUE: Mapping[SentimentLabel, int] = {"negative": -1, "neutral": 0, "positive": 1}
_DRAWS = 1_000
_TAIL = 0.025


class Counts(NamedTuple):
    """Of one review, or of many."""

    right: int
    found: int
    annotated: int

    @property
    def f1(self) -> float:
        """Micro-F1; 1 where nothing was annotated and nothing found."""
        total = self.found + self.annotated
        return 2 * self.right / total if total else 1.0


class Interval(NamedTuple):
    """A value and its bootstrap interval over reviews, 95 %."""

    value: float
    low: float
    high: float


def together(opinions: Iterable[tuple[Aspect, SentimentLabel]]) -> dict[Aspect, SentimentLabel]:
    """One polarity an aspect: that of the majority, neutral where praise and blame balance.

    >>> together([("design", "positive"), ("design", "negative"), ("quality", "negative")])
    {'design': 'neutral', 'quality': 'negative'}
    """
    totals: dict[Aspect, int] = {}
    for aspect, polarity in opinions:
        totals[aspect] = totals.get(aspect, 0) + _VALUE[polarity]
    return {
        aspect: "neutral" if total == 0 else "positive" if total > 0 else "negative"
        for aspect, total in totals.items()
    }


def annotated_opinions(opinions: Iterable[AnnotatedOpinion]) -> dict[Aspect, SentimentLabel]:
    """The reviewer's own."""
    return together((one.aspect, one.polarity) for one in opinions if one.holder == HOLDERS[0])


def read_opinions(reading: ReviewReading) -> dict[Aspect, SentimentLabel]:
    """What a reader says is the reviewer's own."""
    return together(
        (one.aspect, one.sentiment.label) for one in reading.aspects if one.holder in {None, HOLDERS[0]}
    )


def counts_of(found: Opinions, annotated: Opinions, aspect: Aspect | None = None) -> Counts:
    """Aspects with the right polarity; of one aspect, or of all."""
    kept = ASPECTS if aspect is None else (aspect,)
    return Counts(
        sum(one in annotated and found.get(one) == annotated[one] for one in kept),
        sum(one in found for one in kept),
        sum(one in annotated for one in kept),
    )


def presence_of(found: Opinions, annotated: Mapping[Aspect, SentimentLabel | None]) -> Counts:
    """Aspects found, whatever the polarity."""
    return Counts(len(found.keys() & annotated.keys()), len(found), len(annotated))


def summed(counts: Iterable[Counts]) -> Counts:
    """Of all reviews."""
    total = Counts(0, 0, 0)
    for one in counts:
        total = Counts(total.right + one.right, total.found + one.found, total.annotated + one.annotated)
    return total


def f1_interval(counts: Sequence[Counts], *, seed: int = 7) -> Interval:
    """Micro-F1, and its interval: reviews are drawn again a thousand times."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    drawn = sorted(summed(random.choices(counts, k=len(counts))).f1 for _ in range(_DRAWS))
    return Interval(summed(counts).f1, drawn[int(_DRAWS * _TAIL)], drawn[int(_DRAWS * (1 - _TAIL)) - 1])
