"""What the serving role answers over HTTP: the models from which its OpenAPI document is made."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.counts import AspectCounts, ReviewCounts, SentimentCounts
from schemas.events import ModelVersion, Value
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
    WantedList,
)
from schemas.products import Currency, Price, Tags
from schemas.summaries import Claims, Facets, KeyPoint, LatestReview
from schemas.vocabularies import Aspect, TextMethod

MAX_BATCH_PRODUCTS = 100
MAX_PAGE_PRODUCTS = 100
MAX_LATEST_REVIEWS = 100
MAX_LISTED_REVIEWS = 1_000

StaleReason = Literal["redis_away", "redis_behind", "rebuilding", "updates_behind", "between_updates"]
SortKey = Literal["reviews", "rating", "negative_share", "updated"]
SortOrder = Literal["asc", "desc"]

_STALE = (
    "null unless stale. redis_away: the store cannot be asked, this is what this server answered last; "
    "redis_behind: the store holds an older state than this server has answered already, this is the newer one; "
    "rebuilding: the store is being filled, and has not got to the end once; "
    "updates_behind: the end of the stream was last reached too long ago; "
    "between_updates: of the product and the list of its reviews one is an update ahead of the other"
)


class Freshness(Value):
    """As of when an answer is, and whether newer data may exist."""

    as_of: Timestamp
    stale: Flag
    stale_reason: Annotated[StaleReason | None, Field(description=_STALE)] = None


class ReviewWindow(SentimentCounts):
    """The reviews that were written from `first_day` to `last_day`, UTC, both included.

    `sentiment_from_stars` are those that were judged by their stars alone, null where a day of it does not tell them
    apart. `aspects` are those that the reviews speak of, by how often.
    """

    first_day: date
    last_day: date
    reviews: Count
    sentiment_from_stars: SentimentCounts | None = None
    aspects: Annotated[tuple[AspectCounts, ...], Field(max_length=1_000)] = ()


class Trend(ReviewWindow):
    """The reviews of the last `days` days, today included, and those of as many days before.

    `before` is null where the data do not reach back far enough.
    """

    days: Literal[7, 30, 90]
    before: ReviewWindow | None = None


class RecordPosition(Value):
    """The record of product-summary that an answer was made of."""

    topic: Annotated[str, Field(min_length=1, max_length=249)]
    partition: Count
    offset: Count


class Versions(Value):
    """What an answer was made of, and by what."""

    schema_version: str
    generation: Count
    model: ModelVersion | None = None
    source: RecordPosition


class ServedProduct(Freshness):
    """One product. `average_rating` is that of the rated reviews, null if there are none.

    `facets` are `pros` and `cons` by their keys, counted as of now. What `text` counts, it counts among the
    `text_review_count` reviews that there were at `text_as_of`.
    """

    product_id: Identifier
    title: Label | None = None
    category: Label | None = None
    brand: Label | None = None
    price: Price | None = None
    currency: Currency | None = None
    tags: Tags = ()
    language: LanguageCode | None = None
    review_count: Count
    average_rating: Rating | None = None
    counts: ReviewCounts
    trends: Annotated[tuple[Trend, ...], Field(min_length=3, max_length=3)]
    key_points: Annotated[tuple[KeyPoint, ...], Field(max_length=100)] = ()
    claims: Claims = ()
    pros: Tags = ()
    cons: Tags = ()
    facets: Facets = ()
    text: Text | None = None
    method: TextMethod | None = None
    generation: Count
    text_generation: Count = 0
    text_review_count: Count = 0
    text_as_of: Timestamp | None = None
    versions: Versions


class ListedProduct(Freshness):
    """A product in a list. `negative_share` is that of the reviews with a sentiment, null if there are none.

    `sentiment_from_stars` are those of `sentiment` that were judged by their stars alone.
    """

    product_id: Identifier
    title: Label | None = None
    category: Label | None = None
    review_count: Count
    average_rating: Rating | None = None
    negative_share: Fraction | None = None
    sentiment: SentimentCounts
    sentiment_from_stars: SentimentCounts | None = None


class ProductPage(Value):
    """A part of all products; `next_cursor` leads to the next one, null at the end."""

    products: Annotated[tuple[ListedProduct, ...], Field(max_length=MAX_PAGE_PRODUCTS)]
    next_cursor: str | None = None


class BatchQuery(Value):
    """The products that are asked for."""

    product_ids: Annotated[
        tuple[Identifier, ...],
        WantedList(f"a list of 1 to {MAX_BATCH_PRODUCTS} product ids", fewest=1, most=MAX_BATCH_PRODUCTS),
    ]


class ProductBatch(Value):
    """Those found; those that do not exist; and those of which it cannot be told at the moment."""

    products: Annotated[tuple[ServedProduct, ...], Field(max_length=MAX_BATCH_PRODUCTS)]
    missing: Annotated[tuple[Identifier, ...], Field(max_length=MAX_BATCH_PRODUCTS)]
    unknown: Annotated[tuple[Identifier, ...], Field(max_length=MAX_BATCH_PRODUCTS)] = ()


class ProductReviews(Freshness):
    """A product's latest reviews, by when they were written, latest first."""

    product_id: Identifier
    reviews: Annotated[tuple[LatestReview, ...], Field(max_length=MAX_LATEST_REVIEWS)]


class ListedReview(Value):
    """A review that is counted, and when it was written."""

    review_id: Identifier
    created_at: Timestamp


class ReviewIds(Freshness):
    """The reviews that one counter of a product counts, by when they were written, latest first.

    With an `aspect` and a `polarity` those that say so of it, with a `polarity` alone those of that sentiment, with
    neither all. `total` is how many there are; unless the answer is stale, that is the number in `counts` of the
    product. `next_cursor` leads to the next ones, null at the end.
    """

    product_id: Identifier
    aspect: Aspect | None = None
    polarity: SentimentLabel | None = None
    total: Count
    reviews: Annotated[tuple[ListedReview, ...], Field(max_length=MAX_LISTED_REVIEWS)]
    next_cursor: str | None = None


class CountedDay(SentimentCounts):
    """A product's reviews of one day, UTC. Of an aspect `reviews` is null: one may both praise and criticise it."""

    day: date
    reviews: Count | None = None


class ProductDays(Freshness):
    """A product's reviews by the day on which they were written, of the last 90 days those with any, oldest first.

    With an `aspect` those that speak of it.
    """

    product_id: Identifier
    aspect: Aspect | None = None
    days: Annotated[tuple[CountedDay, ...], Field(max_length=100)]


class Problem(Value):
    """Why a request was not answered: a code for machines, and what to do for people."""

    code: Literal[
        "bad_request",
        "unauthorised",
        "not_found",
        "method_not_allowed",
        "too_large",
        "not_known_yet",
        "internal",
    ]
    message: str


class Failure(Value):
    """The body of every answer that is none."""

    error: Problem


class Health(Value):
    """The process answers."""

    status: Literal["ok"]


class ReadinessAnswer(Value):
    """Whether the role works, and if not, why."""

    ready: bool
    reasons: tuple[str, ...]
