"""What kind of thing an attribute's value is, whatever its name: a quantity, a list, a colour, yes or no."""

import re
from typing import Literal, NamedTuple

from schemas.products import AttributeValue
from streams.copywriting.language import Language

#: How an attribute can be told. `quantity` has a number and a unit; `count` a bare number.
Shape = Literal["quantity", "count", "list", "adjective", "named", "thing", "yes", "no", "verb", "text"]

_NUMBER = r"[+\-±~≈<>≤≥]?\d[\d.,]*"
_COUNT = re.compile(r"\d[\d,]*(?:\.\d+)?")
_QUANTITY = re.compile(
    rf"(?:up to |max\.? |about |approx\.? |from |at least |hasta |约|最高|最大|不超过)?\s?{_NUMBER}.{{0,40}}",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*[、;；]\s*|\s*[,，](?!\d{3}\b)\s*|\s+/\s+")
_SURE_SEPARATORS = re.compile(r"\s*[、;；]\s*")
#: Known attributes whose values are lists where they hold commas; others begin a remark with one.
_LISTED = frozenset(
    {
        "accessories", "bed_width", "certification", "colour", "colour_temperature", "compatibility", "connectivity",
        "controls", "fabric", "features", "filling", "flavour", "ingredients", "material", "notes", "ports", "seasons",
        "sizes", "skin_type", "use",
    }
)  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])|_+|\s+")
# Units that names end in: "height_cm".
_UNITS_IN_NAMES = {
    "cm": "cm", "mm": "mm", "m": "m", "kg": "kg", "g": "g", "mg": "mg", "w": "W", "kw": "kW", "v": "V", "l": "l",
    "ml": "ml", "hz": "Hz", "gb": "GB", "tb": "TB", "mb": "MB", "mah": "mAh", "mp": "MP", "db": "dB", "rpm": "rpm",
    "in": "inches", "inch": "inches", "inches": "inches", "hours": "hours", "minutes": "minutes", "days": "days",
    "months": "months", "years": "years",
}  # fmt: skip
_PLAIN_YES = frozenset({"yes", "true"})
_MOST_LIST_WORDS = 5
_MOST_ADJECTIVE_WORDS = 3
_HAN = re.compile(r"[\u3400-\u9fff]")


class Value(NamedTuple):
    """An attribute that is understood.

    Attributes:
        name: as people write it: "heightCm" is "height".
        shape: how it can be told.
        items: the value, or the values of a list, word for word.
    """

    name: str
    shape: Shape
    items: tuple[str, ...]


def understood(name: str, value: AttributeValue, language: Language) -> Value:
    """What an attribute says.

    >>> from streams.copywriting.language import language
    >>> understood("height_cm", 42, language("en"))
    Value(name='height', shape='quantity', items=('42 cm',))
    >>> understood("colour", "black, white", language("en")).items
    ('black', 'white')
    >>> understood("水洗", True, language("zh")).shape
    'yes'
    """
    words = [word for word in _CAMEL.split(name.strip()) if word]
    text = written(value)
    if len(words) > 1 and _COUNT.fullmatch(text) and (unit := _UNITS_IN_NAMES.get(words[-1].lower())):
        words, text = words[:-1], f"{text} {unit}"
    plain = " ".join(_plain(word, language) for word in words)
    has_list = language.concept(plain) in _LISTED or language.is_plural(plain)
    first, comma, rest = text.partition(",")
    if comma and rest.strip() and first.casefold() in _PLAIN_YES:
        text = rest.strip()
    if begins_with_verb(text, language):
        return Value(plain, "verb", (text,))
    items = listed(text, by_commas=has_list)
    return Value(plain, _shape(plain, text, items, language), items)


def begins_with_verb(text: str, language: Language) -> bool:
    """Whether a value says what its thing does: "rotates 360°", "可拆洗"."""
    beginnings = tuple(language.options("words.value_beginnings"))
    if text.casefold() in language.words("yes") | language.words("no"):
        return False
    first = text.split(maxsplit=1)[0].casefold() if text else ""
    return first in language.names("words.verbs") or (bool(beginnings) and text.startswith(beginnings))


def _plain(word: str, language: Language) -> str:
    """A word of a name in lower case; abbreviations and names of techniques as they are written."""
    proper = {known.casefold(): known for known in language.options("words.proper")}
    if word.casefold() in proper:
        return proper[word.casefold()]
    if word[:1].isupper() and word[1:2] == "-":
        return word
    return word if sum(letter.isupper() for letter in word) > 1 or _HAN.search(word) else word.lower()


def written(value: AttributeValue) -> str:
    """A value as text: "42", "39.9", "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).split())


def listed(text: str, *, by_commas: bool = True) -> tuple[str, ...]:
    """The parts of a list, or the whole text where it is none.

    Args:
        text: a value.
        by_commas: whether commas part a list, and not a remark from what it is about.

    >>> listed("2700 K, 4000 K"), listed("1,200 W"), listed("Great, and it is really quiet when you sleep")
    (('2700 K', '4000 K'), ('1,200 W',), ('Great, and it is really quiet when you sleep',))
    """
    pattern = _SEPARATORS if by_commas else _SURE_SEPARATORS
    parts = [part for part in pattern.split(text.strip(" ,;、；")) if part]
    is_list = len(parts) > 1 and all(
        len(part.split()) <= _MOST_LIST_WORDS and len(part) <= 40 for part in parts
    )
    return tuple(parts) if is_list else (text,)


def _shape(name: str, text: str, items: tuple[str, ...], language: Language) -> Shape:
    folded = text.casefold()
    if folded in language.words("yes"):
        return "yes"
    if folded in language.words("no"):
        return "no"
    if len(items) > 1:
        return "list"
    if _COUNT.fullmatch(text):
        return "count"
    if _QUANTITY.fullmatch(text) and "," not in re.sub(r"\d,\d", "", text) and "，" not in text:
        return "quantity" if not _names_itself(name, text) else "named"
    return _word_shape(name, text, language)


def _word_shape(name: str, text: str, language: Language) -> Shape:
    words = text.split()
    if "," in text or "，" in text:
        return "text"
    if _names_itself(name, text):
        return "named"
    if len(words) <= _MOST_ADJECTIVE_WORDS and is_adjectival(text, language):
        return "adjective"
    is_thing = len(words) <= _MOST_ADJECTIVE_WORDS and words[-1].lower() in language.words("countable")
    return "thing" if is_thing else "text"


def _names_itself(name: str, text: str) -> bool:
    """Whether the value says its name: "1 week warranty", "三年质保"."""
    last = name.rsplit(maxsplit=1)[-1].casefold()
    return last in text.casefold().split() or (
        bool(_HAN.search(last)) and len(last) > 1 and text.endswith(last)
    )


def is_adjectival(text: str, language: Language) -> bool:
    """Whether words stand well before a noun: "open mesh", "helmet-compatible"; in lower case, for names are none."""
    last = text.rsplit(maxsplit=1)[-1].rstrip(".,")
    if not text.islower() and any(word[:1].isupper() and not word.isupper() for word in text.split()[1:]):
        return False
    word = last.casefold()
    known = language.words("adjectives") | language.words("materials") | language.words("colours")
    endings = tuple(language.words("adjective_endings"))
    return word in known or (bool(endings) and len(word) > 4 and word.endswith(endings))
