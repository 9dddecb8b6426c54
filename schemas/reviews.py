"""Reviews as platforms publish them, and what a reader says of each."""

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
    OptionalText,
    Rating,
    SentimentLabel,
    Text,
    Timestamp,
    Title,
    Version,
    Wanted,
)
from schemas.vocabularies import Aspect, FlagKind, Holder, MaskKind, SentimentBasis

#: Rounded probabilities need not sum to exactly 1.
_SUM_TOLERANCE = 0.01


class Review(Event):
    """One version of a review. The same id with a higher version edits it; `removed` retracts it.

    A review may be stars without words: where a rating stands, `text` may be absent, empty or nothing but
    whitespace, which all mean the same. Title and text may hold mark-up, HTML entities and notices of the platform,
    which are taken out before anything reads them; a text of which nothing is left is none. `language` is what the
    platform knows of the text's; it counts as much as the words of a short text do. `incentivised` says that its
    author was given something for it.
    """

    review_id: Identifier
    product_id: Identifier
    version: Version = 1
    text: OptionalText = None
    title: Title | None = None
    rating: Rating | None = None
    language: LanguageCode | None = None
    author_id: Identifier | None = None
    verified_purchase: Flag = False
    incentivised: Flag = False
    platform: Identifier | None = None
    created_at: Timestamp
    removed: Flag = False

    @model_validator(mode="after")
    def _says_something_unless_removed(self) -> Self:
        if self.text is None and self.rating is None and not self.removed:
            raise contradiction("text is required unless a rating stands or removed is true")
        return self


class DetectedLanguage(Value):
    """The language a review is taken to be written in, and how sure that is."""

    code: LanguageCode
    confidence: Fraction


class Sentiment(Value):
    """The most probable polarity of a review, the probability of each, and what they were judged by.

    `basis` is `text`; `text_and_stars` where the text alone left it open and a rating stands beside it; `stars` where
    there is no text, or one that is nothing but a rating.
    """

    label: SentimentLabel
    negative: Fraction
    neutral: Fraction
    positive: Fraction
    basis: SentimentBasis = "text"

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        negative, neutral, positive = self.negative, self.neutral, self.positive
        if not -_SUM_TOLERANCE <= negative + neutral + positive - 1 <= _SUM_TOLERANCE:
            raise contradiction("negative, neutral and positive must sum to 1 within 0.01")
        if getattr(self, self.label) < max(negative, neutral, positive):
            raise contradiction("label must be the most probable of negative, neutral and positive")
        return self


class StarsDistribution(Value):
    """How many stars a review's words sound like: the probability of each number."""

    one: Fraction
    two: Fraction
    three: Fraction
    four: Fraction
    five: Fraction

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        total = self.one + self.two + self.three + self.four + self.five
        if not -_SUM_TOLERANCE <= total - 1 <= _SUM_TOLERANCE:
            raise contradiction("one, two, three, four and five must sum to 1 within 0.01")
        return self


class OriginalSpan(Value):
    """A piece of a title or text as the platform published it: from `start` up to `end`, in Unicode code points."""

    start: Count
    end: Count

    @model_validator(mode="after")
    def _is_forward(self) -> Self:
        if self.start > self.end:
            raise contradiction("start must not be above end")
        return self


class ReviewSpan(Value):
    """A piece of an enriched review's title or text: from `start` up to `end`, counted in Unicode code points.

    Offsets are those of the title and text as they are published here, cleaned and masked. `original` is the same
    piece of the review as the platform published it, in code points too, null where that is not known.
    `field` is closed: it names a field of the event that holds the span.
    """

    field: Literal["title", "text"]
    start: Count
    end: Count
    original: OriginalSpan | None = None

    @model_validator(mode="after")
    def _is_forward(self) -> Self:
        if self.start > self.end:
            raise contradiction("start must not be above end")
        return self


