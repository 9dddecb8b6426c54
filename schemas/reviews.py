"""Reviews as platforms publish them, and what the encoder says of each."""

from typing import Literal, Self

from pydantic import model_validator

from schemas.events import Event, Output, Timings, Value, contradiction
from schemas.fields import (
    Flag,
    Fraction,
    Identifier,
    LanguageCode,
    Rating,
    SentimentLabel,
    Text,
    Timestamp,
    Title,
    Version,
)

#: Rounded probabilities need not sum to exactly 1.
_SUM_TOLERANCE = 0.01


class Review(Event):
    """One version of a review. The same id with a higher version edits it; `removed` retracts it."""

    review_id: Identifier
    product_id: Identifier
    version: Version = 1
    text: Text | None = None
    title: Title | None = None
    rating: Rating | None = None
    language: LanguageCode | None = None
    author_id: Identifier | None = None
    verified_purchase: Flag = False
    platform: Identifier | None = None
    created_at: Timestamp
    removed: Flag = False

    @model_validator(mode="after")
    def _has_text_unless_removed(self) -> Self:
        if self.text is None and not self.removed:
            raise contradiction("text is required unless removed is true")
        return self


class DetectedLanguage(Value):
    """The language a review is taken to be written in, and how sure that is."""

    code: LanguageCode
    confidence: Fraction


class Sentiment(Value):
    """The most probable polarity of a review, and the probability of each."""

    label: SentimentLabel
    negative: Fraction
    neutral: Fraction
    positive: Fraction

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        negative, neutral, positive = self.negative, self.neutral, self.positive
        if not -_SUM_TOLERANCE <= negative + neutral + positive - 1 <= _SUM_TOLERANCE:
            raise contradiction("negative, neutral and positive must sum to 1 within 0.01")
        if getattr(self, self.label) < max(negative, neutral, positive):
            raise contradiction("label must be the most probable of negative, neutral and positive")
        return self


class ReviewEnriched(Output):
    """What the encoder says of one version of a review.

    `enriched` has a sentiment and its model; `unsupported_language` has neither, for nothing is guessed;
    `removed` says that the review is gone and repeats nothing of its text.
    """

    review_id: Identifier
    product_id: Identifier
    review_version: Version
    status: Literal["enriched", "unsupported_language", "removed"]
    text: Text | None = None
    title: Title | None = None
    rating: Rating | None = None
    language: DetectedLanguage | None = None
    sentiment: Sentiment | None = None
    verified_purchase: Flag = False
    platform: Identifier | None = None
    author_id: Identifier | None = None
    created_at: Timestamp
    timings: Timings | None = None

    @model_validator(mode="after")
    def _agrees_with_its_status(self) -> Self:
        is_enriched = self.status == "enriched"
        if is_enriched != (self.sentiment is not None):
            raise contradiction("sentiment must be present exactly when status is enriched")
        if is_enriched != (self.model is not None):
            raise contradiction("model must be present exactly when status is enriched")
        if (self.status == "removed") != (self.text is None):
            raise contradiction("text must be absent exactly when status is removed")
        return self
