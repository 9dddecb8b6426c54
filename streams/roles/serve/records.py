"""Records of product-summary as the changes they make in the store."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from pydantic import TypeAdapter, ValidationError

from schemas.dead_letters import DeadLetterReason
from schemas.events import SCHEMA_VERSION
from schemas.fields import Identifier
from schemas.summaries import ProductSummary
from streams.delivery.records import Record
from streams.errors import RejectedEventError
from streams.rolling.counters import average_rating
from streams.serde import decode_shape, require_key
from streams.web.product_bodies import negative_share

_identifiers = TypeAdapter[str](Identifier)
_GONE = (None, None, None, None)

Scores = tuple[float | None, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What one record does to its product.

    Attributes:
        document: the summary as published; None if the product is gone.
        scores: its place in each index, in the order of `keys.SORT_KEYS`; None for not in it.
    """

    product_id: str
    offset: int
    timestamp_ms: int
    document: bytes | None
    scores: Scores


def change_of(record: Record) -> Change:
    """Read one record.

    Raises:
        RejectedEventError: it is no summary of the product that is its key; says why.
    """
    key, value = record.key, record.value
    if value is None:
        return Change(_product_of(key), record.offset, record.timestamp, None, _GONE)
    summary = decode_shape(_shapes, ProductSummary, value)
    require_key(key, summary.product_id)
    return Change(summary.product_id, record.offset, record.timestamp, value, _scores(summary))


def _product_of(key: bytes | None) -> str:
    try:
        return _identifiers.validate_python((key or b"").decode())
    except (ValidationError, UnicodeDecodeError) as error:
        raise RejectedEventError(
            DeadLetterReason.KEY_MISMATCH, f"key: wanted a product_id, got {(key or b'')[:128]!r}"
        ) from error


def _scores(summary: "_Summary") -> Scores:
    counts = summary.counts
    sentiment = counts.sentiment
    return (
        counts.reviews,
        average_rating(counts.rating_hundredths, counts.rating_histogram),
        negative_share(sentiment.negative, sentiment.neutral, sentiment.positive),
        int(summary.as_of.timestamp() * 1000),
    )


# The shape of a ProductSummary. Other than the contract it knows no limits of length and no rules between fields.

_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Name = Annotated[str, Meta(min_length=1)]
_Moment = Annotated[datetime, Meta(tz=True)]
_Label = Literal["negative", "neutral", "positive"]


class _Sentiment(msgspec.Struct):
    negative: _Count
    neutral: _Count
    positive: _Count


class _Aspect(_Sentiment):
    aspect: _Name


class _Day(_Sentiment):
    day: date
    reviews: _Count


class _Counts(msgspec.Struct):
    reviews: _Count
    rating_histogram: Annotated[list[_Count], Meta(min_length=6, max_length=6)]
    sentiment: _Sentiment
    rating_hundredths: _Count = 0
    aspects: list[_Aspect] = []
    verified_purchases: _Count = 0
    near_duplicates: _Count = 0
    languages: dict[str, _Count] = {}


class _Quote(msgspec.Struct):
    review_id: _Name
    text: _Name


class _KeyPoint(msgspec.Struct):
    claim: _Name
    aspect: _Name
    polarity: _Label
    count: _Count
    review_ids: Annotated[list[_Name], Meta(min_length=1)]
    quotes: Annotated[list[_Quote], Meta(min_length=1)]


class _Claim(msgspec.Struct):
    text: _Name
    method: _Name
    count: _Count
    review_ids: list[_Name] = []
    aspect: _Name | None = None
    polarity: _Label | None = None


class _Latest(msgspec.Struct):
    review_id: _Name
    review_version: _Count
    created_at: _Moment
    text: _Name | None = None
    rating: Annotated[float, Meta(ge=0, le=5)] | None = None
    sentiment: _Label | None = None
    language: _Name | None = None
    verified_purchase: bool = False
    title: str | None = None


class _Model(msgspec.Struct):
    name: _Name
    version: _Name


class _Summary(msgspec.Struct):
    product_id: Annotated[str, Meta(min_length=1, max_length=128)]
    generation: _Count
    as_of: _Moment
    counts: _Counts
    schema_version: str = SCHEMA_VERSION
    title: _Name | None = None
    category: _Name | None = None
    language: _Name | None = None
    days: list[_Day] = []
    key_points: list[_KeyPoint] = []
    latest_reviews: list[_Latest] = []
    claims: list[_Claim] = []
    pros: list[_Name] = []
    cons: list[_Name] = []
    text: _Name | None = None
    method: _Name | None = None
    text_generation: _Count = 0
    model: _Model | None = None


_shapes = msgspec.json.Decoder(_Summary)
