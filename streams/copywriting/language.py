"""A language of copy: its words and sentence patterns, read from a file.

A language is `languages/CODE.toml` and its tests. In a pattern

- `{value}` stands for what is put in, copied exactly; `{value|a}` has an indefinite article before it, `{value|thing}`
  has one if it names a thing that can be counted, `{value|lower}` begins in lower case;
- `[weighs|weigh]` agrees with the product, `<is|are>` with whatever else is counted;
- a clause begins with its form: "vp" goes on from the product, "np" is something it has, "cl" stands alone.

The tables: `words` and `units` are what values are recognised by; `attribute` holds what is known by name, each with
its names, clauses by shape of the value, and a question; `unknown` the clauses of everything else; `sentence` and
`lead` how clauses become sentences; the rest is named after the kinds of copy.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from streams.composing.composition import primary

_FOLDER = resources.files("streams") / "copywriting" / "languages"
_AGREES = re.compile(r"\[([^\[\]|]*)\|([^\[\]]*)\]")
_AGREES_TOO = re.compile(r"<([^<>|]*)\|([^<>]*)>")
_PLACE = re.compile(r"\{(\w+)(?:\|(\w+))?\}")
_VOWEL_SOUND = re.compile(
    r"(?i:(?!u(?:s[bae]|n[ai][^n]|ni)|eu|one\b|once\b)[aeiou]|hour|honest|8|11\b|18\b)|[FLMNRSX](?:[A-Z]|\b)"
)


class Language:
    """The words and patterns of one language.

    Args:
        tables: what its file holds.
    """

    def __init__(self, tables: Mapping[str, object]) -> None:
        self._tables = tables
        self._options: dict[str, tuple[str, ...]] = {}
        self._words: dict[str, frozenset[str]] = {}
        self.code: Final = self.text("code")
        self.is_unspaced: Final = tables["unspaced"] is True
        self._concepts = {
            name.casefold(): concept
            for concept in self.names("attribute")
            for name in self.options(f"attribute.{concept}.names")
        }

    def __repr__(self) -> str:
        return f"Language({self.code!r})"

    def _at(self, path: str) -> object:
        found: object = self._tables
        for key in path.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def options(self, path: str) -> tuple[str, ...]:
        """The texts at a path such as "lead.warm.vp"; none where there is nothing."""
        known = self._options.get(path)
        if known is None:
            found = self._at(path)
            texts = [found] if isinstance(found, str) else found if isinstance(found, list) else []
            known = self._options[path] = tuple(str(text) for text in texts)
        return known

    def text(self, path: str) -> str:
        """The first text at a path.

        Raises:
            KeyError: the file has none, which a test would have found.
        """
        texts = self.options(path)
        if not texts:
            raise KeyError(f"{path} is missing in a file of streams/copywriting/languages")
        return texts[0]

    def names(self, path: str) -> list[str]:
        """The names of what a table holds."""
        found = self._at(path)
        return [str(key) for key in found] if isinstance(found, Mapping) else []

    def words(self, name: str) -> frozenset[str]:
        """A list of words, in lower case."""
        known = self._words.get(name)
        if known is None:
            known = frozenset(word.casefold() for word in self.options(f"words.{name}"))
            self._words[name] = known
        return known

    def concept(self, name: str) -> str | None:
        """Which known attribute a name is for."""
        return self._concepts.get(name.casefold())

    def between(self) -> str:
        """What stands between two sentences."""
        return "" if self.is_unspaced else " "

    def listed(self, items: list[str]) -> str:
        """Several things as one, as in a sentence.

        >>> language("en").listed(["pots", "pans", "lids"]), language("zh").listed(["红", "黑"])
        ('pots, pans and lids', '红和黑')
        """
        return (
            self.text("and").join(filter(None, (self.text("comma").join(items[:-1]), items[-1])))
            if items
            else ""
        )

    def is_plural(self, noun: str) -> bool:
        """Whether a noun names several things, as far as its ending tells.

        >>> [language("en").is_plural(noun) for noun in ("running shoes", "glass", "thickness", "jeans")]
        [True, False, False, True]
        """
        if self.is_unspaced or not noun.strip():
            return False
        words = noun.casefold().split()
        if self.text("and").strip() in words:
            return True
        # "Marbles included" are marbles.
        word = words[-2] if len(words) > 1 and words[-1].endswith("ed") else words[-1]
        if word in self.words("plural"):
            return True
        return (
            word.endswith("s")
            and not word.endswith(("ss", "us", "is", "'s", "’s"))
            and word not in self.words("singular_s")
        )

    def render(
        self,
        pattern: str,
        *,
        many: bool = False,
        many_too: bool = False,
        also: Mapping[str, str] = MappingProxyType({}),
        **values: str,
    ) -> str:
        """Fill a pattern. What is put in is never read as a pattern itself.

        Args:
            pattern: of the file.
            many: whether the product's name is plural.
            many_too: whether the other noun of the pattern is.
            also: what is put in at places whose names are no words, such as "1".
            values: by the names of their places.

        >>> language("en").render("[weighs|weigh] {value}", many=True, value="[1] kg")
        'weigh [1] kg'
        """
        given = {**also, **values}
        agreeing = _AGREES.sub(lambda match: match[2] if many else match[1], pattern)
        agreeing = _AGREES_TOO.sub(lambda match: match[2] if many_too else match[1], agreeing)
        return _PLACE.sub(lambda match: self._filled(given[match[1]], match[2]), agreeing)

    def _filled(self, value: str, how: str | None) -> str:
        if how == "a" and not self._is_determined(value):
            return f"{self.article(value)} {value}"
        if how == "thing":
            return self.thing(value)
        return value[:1].lower() + value[1:] if how == "lower" and not value[:2].isupper() else value

    def article(self, value: str) -> str:
        """The indefinite article before a value.

        >>> [language("en").article(value) for value in ("8 GB", "LED", "USB", "hour", "1.4 m", "oak")]
        ['an', 'an', 'a', 'an', 'a', 'an']
        """
        plain, before_vowel = self.options("vowel_article")
        return before_vowel if _VOWEL_SOUND.match(value) else plain

    def thing(self, value: str) -> str:
        """A value with an article if it names one thing that can be counted.

        >>> language("en").thing("wooden box"), language("en").thing("compostable paper")
        ('a wooden box', 'compostable paper')
        """
        if self._is_determined(value) or not self._is_countable(value):
            return value
        return f"{self.article(value)} {value}"

    def _is_determined(self, value: str) -> bool:
        return (
            value.split(maxsplit=1)[0].casefold().rstrip(".") in self.words("determiners")
            if value.strip()
            else True
        )

    def _is_countable(self, value: str) -> bool:
        return not value[:1].isdigit() and value.rsplit(maxsplit=1)[-1].casefold() in self.words("countable")

    def sentence(self, text: str) -> str:
        """A text as a sentence: its first letter is a capital one, unless a name begins with it.

        >>> language("en").sentence("it weighs 1 kg."), language("en").sentence("iPhones are here.")
        ('It weighs 1 kg.', 'iPhones are here.')
        """
        first = re.match(r"[¡¿“«\"']*([^\W\d_]+)", text)
        if self.is_unspaced or first is None or not first[1].islower():
            return text
        return text[: first.start(1)] + text[first.start(1)].upper() + text[first.start(1) + 1 :]


@cache
def languages() -> Mapping[str, Language]:
    """All languages that copy is composed in, by their codes."""
    files = sorted(
        (file for file in _FOLDER.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    read = [Language(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return MappingProxyType({known.code: known for known in read})


def language(code: str) -> Language:
    """The language of a code, whatever its script and region.

    Raises:
        KeyError: copy is not composed in it.
    """
    return languages()[primary(code)]
