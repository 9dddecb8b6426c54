"""A refused event in one line that a shop's engineer can act on."""

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.events import UNSUPPORTED_VERSION

MAX_EXPLANATION_CHARACTERS = 1_000
_MAX_PROBLEMS = 5
_MAX_SHOWN_CHARACTERS = 80
#: Larger numbers are described: to print them costs quadratic time, and Python refuses over 4,300 digits.
_MAX_SHOWN_BITS = 256


def explain(error: ValidationError) -> str:
    """Say in one line what was wrong with an event, field by field.

    At most 5 problems and 1,000 characters; a value is shortened to 80 characters and an object or array
    is only counted, so a payload is never echoed whole. Of an unsupported version nothing else is said.

    >>> from schemas.reviews import Review
    >>> try:
    ...     Review.model_validate_json('{"review_id": "r", "product_id": "p", "text": "Fine",'
    ...                                ' "created_at": "2025-06-01T12:00:00Z", "rating": "five"}')
    ... except ValidationError as error:
    ...     print(explain(error))
    rating: wanted a number from 0 to 5, got 'five' (str)
    """
    problems = error.errors(include_url=False, include_context=False)
    unsupported = [problem for problem in problems if problem["type"] == UNSUPPORTED_VERSION]
    told = (unsupported or problems)[:_MAX_PROBLEMS]
    more = 0 if unsupported else len(problems) - len(told)
    line = "; ".join(_problem(problem, error.title) for problem in told)
    return _shortened(f"{line}; and {more:,} more" if more else line, MAX_EXPLANATION_CHARACTERS)


def _problem(problem: ErrorDetails, contract: str) -> str:
    place = _shortened(".".join(_name(part) for part in problem["loc"]) or contract, _MAX_SHOWN_CHARACTERS)
    if problem["type"] == "missing":
        return f"{place}: is missing"
    message = problem["msg"].replace("Input should be", "wanted", 1)
    if not message.startswith("wanted"):
        return f"{place}: {message}"
    return f"{place}: {message}, got {_shown(problem['input'])}"


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
