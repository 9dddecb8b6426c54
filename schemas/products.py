"""Products as platforms publish them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.events import Event, Value, contradiction
from schemas.fields import (
    MAX_INTEGER,
    Flag,
    Identifier,
    Label,
    LanguageCode,
    Text,
    Timestamp,
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
Price = Annotated[float, Field(ge=0, le=1e12), Wanted("a number from 0 to 1,000,000,000,000")]
Currency = Annotated[
    str,
    Field(pattern=r"^[A-Z]{3}$"),
    Wanted('an ISO 4217 currency code of three capital letters such as "EUR"'),
]


class ProductDetails(Value):
    """What a platform may say of a product beside its name."""

    description: Text | None = None
    category: Label | None = None
    brand: Label | None = None
    price: Price | None = None
    currency: Currency | None = None
    attributes: Attributes = Field(default_factory=FrozenMapping)
    tags: Tags = ()
    language: LanguageCode | None = None

    @model_validator(mode="after")
    def _has_a_price_in_a_currency(self) -> Self:
        if self.price is not None and self.currency is None:
            raise contradiction("price needs its currency")
        return self


class Product(Event, ProductDetails):
    """One version of a product. The same id with a higher version replaces it; `removed` withdraws it."""

    product_id: Identifier
    version: Version = 1
    title: Label | None = None
    updated_at: Timestamp
    removed: Flag = False

    @model_validator(mode="after")
    def _has_a_title_unless_removed(self) -> Self:
        if self.title is None and not self.removed:
            raise contradiction("title is required unless removed is true")
        return self
