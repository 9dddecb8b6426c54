"""The heads of a reader: what contextual token vectors say of opinions, and segments of the sentiment and the stars."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from models.readers.aspects import ASPECTS
from models.readers.interfaces import SENTIMENT_LABELS
from schemas.vocabularies import HOLDERS

#: The column of "no opinion" in the logits of the aspects; aspect number n is column n + 1.
NO_OPINION: Final = 0
STARS: Final = 5
_DROPOUT = 0.1
_POOLS = 2  # one for the sentiment, one for the stars
_BALANCE = 2 * len(SENTIMENT_LABELS)  # numbers that say how much praise and blame a segment holds


class TokenLogits(NamedTuple):
    """What is said of each token.

    Attributes:
        aspect: (tokens, 1 + aspects): is it part of an opinion, and on what; the column NO_OPINION first.
        begins: (tokens,): does an opinion begin here; meant inside of opinions only, and parts two that touch.
        polarity: (tokens, 3): of the opinion it is part of, in the order of SENTIMENT_LABELS.
        holder: (tokens, 4): whose judgement it is, in the order of HOLDERS; the first also where nothing is judged.
    """

    aspect: Tensor
    begins: Tensor
    polarity: Tensor
    holder: Tensor


class SegmentLogits(NamedTuple):
    """What is said of each segment, a sentence or a review.

    Attributes:
        sentiment: (segments, 3), in the order of SENTIMENT_LABELS.
        stars: (segments, 5), from one star on.
    """

    sentiment: Tensor
    stars: Tensor


@dataclass(frozen=True, slots=True)
class Segments:
    """Which segment each token lies in: `of` is (tokens,), and there are `count`, some perhaps without a token."""

    of: Tensor
    count: int


class OpinionHeads(nn.Module):
    """Linear heads on one set of token vectors, float32.

    One decision a token says aspect and place of an opinion: opinions that overlap are told apart only where their
    polarity or their beginning does (one label of a hundred). What is judged and not the reviewer's own, of a former
    product, an expectation or somebody else, is no opinion to the aspect head; the holder head says whose it is.

    Args:
        width: of the vectors.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self._sizes = (1 + len(ASPECTS), 1, len(SENTIMENT_LABELS), len(HOLDERS))
        self.of_token = nn.Linear(width, sum(self._sizes))
        self.attention = nn.Linear(width, _POOLS)
        self.sentiment = nn.Linear(width + _BALANCE, len(SENTIMENT_LABELS))
        self.stars = nn.Linear(width + _BALANCE, STARS)
        self.dropout = nn.Dropout(_DROPOUT)

    def normed(self, vectors: Tensor) -> Tensor:
        """(tokens, width), of any float type, as the two methods below take them."""
        normed: Tensor = self.norm(vectors.float())
        return normed

    def tokens(self, normed: Tensor) -> TokenLogits:
        """What is said of each token."""
        aspect, begins, polarity, holder = self.of_token(self.dropout(normed)).split(self._sizes, dim=1)
        return TokenLogits(aspect, begins.squeeze(1), polarity, holder)

    def segments(self, normed: Tensor, segments: Segments, tokens: TokenLogits) -> SegmentLogits:
        """What is said of each segment: by its tokens, weighed by attention (Yang et al. 2016), and by its opinions.

        How praise and blame balance is told by the tokens' logits, which are taken as they are: who knows only how a
        text feels teaches nothing of where it says so.
        """
        weights = _softmax_by_segment(self.attention(normed), segments)
        balance = _balance(tokens, segments)
        of_sentiment, of_stars = (
            torch.cat([sum_by_segment(weights[:, pool : pool + 1] * normed, segments), balance], dim=1)
            for pool in range(_POOLS)
        )
        return SegmentLogits(self.sentiment(self.dropout(of_sentiment)), self.stars(self.dropout(of_stars)))


def _balance(tokens: TokenLogits, segments: Segments) -> Tensor:
    """(segments, 6): how much of each polarity there is, as shares of all opinions, and as a logarithm of tokens."""
    is_opinion = 1 - torch.softmax(tokens.aspect.detach(), dim=1)[:, NO_OPINION : NO_OPINION + 1]
    mass = sum_by_segment(is_opinion * torch.softmax(tokens.polarity.detach(), dim=1), segments)
    return torch.cat([mass / (mass.sum(dim=1, keepdim=True) + 1), torch.log1p(mass)], dim=1)


def sum_by_segment(values: Tensor, segments: Segments) -> Tensor:
    """(tokens, width) to (segments, width)."""
    return values.new_zeros((segments.count, values.shape[1])).index_add(0, segments.of, values)


def mean_by_segment(values: Tensor, segments: Segments) -> Tensor:
    """(tokens, width) to (segments, width); zero where a segment has no token."""
    counts = torch.bincount(segments.of, minlength=segments.count).clamp(min=1)
    return sum_by_segment(values, segments) / counts.unsqueeze(1)


def _softmax_by_segment(scores: Tensor, segments: Segments) -> Tensor:
    places = segments.of.unsqueeze(1).expand_as(scores)
    highest = scores.new_full((segments.count, scores.shape[1]), -torch.inf)
    highest = highest.scatter_reduce(0, places, scores.detach(), "amax")
    weights = torch.exp(scores - highest.index_select(0, segments.of))
    return weights / sum_by_segment(weights, segments).index_select(0, segments.of)
