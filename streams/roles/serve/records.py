"""Records of product-summary as the changes they make in the store."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from schemas.dead_letters import DeadLetterReason
from schemas.fields import Identifier
from schemas.summaries import ProductSummary
from streams.delivery.records import Record
from streams.errors import RejectedEventError
from streams.rolling.counters import average_rating
from streams.serde import decode, recorded_ms, require_key
from streams.web.stored_summary import Sentiment

_identifiers = TypeAdapter[str](Identifier)
_GONE = (None, None, None, None)

Scores = tuple[float | None, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What one record does to its product.

    Attributes:
        document: the summary as published; None if the product is gone.
        scores: its place in each index, in the order of `store.SORT_KEYS`; None for not in it.
    """

    product_id: str
    offset: int
    timestamp_ms: int
    document: bytes | None
    scores: Scores


def change_of(record: Record, now: datetime) -> Change:
    """Read one record.

    Args:
        record: of product-summary.
        now: the clock, timezone-aware.

    Raises:
        RejectedEventError: it is no summary of the product that is its key; says why.
    """
    key, value = record.key, record.value
    if value is None:
        gone_ms = recorded_ms(record.timestamp, now, now)
        return Change(_product_of(key), record.offset, gone_ms, None, _GONE)
    summary = decode(ProductSummary, value)
    require_key(key, summary.product_id)
    timestamp_ms = recorded_ms(record.timestamp, summary.as_of, now)
    return Change(summary.product_id, record.offset, timestamp_ms, value, _scores(summary))


def _product_of(key: bytes | None) -> str:
    try:
        return _identifiers.validate_python((key or b"").decode())
    except (ValidationError, UnicodeDecodeError) as error:
        raise RejectedEventError(
            DeadLetterReason.KEY_MISMATCH, f"key: wanted a product_id, got {(key or b'')[:128]!r}"
        ) from error


def _scores(summary: ProductSummary) -> Scores:
    counts = summary.counts
    feeling = counts.sentiment
    return (
        counts.reviews,
        average_rating(counts.rating_hundredths, counts.rating_histogram),
        Sentiment(feeling.negative, feeling.neutral, feeling.positive).negative_share,
        int(summary.as_of.timestamp() * 1000),
    )
