"""The events that the rolling role reads, with the fields it needs of them and no others.

`schemas` has the full contracts; a test holds these against them. Reading with pydantic would take ten times
as long as all the rest.
"""

import datetime as dt
from typing import TypeVar

import msgspec

from schemas.dead_letters import DeadLetterReason
from streams.errors import RejectedEventError

_SUPPORTED = "1."
Event = TypeVar("Event", "EnrichedReview", "PublishedProduct")


class _Labelled(msgspec.Struct):
    label: str


class _Language(msgspec.Struct):
    code: str


class Source(msgspec.Struct):
    """Where an event comes from; its broker timestamp in milliseconds."""

    timestamp_ms: int


class Sentence(msgspec.Struct):
    """A sentence and its embedding in base64."""

    field: str
    start: int
    end: int
    embedding: str | None = None


class Opinion(msgspec.Struct):
    """An aspect and what is said of it."""

    aspect: str
    sentiment: str
    score: float
    confidence: float
    field: str
    start: int
    end: int
    quote: str


class Flag(msgspec.Struct):
    """A doubt about the review."""

    kind: str


class EnrichedReview(msgspec.Struct):
    """See `schemas.reviews.ReviewEnriched`."""

    review_id: str
    product_id: str
    review_version: int
    status: str
    created_at: dt.datetime
    source: Source
    schema_version: str = "1.0"
    text: str | None = None
    title: str | None = None
    rating: float | None = None
    language: _Language | None = None
    sentiment: _Labelled | None = None
    sentences: tuple[Sentence, ...] = ()
    aspects: tuple[Opinion, ...] = ()
    flags: tuple[Flag, ...] = ()
    signature: str | None = None
    verified_purchase: bool = False


class PublishedProduct(msgspec.Struct):
    """See `schemas.products.Product`."""

    product_id: str
    version: int = 1
    schema_version: str = "1.0"
    title: str | None = None
    category: str | None = None
    removed: bool = False


_review_decoder = msgspec.json.Decoder(EnrichedReview)
_product_decoder = msgspec.json.Decoder(PublishedProduct)


def read_review(value: bytes | None) -> EnrichedReview:
    """Read an enriched review.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    event = _decoded(_review_decoder, value, "ReviewEnriched")
    if event.created_at.tzinfo is None:
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, "created_at: wanted a time zone, got none")
    if (event.status == "removed") != (event.text is None) or event.review_version < 1:
        raise RejectedEventError(
            DeadLetterReason.INVALID_EVENT,
            "wanted a version of at least 1, and a text exactly when status is not removed",
        )
    return event


def read_product(value: bytes | None) -> PublishedProduct:
    """Read a product.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    event = _decoded(_product_decoder, value, "Product")
    if event.version < 1:
        raise RejectedEventError(
            DeadLetterReason.INVALID_EVENT, f"version: wanted at least 1, got {event.version}"
        )
    return event


def _decoded(decoder: "msgspec.json.Decoder[Event]", value: bytes | None, name: str) -> Event:
    if value is None:
        raise RejectedEventError(DeadLetterReason.NULL_VALUE, f"wanted a {name}, got a null value")
    try:
        event = decoder.decode(value)
    except msgspec.ValidationError as error:
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RejectedEventError(DeadLetterReason.MALFORMED_JSON, f"not JSON: {error}") from error
    if not event.schema_version.startswith(_SUPPORTED):
        raise RejectedEventError(
            DeadLetterReason.UNSUPPORTED_VERSION,
            f"schema_version: wanted 1.x, got {event.schema_version[:20]!r}",
        )
    return event