Bits = Annotated[
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
    embedding: Bits | None = None


class AspectOpinion(ReviewSpan):
    """An aspect that the review speaks of, and how.

    `confidence` is the probability that it is spoken of, `score` that of the sentiment towards it; `quote` is the
    span's text, for those who count characters otherwise. `holder` says whose opinion it is, null where that was
    not asked. `counted` is false for one that is told and counts nowhere: not sure enough, or not the reviewer's
    own. Readers learn neither the aspect nor the sentiment of what is not the reviewer's own: such an opinion is
    on `other`, `neutral`, and has a `score` of 0.
    """

    aspect: Aspect
    sentiment: SentimentLabel
    score: Fraction
    confidence: Fraction
    quote: Text
    holder: Holder | None = None
    counted: Flag = True


class MaskedSpan(ReviewSpan):
    """Where personal data was masked: the span is that of its placeholder in the published text."""

    kind: MaskKind


class QualityFlag(Value):
    """A doubt about a review, how strong it is, and why. A flagged review is published like any other."""

    kind: FlagKind
    score: Fraction
    reason: Text


class ReviewEnriched(Output):
    """What is known of one version of a review after it was read.

    `enriched` has a sentiment and its model; `unsupported_language` has neither, for nothing is guessed;
    `rating_only` has stars and no text, and its sentiment, if any, is that of the stars; a text that is a rating in
    words ("One star.") is `enriched`, and its sentiment is of the basis `stars`, too; `removed` says that the
    review is gone and repeats nothing of its text. The statuses are closed, for they say which of the other fields
    are there.

    Title and text are published as they were read: without mark-up, entities, invisible characters and notices of the
    platform, and with personal data masked. `incentivised` is true too where such a notice or the author says so, and
    the flag of that name says which. `signature` is a MinHash of the text: near-duplicates
    have similar ones. `stars` is how the words sound, whatever the rating. Embeddings of one `embedding_version`
    may be compared; null is the first.
    """

    review_id: Identifier
    product_id: Identifier
    review_version: Version
    status: Literal["enriched", "unsupported_language", "rating_only", "removed"]
    text: Text | None = None
    title: Title | None = None
    rating: Rating | None = None
    language: DetectedLanguage | None = None
    sentiment: Sentiment | None = None
    stars: StarsDistribution | None = None
    sentences: Annotated[tuple[SentenceSentiment, ...], Field(max_length=20_000)] = ()
    aspects: Annotated[tuple[AspectOpinion, ...], Field(max_length=20_000)] = ()
    flags: Annotated[tuple[QualityFlag, ...], Field(max_length=100)] = ()
    masked: Annotated[tuple[MaskedSpan, ...], Field(max_length=20_000)] = ()
    signature: Bits | None = None
    embedding_version: Label | None = None
    verified_purchase: Flag = False
    incentivised: Flag = False
    platform: Identifier | None = None
    author_id: Identifier | None = None
    created_at: Timestamp
    timings: Timings | None = None

    @model_validator(mode="after")
    def _agrees_with_its_status(self) -> Self:
        is_enriched = self.status == "enriched"
        is_of_stars = self.sentiment is not None and self.sentiment.basis == "stars"
        if is_enriched != (self.sentiment is not None) and not (self.status == "rating_only" and is_of_stars):
            raise contradiction(
                "sentiment must be present exactly when status is enriched, or that of the stars when rating_only"
            )
        if is_enriched != (self.model is not None):
            raise contradiction("model must be present exactly when status is enriched")
        if (self.status in {"rating_only", "removed"}) != (self.text is None):
            raise contradiction("text must be absent exactly when status is rating_only or removed")
        if self.status == "rating_only" and self.rating is None:
            raise contradiction("rating must be present when status is rating_only")
        if not is_enriched and (self.sentences or self.aspects or self.stars):
            raise contradiction("sentences, aspects and stars must be empty unless status is enriched")
        return self
