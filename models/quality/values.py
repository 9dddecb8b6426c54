"""A doubt about a review, and how sure several signs make one."""

from dataclasses import dataclass
from typing import TypeAlias

from schemas import vocabularies

FlagKind: TypeAlias = vocabularies.FlagKindName


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """A doubt about a review.

    Attributes:
        kind: what it is.
        score: how sure, 0 to 1; of offensive words, how bad.
        reason: a sentence for people; it quotes nothing of the review.
    """

    kind: FlagKind
    score: float
    reason: str


def any_of(*weights: float) -> float:
    """How sure several independent signs make us together.

    >>> round(any_of(0.5, 0.5), 2), any_of()
    (0.75, 0.0)
    """
    doubt = 1.0
    for weight in weights:
        doubt *= 1.0 - weight
    return 1.0 - doubt
