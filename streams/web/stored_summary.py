"""A ProductSummary as answers are made of it. The store takes what its contract accepts, so nothing is checked again.

Read so, an answer takes a fraction of the contract's time. Tests hold the fields against the contract.
"""

from bisect import bisect_left, bisect_right
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from schemas.events import SCHEMA_VERSION
from schemas.fields import MAX_INTEGER
from streams.rolling.counters import average_rating

_EMPTY = Raw(b"[]")
_NULL = Raw(b"null")
_Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
_Name = Annotated[str, Meta(min_length=1)]
_Moment = Annotated[datetime, Meta(tz=True)]


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
    sentiment_from_stars: Sentiment | None = None


class AspectDays(msgspec.Struct):
    """See `schemas.counts.AspectDays`."""

    aspect: _Name
    days: list[date]
    negative: list[_Count]
    neutral: list[_Count]
    positive: list[_Count]

    def between(self, first: date, last: date) -> Aspect:
        """The sum of some days, both included."""
        chosen = slice(bisect_left(self.days, first), bisect_right(self.days, last))
        return Aspect(
            sum(self.negative[chosen]), sum(self.neutral[chosen]), sum(self.positive[chosen]), self.aspect
        )


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


class SummaryParts(msgspec.Struct, kw_only=True):
    """A summary as an answer is made of it: what is passed on stays the bytes that it is."""

    product_id: _Name
    generation: _Count
    as_of: _Moment
    schema_version: str = SCHEMA_VERSION
    text_generation: _Count = 0
    text_review_count: _Count = 0
    text_as_of: Raw = _NULL
    counts: Raw
    days: list[Day] = []
    aspect_days: Raw = _EMPTY
    title: Raw = _NULL
    category: Raw = _NULL
    brand: Raw = _NULL
    price: Raw = _NULL
    currency: Raw = _NULL
    tags: Raw = _EMPTY
    language: Raw = _NULL
    key_points: Raw = _EMPTY
    latest_reviews: list[Raw] = []
    claims: Raw = _EMPTY
    pros: Raw = _EMPTY
    cons: Raw = _EMPTY
    facets: Raw = _EMPTY
    text: Raw = _NULL
    method: Raw = _NULL
    model: Raw = _NULL
    withdrawals: _Count = 0


read_parts = msgspec.json.Decoder(SummaryParts).decode
read_counts = msgspec.json.Decoder(Counts).decode
read_aspect_days = msgspec.json.Decoder(list[AspectDays]).decode
