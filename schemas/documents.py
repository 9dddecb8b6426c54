"""The contracts as files: one JSON Schema a contract and one AsyncAPI document, rendered and compared."""

import json
import re
from collections.abc import Collection
from pathlib import Path

from schemas.asyncapi import asyncapi_document
from schemas.events import SCHEMA_VERSION, Event
from schemas.topics import TOPICS

ASYNCAPI_FILE = "asyncapi.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_file(contract: type[Event]) -> str:
    """The name of a contract's JSON Schema file.

    >>> from schemas.reviews import ReviewEnriched
    >>> schema_file(ReviewEnriched)
    'review-enriched.schema.json'
    """
    return f"{_kebab(contract)}.schema.json"


def json_schema(contract: type[Event]) -> dict[str, object]:
    """What a reader of this contract accepts, as JSON Schema draft 2020-12.

    Rules between fields (a text unless removed) and the bounds of a timestamp are not in it.
    """
    schema = contract.model_json_schema(mode="validation")
    return {"$schema": _DIALECT, "$id": f"urn:reviewstream:{_kebab(contract)}:{SCHEMA_VERSION}", **schema}


def json_schemas() -> dict[str, dict[str, object]]:
    """The JSON Schema of every contract that a topic carries, by the name of its file."""
    return {schema_file(contract): json_schema(contract) for contract in _contracts()}


def render() -> dict[str, bytes]:
    """All contract files: name to content, the same bytes for the same contracts."""
    files = {topic.contract.__name__: schema_file(topic.contract) for topic in TOPICS}
    documents = {**json_schemas(), ASYNCAPI_FILE: asyncapi_document(files)}
    return {name: encode_document(document) for name, document in sorted(documents.items())}


def write(directory: Path) -> list[Path]:
    """Write the contract files into `directory`, made if need be, and remove JSON files that are none.

    Returns:
        The paths of the files written.
    """
    rendered = render()
    directory.mkdir(parents=True, exist_ok=True)
    remove_others(directory, rendered)
    paths = [directory / name for name in rendered]
    for path in paths:
        path.write_bytes(rendered[path.name])
    return paths


def differences(directory: Path) -> list[str]:
    """How the files in `directory` differ from the contracts: one line a file, empty if they are current."""
    rendered = render()
    present = {path.name: path.read_bytes() for path in _json_files(directory)}
    missing = [f"{name}: missing" for name in rendered if name not in present]
    stale = [
        f"{name}: stale" for name, content in rendered.items() if name in present and present[name] != content
    ]
    unexpected = [f"{name}: unexpected" for name in sorted(present) if name not in rendered]
    return missing + stale + unexpected


def remove_others(directory: Path, names: Collection[str]) -> None:
    """Remove the JSON files of `directory` that are not among `names`."""
    for path in _json_files(directory):
        if path.name not in names:
            path.unlink()


def _contracts() -> list[type[Event]]:
    return list(dict.fromkeys(topic.contract for topic in TOPICS))


def _kebab(contract: type[Event]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", contract.__name__).lower()


def encode_document(document: dict[str, object]) -> bytes:
    """A document as a file: the same bytes for the same document."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _json_files(directory: Path) -> list[Path]:
    return list(directory.glob("*.json"))
