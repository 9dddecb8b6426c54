"""Bytes to contracts and back: what cannot be read is rejected with a reason, never guessed."""

from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from schemas.dead_letters import DeadLetterReason
from schemas.events import Event
from schemas.explanation import explain
from streams.errors import RejectedEventError

SomeEvent = TypeVar("SomeEvent", bound=Event)

#: Larger records are refused unread. A review at its limits takes about 120 kB.
MAX_EVENT_BYTES = 512 * 1024


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
        elif "unsupported_version" in kinds:
            reason = DeadLetterReason.UNSUPPORTED_VERSION
        else:
            reason = DeadLetterReason.INVALID_EVENT
        raise RejectedEventError(reason, explain(error)) from error


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


def encode(event: dict[str, Any]) -> bytes:
    """An event as JSON, UTF-8; timestamps in UTC with a Z."""
    return orjson.dumps(event, option=orjson.OPT_UTC_Z)


def _require_json(value: bytes) -> None:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RejectedEventError(DeadLetterReason.MALFORMED_JSON, f"not JSON: {error}") from error
