"""The events that the rolling role reads. Of enriched reviews it reads the fields it needs and no others.

`schemas` has the full contract. Reading it with pydantic would take ten times as long as all the rest. A property test
holds this shape against it: what the contract refuses in these fields, the shape refuses.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.dead_letters import DeadLetterReason
from schemas.events import SCHEMA_VERSION
from schemas.fields import (
    LANGUAGE_PATTERN,
    MAX_IDENTIFIER_CHARACTERS,
    MAX_INTEGER,
    MAX_LABEL_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    is_identifier,
    is_plausible,
)
from schemas.products import Product
from schemas.reviews import ReviewEnriched
from schemas.summaries import ProductText
from streams.errors import RejectedEventError
from streams.serde import decode, decode_shape

_Label = Literal["negative", "neutral", "positive"]
_Field = Literal["title", "text"]
_Identifier = Annotated[str, Meta(min_length=1, max_length=MAX_IDENTIFIER_CHARACTERS)]
_Name = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARACTERS)]
_Words = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARACTERS, pattern=r"\S")]
_Title = Annotated[str, Meta(max_length=MAX_LABEL_CHARACTERS)]
_Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
_LanguageCode = Annotated[str, Meta(min_length=2, max_length=16, pattern=rf"{LANGUAGE_PATTERN}\Z")]
_Moment = Annotated[dt.datetime, Meta(tz=True)]
_Version = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
_Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
_Fraction = Annotated[float, Meta(ge=0, le=1)]
_Rating = Annotated[float, Meta(ge=0, le=5)]
_Bits = Annotated[bytes, Meta(max_length=384)]
_IDENTIFIER_PROBLEM = "{}: wanted 1 to 128 characters without control characters or surrounding whitespace"


class Labelled(msgspec.Struct):
    """How the review feels, and what that was judged by."""

    label: _Label
    basis: _Name = "text"


class Language(msgspec.Struct):
    """The language a review is written in."""

    code: _LanguageCode


class Source(msgspec.Struct):
    """Where an event comes from; its broker timestamp in milliseconds."""

    timestamp_ms: _Count


class Sentence(msgspec.Struct):
    """A sentence, how it feels, and its embedding."""

    field: _Field
    start: _Count
    end: _Count
    sentiment: _Label
    embedding: _Bits | None = None


class Opinion(msgspec.Struct):
    """An aspect and what is said of it; all that is made of a review's opinions is made of those that are counted."""

    aspect: _Name
    sentiment: _Label
    score: _Fraction
    confidence: _Fraction
    field: _Field
    start: _Count
    end: _Count
    quote: _Text
    counted: bool = True


class Flag(msgspec.Struct):
    """A doubt about the review."""

    kind: _Name


class EnrichedReview(msgspec.Struct):
    """See `schemas.reviews.ReviewEnriched`."""

    review_id: _Identifier
    product_id: _Identifier
    review_version: _Version
    status: Literal["enriched", "unsupported_language", "rating_only", "removed"]
    created_at: _Moment
    source: Source
    schema_version: str = SCHEMA_VERSION
    text: _Text | None = None
    title: _Title | None = None
    rating: _Rating | None = None
    language: Language | None = None
    sentiment: Labelled | None = None
    sentences: Annotated[tuple[Sentence, ...], Meta(max_length=20_000)] = ()
    aspects: Annotated[tuple[Opinion, ...], Meta(max_length=20_000)] = ()
    flags: Annotated[tuple[Flag, ...], Meta(max_length=100)] = ()
    signature: _Bits | None = None
    embedding_version: _Words | None = None
    verified_purchase: bool = False


_review_decoder = msgspec.json.Decoder(EnrichedReview)


def read_review(value: bytes | None) -> EnrichedReview:
    """Read an enriched review.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    event = decode_shape(_review_decoder, ReviewEnriched, value)
    problem = _problem(event)
    if problem is not None:
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, problem)
    return event


def read_product(value: bytes | None) -> Product:
    """Read a product, by its contract in full: products are rare.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    return decode(Product, value)


def read_text(value: bytes | None) -> ProductText:
    """Read a product's text, by its contract in full: texts are rare.

    Raises:
        RejectedEventError: with the dead letter's reason.
    """
    return decode(ProductText, value)


def _problem(event: EnrichedReview) -> str | None:
    """What the contract refuses and the types of the shape let pass; None if nothing."""
    if not is_identifier(event.review_id):
        return _IDENTIFIER_PROBLEM.format("review_id")
    if not is_identifier(event.product_id):
        return _IDENTIFIER_PROBLEM.format("product_id")
    if not is_plausible(event.created_at):
        return "created_at: wanted a moment from 1990 to 2199"
    return _contradiction(event) or _blank(event) or _misplaced(event)


def _contradiction(event: EnrichedReview) -> str | None:
    is_enriched = event.status == "enriched"
    has_stars_alone = event.sentiment is not None and event.sentiment.basis == "stars"
    if is_enriched != (event.sentiment is not None) and not (
        event.status == "rating_only" and has_stars_alone
    ):
        return (
            "sentiment must be present exactly when status is enriched, or that of the stars when rating_only"
        )
    if (event.status in {"rating_only", "removed"}) != (event.text is None):
        return "text must be absent exactly when status is rating_only or removed"
    if event.status == "rating_only" and event.rating is None:
        return "rating must be present when status is rating_only"
    if not is_enriched and (event.sentences or event.aspects):
        return "sentences and aspects must be empty unless status is enriched"
    return None


def _blank(event: EnrichedReview) -> str | None:
    if event.text is not None and event.text.isspace():
        return "text: wanted one that is not only whitespace"
    if event.sentiment is not None and event.sentiment.basis.isspace():
        return "sentiment.basis: wanted one that is not only whitespace"
    for flag in event.flags:
        if flag.kind.isspace():
            return "flags: wanted a kind that is not only whitespace"
    return None


def _misplaced(event: EnrichedReview) -> str | None:
    for sentence in event.sentences:
        if sentence.start > sentence.end:
            return "sentences: start must not be above end"
    for opinion in event.aspects:
        if opinion.start > opinion.end:
            return "aspects: start must not be above end"
        if opinion.quote.isspace() or opinion.aspect.isspace():
            return "aspects: wanted an aspect and a quote that are not only whitespace"
    return None
