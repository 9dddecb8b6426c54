"""A shop's own rules for copy, a TOML file: words it prefers and forbids, what comes first, how long texts are."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.fields import Label
from streams.errors import ConfigurationError

_QUOTED = re.compile(r"“[^”]*”|«[^»]*»")
_HAN = re.compile(r"[\u3400-\u9fff]")
Words = Annotated[int, Field(ge=5, le=1_000)]


class HouseRules(BaseModel):
    """What a shop wants of every text.

    Attributes:
        version: names these rules in what is written by them.
        forbidden: words that no text holds.
        preferred: a word to the word that stands in its place, outside of quotations.
        order: names of attributes that come first, in this order.
        length: a category to the most words (Chinese: characters) of its descriptions; "default" is for all others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Label = "1"
    forbidden: tuple[Label, ...] = ()
    preferred: Mapping[Label, Label] = Field(default_factory=dict)
    order: tuple[Label, ...] = ()
    length: Mapping[Label, Words] = Field(default_factory=dict)

    def worded(self, text: str) -> str:
        """A text in the shop's words; quotations stay as they are.

        >>> HouseRules(preferred={"colour": "shade"}).worded("The colour is “a good colour”. Colours vary.")
        'The shade is “a good colour”. Colours vary.'
        """
        for word, preferred in self.preferred.items():
            text = _replaced(text, word, preferred)
        return text

    def rank(self, attribute: str) -> int:
        """Where an attribute stands in the shop's order; those that it does not name come after all others."""
        names = [name.casefold() for name in self.order]
        return names.index(attribute.casefold()) if attribute.casefold() in names else len(names)

    def most_words(self, category: str | None) -> int | None:
        """The longest that a description of a category may be; None: as long as usual."""
        lengths = {name.casefold(): words for name, words in self.length.items()}
        return lengths.get((category or "").casefold(), lengths.get("default"))


#: Of a shop that has none.
NO_RULES = HouseRules()


def read_house_rules(file: Path) -> HouseRules:
    """The rules of a file.

    Raises:
        ConfigurationError: it is no TOML, or it holds something else than rules.
    """
    try:
        return HouseRules.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"house rules: wanted a TOML file, got {file}: {error}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        known = ", ".join(HouseRules.model_fields)
        raise ConfigurationError(
            f"house rules: {file}: {where}: {problem['msg']}; known are {known}"
        ) from error


def _replaced(text: str, word: str, preferred: str) -> str:
    bounded = re.escape(word) if _HAN.search(word) else rf"(?<!\w){re.escape(word)}(?!\w)"
    pattern = re.compile(bounded, re.IGNORECASE)

    def in_case(match: re.Match[str]) -> str:
        return preferred[0].upper() + preferred[1:] if match[0][0].isupper() else preferred

    pieces, last = [], 0
    for quotation in _QUOTED.finditer(text):
        pieces += [pattern.sub(in_case, text[last : quotation.start()]), quotation[0]]
        last = quotation.end()
    return "".join([*pieces, pattern.sub(in_case, text[last:])])
