"""A ProductSummary as the store takes it and as the pages read it: one shape, which a test holds against the contract.

Other than the contract it knows no limits of length and no rules between fields, and is read ten times as fast.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from schemas.events import SCHEMA_VERSION
from schemas.fields import MAX_IDENTIFIER_CHARACTERS
from streams.rolling.counters import average_rating

_EMPTY = Raw(b"[]")
_NULL = Raw(b"null")
_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Name = Annotated[str, Meta(min_length=1)]
_Rating = Annotated[float, Meta(ge=0, le=5)]
_Moment = Annotated[datetime, Meta(tz=True)]
_Label = Literal["negative", "neutral", "positive"]


class Sentiment(msgspec.Struct):
    """See `schemas.counts.SentimentCounts`."""

    negative: _Count
    neutral: _Count
    positive: _Count

    @property
    def negative_share(self) -> float | None:
        """The share of negative reviews among those with a sentiment, rounded to four digits; None without any.

        >>> Sentiment(negative=1, neutral=0, positive=2).negative_share
        0.3333
        """
        reviews = self.negative + self.neutral + self.positive
        return round(self.negative / reviews, 4) if reviews else None


class Aspect(Sentiment):
    """See `schemas.counts.AspectCounts`."""

    aspect: _Name


class Day(Sentiment):
    """See `schemas.counts.DayCounts`: what trends are made of."""

    day: date
    reviews: _Count


class DayWithAspects(Day):
    """All of a day."""

    aspects: list[Aspect] = []


class Counts(msgspec.Struct):
    """See `schemas.counts.ReviewCounts`."""

    reviews: _Count
    rating_histogram: Annotated[list[_Count], Meta(min_length=6, max_length=6)]
    sentiment: Sentiment
    rating_hundredths: _Count = 0
    sentiment_from_stars: Sentiment | None = None
    aspects: list[Aspect] = []
    verified_purchases: _Count = 0
    near_duplicates: _Count = 0
    languages: dict[str, _Count] = {}

    @property
    def average_rating(self) -> float | None:
        """The mean of the ratings, rounded to hundredths; None without any."""
        return average_rating(self.rating_hundredths, self.rating_histogram)


class Quote(msgspec.Struct):
    """See `schemas.summaries.Quote`."""

    review_id: _Name
    text: _Name


class KeyPoint(msgspec.Struct):
    """See `schemas.summaries.KeyPoint`."""

    claim: _Name
    aspect: _Name
    polarity: _Label
    count: _Count
    review_ids: Annotated[list[_Name], Meta(min_length=1)]
    quotes: Annotated[list[Quote], Meta(min_length=1)]
    language: _Name | None = None


class Claim(msgspec.Struct):
    """See `schemas.summaries.SummaryClaim`."""

    text: _Name
    method: _Name
    count: _Count
    review_ids: list[_Name] = []
    aspect: _Name | None = None
    polarity: _Label | None = None


class Facet(msgspec.Struct):
    """See `schemas.summaries.Facet`."""

    key: _Name
    label: _Name
    polarity: _Label
    reviews: _Count


class LatestReview(msgspec.Struct):
    """See `schemas.summaries.LatestReview`."""

    review_id: _Name
    review_version: _Count
    created_at: _Moment
    text: _Name | None = None
    rating: _Rating | None = None
    sentiment: _Label | None = None
    language: _Name | None = None
    verified_purchase: bool = False
    title: str | None = None


class Model(msgspec.Struct):
    """See `schemas.events.ModelVersion`."""

    name: _Name
    version: _Name


class _Head(msgspec.Struct, kw_only=True):
    """What an answer computes with."""

    product_id: Annotated[str, Meta(min_length=1, max_length=MAX_IDENTIFIER_CHARACTERS)]
    generation: _Count
    as_of: _Moment
    schema_version: str = SCHEMA_VERSION
    text_generation: _Count = 0


class Summary(_Head, kw_only=True):
    """A summary read through and through: the store takes nothing else, so that every answer can be made."""

    counts: Counts
    days: list[DayWithAspects] = []
    title: _Name | None = None
    category: _Name | None = None
    brand: _Name | None = None
    price: Annotated[float, Meta(ge=0)] | None = None
    currency: _Name | None = None
    tags: list[_Name] = []
    average_rating: _Rating | None = None
    language: _Name | None = None
    key_points: list[KeyPoint] = []
    latest_reviews: list[LatestReview] = []
    claims: list[Claim] = []
    pros: list[_Name] = []
    cons: list[_Name] = []
    facets: list[Facet] = []
    text: _Name | None = None
    method: _Name | None = None
    model: Model | None = None


class SummaryParts(_Head, kw_only=True):
    """The same summary as an answer is made of it: what is passed on stays the bytes that it is."""

    counts: Raw
    days: list[Day] = []
    title: Raw = _NULL
    category: Raw = _NULL
    language: Raw = _NULL
    key_points: Raw = _EMPTY
    latest_reviews: list[Raw] = []
    claims: Raw = _EMPTY
    pros: Raw = _EMPTY
    cons: Raw = _EMPTY
    text: Raw = _NULL
    method: Raw = _NULL
    model: Raw = _NULL


read_parts = msgspec.json.Decoder(SummaryParts).decode
read_counts = msgspec.json.Decoder(Counts).decode
