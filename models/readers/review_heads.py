"""The small networks that read sentiment and aspects out of contextual token vectors."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.readers.interfaces import SENTIMENT_LABELS

_HIDDEN_WIDTH = 128
_DROPOUT = 0.3


@dataclass(frozen=True, slots=True)
class AspectLogits:
    """What the aspect head says of each segment.

    Attributes:
        presence: (segments, aspects) logits of being spoken of.
        polarity: (segments, aspects, 3) logits of the sentiment towards it.
        attention: (tokens, aspects): how much each token of a segment counts for an aspect; sums to 1 by segment.
    """

    presence: Tensor
    polarity: Tensor
    attention: Tensor


class SentimentHead(nn.Module):
    """Mean token vectors to logits, (segments, width) to (segments, 3); classes in the order of SENTIMENT_LABELS."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, _HIDDEN_WIDTH)
        self.output = nn.Linear(_HIDDEN_WIDTH, len(SENTIMENT_LABELS))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, means: Tensor) -> Tensor:
        """Uncalibrated logits."""
        logits: Tensor = self.output(self.dropout(functional.gelu(self.hidden(self.dropout(means)))))
        return logits


class AspectHead(nn.Module):
    """Token vectors to aspects. Each token votes for aspects and has a polarity; for every aspect the tokens of a
    segment are weighed by their votes (attention pooling, Yang et al. 2016).
    """  # noqa: D205

    def __init__(self, width: int, aspects: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, _HIDDEN_WIDTH)
        self.votes = nn.Linear(_HIDDEN_WIDTH, aspects)
        self.polarity = nn.Linear(_HIDDEN_WIDTH, len(SENTIMENT_LABELS))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, tokens: Tensor, segment_of: Tensor, segments: int) -> AspectLogits:
        """Read (tokens, width) vectors; `segment_of` says for each token which segment it lies in."""
        hidden = self.dropout(functional.gelu(self.hidden(self.dropout(tokens))))
        votes, polarity = self.votes(hidden), self.polarity(hidden)
        attention = _softmax_by_segment(votes, segment_of, segments)
        presence = _sum_by_segment(attention * votes, segment_of, segments)
        weighted = attention.unsqueeze(2) * polarity.unsqueeze(1)
        polarities = _sum_by_segment(weighted.flatten(1), segment_of, segments)
        return AspectLogits(
            presence, polarities.view(segments, votes.shape[1], len(SENTIMENT_LABELS)), attention
        )


def mean_by_segment(tokens: Tensor, segment_of: Tensor, segments: int) -> Tensor:
    """(tokens, width) to (segments, width); zero where a segment has no token."""
    counts = torch.bincount(segment_of, minlength=segments).clamp(min=1)
    return _sum_by_segment(tokens, segment_of, segments) / counts.unsqueeze(1)


def _sum_by_segment(values: Tensor, segment_of: Tensor, segments: int) -> Tensor:
    return values.new_zeros((segments, values.shape[1])).index_add(0, segment_of, values)


def _softmax_by_segment(votes: Tensor, segment_of: Tensor, segments: int) -> Tensor:
    places = segment_of.unsqueeze(1).expand_as(votes)
    highest = votes.new_full((segments, votes.shape[1]), -torch.inf)
    highest = highest.scatter_reduce(0, places, votes.detach(), "amax")
    weights = torch.exp(votes - highest.index_select(0, segment_of))
    return weights / _sum_by_segment(weights, segment_of, segments).index_select(0, segment_of)
