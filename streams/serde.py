"""Bytes to contracts and back: what cannot be read is rejected with a reason, never guessed."""

from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec
import orjson
from pydantic import ValidationError

from schemas.dead_letters import DeadLetterReason
from schemas.events import SUPPORTED_MAJOR, UNSUPPORTED_VERSION, Event, is_supported
from schemas.explanation import explain
from schemas.fields import EARLIEST, TOO_LATE, is_ahead
from streams.errors import RejectedEventError

SomeEvent = TypeVar("SomeEvent", bound=Event)

#: What is written as JSON and never read again.
JsonObject = dict[str, object]

#: Larger records are refused unread. A review at its limits takes about 120 kB.
MAX_EVENT_BYTES = 512 * 1024
_EARLIEST_MS, _TOO_LATE_MS = (int(edge.timestamp() * 1000) for edge in (EARLIEST, TOO_LATE))


def decode(contract: type[SomeEvent], value: bytes | None) -> SomeEvent:
    """Read one event.

    Args:
        contract: what it has to be.
        value: the record's bytes.

    Raises:
        RejectedEventError: with the dead letter's reason, and a text that says what was wrong.
    """
    if value is None:
        raise RejectedEventError(
            DeadLetterReason.NULL_VALUE, f"wanted a {contract.__name__}, got a null value"
        )
    if len(value) > MAX_EVENT_BYTES:
        raise RejectedEventError(
            DeadLetterReason.TOO_LARGE, f"wanted at most {MAX_EVENT_BYTES} bytes, got {len(value)}"
        )
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
    try:
        event = decoder.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        decode(contract, value)
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, f"{contract.__name__}: {error}") from error
    if not is_supported(event.schema_version):
        raise RejectedEventError(
            DeadLetterReason.UNSUPPORTED_VERSION,
            f"schema_version: wanted {SUPPORTED_MAJOR}.x, got {event.schema_version[:20]!r}",
        )
    return event


def require_not_ahead(created_at: datetime, timestamp_ms: int) -> None:
    """Check that a review was not written after its record: the answer is the same whenever the record is read.

    Args:
        created_at: when it says that it was written.
        timestamp_ms: the broker's time of the record, milliseconds since 1970; one outside 1990 to 2199 is no time.

    Raises:
        RejectedEventError: it is from more than two days after the record.
    """
    is_time = _EARLIEST_MS <= timestamp_ms < _TOO_LATE_MS
    if is_time and is_ahead(created_at, now_s=timestamp_ms / 1000):
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
    """An event as JSON, UTF-8; timestamps in UTC with a Z."""
    return orjson.dumps(event, option=orjson.OPT_UTC_Z)


def _require_json(value: bytes) -> None:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RejectedEventError(DeadLetterReason.MALFORMED_JSON, f"not JSON: {error}") from error
