"""A refused event in one line that a shop's engineer can act on."""

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.events import UNSUPPORTED_VERSION

MAX_EXPLANATION_CHARACTERS = 1_000
_MAX_PROBLEMS = 5
#: What pydantic calls a field that a request does not have.
_UNKNOWN_FIELD = "extra_forbidden"
_MAX_SHOWN_CHARACTERS = 80
#: Larger numbers are described: to print them costs quadratic time, and Python refuses over 4,300 digits.
_MAX_SHOWN_BITS = 256


def explain(error: ValidationError, contract: type[BaseModel] | None = None) -> str:
    """Say in one line what was wrong with an event, field by field.

    At most 5 problems and 1,000 characters; a value is shortened to 80 characters and an object or array
    is only counted, so a payload is never echoed whole. Of an unsupported version nothing else is said.

    Args:
        error: what reading it raised.
        contract: what was read, so that fields nobody knows are named with the nearest that there is; all of them
            together are one problem, the first.

    >>> from schemas.reviews import Review
    >>> try:
    ...     Review.model_validate_json('{"review_id": "r", "product_id": "p", "text": "Fine",'
    ...                                ' "created_at": "2025-06-01T12:00:00Z", "rating": "five"}')
    ... except ValidationError as error:
    ...     print(explain(error))
    rating: wanted a number from 0 to 5, got 'five' (str)
    """
    problems = error.errors(include_url=False)
    unsupported = [problem for problem in problems if problem["type"] == UNSUPPORTED_VERSION]
    unknown = [problem["loc"] for problem in problems if problem["type"] == _UNKNOWN_FIELD]
    others = [problem for problem in problems if problem["type"] != _UNKNOWN_FIELD]
    told = (unsupported or others)[:_MAX_PROBLEMS]
    more = 0 if unsupported else len(others) - len(told)
    lines = [_problem(problem, error.title) for problem in told]
    if unknown and not unsupported:
        lines.insert(0, _unknown_fields(unknown, contract))
    line = "; ".join(lines)
    return _shortened(f"{line}; and {more:,} more" if more else line, MAX_EXPLANATION_CHARACTERS)


def _problem(problem: ErrorDetails, contract: str) -> str:
    place = _shortened(".".join(_name(part) for part in problem["loc"]) or contract, _MAX_SHOWN_CHARACTERS)
    if problem["type"] == "missing":
        return f"{place}: is missing"
    if problem["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return _wrong_tag(problem, place)
    message = problem["msg"].replace("Input should be", "wanted", 1)
    if not message.startswith("wanted"):
        return f"{place}: {message}"
    return f"{place}: {message}, got {_shown(problem['input'])}"


def _wrong_tag(problem: ErrorDetails, place: str) -> str:
    """Of a part that is told apart by one of its fields, that field."""
    context = problem["ctx"]
    field = str(context["discriminator"]).strip("'")
    got = problem["input"].get(field) if isinstance(problem["input"], dict) else None
    if "expected_tags" not in context or got is None:
        return f"{place}.{field}: is missing"
    return f"{place}.{field}: wanted one of {context['expected_tags']}, got {_shown(got)}"


def _unknown_fields(places: Iterable[tuple[str | int, ...]], contract: type[BaseModel] | None) -> str:
    """All fields that are not known, each with the nearest one that is; and what there is where none is near."""
    told: list[str] = []
    known: dict[str, None] = {}
    for place in places:
        path = _shortened(".".join(map(_name, place)), _MAX_SHOWN_CHARACTERS)
        fields = list(_fields_beside(place, contract))
        nearest = difflib.get_close_matches(str(place[-1])[:_MAX_SHOWN_CHARACTERS], fields, n=1)
        told.append(f"{path} (did you mean {nearest[0]}?)" if nearest else path)
        if not nearest:
            known |= dict.fromkeys(fields)
    line = f"unknown fields: {', '.join(told)}"
    return f"{line}; known are {', '.join(known)}" if known else line


def _fields_beside(place: tuple[str | int, ...], contract: type[BaseModel] | None) -> Iterable[str]:
    """The fields of the part of a contract in which the last name of `place` stands."""
    for name in place[:-1]:
        if contract is not None and isinstance(name, str):
            field = contract.model_fields.get(name)
            contract = next(_parts(field.annotation), None) if field is not None else None
    return contract.model_fields if contract is not None else ()


def _parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


def _name(part: str | int) -> str:
    # A location can hold a key that the sender made up.
    name = str(part)
    return name if name.isprintable() else ascii(name)


def _shown(value: object) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            return _shown_text(value)
        case int() | float():
            return _shown_number(value)
        case dict():
            return f"an object (fields: {len(value):,})"
        case list() | tuple():
            return f"an array (items: {len(value):,})"
        case _:
            return type(value).__name__


def _shown_number(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > _MAX_SHOWN_BITS:
        return f"a whole number of {value.bit_length():,} bits"
    return f"{value!r} ({type(value).__name__})"


def _shown_text(value: str) -> str:
    shown = _shortened(repr(value[: _MAX_SHOWN_CHARACTERS + 1]), _MAX_SHOWN_CHARACTERS)
    length = f" of {len(value):,} characters" if shown.endswith("…") else ""
    return f"{shown} (str{length})"


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
