"""The contracts of the last release beside today's: whether each reader still reads the other's events."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.compatibility import lost_fields, refusals
from schemas.documents import encode_document, json_schemas, remove_others, schema_file
from schemas.events import SCHEMA_VERSION
from schemas.topics import INPUTS

_TODAY = "today's reader of yesterday's events"
_YESTERDAY = "yesterday's reader of today's events"
_KEEP = "accept what was accepted, or raise the major version in schemas/events.py"
_HOLD = "write only what was read, in a new field if need be, or raise the major version in schemas/events.py"
#: Contracts whose events platforms write. A reader of yesterday meets what is new in them, a kind or a field, only if a
#: platform uses it before the workers are upgraded; what this project writes changes with the first worker.
_INPUT_FILES = frozenset(schema_file(topic.contract) for topic in INPUTS)

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Break:
    """One way in which a reader of one release does not get on with the events of the other.

    Attributes:
        contract: the name of its JSON Schema file, without the ending.
        problem: the field, and what is wrong with it.
        direction: who reads whose events.
        advice: what to do.
    """

    contract: str
    problem: str
    direction: str
    advice: str

    def __str__(self) -> str:
        return f"{self.contract}: {self.problem} ({self.direction}); {self.advice}"


def breaks(directory: Path) -> list[Break]:
    """All breaks between the release in `directory` and today; none where the major version was raised since.

    Raises:
        ValueError: a file there is no JSON Schema of a release; says which.
    """
    today = json_schemas()
    return [
        problem
        for name, released in _released(directory)
        for problem in _breaks(name.removesuffix(".schema.json"), released, today.get(name))
    ]


def write_release(directory: Path) -> list[Path]:
    """Make `directory` hold today's JSON Schemas, as the release to compare with from now on.

    Returns:
        The paths of the files written.
    """
    schemas = json_schemas()
    directory.mkdir(parents=True, exist_ok=True)
    remove_others(directory, schemas)
    paths = [directory / name for name in schemas]
    for path in paths:
        path.write_bytes(encode_document(schemas[path.name]))
    return paths


def _released(directory: Path) -> Iterator[tuple[str, Document]]:
    for path in sorted(directory.glob("*.json")):
        try:
            document = json.loads(path.read_bytes())
            version = str(document["$id"]).rpartition(":")[2]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"{path}: wanted the JSON Schema of a release, with its $id; got something else ({error!r}); "
                "restore it from the last release"
            ) from error
        if version.partition(".")[0] == SCHEMA_VERSION.partition(".")[0]:
            yield path.name, document


def _breaks(contract: str, released: Document, today: Document | None) -> Iterator[Break]:
    if today is None:
        yield Break(contract, "event: the contract is gone", _TODAY, _KEEP)
        return
    for problem in refusals(written=released, read=today):
        yield Break(contract, problem, _TODAY, _KEEP)
    for field in lost_fields(written=released, read=today):
        yield Break(contract, f"{field}: was removed", _TODAY, _KEEP)
    if f"{contract}.schema.json" not in _INPUT_FILES:
        for problem in refusals(written=today, read=released):
            yield Break(contract, problem, _YESTERDAY, _HOLD)
