"""Attributes in another language: numbers stay; known names, units and words are put into that of the copy."""

import re
from functools import cache

from streams.copywriting.attribute_values import Shape, Value
from streams.copywriting.language import Language, languages

_QUANTITY = re.compile(r"(\d[\d.,]*)\s*([^\W\d_]*|°C|℃)", re.UNICODE)
_NEUTRAL = re.compile(r"[A-Z0-9][A-Za-z0-9+\-./ ]*")
_LEAST_CAPITALS = 2


def translated(value: Value, concept: str | None, language: Language) -> Value | None:
    """The same in another language; None where some of it is not known there.

    Args:
        value: in the language of the product.
        concept: which attribute it is.
        language: of the copy.

    >>> from streams.copywriting.language import language
    >>> translated(Value("重量", "quantity", ("410克",)), "weight", language("en"))
    Value(name='weight', shape='quantity', items=('410 g',))
    """
    if concept is None:
        return None
    name = language.options(f"attribute.{concept}.names")[:1]
    if not name:
        return None
    if value.shape in {"yes", "no", "count"}:
        return Value(name[0], value.shape, value.items)
    items = [_item(item, language) for item in value.items]
    known = tuple(item for item in items if item is not None)
    return Value(name[0], _shape(known), known) if known and len(known) == len(items) else None


def _shape(items: tuple[str, ...]) -> Shape:
    if len(items) > 1:
        return "list"
    return "quantity" if items[0][:1].isdigit() else "text"


def _item(item: str, language: Language) -> str | None:
    if (word := _words().get(item.casefold())) is not None:
        return (language.options(f"values.{word}") or [None])[0]
    if (match := _QUANTITY.fullmatch(item)) is not None:
        unit = (language.options(f"units.{_units().get(match[2], '')}") or [None])[0]
        if unit is not None:
            return f"{match[1]}{'' if language.is_unspaced else ' '}{unit}"
        return None
    return item if _is_neutral(item) else None


def _is_neutral(item: str) -> bool:
    """Whether it is written alike everywhere: "USB-C", "IPX7"."""
    capitals = sum(letter.isupper() for letter in item)
    return bool(_NEUTRAL.fullmatch(item)) and capitals >= _LEAST_CAPITALS and " " not in item


_AFTER_NUMBER = re.compile(r"(?<=\d)\s*([^\W\d_]{1,10}|°C|℃)")


def unit_named(text: str) -> str:
    """A text in which all ways to write a unit are one: "1,200 watts" and "1200瓦" have the same.

    >>> unit_named("1200瓦") == unit_named("1200 W")
    True
    """
    return _AFTER_NUMBER.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    word = match[1]
    for end in range(len(word), 0, -1):
        if (unit := _units().get(word[:end])) is not None and (end == len(word) or not word[0].isascii()):
            return f" {unit} {word[end:]}"
    return f" {word}"


@cache
def _words() -> dict[str, str]:
    return {
        text.casefold(): word
        for known in languages().values()
        for word in known.names("values")
        for text in known.options(f"values.{word}")
    }


@cache
def _units() -> dict[str, str]:
    return {
        text: unit
        for known in languages().values()
        for unit in known.names("units")
        for text in known.options(f"units.{unit}")
    }
