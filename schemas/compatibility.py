"""What a reader of one JSON Schema refuses of the events of another: how contracts of two releases get on.

Written for what pydantic makes of these contracts. The libraries for this answer yes or no (jsoncompat, subschema) or
stop at draft 7 (jsonsubschema); whoever breaks a contract has to be told where.
"""

from collections.abc import Iterator, Mapping, Sequence

Schema = Mapping[str, object]

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
#: What can only be compared as it stands: no two patterns can be told to mean the same.
_SHAPES = ("pattern", "format", "not", "uniqueItems")
_CHOICES = ("anyOf", "oneOf")
_REFERENCE_PREFIX = "#/$defs/"


def refusals(written: Schema, read: Schema) -> list[str]:
    """Name everything by which an event of the schema `written` may be refused under the schema `read`.

    Covers objects, arrays, scalars with limits, enumerations, `anyOf`, `oneOf` and references into `$defs`; a contract
    that contains itself is not supported. A field that is not in `read` is none: readers ignore what they do not know,
    unless the schema forbids it.

    >>> written = {"type": "object", "properties": {"rating": {"type": "number", "maximum": 5}}}
    >>> read = {"type": "object", "properties": {"rating": {"type": "number", "maximum": 4}}}
    >>> refusals(written, read)
    ['rating: the reader wants maximum 4, events have 5']
    """
    return list(_refusals(_resolved(written, written), _resolved(read, read), ""))


def lost_fields(written: Schema, read: Schema) -> list[str]:
    """Name the fields of the schema `written` that the schema `read` does not have: readers ignore them silently.

    >>> lost_fields({"properties": {"text": {"type": "string"}}}, {"properties": {}})
    ['text']
    """
    return list(_lost(_resolved(written, written), _resolved(read, read), ""))


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
    for keyword in (*_CHOICES, "prefixItems"):
        if keyword in schema:
            resolved[keyword] = [_resolved(part, root) for part in _sequence(schema[keyword])]
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if keyword in schema:
            resolved[keyword] = _resolved(schema[keyword], root)
    return resolved


def _refusals(written: Schema, read: Schema, place: str) -> Iterator[str]:
    if any(keyword in schema for schema in (written, read) for keyword in _CHOICES):
        yield from _refused_alternatives(written, read, place)
        return
    yield from _refused_values(written, read, place)
    yield from _refused_limits(written, read, place)
    yield from _refused_properties(written, read, place)
    yield from _refused_items(written, read, place)


def _refused_alternatives(written: Schema, read: Schema, place: str) -> Iterator[str]:
    accepted = _alternatives(read)
    for alternative in _alternatives(written):
        attempts = [list(_refusals(alternative, candidate, place)) for candidate in accepted]
        if all(attempts):
            alike = [
                attempt
                for attempt, candidate in zip(attempts, accepted, strict=True)
                if _likeness(candidate) == _likeness(alternative)
            ]
            # With one candidate of its own kind, what keeps that from fitting says more than that none fits.
            is_alone = len(alike) == 1
            yield from alike[0] if is_alone else [_told(place, f"{_kind(alternative)} is refused")]


def _refused_values(written: Schema, read: Schema, place: str) -> Iterator[str]:
    types, wanted_types = _types(written), _types(read)
    if wanted_types and not (types and all(_is_covered(kind, wanted_types) for kind in types)):
        yield _told(place, f"the reader wants {_listed(wanted_types)}, events have {_listed(types) or 'any'}")
    values, wanted_values = _values(written), _values(read)
    if wanted_values is None:
        return
    if values is None:
        yield _told(place, f"the reader wants {_listed(wanted_values) or 'nothing'}, events have anything")
        return
    unknown = [value for value in values if value not in wanted_values]
    if unknown:
        yield _told(place, f"the reader does not know {_listed(unknown)}")


