"""Products as platforms publish them, and what is made of them and their reviews."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.events import Event, Output, Value, contradiction
from schemas.fields import (
    MAX_INTEGER,
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
from schemas.frozen_mapping import FrozenMapping

AttributeValue = Annotated[
    Annotated[str, Field(max_length=2_000)]
    | Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
    | float
    | bool,
    Wanted("text of at most 2,000 characters, a number, true or false"),
]
Attributes = FrozenMapping[AttributeValue]
Tags = Annotated[tuple[Label, ...], Field(max_length=100)]
ReviewIds = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=1_000)]
Price = Annotated[float, Field(ge=0, le=1e12), Wanted("a number from 0 to 1,000,000,000,000")]
Currency = Annotated[
    str,
    Field(pattern=r"^[A-Z]{3}$"),
    Wanted('an ISO 4217 currency code of three capital letters such as "EUR"'),
]


class Product(Event):
    """One version of a product. The same id with a higher version replaces it; `removed` withdraws it."""

    product_id: Identifier
    version: Version = 1
    title: Label | None = None
    description: Text | None = None
    category: Label | None = None
    brand: Label | None = None
    price: Price | None = None
    currency: Currency | None = None
    attributes: Attributes = Field(default_factory=FrozenMapping)
    tags: Tags = ()
    language: LanguageCode | None = None
    updated_at: Timestamp
    removed: Flag = False

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.title is None and not self.removed:
            raise contradiction("title is required unless removed is true")
        if self.price is not None and self.currency is None:
            raise contradiction("price needs its currency")
        return self


class Evidence(Value):
    """What a generated statement rests on: a quote from one review, or one attribute of the product."""

    kind: Literal["review", "attribute"]
    reference: Label
    quote: Text


class Reason(Value):
    """One reason to buy, with what supports it."""

    text: Text
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1, max_length=100)]


class ProductEnriched(Output):
    """What was written for one version of a product, from its attributes and its reviews."""

    product_id: Identifier
    product_version: Version
    language: LanguageCode
    description: Text | None = None
    ad_copy: Text | None = None
    tags: Tags = ()
    reasons: Annotated[tuple[Reason, ...], Field(max_length=100)] = ()


class SentimentCounts(Value):
    """How many reviews are of each polarity."""

    negative: Count
    neutral: Count
    positive: Count


class AspectCounts(SentimentCounts):
    """How many reviews speak of one aspect, by polarity."""

    aspect: Label


class ReviewCounts(Value):
    """A product's counters, all whole numbers: exact, however reviews are edited, removed or repeated.

    `rating_histogram` holds the reviews rated 0 to 5, rounded half up; `rating_hundredths` is the sum of
    all ratings in hundredths. `languages` counts reviews by language code. `near_duplicates` are reviews that
    look like an earlier one of the same product; they are counted like any other.
    """

    reviews: Count
    rating_histogram: tuple[Count, Count, Count, Count, Count, Count]
    rating_hundredths: Count = 0
    sentiment: SentimentCounts
    aspects: Annotated[tuple[AspectCounts, ...], Field(max_length=1_000)] = ()
    verified_purchases: Count = 0
    near_duplicates: Count = 0
    languages: FrozenMapping[Count] = Field(default_factory=FrozenMapping)

    @model_validator(mode="after")
    def _counts_no_review_twice(self) -> Self:
        if sum(self.rating_histogram) > self.reviews:
            raise contradiction("rating_histogram counts more reviews than there are")
        if self.sentiment.negative + self.sentiment.neutral + self.sentiment.positive > self.reviews:
            raise contradiction("sentiment counts more reviews than there are")
        if max(self.verified_purchases, self.near_duplicates, sum(self.languages.values())) > self.reviews:
            raise contradiction(
                "verified_purchases, near_duplicates or languages count more reviews than there are"
            )
        return self


class DayCounts(SentimentCounts):
    """A product's reviews of one day, UTC, by when they were written."""

    day: date
    reviews: Count


class LatestReview(Value):
    """One of a product's latest reviews. A text that is cut ends with an ellipsis."""

    review_id: Identifier
    review_version: Version
    created_at: Timestamp
    rating: Rating | None = None
    sentiment: SentimentLabel | None = None
    language: LanguageCode | None = None
    verified_purchase: Flag = False
    title: Title | None = None
    text: Text


class Quote(Value):
    """A sentence of one review, word for word."""

    review_id: Identifier
    text: Text


