"""A product as search and advertising index it: flat, every facet by its key."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.events import Output, contradiction
from schemas.fields import Count, Flag, Fraction, Identifier, Label, LanguageCode, Rating, Text, Timestamp
from schemas.frozen_mapping import FrozenMapping
from schemas.products import Attributes, Currency, Price, Tags
from schemas.vocabularies import AdObstacle, AlertKind, Aspect

Aspects = Annotated[tuple[Aspect, ...], Field(max_length=200)]


class ProductDocument(Output):
    """One product, ready to be indexed, as of one moment. A null record means that the product is gone.

    Nothing is nested but `attributes` and `aspect_scores`, which are objects of keys and plain values. Aspects are
    keys, the same in every language: `praised` and `criticised` are those of most reviews, `aspect_scores` the
    share of positive opinions among those about each aspect. `language` is that of the product, else of most
    reviews. `ads_eligible` says whether it may be advertised,
    `ads_obstacles` why not.
    """

    product_id: Identifier
    as_of: Timestamp
    title: Label | None = None
    brand: Label | None = None
    category: Label | None = None
    language: LanguageCode | None = None
    price: Price | None = None
    currency: Currency | None = None
    tags: Tags = ()
    attributes: Attributes = Field(default_factory=FrozenMapping)
    review_count: Count = 0
    rating_count: Count = 0
    average_rating: Rating | None = None
    positive_share: Fraction | None = None
    negative_share: Fraction | None = None
    praised: Aspects = ()
    criticised: Aspects = ()
    aspect_scores: FrozenMapping[Fraction] = Field(default_factory=FrozenMapping)
    standing_alerts: Annotated[tuple[AlertKind, ...], Field(max_length=100)] = ()
    summary: Text | None = None
    description: Text | None = None
    headline: Text | None = None
    ads_eligible: Flag
    ads_obstacles: Annotated[tuple[AdObstacle, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _says_why_not(self) -> Self:
        if self.ads_eligible == bool(self.ads_obstacles):
            raise contradiction("ads_obstacles must be present exactly when ads_eligible is false")
        if self.price is not None and self.currency is None:
            raise contradiction("price needs its currency")
        return self
