"""Reviews as platforms publish them, and what the encoder says of each."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.events import Event, Output, Timings, Value, contradiction
from schemas.fields import (
    Count,
    Flag,
    Fraction,
    Identifier,
    Label,
    LanguageCode,
    Rating,
    SentimentLabel,
    Text,
    Timestamp,
    Title,
    Version,
    Wanted,
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


class ReviewSpan(Value):
    """A piece of an enriched review's title or text: from `start` up to `end`, counted in Unicode code points."""

    field: Literal["title", "text"]
    start: Count
    end: Count

    @model_validator(mode="after")
    def _is_forward(self) -> Self:
        if self.start > self.end:
            raise contradiction("start must not be above end")
        return self


Embedding = Annotated[
    str,
    Field(max_length=512, pattern=r"^[A-Za-z0-9+/]*={0,2}$"),
    Wanted("base64 of at most 384 bytes"),
]


class SentenceSentiment(ReviewSpan):
    """How one sentence feels. `score` is the probability of its sentiment.

    `embedding` holds one bit for each of 256 directions of the model's vector space, most significant bit first:
    the fewer bits differ, the more alike two sentences of one model are in meaning.
    """

    sentiment: SentimentLabel
    score: Fraction
    embedding: Embedding | None = None


class AspectOpinion(ReviewSpan):
    """An aspect that the review speaks of, and how.

    `confidence` is the probability that it is spoken of, `score` that of the sentiment towards it; `quote` is
    the span's text, for those who count characters otherwise.
    """

    aspect: Label
    sentiment: SentimentLabel
    score: Fraction
    confidence: Fraction
    quote: Text


class MaskedSpan(ReviewSpan):
    """Where personal data was masked: the span is that of its placeholder in the published text."""

    kind: Label


class QualityFlag(Value):
    """A doubt about a review, how strong it is, and why. A flagged review is published like any other."""

    kind: Label
    score: Fraction
    reason: Text


Signature = Annotated[
    str,
    Field(max_length=512, pattern=r"^[A-Za-z0-9+/]*={0,2}$"),
    Wanted("base64 of at most 384 bytes"),
]


class ReviewEnriched(Output):
    """What is known of one version of a review after it was read.

    `enriched` has a sentiment and its model; `unsupported_language` has neither, for nothing is guessed;
    `removed` says that the review is gone and repeats nothing of its text. Title and text are published with
    personal data masked. `signature` is a MinHash of the text: near-duplicates have similar ones.
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
    sentences: Annotated[tuple[SentenceSentiment, ...], Field(max_length=20_000)] = ()
    aspects: Annotated[tuple[AspectOpinion, ...], Field(max_length=20_000)] = ()
    flags: Annotated[tuple[QualityFlag, ...], Field(max_length=100)] = ()
    masked: Annotated[tuple[MaskedSpan, ...], Field(max_length=20_000)] = ()
    signature: Signature | None = None
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
        if not is_enriched and (self.sentences or self.aspects):
            raise contradiction("sentences and aspects must be empty unless status is enriched")
        return self
