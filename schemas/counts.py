"""Exact counters of a product's reviews."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from schemas.events import Value, contradiction
from schemas.fields import Count
from schemas.frozen_mapping import FrozenMapping
from schemas.vocabularies import Aspect

T = TypeVar("T")
#: At most as many as days are kept.
DaysOf = Annotated[tuple[T, ...], Field(max_length=100)]


class SentimentCounts(Value):
    """How many reviews are of each polarity."""

    negative: Count
    neutral: Count
    positive: Count


class AspectCounts(SentimentCounts):
    """How many reviews speak of one aspect, by polarity."""

    aspect: Aspect


class ReviewCounts(Value):
    """A product's counters, all whole numbers: exact, however reviews are edited, removed or repeated.

    `rating_histogram` holds the reviews rated 0 to 5, rounded half up; `rating_hundredths` is the sum of all
    ratings in hundredths. `languages` counts reviews with a text by its language code. `sentiment_from_stars` are
    those of `sentiment` that were judged by their stars alone, null where that is not told apart. `near_duplicates`
    are reviews that look like an earlier one of the same product; they are counted like any other.
    """

    reviews: Count
    rating_histogram: tuple[Count, Count, Count, Count, Count, Count]
    rating_hundredths: Count = 0
    sentiment: SentimentCounts
    sentiment_from_stars: SentimentCounts | None = None
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
        stars = self.sentiment_from_stars
        if stars is not None and any(
            getattr(stars, label) > getattr(self.sentiment, label) for label in type(stars).model_fields
        ):
            raise contradiction("sentiment_from_stars counts reviews that sentiment does not")
        if max(self.verified_purchases, self.near_duplicates, sum(self.languages.values())) > self.reviews:
            raise contradiction(
                "verified_purchases, near_duplicates or languages count more reviews than there are"
            )
        return self


class AspectDays(Value):
    """The reviews that speak of one aspect, by the day on which they were written, UTC, and by polarity.

    `negative`, `neutral` and `positive` have a number for each of `days`, which are those with such a review, oldest
    first. So a day and an aspect take a fifth of the bytes that an object each would.
    """

    aspect: Aspect
    days: DaysOf[date]
    negative: DaysOf[Count]
    neutral: DaysOf[Count]
    positive: DaysOf[Count]

    @model_validator(mode="after")
    def _has_a_number_for_each_day(self) -> Self:
        lengths = {len(self.days), len(self.negative), len(self.neutral), len(self.positive)}
        if len(lengths) != 1:
            raise contradiction("negative, neutral and positive must have a number for each of days")
        if any(later <= day for day, later in pairwise(self.days)):
            raise contradiction("days must be in order, each once")
        return self


class DayCounts(SentimentCounts):
    """A product's reviews of one day, UTC, by when they were written.

    `sentiment_from_stars` are those that were judged by their stars alone, null where that is not told apart.
    """

    day: date
    reviews: Count
    sentiment_from_stars: SentimentCounts | None = None
