"""Personal data masked where texts enter that no reader prepares: feedback, requests for copy, unreadable payloads."""

from collections.abc import Mapping
from typing import TypeVar

import orjson
from pydantic import BaseModel

from models.personal_data import mask_personal_data
from schemas.events import Event
from streams.serde import SomeEvent, decode

#: The fields of events that hold what people wrote; all others hold ids, numbers and words of vocabularies.
FREE_TEXTS = frozenset(
    {"text", "title", "notes", "question", "review_text", "captions", "correction", "quote", "pros", "cons"}
)
#: The fields of a payload that a retry needs as they are.
KEPT_FIELDS = frozenset(
    {"schema_version", "review_id", "product_id", "product_ids", "request_id", "feedback_id", "replay_id"}
)

_Part = TypeVar("_Part")
_SomeModel = TypeVar("_SomeModel", bound=BaseModel)


def decode_masked(contract: type[SomeEvent], value: bytes | None) -> SomeEvent:
    """Read one event of an intake, with personal data masked in what people wrote.

    Args:
        contract: what it has to be, such as `Feedback` or `CopyRequest`.
        value: the record's bytes.

    Raises:
        RejectedEventError: as `decode` does.
    """
    return masked(decode(contract, value))


def masked(event: SomeEvent) -> SomeEvent:
    """An event with personal data masked in its `FREE_TEXTS`, those of its parts included; offsets do not lead back."""
    return _masked_model(event, _language_of(event))


def masked_payload(payload: bytes) -> bytes:
    """A payload, whatever it is, with personal data masked; the same bytes where there is none.

    In JSON every text and number is looked at, with the name of its field, but for `KEPT_FIELDS`. What is no JSON is
    looked at as one text. What is no UTF-8 either may hold anything, and nothing of it is kept.
    """
    try:
        parsed = orjson.loads(payload)
    except orjson.JSONDecodeError:
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return b""
        found = mask_personal_data(text)
        return found.text.encode() if found.masks else payload
    found_in_json = _masked_json(parsed)
    return payload if found_in_json == parsed else orjson.dumps(found_in_json)


def _language_of(event: Event) -> str | None:
    language = getattr(event, "language", None)
    return language if isinstance(language, str) else None


def _masked_model(model: _SomeModel, language: str | None) -> _SomeModel:
    changed = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        new = _masked_part(value, language, is_free=name in FREE_TEXTS)
        if new is not value:
            changed[name] = new
    return model.model_copy(update=changed) if changed else model


def _masked_part(part: _Part, language: str | None, *, is_free: bool) -> _Part:
    new: object = part
    if isinstance(part, BaseModel):
        new = _masked_model(part, language)
    elif isinstance(part, tuple):
        new = tuple(_masked_part(one, language, is_free=is_free) for one in part)
        new = part if new == part else new
    elif isinstance(part, str) and is_free:
        found = mask_personal_data(part, language)
        new = found.text if found.masks else part
    return new  # type: ignore[return-value]  # of the same type as what it was made of


def _masked_json(part: object, name: str = "") -> object:
    if isinstance(part, Mapping):
        return {key: value if key in KEPT_FIELDS else _masked_json(value, key) for key, value in part.items()}
    if isinstance(part, list):
        return [_masked_json(one, name) for one in part]
    if isinstance(part, str) or (isinstance(part, int) and not isinstance(part, bool)):
        return _masked_scalar(part, name)
    return part


def _masked_scalar(value: str | int, name: str) -> str | int:
    """Looked at behind the name of its field: "phone" says what a number is."""
    lead = f"{name.replace('_', ' ')}: " if name else ""
    found = mask_personal_data(f"{lead}{value}")
    if not found.masks:
        return value
    return (
        found.text.removeprefix(lead) if found.text.startswith(lead) else mask_personal_data(str(value)).text
    )
