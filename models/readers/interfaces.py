"""What a reader of reviews is, takes and gives: all that the lane and the handlers know of a network."""

import math
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from itertools import chain, starmap
from typing import Final, Literal, NamedTuple, Protocol, TypeVar

from models.readers.aspects import Aspect

SentimentLabel = Literal["negative", "neutral", "positive"]

SENTIMENT_LABELS: Final[tuple[SentimentLabel, ...]] = ("negative", "neutral", "positive")


class SentimentPrediction(NamedTuple):
    """Probabilities of one review; they sum to 1.

    >>> SentimentPrediction(negative=0.1, neutral=0.2, positive=0.7).label
    'positive'
    """

    negative: float
    neutral: float
    positive: float

    @property
    def label(self) -> SentimentLabel:
        """The likeliest class; of equals the first in the order negative, neutral, positive."""
        if self.negative >= self.neutral and self.negative >= self.positive:
            return "negative"
        return "neutral" if self.neutral >= self.positive else "positive"


class SentenceReading(NamedTuple):
    """How one sentence feels. It is `text[start:end]` of the text that was tokenised, in code points.

    `embedding`, 32 bytes, stands for what it says: see `models.similarity.sentence_bits`; None where there is none.
    """

    start: int
    end: int
    sentiment: SentimentPrediction
    embedding: bytes | None = None


class AspectMention(NamedTuple):
    """One aspect that a review speaks of, how it speaks of it, and where.

    Attributes:
        aspect: which.
        confidence: probability that it is spoken of there, 0 to 1.
        sentiment: towards this aspect.
        start: of the span it stands on: `text[start:end]` of the text that was tokenised, in code points.
        end: of that span.
        holder: whose it is, of `schemas.vocabularies.HOLDERS`; None where that was not asked.
    """

    aspect: Aspect
    confidence: float
    sentiment: SentimentPrediction
    start: int
    end: int
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewReading:
    """What a model says of one review; a plain sentiment classifier finds no sentences and no aspects.

    `stars`: probabilities of one to five stars, by how the words sound; None where the model gives none.
    """

    sentiment: SentimentPrediction
    sentences: tuple[SentenceReading, ...] = ()
    aspects: tuple[AspectMention, ...] = ()
    stars: tuple[float, ...] | None = None


def predictions_of(rows: Sequence[Sequence[float]]) -> list[SentimentPrediction]:
    """One prediction a row of probabilities: negative, neutral, positive.

    Raises:
        ValueError: a row holds what is no number, as after an overflow in half precision.
    """
    if not all(map(math.isfinite, chain.from_iterable(rows))):
        raise ValueError("the model answered with something that is no number")
    return list(starmap(SentimentPrediction, rows))


@dataclass(frozen=True, slots=True)
class TokenisedReview:
    """Token ids of one review, in windows that each fit the model's positions; len() is their total.

    >>> len(TokenisedReview(windows=((101, 2307, 102), (101, 102))))
    5
    """

    windows: tuple[Sequence[int], ...]

    def __len__(self) -> int:
        return sum(map(len, self.windows))


Tokenised = TypeVar("Tokenised", bound=Sized)
Prediction = TypeVar("Prediction")


class LoadedModel(Protocol):
    """Who a model is, whatever it does."""

    @property
    def name(self) -> str:
        """A short name for people, such as "reviews-en"."""

    @property
    def version(self) -> str:
        """The first 12 hexadecimal digits of the sha256 of all weights; the same on every machine."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it covers; None: all, or nobody knows."""


class BatchModel(Protocol[Tokenised, Prediction]):
    """A loaded model that is asked about batches of tokenised texts."""

    @property
    def streams(self) -> int:
        """How many forward passes may run at the same time, each on a thread of its own."""

    @property
    def batch_tokens(self) -> int:
        """Padded tokens of one forward pass that suit the device."""

    @property
    def packs(self) -> bool:
        """True: cost grows with the sum of lengths. False: with the longest row of a batch, for rows are padded."""

    def tokenise(self, texts: Sequence[str]) -> list[Tokenised]:
        """Texts to token ids, in order; on the CPU, from any thread. Nothing is cut off a long text."""
        ...

    def forward(self, batch: Sequence[Tokenised]) -> list[Prediction]:
        """One prediction a text, in order. Call it from at most `streams` threads at a time."""
        ...


class ReviewReader(LoadedModel, BatchModel[Tokenised, ReviewReading], Protocol[Tokenised]):
    """A loaded model that says how a review feels and, if it can, what it speaks of."""

    @property
    def embedding_version(self) -> str | None:
        """What made the embeddings of sentences; those of different ones are never compared. None: it has none."""
