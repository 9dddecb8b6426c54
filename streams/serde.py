"""Bytes to contracts and back: what cannot be read is rejected with a reason, never guessed."""

from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec
import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.dead_letters import DeadLetterReason
from schemas.events import (
    SCHEMA_VERSION,
    SUPPORTED_MAJOR,
    UNSUPPORTED_VERSION,
    Event,
    SchemaVersion,
    is_unsupported_version,
)
from schemas.explanation import explain
from schemas.fields import EARLIEST, MAX_AHEAD_S, is_ahead
from streams.errors import RejectedEventError

SomeEvent = TypeVar("SomeEvent", bound=Event)

#: What is written as JSON and never read again.
JsonObject = dict[str, object]

_versions = TypeAdapter[str](SchemaVersion)

#: Larger records are refused unread. A review at its limits takes about 120 kB.
MAX_EVENT_BYTES = 512 * 1024
_EARLIEST_MS = int(EARLIEST.timestamp() * 1000)
_MAX_AHEAD_MS = MAX_AHEAD_S * 1000


def decode(contract: type[SomeEvent], value: bytes | None) -> SomeEvent:
    """Read one event.

    Args:
        contract: what it has to be.
        value: the record's bytes.

    Raises:
        RejectedEventError: with the dead letter's reason, and a text that says what was wrong.
    """
    value = _bounded(contract, value)
    if b"NaN" in value or b"Infinity" in value:
        _require_json(value)  # pydantic's parser lets these pass, JSON does not
    try:
        return contract.model_validate_json(value)
    except ValidationError as error:
        kinds = {problem["type"] for problem in error.errors(include_url=False, include_input=False)}
        if "json_invalid" in kinds:
            reason = DeadLetterReason.MALFORMED_JSON
        elif UNSUPPORTED_VERSION in kinds:
            reason = DeadLetterReason.UNSUPPORTED_VERSION
        else:
            reason = DeadLetterReason.INVALID_EVENT
        raise RejectedEventError(reason, explain(error, contract)) from error


def _bounded(contract: type[Event], value: bytes | None) -> bytes:
    """The record's bytes, if there are any and they are not too many."""
    if value is None:
        raise RejectedEventError(
            DeadLetterReason.NULL_VALUE, f"wanted a {contract.__name__}, got a null value"
        )
    if len(value) > MAX_EVENT_BYTES:
        raise RejectedEventError(
            DeadLetterReason.TOO_LARGE, f"wanted at most {MAX_EVENT_BYTES} bytes, got {len(value)}"
        )
    return value


class Shape(Protocol):
    """The part of a contract that one reader needs, as msgspec reads it: a tenth of the contract's time."""

    @property
    def schema_version(self) -> str:
        """Major and minor, as the event says it."""
        ...


SomeShape = TypeVar("SomeShape", bound=Shape)


def decode_shape(
    decoder: "msgspec.json.Decoder[SomeShape]", contract: type[Event], value: bytes | None
) -> SomeShape:
    """Read what is needed of an event; what has not its shape is read again by the contract, for reason and words.

    Raises:
        RejectedEventError: with the dead letter's reason, and a text that says what was wrong.
    """
    value = _bounded(contract, value)
    try:
        event = decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        decode(contract, value)
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, f"{contract.__name__}: {error}") from error
    if event.schema_version != SCHEMA_VERSION:
        _require_version(event.schema_version)
    return event


def _require_version(version: str) -> None:
    try:
        _versions.validate_python(version)
    except ValidationError as error:
        is_version = is_unsupported_version(error)
        raise RejectedEventError(
            DeadLetterReason.UNSUPPORTED_VERSION if is_version else DeadLetterReason.INVALID_EVENT,
            f"schema_version: wanted {SUPPORTED_MAJOR}.x, got {version[:20]!r}",
        ) from error


def recorded_ms(timestamp_ms: int, said: datetime, now: datetime) -> int:
    """When a record was published, in milliseconds since 1970; every reader that uses a record's time asks here.

    The broker stores what the producer says. A time before 1990 (0, -1, seconds) or more than two days after `now`
    (micro- and nanoseconds, a clock that is years ahead) is none; then the event's own time counts, no later than
    `now`. What is stored and published is the answer, so a replay ends with the same.

    Args:
        timestamp_ms: the record's timestamp.
        said: what the event says of its own time, timezone-aware.
        now: the reader's clock, timezone-aware.

    >>> from datetime import UTC
    >>> written, now = datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
    >>> recorded_ms(1_796_027_686_732, written, now)
    1796027686732
    >>> [recorded_ms(nonsense, written, now) for nonsense in (-1, 1_796_027_686, 1_796_027_686_732_000)]
    [1795910400000, 1795910400000, 1795910400000]
    """
    now_ms = int(now.timestamp() * 1000)
    if _EARLIEST_MS <= timestamp_ms <= now_ms + _MAX_AHEAD_MS:
        return timestamp_ms
    return min(int(said.timestamp() * 1000), now_ms)


def require_not_ahead(created_at: datetime, timestamp_ms: int) -> None:
    """Check that a review was not written after its record: the answer is the same whenever the record is read.

    Args:
        created_at: when it says that it was written.
        timestamp_ms: the time of the record, see `recorded_ms`.

    Raises:
        RejectedEventError: it is from more than two days after the record.
    """
    if is_ahead(created_at, now_s=timestamp_ms / 1000):
        published = datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat(timespec="seconds")
        raise RejectedEventError(
            DeadLetterReason.INVALID_EVENT,
            f"created_at: wanted at most 2 days after the record was published ({published}), "
            f"got {created_at.isoformat()}",
        )


def require_key(key: bytes | None, wanted: str) -> None:
    """Check that a record is keyed by what it belongs to; anything else may lie on the wrong partition.

    Raises:
        RejectedEventError: it is not.
    """
    if key != wanted.encode():
        got = "no key" if key is None else repr(key[:128].decode("utf-8", "replace"))
        raise RejectedEventError(
            DeadLetterReason.KEY_MISMATCH, f"key: wanted the product_id {wanted!r}, got {got}"
        )


def encode(event: JsonObject) -> bytes:
    """An event as JSON, UTF-8; timestamps in UTC with a Z.

    Raises:
        RejectedEventError: it cannot be written as JSON, as half a surrogate pair or an integer beyond 64 bits.
    """
    try:
        return orjson.dumps(event, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError as error:
        raise RejectedEventError(
            DeadLetterReason.INVALID_EVENT, f"what came of it cannot be written as JSON: {error}"
        ) from error


def _require_json(value: bytes) -> None:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RejectedEventError(DeadLetterReason.MALFORMED_JSON, f"not JSON: {error}") from error
