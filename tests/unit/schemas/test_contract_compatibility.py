"""Every way to break a reader is named, and harmless changes are not."""

import copy

import pytest
from event_samples import EVENTS

from schemas.compatibility import breaking_changes
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
    },
    "required": ["id"],
    "$defs": {"Model": {"type": "object", "properties": {"name": {"type": "string"}}}},
}


def changed(place: str, value: object) -> dict[str, object]:
    """The old schema with `value` at a slash-separated place; None removes it."""
    new = copy.deepcopy(OLD)
    *parents, last = place.split("/")
    target: dict[str, object] = new
    for parent in parents:
        child = target[parent]
        assert isinstance(child, dict)
        target = child
    if value is None:
        del target[last]
    else:
        target[last] = value
    return new


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("properties/count", None, "count: was removed"),
        ("required", ["id", "count"], "count: is required now"),
        ("properties/count/type", "string", "count: type is now string, was integer"),
        ("properties/id/minLength", 2, "id: minLength is now 2, was 1"),
        ("properties/id/maxLength", 64, "id: maxLength is now 64, was 128"),
        ("properties/id/pattern", "^[a-z]+$", "id: pattern is now ^[a-z]+$, was absent"),
        ("properties/count/maximum", 9, "count: maximum is now 9, was absent"),
        ("properties/status/enum", ["raised"], "status: resolved is no longer accepted"),
        ("properties/count/const", 1, "count: only 1 is accepted now"),
        ("properties/tags/maxItems", 8, "tags: maxItems is now 8, was 9"),
        ("properties/tags/items", {"type": "integer"}, "tags[]: type is now integer, was string"),
        ("properties/rating", {"type": "number", "minimum": 0, "maximum": 5}, "rating: null is refused"),
        (
            "properties/rating/anyOf",
            [{"type": "number", "minimum": 1, "maximum": 5}, {"type": "null"}],
            "rating: minimum is now 1, was 0",
        ),
        ("$defs/Model/properties/name", {"type": "null"}, "model.name: type is now null, was string"),
        ("$defs/Model/required", ["name"], "model.name: is required now"),
        (
            "properties/metrics/additionalProperties",
            {"type": "integer"},
            "metrics.<any>: type is now integer, was number",
        ),
        ("additionalProperties", False, "<any>: only nothing is accepted now"),
        (
            "properties/metrics/patternProperties",
            {"^m": {"type": "number"}},
            "metrics.<^m>: type is now number, was anything",
        ),
        (
            "properties/pair/prefixItems",
            [{"type": "integer"}, {"type": "null"}],
            "pair[1]: type is now null, was integer",
        ),
    ],
)
def test_a_breaking_change_is_named(place: str, value: object, told: str) -> None:
    """Each narrowing is reported once, by its place and what changed."""
    assert breaking_changes(OLD, changed(place, value)) == [told]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("properties/new", {"type": "string"}),
        ("required", []),
        ("properties/id/minLength", 0),
        ("properties/id/maxLength", None),
        ("properties/id/description", "what it is"),
        ("properties/count/type", "number"),
        ("properties/status/enum", ["raised", "resolved", "muted"]),
        ("properties/status", {"type": "string"}),
        ("properties/count", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("properties/tags/items", True),
        ("properties/metrics/additionalProperties", True),
        ("$defs/Other", {"type": "string"}),
    ],
)
def test_a_harmless_change_is_not_named(place: str, value: object) -> None:
    """Additions, relaxations and words break nobody."""
    assert breaking_changes(OLD, changed(place, value)) == []


@pytest.mark.parametrize("contract", EVENTS)
def test_every_contract_is_compatible_with_itself(contract: type[Event]) -> None:
    """The check understands all that pydantic writes for the real contracts."""
    assert breaking_changes(json_schema(contract), json_schema(contract)) == []


@pytest.mark.parametrize("contract", EVENTS)
def test_every_field_of_every_contract_is_guarded(contract: type[Event]) -> None:
    """To remove or to require any one field is reported."""
    old = json_schema(contract)
    for name in contract.model_fields:
        without, requiring = copy.deepcopy(old), copy.deepcopy(old)
        del without["properties"][name]
        requiring["required"] = [*requiring["required"], name]

        assert f"{name}: was removed" in breaking_changes(old, without)
        was_required = name in old["required"]
        assert breaking_changes(old, requiring) == ([] if was_required else [f"{name}: is required now"])
