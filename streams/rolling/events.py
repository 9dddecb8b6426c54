"""The events that the rolling role reads, with the fields it needs of them and no others.

`schemas` has the full contracts; a test holds these against them. Reading with pydantic would take ten times
as long as all the rest.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec

from schemas.dead_letters import DeadLetterReason
from schemas.events import SCHEMA_VERSION
from schemas.fields import MAX_IDENTIFIER_CHARACTERS
from schemas.products import Product
from schemas.reviews import ReviewEnriched
from schemas.summaries import ProductText
from streams.errors import RejectedEventError
from streams.serde import decode_shape

_Label = Literal["negative", "neutral", "positive"]
_Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_IDENTIFIER_CHARACTERS)]
_Version = Annotated[int, msgspec.Meta(ge=1)]
_Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Rating = Annotated[float, msgspec.Meta(ge=0, le=5)]


class Labelled(msgspec.Struct):
    """How the review feels."""

    label: _Label


class Language(msgspec.Struct):
    """The language a review is written in."""

    code: str


class Source(msgspec.Struct):
    """Where an event comes from; its broker timestamp in milliseconds."""

    timestamp_ms: Annotated[int, msgspec.Meta(ge=0)]


class Sentence(msgspec.Struct):
    """A sentence and its embedding."""

    field: str
    start: int
    end: int
    embedding: bytes | None = None


class Opinion(msgspec.Struct):
    """An aspect and what is said of it."""

    aspect: str
    sentiment: _Label
    score: _Fraction
    confidence: _Fraction
    field: str
    start: int
    end: int
    quote: str


class Flag(msgspec.Struct):
    """A doubt about the review."""

    kind: str


class EnrichedReview(msgspec.Struct):
    """See `schemas.reviews.ReviewEnriched`."""

    review_id: _Identifier
    product_id: _Identifier
    review_version: _Version
    status: Literal["enriched", "unsupported_language", "rating_only", "removed"]
    created_at: dt.datetime
    source: Source
    schema_version: str = SCHEMA_VERSION
    text: str | None = None
    title: str | None = None
    rating: _Rating | None = None
    language: Language | None = None
    sentiment: Labelled | None = None
    sentences: tuple[Sentence, ...] = ()
    aspects: tuple[Opinion, ...] = ()
    flags: tuple[Flag, ...] = ()
    signature: bytes | None = None
    verified_purchase: bool = False


class PublishedProduct(msgspec.Struct):
    """See `schemas.products.Product`."""

    product_id: _Identifier
    version: _Version = 1
    schema_version: str = SCHEMA_VERSION
    title: str | None = None
    category: str | None = None
    removed: bool = False


class ClaimRead(msgspec.Struct):
    """One sentence of a text."""

    text: str
    method: str
    count: int
    review_ids: tuple[str, ...] = ()
    aspect: str | None = None
    polarity: _Label | None = None


class ModelRead(msgspec.Struct):
    """Which model it was."""

    name: str
    version: str


class ProductTextRead(msgspec.Struct):
    """See `schemas.summaries.ProductText`."""

    product_id: _Identifier
    generation: _Version
    language: str
    claims: tuple[ClaimRead, ...]
    snapshot_offset: int
    schema_version: str = SCHEMA_VERSION
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    model: ModelRead | None = None


_text_decoder = msgspec.json.Decoder(ProductTextRead)
_review_decoder = msgspec.json.Decoder(EnrichedReview)
_product_decoder = msgspec.json.Decoder(PublishedProduct)


def read_review(value: bytes | None) -> EnrichedReview:
    """Read an enriched review.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    event = decode_shape(_review_decoder, ReviewEnriched, value)
    if event.created_at.tzinfo is None:
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, "created_at: wanted a time zone, got none")
    if (event.status in {"rating_only", "removed"}) != (event.text is None):
        raise RejectedEventError(
            DeadLetterReason.INVALID_EVENT,
            "text must be absent exactly when status is rating_only or removed",
        )
    return event


def read_product(value: bytes | None) -> PublishedProduct:
    """Read a product.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    return decode_shape(_product_decoder, Product, value)


def read_text(value: bytes | None) -> ProductTextRead:
    """Read a product's text.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    return decode_shape(_text_decoder, ProductText, value)
