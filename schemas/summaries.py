"""What a product's reviews add up to: key points, the snapshot a refresh is written from, the text, the summary."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.counts import AspectDays, DayCounts, ReviewCounts
from schemas.events import Output, Value, contradiction
from schemas.fields import (
    Count,
    Flag,
    Identifier,
    Label,
    LanguageCode,
    Rating,
    SentimentLabel,
    Text,
    Timestamp,
    Title,
    Version,
)
from schemas.products import Currency, Price, Tags
from schemas.vocabularies import Aspect, ClaimMethod, RefreshReason, TextMethod

ReviewIds = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=1_000)]


class LatestReview(Value):
    """One of a product's latest reviews. A text that is cut ends with an ellipsis; stars without words have none."""

    review_id: Identifier
    review_version: Version
    created_at: Timestamp
    rating: Rating | None = None
    sentiment: SentimentLabel | None = None
    language: LanguageCode | None = None
    verified_purchase: Flag = False
    title: Title | None = None
    text: Text | None = None


class Quote(Value):
    """Words of one review as they stand there. `sentence` is the sentence around them, where it is known and longer."""

    review_id: Identifier
    text: Text
    sentence: Text | None = None


class KeyPoint(Value):
    """A claim about an aspect: how many reviews make it, the ids of some or all of them, and how some put it.

    `language` is that of the quotes.
    """

    claim: Text
    language: LanguageCode | None = None
    aspect: Aspect
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
    points, checked against them. `count` is how many reviews make the claim, `review_ids` are some or all of them;
    a sentence about all reviews names none. `aspect` and `polarity` are those of its key point.
    """

    text: Text
    method: ClaimMethod
    count: Count
    review_ids: Annotated[tuple[Identifier, ...], Field(max_length=1_000)] = ()
    aspect: Aspect | None = None
    polarity: SentimentLabel | None = None


Claims = Annotated[tuple[SummaryClaim, ...], Field(max_length=100)]


class Facet(Value):
    """What a shopper can filter by: an aspect that so many reviews praise or criticise.

    `key` is the same in every language; `label` is its name in the language of the product.
    """

    key: Aspect
    label: Label
    polarity: SentimentLabel
    reviews: Count


Facets = Annotated[tuple[Facet, ...], Field(max_length=200)]


class ProductText(Output):
    """A product's summary in words, written from one `RefreshRequested`. Older generations replace no newer ones.

    `pros` and `cons` are the aspects that reviews praise and criticise most, as words of `language`; `facets` are the
    same by their keys. `prompt_version` names the templates and prompts; `snapshot_offset`, `review_count` and
    `as_of` are those of the snapshot: what the text counts, it counts there.
    """

    product_id: Identifier
    generation: Version
    language: LanguageCode
    claims: Claims
    pros: Tags = ()
    cons: Tags = ()
    facets: Facets = ()
    prompt_version: Label
    snapshot_offset: Count
    review_count: Count
    as_of: Timestamp | None = None


class ProductSummary(Output):
    """A product's reviews at a glance, as of one moment. A null record means that the product is gone.

    `language` is that of most reviews. `days` holds the days with reviews of the last 90, oldest first;
    `latest_reviews` are by when they were written, latest first. `text` is that of `claims`, of which those are
    left whose reviews are all still there. `generation` counts the refreshes that were asked for, `text_generation`
    is the one that `text` comes from; 0 is before the first. `method` says how `text` was made: `generated`, in
    part at least, by the model from the key points, or `extractive`, by counting and quoting alone.
    What the text counts, it counts among the `text_review_count` reviews that
    there were at `text_as_of`; both are empty where that is not known.
    `average_rating` is that of the rated reviews, null if there are none. `facets` are `pros` and `cons` with their
    keys and counts. Brand, price and tags are those of the product. `aspect_days` are the aspects of `days`, empty
    until the reviews that an earlier version counted are counted by aspect and day too. `withdrawals` says how often
    the product was withdrawn before: it tells which records of counted-review are of today's product.
    """

    product_id: Identifier
    generation: Count
    as_of: Timestamp
    title: Label | None = None
    category: Label | None = None
    brand: Label | None = None
    price: Price | None = None
    currency: Currency | None = None
    tags: Tags = ()
    language: LanguageCode | None = None
    average_rating: Rating | None = None
    counts: ReviewCounts
    days: Annotated[tuple[DayCounts, ...], Field(max_length=100)] = ()
    aspect_days: Annotated[tuple[AspectDays, ...], Field(max_length=1_000)] = ()
    key_points: Annotated[tuple[KeyPoint, ...], Field(max_length=100)] = ()
    latest_reviews: Annotated[tuple[LatestReview, ...], Field(max_length=100)] = ()
    claims: Claims = ()
    pros: Tags = ()
    cons: Tags = ()
    facets: Facets = ()
    text_generation: Count = 0
    text_review_count: Count = 0
    text_as_of: Timestamp | None = None
    text: Text | None = None
    method: TextMethod | None = None
    withdrawals: Count = 0

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.text is None) != (self.method is None):
            raise contradiction("method must be present exactly when text is")
        if self.method == "generated" and self.model is None:
            raise contradiction("a generated text needs its model")
        if self.price is not None and self.currency is None:
            raise contradiction("price needs its currency")
        return self


class RefreshRequested(Output):
    """The self-contained snapshot from which a product's next summary is written."""

    product_id: Identifier
    generation: Version
    as_of: Timestamp
    reason: RefreshReason
    language: LanguageCode | None = None
    counts: ReviewCounts
    key_points: Annotated[tuple[KeyPoint, ...], Field(max_length=100)] = ()