def _refused_limits(written: Schema, read: Schema, place: str) -> Iterator[str]:
    for keywords, is_lower in ((_LOWER_BOUNDS, True), (_UPPER_BOUNDS, False)):
        for keyword in keywords:
            limit, wanted = written.get(keyword), read.get(keyword)
            if isinstance(wanted, int | float) and (
                not isinstance(limit, int | float) or (wanted > limit if is_lower else wanted < limit)
            ):
                got = "any" if limit is None else limit
                yield _told(place, f"the reader wants {keyword} {wanted}, events have {got}")
    for keyword in _SHAPES:
        if keyword in read and read[keyword] != written.get(keyword):
            got = written.get(keyword, "any")
            yield _told(place, f"the reader wants {keyword} {read[keyword]}, events have {got}")


def _refused_properties(written: Schema, read: Schema, place: str) -> Iterator[str]:
    sent, known = _mapping(written.get("properties")), _mapping(read.get("properties"))
    always = _sequence(written.get("required"))
    for name in _sequence(read.get("required")):
        if name not in always:
            yield _told(_joined(place, str(name)), "the reader needs it, events may lack it")
    for name in sent:
        if name in known:
            yield from _refusals(_mapping(sent[name]), _mapping(known[name]), _joined(place, name))
        elif _is_closed(read):
            yield _told(_joined(place, name), "the reader does not know it")
    patterns, known_patterns = (
        _mapping(written.get("patternProperties")),
        _mapping(read.get("patternProperties")),
    )
    for pattern, constraint in known_patterns.items():
        yield from _refusals(
            _mapping(patterns.get(pattern)), _mapping(constraint), _joined(place, f"<{pattern}>")
        )
    for keyword in ("additionalProperties", "propertyNames"):
        if keyword in read:
            yield from _refusals(
                _mapping(written.get(keyword)), _mapping(read[keyword]), _joined(place, "<any>")
            )


def _refused_items(written: Schema, read: Schema, place: str) -> Iterator[str]:
    sent, known = _sequence(written.get("prefixItems")), _sequence(read.get("prefixItems"))
    for index, constraint in enumerate(known):
        constrained = sent[index] if index < len(sent) else written.get("items")
        yield from _refusals(_mapping(constrained), _mapping(constraint), f"{place}[{index}]")
    if "items" in read:
        yield from _refusals(_mapping(written.get("items")), _mapping(read["items"]), f"{place}[]")


def _lost(written: Schema, read: Schema, place: str) -> Iterator[str]:
    for part in _alternatives(written):
        sent = _mapping(part.get("properties"))
        alike = [one for one in _alternatives(read) if _likeness(one) == _likeness(part)]
        for candidate in alike[:1]:
            known = _mapping(candidate.get("properties"))
            for name in sent:
                if name in known:
                    yield from _lost(_mapping(sent[name]), _mapping(known[name]), _joined(place, name))
                else:
                    yield _joined(place, name)
            if "items" in part and "items" in candidate:
                yield from _lost(_mapping(part["items"]), _mapping(candidate["items"]), f"{place}[]")


def _alternatives(schema: Schema) -> list[Schema]:
    for keyword in _CHOICES:
        if keyword in schema:
            return [_mapping(part) for part in _sequence(schema[keyword])]
    return [schema]


def _likeness(schema: Schema) -> tuple[object, ...]:
    """What tells alternatives apart: their types, and the constants of their fields."""
    constants = sorted(
        f"{name}={part['const']}"
        for name, part in _mapping(schema.get("properties")).items()
        if isinstance(part, Mapping) and "const" in part
    )
    return (*_types(schema), *constants)


def _types(schema: Schema) -> list[str]:
    kinds = schema.get("type")
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in _sequence(kinds)]


def _values(schema: Schema) -> list[object] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(_sequence(schema["enum"])) if "enum" in schema else None


def _is_closed(schema: Schema) -> bool:
    return _values(_mapping(schema.get("additionalProperties"))) == []


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


def _told(place: str, problem: str) -> str:
    return f"{place or 'event'}: {problem}"
