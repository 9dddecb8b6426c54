"""Aspect scores of whole reviews, from those of their sentences: to measure and to train with, not for the stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from models.readers.aspects import Aspect
from models.readers.interfaces import SentimentPrediction, predictions_of


@dataclass(frozen=True, slots=True)
class AspectScore:
    """Of one aspect in one review: the probability that it is spoken of, and the sentiment towards it if it is."""

    presence: float
    sentiment: SentimentPrediction


@runtime_checkable
class AspectScorer(Protocol):
    """A reader that can be asked about every aspect it knows, spoken of or not. Evaluation does."""

    def aspect_scores(self, batch: Sequence[Any]) -> list[dict[Aspect, AspectScore]]:
        """Scores of every aspect it knows for each tokenised review, in order."""
        ...


def review_scores(
    presence: Tensor, polarity: Tensor, review_of: Tensor, reviews: int, aspects: Sequence[Aspect]
) -> list[dict[Aspect, AspectScore]]:
    """Put the sentences of each review together.

    An aspect is as present as in the sentence where it is most; its sentiment is the sentences' mean, weighted by
    their presence.

    Args:
        presence: (sentences, aspects) probabilities.
        polarity: (sentences, aspects, 3) probabilities.
        review_of: (sentences,) which review each belongs to.
        reviews: how many there are.
        aspects: what the columns stand for.
    """
    presence, polarity = presence.double().cpu(), polarity.double().cpu()
    review_of = review_of.cpu()
    highest = presence.new_zeros((reviews, len(aspects)))
    highest = highest.scatter_reduce(0, review_of.unsqueeze(1).expand_as(presence), presence, "amax")
    weights = presence.clamp(min=1e-9).unsqueeze(2)
    sums = polarity.new_zeros((reviews, *polarity.shape[1:])).index_add(0, review_of, polarity * weights)
    totals = sums.sum(dim=2, keepdim=True)
    means = torch.where(totals > 0, sums / totals.clamp(min=1e-12), torch.full_like(sums, 1 / 3))
    return [
        {
            aspect: AspectScore(float(of_review[number]), sentiment)
            for number, (aspect, sentiment) in enumerate(zip(aspects, predictions_of(rows), strict=True))
        }
        for of_review, rows in zip(highest, means.tolist(), strict=True)
    ]
