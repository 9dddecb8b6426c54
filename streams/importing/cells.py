"""Cells as the types that a contract's fields want; what does not fit is left for the contract to refuse."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import isnan

import orjson

from schemas.events import Event
from streams.importing.dates import DateReading
from streams.importing.ratings import RatingScale

Convert = Callable[[object], object]

_TRUE = {
    *("true", "yes", "y", "1", "t", "verified", "verified buyer", "verified_buyer", "verified purchase"),
    *("wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "是", "はい"),
}
_FALSE = {
    "false",
    "no",
    "n",
    "0",
    "",
    "f",
    "unverified",
    "falsch",
    "nein",
    "faux",
    "non",
    "falso",
    "否",
    "いいえ",
}
#: Whole numbers below it are exact as floating-point numbers.
_EXACT = 2.0**53
#: A moment that is written as contracts have it.
_READY = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$")


def converters(
    contract: type[Event], dates: DateReading, scale: RatingScale, words: Mapping[str, float]
) -> dict[str, Convert]:
    """What makes a cell the value of each field.

    Args:
        contract: whose fields.
        dates: how moments are read.
        scale: what the numbers of ratings mean.
        words: ratings in words that one kind of export has.
    """
    properties = contract.model_json_schema()["properties"]
    found = {name: _converter(described, dates) for name, described in properties.items()}
    if "rating" in found:
        found["rating"] = partial(_stars, scale, words)
    return found


def _converter(described: Mapping[str, object], dates: DateReading) -> Convert:
    options = described.get("anyOf", ())
    parts = [described, *(options if isinstance(options, list) else ())]
    kinds = {part.get("type") for part in parts}
    if "date-time" in {part.get("format") for part in parts}:
        return partial(_moment, dates)
    if "string" in kinds:
        return (
            _identifier
            if any("pattern" in part and part.get("pattern") != r"\S" for part in parts)
            else _text
        )
    if "boolean" in kinds:
        return _flag
    return _number if kinds & {"integer", "number"} else _as_it_is


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing: null, white space, or the "not a number" of data frames."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, float) and isnan(value))


def _as_it_is(value: object) -> object:
    return value


def _text(value: object) -> object:
    if value.__class__ is str or isinstance(value, bool):
        return value
    return str(_whole(value)) if isinstance(value, int | float) else value


def _identifier(value: object) -> object:
    text = _text(value)
    return text.strip() if isinstance(text, str) else text


def _flag(value: object) -> object:
    if isinstance(value, str):
        text = value.strip().lower()
        return text in _TRUE if text in _TRUE or text in _FALSE else value
    return bool(value) if value in {0, 1} else value


def _number(value: object) -> object:
    if not isinstance(value, str):
        return _whole(value)
    try:
        number = orjson.loads(value.strip())
    except orjson.JSONDecodeError:
        return value
    return number if type(number) in {int, float} else value


def _whole(value: object) -> object:
    """A number without the fraction that data frames give it in a column with gaps: 7 for 7.0."""
    is_whole = isinstance(value, float) and abs(value) < _EXACT and value.is_integer()
    return int(value) if is_whole and isinstance(value, float) else value


def _moment(dates: DateReading, value: object) -> object:
    if value.__class__ is str and _READY.match(value):
        return value
    return dates.moment(value).isoformat()


def _stars(scale: RatingScale, words: Mapping[str, float], value: object) -> object:
    if words and isinstance(value, str) and value.strip() in words:
        return words[value.strip()]
    return scale.stars(value)
