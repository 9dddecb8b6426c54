"""A record as it came: for people on one line, for machines with all of its fields."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import orjson
from pydantic import ValidationError
from rich.text import Text

from schemas import dead_letters
from schemas.events import Event
from streams.cli.console import out, print_json
from streams.cli.event_lines import event_line

_PAYLOAD_CHARACTERS = 400
#: What `str.splitlines` takes for the end of a line.
_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


class ConsumedRecord(Protocol):
    """A record with its headers (`aiokafka.ConsumerRecord` fits)."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


def print_record(record: ConsumedRecord, contract: type[Event] | None, *, as_json: bool) -> None:
    """Print a record to standard output, whatever it holds.

    Args:
        record: as the consumer hands it over.
        contract: of the topic's events; None of a topic of bytes: dead letters and tables.
        as_json: all that is in it, for machines.
    """
    if as_json:
        _print_document(record)
    else:
        out.print(_line(record, contract))


def _line(record: ConsumedRecord, contract: type[Event] | None) -> Text:
    headers = {name: _text_of(value) for name, value in record.headers}
    line = Text.assemble((f"{record.partition}/{record.offset}", "dim"), " ")
    event = _event_of(record, contract)
    if event is not None:
        line.append_text(event_line(event))
    elif contract is None and dead_letters.REASON in headers:
        line.append_text(_dead_letter(record, headers))
    elif contract is not None and record.value is None:
        line.append(_text_of(record.key), "bold").append(_headers(headers)).append(" is gone", "red")
    elif contract is not None:
        line.append(_text_of(record.key), "bold").append(" is no event", "red")
        line.append(f"{_headers(headers)} {_text_of(record.value)}")
    else:
        size = "gone" if record.value is None else f"{len(record.value):,} bytes"
        line.append(_text_of(record.key), "bold").append(f"{_headers(headers)} {size}")
    return _unbroken(line)


def _event_of(record: ConsumedRecord, contract: type[Event] | None) -> Event | None:
    if contract is None or record.value is None:
        return None
    try:
        return contract.model_validate_json(record.value)
    except ValidationError:
        return None


def _dead_letter(record: ConsumedRecord, headers: Mapping[str, str]) -> Text:
    """Why it is set aside and where it came from, before what it says."""
    known = {
        dead_letters.REASON, dead_letters.ERROR, dead_letters.SOURCE_TOPIC, dead_letters.SOURCE_PARTITION,
        dead_letters.SOURCE_OFFSET, dead_letters.SOURCE_TIMESTAMP, dead_letters.SCHEMA_VERSION,
    }  # fmt: skip
    place = "/".join(
        headers.get(name, "?") for name in (dead_letters.SOURCE_PARTITION, dead_letters.SOURCE_OFFSET)
    )
    payload = _text_of(record.value)
    if len(payload) > _PAYLOAD_CHARACTERS:
        payload = f"{payload[: _PAYLOAD_CHARACTERS - 1]}…"
    return Text.assemble(
        (_text_of(record.key), "bold"),
        (f"  {headers[dead_letters.REASON].replace('_', ' ')}", "red"),
        (f"  {headers.get(dead_letters.SOURCE_TOPIC, '?')} {place}", "dim"),
        f"  {headers.get(dead_letters.ERROR, '')}",
        (_headers({name: text for name, text in headers.items() if name not in known}), "yellow"),
        (f"  {payload}", "italic"),
    )


def _headers(headers: Mapping[str, str | None]) -> str:
    return "".join(f" {name.removeprefix('reviewstream-')}={text}" for name, text in headers.items())


def _print_document(record: ConsumedRecord) -> None:
    told = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp,
        "key": _text_of(record.key) if record.key is not None else None,
        "headers": {name: _text_of(value) if value is not None else None for name, value in record.headers},
    }
    try:
        print_json(told | {"value": orjson.loads(record.value) if record.value is not None else None})
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # no JSON, or nested deeper than can be written
        print_json(told | {"value": _text_of(record.value)})


def _text_of(raw: bytes | None) -> str:
    return "null" if raw is None else raw.decode("utf-8", "replace")


def _unbroken(line: Text) -> Text:
    """The line without the line breaks that are in what others wrote; styles stay where they are."""
    line.plain = "".join(" " if character in _BREAKS else character for character in line.plain)
    return line
