"""A ProductSummary as the store takes it and as the pages read it: one shape, which a test holds against the contract.

It keeps every bound that the contract sets to a field, and no rules between fields, and is read ten times as fast.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from schemas.events import SCHEMA_VERSION
from schemas.fields import (
    IDENTIFIER_PATTERN,
    LANGUAGE_PATTERN,
    MAX_IDENTIFIER_CHARACTERS,
    MAX_INTEGER,
    MAX_LABEL_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)
from schemas.frozen_mapping import MAX_ENTRIES
from streams.rolling.counters import average_rating

_EMPTY = Raw(b"[]")
_NULL = Raw(b"null")
_Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
_Version = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
# For both patterns: `$` would let a line feed pass.
_Identifier = Annotated[
    str, Meta(min_length=1, max_length=MAX_IDENTIFIER_CHARACTERS, pattern=rf"{IDENTIFIER_PATTERN}\Z")
]
_Language = Annotated[str, Meta(min_length=2, max_length=16, pattern=rf"{LANGUAGE_PATTERN}\Z")]
_Name = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARACTERS, pattern=r"\S")]
_Title = Annotated[str, Meta(max_length=MAX_LABEL_CHARACTERS)]
_Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS, pattern=r"\S")]
_Tags = Annotated[list[_Name], Meta(max_length=100)]
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


_Aspects = Annotated[list[Aspect], Meta(max_length=1_000)]


class Day(Sentiment):
    """See `schemas.counts.DayCounts`: what trends are made of."""

    day: date
    reviews: _Count


class DayWithAspects(Day):
    """All of a day."""

    aspects: _Aspects = []


class Counts(msgspec.Struct):
    """See `schemas.counts.ReviewCounts`."""

    reviews: _Count
    rating_histogram: Annotated[list[_Count], Meta(min_length=6, max_length=6)]
    sentiment: Sentiment
    rating_hundredths: _Count = 0
    sentiment_from_stars: Sentiment | None = None
    aspects: _Aspects = []
    verified_purchases: _Count = 0
    near_duplicates: _Count = 0
    languages: Annotated[dict[_Name, _Count], Meta(max_length=MAX_ENTRIES)] = {}

    @property
    def average_rating(self) -> float | None:
        """The mean of the ratings, rounded to hundredths; None without any."""
        return average_rating(self.rating_hundredths, self.rating_histogram)


class Quote(msgspec.Struct):
    """See `schemas.summaries.Quote`."""

    review_id: _Identifier
    text: _Text


class KeyPoint(msgspec.Struct):
    """See `schemas.summaries.KeyPoint`."""

    claim: _Text
    aspect: _Name
    polarity: _Label
    count: _Version
    review_ids: Annotated[list[_Identifier], Meta(min_length=1, max_length=1_000)]
    quotes: Annotated[list[Quote], Meta(min_length=1, max_length=100)]
    language: _Language | None = None


class Claim(msgspec.Struct):
    """See `schemas.summaries.SummaryClaim`."""

    text: _Text
    method: _Name
    count: _Count
    review_ids: Annotated[list[_Identifier], Meta(max_length=1_000)] = []
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

    review_id: _Identifier
    review_version: _Version
    created_at: _Moment
    text: _Text | None = None
    rating: _Rating | None = None
    sentiment: _Label | None = None
    language: _Language | None = None
    verified_purchase: bool = False
    title: _Title | None = None


class Model(msgspec.Struct):
    """See `schemas.events.ModelVersion`."""

    name: _Name
    version: _Name


class _Head(msgspec.Struct, kw_only=True):
    """What an answer computes with."""

    product_id: _Identifier
    generation: _Count
    as_of: _Moment
    schema_version: str = SCHEMA_VERSION
    text_generation: _Count = 0


class Summary(_Head, kw_only=True):
    """A summary read through and through: the store takes nothing else, so that every answer can be made."""

    counts: Counts
    days: Annotated[list[DayWithAspects], Meta(max_length=100)] = []
    title: _Name | None = None
    category: _Name | None = None
    brand: _Name | None = None
    price: Annotated[float, Meta(ge=0, le=1e12)] | None = None
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] | None = None
    tags: _Tags = []
    average_rating: _Rating | None = None
    language: _Language | None = None
    key_points: Annotated[list[KeyPoint], Meta(max_length=100)] = []
    latest_reviews: Annotated[list[LatestReview], Meta(max_length=100)] = []
    claims: Annotated[list[Claim], Meta(max_length=100)] = []
    pros: _Tags = []
    cons: _Tags = []
    facets: Annotated[list[Facet], Meta(max_length=200)] = []
    text: _Text | None = None
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