class KeyPoint(Value):
    """A claim about an aspect: how many reviews make it, the ids of some or all of them, and how some put it.

    `language` is that of the quotes.
    """

    claim: Text
    language: LanguageCode | None = None
    aspect: Label
    polarity: SentimentLabel
    count: Version
    review_ids: ReviewIds
    quotes: Annotated[tuple[Quote, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _is_supported_by_its_reviews(self) -> Self:
        if self.count < len(self.review_ids):
            raise contradiction("count must be at least the number of review_ids")
        if not {quote.review_id for quote in self.quotes} <= set(self.review_ids):
            raise contradiction("quotes must come from the reviews in review_ids")
        return self


class SummaryClaim(Value):
    """One sentence of a summary, with the reviews that it stands on.

    `method` says who put it into words: `template`, code that counts and quotes; `generated`, the model, from key
    points, checked against them. `count` is how many reviews make the claim, `review_ids` are some or all of them; a
    sentence about all reviews names none. `aspect` and `polarity` are those of its key point.
    """

    text: Text
    method: Literal["template", "generated"]
    count: Count
    review_ids: Annotated[tuple[Identifier, ...], Field(max_length=1_000)] = ()
    aspect: Label | None = None
    polarity: SentimentLabel | None = None


Claims = Annotated[tuple[SummaryClaim, ...], Field(max_length=100)]


class ProductText(Output):
    """A product's summary in words, written from one `RefreshRequested`. Older generations never replace newer ones.

    `pros` and `cons` are the aspects that reviews praise and criticise most, as words of `language`. `prompt_version`
    names the templates and prompts; `snapshot_offset` and `review_count` are those of the snapshot.
    """

    product_id: Identifier
    generation: Version
    language: LanguageCode
    claims: Claims
    pros: Tags = ()
    cons: Tags = ()
    prompt_version: Label
    snapshot_offset: Count
    review_count: Count


class ProductSummary(Output):
    """A product's reviews at a glance, as of one moment. A null record means that the product is gone.

    `language` is that of most reviews. `days` holds the days with reviews of the last 90, oldest first;
    `latest_reviews` are by when they were written, latest first. `text` is that of `claims`, of which those are left
    whose reviews are all still there. `generation` counts the refreshes that were asked for, `text_generation` is the
    one that `text` comes from; 0 is before the first. `method` says how `text` was made: `generated`, in part at least,
    by the model from the key points, or `extractive`, by counting and quoting alone.
    """

    product_id: Identifier
    generation: Count
    as_of: Timestamp
    title: Label | None = None
    category: Label | None = None
    language: LanguageCode | None = None
    counts: ReviewCounts
    days: Annotated[tuple[DayCounts, ...], Field(max_length=100)] = ()
    key_points: Annotated[tuple[KeyPoint, ...], Field(max_length=100)] = ()
    latest_reviews: Annotated[tuple[LatestReview, ...], Field(max_length=100)] = ()
    claims: Claims = ()
    pros: Tags = ()
    cons: Tags = ()
    text_generation: Count = 0
    text: Text | None = None
    method: Literal["extractive", "generated"] | None = None

    @model_validator(mode="after")
    def _says_how_its_text_was_made(self) -> Self:
        if (self.text is None) != (self.method is None):
            raise contradiction("method must be present exactly when text is")
        if self.method == "generated" and self.model is None:
            raise contradiction("a generated text needs its model")
        return self


class RefreshRequested(Output):
    """The self-contained snapshot from which a product's next summary is written."""

    product_id: Identifier
    generation: Version
    as_of: Timestamp
    reason: Literal["first_reviews", "new_reviews", "sentiment_shift", "evidence_removed", "age", "requested"]
    language: LanguageCode | None = None
    counts: ReviewCounts
    key_points: Annotated[tuple[KeyPoint, ...], Field(max_length=100)] = ()


class ReviewShare(Value):
    """How many of a number of reviews are of the kind that an alert is about."""

    matching: Count
    reviews: Count

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if self.matching > self.reviews:
            raise contradiction("matching must be at most reviews")
        return self


class TimeWindow(Value):
    """A span of time, from its start up to but not including its end."""

    starts_at: Timestamp
    ends_at: Timestamp

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise contradiction("starts_at must be before ends_at")
        return self


class ProductAlert(Output):
    """A surge against the product's own baseline, raised or resolved.

    `negative_surge`: of negative reviews; `aspect_surge`: of reviews that are negative about `aspect`;
    `lookalike_surge`: of five-star reviews that look like each other. `observed` are the reviews of the window
    and those of the kind among them, `baseline` the product's earlier ones; `p_value` is the probability of at least
    as many if nothing had changed. A raised alert names the reviews and quotes some; a resolved one has the
    `alert_id` of the one it ends.
    """

    alert_id: Identifier
    product_id: Identifier
    kind: Literal["negative_surge", "aspect_surge", "lookalike_surge"]
    aspect: Label | None = None
    state: Literal["raised", "resolved"]
    window: TimeWindow
    baseline: ReviewShare
    observed: ReviewShare
    p_value: Fraction
    review_ids: Annotated[tuple[Identifier, ...], Field(max_length=1_000)] = ()
    quotes: Annotated[tuple[Quote, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _names_its_aspect(self) -> Self:
        if (self.kind == "aspect_surge") != (self.aspect is not None):
            raise contradiction("aspect must be present exactly when kind is aspect_surge")
        return self
