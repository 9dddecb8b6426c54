"""Whatever a reader refuses of another schema's events is named, and what harms nobody is not."""

import copy
from typing import Any

import pytest
from event_samples import EVENTS

from schemas.compatibility import lost_fields, refusals
from schemas.documents import json_schema
from schemas.events import Event

OLD: dict[str, object] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 128},
        "rating": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 5}, {"type": "null"}]},
        "status": {"type": "string", "enum": ["raised", "resolved"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 9},
        "model": {"$ref": "#/$defs/Model"},
        "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}]},
        "count": {"type": "integer"},
        "points": {
            "type": "array",
            "items": {"type": "object", "properties": {"claim": {"type": "string"}}},
        },
        "judgement": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"task": {"const": "sentiment"}, "label": {"enum": ["good", "bad"]}},
                },
                {
                    "type": "object",
                    "properties": {"task": {"const": "text"}, "text": {"type": "string"}},
                },
            ]
        },
    },
    "required": ["id"],
    "$defs": {"Model": {"type": "object", "properties": {"name": {"type": "string"}}}},
}


def changed(place: str, value: object) -> dict[str, object]:
    """The old schema with `value` at a slash-separated place; None removes it."""
    new = copy.deepcopy(OLD)
    *parents, last = place.split("/")
    target: Any = new
    for parent in parents:
        child = target[int(parent)] if isinstance(target, list) else target[parent]
        assert isinstance(child, dict | list)
        target = child
    if value is None:
        del target[last]
    else:
        target[last] = value
    return new


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("required", ["id", "count"], "count: the reader needs it, events may lack it"),
        ("properties/count/type", "string", "count: the reader wants string, events have integer"),
        ("properties/id/minLength", 2, "id: the reader wants minLength 2, events have 1"),
        ("properties/id/maxLength", 64, "id: the reader wants maxLength 64, events have 128"),
        ("properties/id/pattern", "^[a-z]+$", "id: the reader wants pattern ^[a-z]+$, events have any"),
        ("properties/id/not", {"pattern": "@"}, "id: the reader wants not {'pattern': '@'}, events have any"),
        ("properties/count/maximum", 9, "count: the reader wants maximum 9, events have any"),
        ("properties/status/enum", ["raised"], "status: the reader does not know resolved"),
        ("properties/count/const", 1, "count: the reader wants 1, events have anything"),
        ("properties/tags/maxItems", 8, "tags: the reader wants maxItems 8, events have 9"),
        (
            "properties/tags/items",
            {"type": "integer"},
            "tags[]: the reader wants integer, events have string",
        ),
        ("properties/rating", {"type": "number", "minimum": 0, "maximum": 5}, "rating: null is refused"),
        (
            "properties/rating/anyOf",
            [{"type": "number", "minimum": 1, "maximum": 5}, {"type": "null"}],
            "rating: the reader wants minimum 1, events have 0",
        ),
        (
            "$defs/Model/properties/name",
            {"type": "null"},
            "model.name: the reader wants null, events have string",
        ),
        ("$defs/Model/required", ["name"], "model.name: the reader needs it, events may lack it"),
        (
            "properties/metrics/additionalProperties",
            {"type": "integer"},
            "metrics.<any>: the reader wants integer, events have number",
        ),
        ("additionalProperties", False, "<any>: the reader wants nothing, events have anything"),
        (
            "properties/judgement/oneOf/0/properties/label/enum",
            ["good"],
            "judgement.label: the reader does not know bad",
        ),
        (
            "properties/metrics/patternProperties",
            {"^m": {"type": "number"}},
            "metrics.<^m>: the reader wants number, events have any",
        ),
        (
            "properties/pair/prefixItems",
            [{"type": "integer"}, {"type": "null"}],
            "pair[1]: the reader wants null, events have integer",
        ),
    ],
)
def test_what_a_narrower_reader_refuses_is_named(place: str, value: object, told: str) -> None:
    """Each narrowing is reported once, by its place, what the reader wants and what events have."""
    assert refusals(OLD, changed(place, value)) == [told]


@pytest.mark.parametrize(
    ("place", "value", "breaks_old_readers"),
    [
        ("properties/new", {"type": "string"}, False),
        ("required", [], True),
        ("properties/id/minLength", 0, True),
        ("properties/id/maxLength", None, True),
        ("properties/id/description", "what it is", False),
        ("properties/count/type", "number", True),
        ("properties/status/enum", ["raised", "resolved", "muted"], True),
        ("properties/status", {"type": "string"}, True),
        ("properties/count", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, True),
        ("properties/tags/items", True, True),
        ("properties/metrics/additionalProperties", True, True),
        ("$defs/Other", {"type": "string"}, False),
    ],
)
def test_a_wider_reader_refuses_nothing(place: str, value: object, breaks_old_readers: bool) -> None:
    """Additions, relaxations and words break nobody; of what the wider one may write, readers of before may break."""
    wider = changed(place, value)
    assert wider != OLD
    assert refusals(OLD, wider) == []
    assert bool(refusals(wider, OLD)) is breaks_old_readers


def test_a_reader_ignores_what_it_does_not_know_unless_it_says_otherwise() -> None:
    """A field that only the writer has is lost silently, which is told apart; a closed reader refuses it."""
    without = changed("properties/count", None)
    assert refusals(OLD, without) == []
    assert lost_fields(OLD, without) == ["count"]
    assert lost_fields(without, OLD) == []

    closed = {**without, "additionalProperties": False}
    assert refusals({**OLD, "additionalProperties": False}, closed) == ["count: the reader does not know it"]


@pytest.mark.parametrize(
    ("place", "lost"),
    [
        ("$defs/Model/properties/name", "model.name"),
        ("properties/judgement/oneOf/1/properties/text", "judgement.text"),
        ("properties/points/items/properties/claim", "points[].claim"),
    ],
)
def test_a_field_is_found_missing_however_deep_it_lies(place: str, lost: str) -> None:
    """In references, in alternatives told apart by a constant, and in lists."""
    assert lost_fields(OLD, changed(place, None)) == [lost]


@pytest.mark.parametrize("contract", EVENTS)
def test_every_contract_is_compatible_with_itself(contract: type[Event]) -> None:
    """The check understands all that pydantic writes for the real contracts."""
    assert refusals(json_schema(contract), json_schema(contract)) == []
    assert lost_fields(json_schema(contract), json_schema(contract)) == []


@pytest.mark.parametrize("contract", EVENTS)
def test_every_field_of_every_contract_is_guarded(contract: type[Event]) -> None:
    """To remove or to require any one field is reported."""
    old = json_schema(contract)
    for name in contract.model_fields:
        without, requiring = copy.deepcopy(old), copy.deepcopy(old)
        del without["properties"][name]
        requiring["required"] = [*requiring["required"], name]

        assert lost_fields(old, without) == [name]
        told = [] if name in old["required"] else [f"{name}: the reader needs it, events may lack it"]
        assert refusals(old, requiring) == told
