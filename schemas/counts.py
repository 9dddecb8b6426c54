"""Exact counters of a product's reviews."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.events import Value, contradiction
from schemas.fields import Count
from schemas.frozen_mapping import FrozenMapping
from schemas.vocabularies import Aspect


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


class DayCounts(SentimentCounts):
    """A product's reviews of one day, UTC, by when they were written; `aspects` where trends of aspects are kept.

    `sentiment_from_stars` are those that were judged by their stars alone, null where that is not told apart.
    """

    day: date
    reviews: Count
    sentiment_from_stars: SentimentCounts | None = None
    aspects: Annotated[tuple[AspectCounts, ...], Field(max_length=1_000)] = ()
