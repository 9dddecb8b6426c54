"""Whether a contract still accepts what it accepted: the breaking changes between two JSON Schemas."""

from collections.abc import Iterator, Mapping, Sequence

Schema = Mapping[str, object]

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SHAPES = ("pattern", "format")
_REFERENCE_PREFIX = "#/$defs/"


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Name every change by which an event of the `old` schema may be refused, or lose a field, under `new`.

    Covers what pydantic writes for these contracts: objects, arrays, scalars with limits, enumerations,
    `anyOf`, and references into `$defs`; a contract that contains itself is not supported. A changed pattern
    counts as breaking, for nobody can tell.

    >>> old = {"type": "object", "properties": {"rating": {"type": "number", "maximum": 5}}}
    >>> new = {"type": "object", "properties": {"rating": {"type": "number", "maximum": 4}}}
    >>> breaking_changes(old, new)
    ['rating: maximum is now 4, was 5']
    """
    return list(_changes(_resolved(old, old), _resolved(new, new), ""))


def _resolved(schema: object, root: Schema) -> dict[str, object]:
    """The schema with its references replaced by what they name; `True` stands for no constraint."""
    if not isinstance(schema, Mapping):
        return {} if schema is True else {"enum": []}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        definitions = _mapping(root.get("$defs"))
        target = _mapping(definitions[reference.removeprefix(_REFERENCE_PREFIX)])
        return _resolved({**target, **{key: schema[key] for key in schema if key != "$ref"}}, root)
    resolved = dict(schema)
    for keyword in ("properties", "patternProperties"):
        if keyword in schema:
            resolved[keyword] = {
                name: _resolved(part, root) for name, part in _mapping(schema[keyword]).items()
            }
    for keyword in ("anyOf", "prefixItems"):
        if keyword in schema:
            resolved[keyword] = [_resolved(part, root) for part in _sequence(schema[keyword])]
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if keyword in schema:
            resolved[keyword] = _resolved(schema[keyword], root)
    return resolved


def _changes(old: Schema, new: Schema, place: str) -> Iterator[str]:
    if "anyOf" in old or "anyOf" in new:
        yield from _alternative_changes(old, new, place)
        return
    yield from _value_changes(old, new, place)
    yield from _limit_changes(old, new, place)
    yield from _property_changes(old, new, place)
    yield from _item_changes(old, new, place)


def _alternative_changes(old: Schema, new: Schema, place: str) -> Iterator[str]:
    accepted = _alternatives(new)
    for alternative in _alternatives(old):
        attempts = [list(_changes(alternative, candidate, place)) for candidate in accepted]
        if all(attempts):
            alike = [
                attempt
                for attempt, candidate in zip(attempts, accepted, strict=True)
                if _types(candidate) == _types(alternative)
            ]
            # With one candidate of the same type its own changes say more than that none fits.
            yield from alike[0] if len(alike) == 1 else [_told(place, f"{_kind(alternative)} is refused")]


def _value_changes(old: Schema, new: Schema, place: str) -> Iterator[str]:
    old_types, new_types = _types(old), _types(new)
    if new_types and not (old_types and all(_is_covered(kind, new_types) for kind in old_types)):
        yield _told(place, f"type is now {_listed(new_types)}, was {_listed(old_types) or 'anything'}")
    old_values, new_values = _values(old), _values(new)
    if new_values is not None:
        if old_values is None:
            yield _told(place, f"only {_listed(new_values) or 'nothing'} is accepted now")
        else:
            gone = [value for value in old_values if value not in new_values]
            if gone:
                yield _told(place, f"{_listed(gone)} is no longer accepted")


def _limit_changes(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for keywords, is_lower in ((_LOWER_BOUNDS, True), (_UPPER_BOUNDS, False)):
        for keyword in keywords:
            before, now = old.get(keyword), new.get(keyword)
            if isinstance(now, int | float) and (
                not isinstance(before, int | float) or (now > before if is_lower else now < before)
            ):
                yield _told(place, f"{keyword} is now {now}, was {'absent' if before is None else before}")
    for keyword in _SHAPES:
        if keyword in new and new[keyword] != old.get(keyword):
            yield _told(place, f"{keyword} is now {new[keyword]}, was {old.get(keyword, 'absent')}")


def _property_changes(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, now = _mapping(old.get("properties")), _mapping(new.get("properties"))
    yield from (_told(_joined(place, name), "was removed") for name in before if name not in now)
    required = _sequence(old.get("required"))
    yield from (
        _told(_joined(place, str(name)), "is required now")
        for name in _sequence(new.get("required"))
        if name not in required
    )
    for name in before:
        if name in now:
            yield from _changes(_mapping(before[name]), _mapping(now[name]), _joined(place, name))
    old_patterns, new_patterns = (
        _mapping(old.get("patternProperties")),
        _mapping(new.get("patternProperties")),
    )
    for pattern, constraint in new_patterns.items():
        yield from _changes(
            _mapping(old_patterns.get(pattern)), _mapping(constraint), _joined(place, f"<{pattern}>")
        )
    for keyword in ("additionalProperties", "propertyNames"):
        if keyword in new:
            yield from _changes(_mapping(old.get(keyword)), _mapping(new[keyword]), _joined(place, "<any>"))


def _item_changes(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, now = _sequence(old.get("prefixItems")), _sequence(new.get("prefixItems"))
    for index, constraint in enumerate(now):
        former = before[index] if index < len(before) else old.get("items")
        yield from _changes(_mapping(former), _mapping(constraint), f"{place}[{index}]")
    if "items" in new:
        yield from _changes(_mapping(old.get("items")), _mapping(new["items"]), f"{place}[]")


def _alternatives(schema: Schema) -> list[Schema]:
    return [_mapping(part) for part in _sequence(schema["anyOf"])] if "anyOf" in schema else [schema]


def _types(schema: Schema) -> list[str]:
    kinds = schema.get("type")
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in _sequence(kinds)]


def _values(schema: Schema) -> list[object] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(_sequence(schema["enum"])) if "enum" in schema else None


def _is_covered(kind: str, kinds: Sequence[str]) -> bool:
    return kind in kinds or (kind == "integer" and "number" in kinds)


def _kind(schema: Schema) -> str:
    return str(schema.get("title") or _listed(_types(schema)) or _listed(_values(schema) or []) or "anything")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)


def _told(place: str, change: str) -> str:
    return f"{place or 'event'}: {change}"
