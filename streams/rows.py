"""Rows of a user's file as events: JSONL, CSV and TSV, with their columns renamed, checked like the stream's."""

import codecs
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from schemas.dead_letters import DeadLetterReason
from schemas.events import Event, Request
from schemas.fields import is_ahead
from schemas.topics import Topic
from streams.errors import ConfigurationError, RejectedEventError
from streams.serde import decode

FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "tsv"}
#: Where the csv module puts cells beyond the last column.
_SURPLUS = "\0surplus"
_TRUE = {"true", "yes", "y", "1"}
_FALSE = {"false", "no", "n", "0", ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its fields, or why it could not be read. Lines count from 1."""

    line: int
    fields: Mapping[str, object] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReadyEvent:
    """A row that became an event: what to publish under which key."""

    line: int
    key: bytes
    value: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not become an event, and why."""

    line: int
    problem: str


def parse_assignments(text: str, option: str) -> dict[str, str]:
    """Read `a=b,c=d`.

    Raises:
        ConfigurationError: a part has no `=`, or one side is empty.

    >>> parse_assignments("review_id=id, text=body", "--map")
    {'review_id': 'id', 'text': 'body'}
    """
    pairs = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        left, equals, right = part.partition("=")
        if not (equals and left.strip() and right.strip()):
            raise ConfigurationError(f"{option}: wanted field=column, comma separated, got {part!r}")
        pairs[left.strip()] = right.strip()
    return pairs


def read_rows(path: Path) -> Iterator[Row]:
    """Read a file row by row; its name's ending says which format it is.

    Raises:
        ConfigurationError: the file cannot be opened, or its format is not known.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ConfigurationError(
            f"{path}: wanted a file named .jsonl, .csv or .tsv, got {path.suffix or 'no ending'}"
        )
    try:
        if kind == "jsonl":
            yield from _read_jsonl(path)
        else:
            yield from _read_table(path, "," if kind == "csv" else "\t")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error


def _utc_now() -> datetime:
    return datetime.now(UTC)


def to_events(
    rows: Iterable[Row],
    topic: Topic,
    *,
    columns: Mapping[str, str],
    constants: Mapping[str, str],
    now: Callable[[], datetime] = _utc_now,
) -> Iterator[ReadyEvent | BadRow]:
    """Turn rows into events of a topic.

    A row that names a time more than two days from now is refused: a contract knows no clock, so this is the place.
    A column that the contract does not have is left out, but for requests, which refuse what they do not know.

    Args:
        rows: what `read_rows` yields.
        topic: whose contract the events must fit.
        columns: contract field to column, where they differ.
        constants: contract field to a value for every row, where the row has none.
        now: the clock, timezone-aware.

    Raises:
        ConfigurationError: `columns` or `constants` name a field that the contract does not have.
    """
    known = set(topic.contract.model_fields)
    for name in (*columns, *constants):
        if name not in known:
            raise ConfigurationError(
                f"--map/--set: {topic.name} has no field {name!r}; it has {', '.join(sorted(known))}"
            )
    kinds = _kinds(topic.contract)
    is_request = issubclass(topic.contract, Request)
    for row in rows:
        if row.fields is None:
            yield BadRow(row.line, row.problem)
            continue
        taken = set(row.fields) - set(columns.values()) if is_request else known
        fields = _pick(row.fields, taken, columns)
        for name, constant in constants.items():
            fields.setdefault(name, constant)
        if "created_at" in known:
            fields.setdefault("created_at", now().isoformat())
        value = orjson.dumps({name: _convert(kinds.get(name, set()), cell) for name, cell in fields.items()})
        try:
            event = decode(topic.contract, value)
            _require_past(event, now())
        except RejectedEventError as rejected:
            yield BadRow(row.line, str(rejected))
        else:
            yield ReadyEvent(row.line, topic.key_of(event).encode(), value, event)


def _read_jsonl(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for line, content in enumerate(file, start=1):
            text = content.removeprefix(codecs.BOM_UTF8)
            if not text.strip():
                continue
            try:
                fields = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                yield Row(line, None, f"not JSON: {error}")
            else:
                is_object = isinstance(fields, dict)
                yield Row(line, fields if is_object else None, "" if is_object else "wanted a JSON object")


def _read_table(path: Path, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader: csv.DictReader[str] = csv.DictReader(
            file,
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE,
            restkey=_SURPLUS,
            strict=True,
        )
        rows = iter(reader)
        while True:
            try:
                fields = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(reader.line_num, None, f"not {'CSV' if delimiter == ',' else 'TSV'}: {error}")
            else:
                yield _checked(reader.line_num, fields, len(reader.fieldnames or ()))


def _checked(line: int, fields: dict[str, str], columns: int) -> Row:
    if _SURPLUS in fields:
        return Row(line, None, f"more cells than the {columns} columns")
    try:
        "".join(cell for cell in fields.values() if cell).encode()
    except UnicodeEncodeError:  # bytes that could not be decoded stand in the text as lone surrogates
        return Row(line, None, "not UTF-8; save the file in that encoding")
    return Row(line, {name: cell for name, cell in fields.items() if cell not in {"", None}})


def _pick(fields: Mapping[str, object], known: set[str], columns: Mapping[str, str]) -> dict[str, object]:
    """The contract's fields of a row: renamed ones first, then those whose column has the field's name."""
    picked = {name: fields[name] for name in known if name in fields and name not in columns}
    return picked | {name: fields[column] for name, column in columns.items() if column in fields}


def _require_past(event: Event, now: datetime) -> None:
    """Check that no time of an event lies ahead, but for clocks that differ."""
    for name in type(event).model_fields:
        moment = getattr(event, name)
        if isinstance(moment, datetime) and is_ahead(moment, now_s=now.timestamp()):
            raise RejectedEventError(
                DeadLetterReason.INVALID_EVENT,
                f"{name}: wanted at most 2 days from now, got {moment.isoformat()}",
            )


def _kinds(contract: type[Event]) -> dict[str, set[str]]:
    """The JSON types each field of a contract may have."""
    properties = contract.model_json_schema()["properties"]
    return {
        name: {schema.get("type", "") for schema in (described, *described.get("anyOf", ()))} - {""}
        for name, described in properties.items()
    }


def _convert(kinds: set[str], value: object) -> object:
    """A table's cell as the type its field wants; what does not fit is left for the contract to refuse."""
    if not isinstance(value, str) or "string" in kinds:
        return value
    text = value.strip()
    if "boolean" in kinds and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if kinds & {"integer", "number"}:
        try:
            number = orjson.loads(text)
        except orjson.JSONDecodeError:
            return value
        return number if type(number) in {int, float} else value
    return value
