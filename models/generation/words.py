"""Words of a text, and the few that a phrase may use though its evidence does not."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

# Letters and digits, joined by what joins within a word, with a sign before or behind: $3.50, don't, 2-in-1.
_WORD = re.compile(r"[$€£¥#]?\w+(?:['’.,/&+-]\w+)*[%°]?")
_PART = re.compile(r"\w+")
_HAN = re.compile(r"[㐀-鿿]+")

#: Languages whose words no spaces part.
UNSPACED: Final = frozenset({"zh"})

#: By language. No negation, no modal verb, no quantity and no degree: whether,
#: how many and how much must be the evidence's.
FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    "en": frozenset({
        "a", "an", "and", "are", "as", "at", "but", "by", "for", "from", "had", "has", "have", "in", "into", "is", "it",
        "its", "of", "on", "or", "that", "the", "their", "they", "this", "these", "to", "was", "were", "when", "where",
        "which", "while", "with",
    }),
    # They stand between clauses alone.
    "zh": frozenset({"但", "但是", "可是", "不过", "就是", "而且", "并且", "也"}),
})  # fmt: skip

#: Function words that a word of content follows, and no pause.
DETERMINERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"en": frozenset({"a", "an", "its", "the", "their", "these", "this"})}
)

_SENTENCE_ENDS: Mapping[str, tuple[str, ...]] = MappingProxyType({"zh": ("。", "！")})
_PAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType({"zh": ("，", "、")})


def sentence_ends(language: str) -> tuple[str, ...]:
    """The marks that end a phrase; the first of them is the plain one."""
    return _SENTENCE_ENDS.get(language, (".", "!"))


def pauses(language: str) -> tuple[str, ...]:
    """The marks that a phrase may have between two words."""
    return _PAUSES.get(language, (",",))


def words_of(text: str) -> list[str]:
    """The words of a text in languages with spaces, as they are spelled.

    >>> words_of("It doesn't (really) fit my 2-in-1, for $3.50!")
    ['It', "doesn't", 'really', 'fit', 'my', '2-in-1', 'for', '$3.50']
    """
    return _WORD.findall(text)


def allowed_words(evidence: Iterable[str], language: str, blocked: frozenset[str]) -> frozenset[str]:
    """The words that a phrase may consist of in a language with spaces: those of the evidence and function words.

    Args:
        evidence: sentences.
        language: ISO 639-1 code.
        blocked: words, lower case, that are not said even where the evidence says them.
    """
    found = {word for sentence in evidence for word in words_of(sentence)}
    found |= FUNCTION_WORDS.get(language, frozenset())
    return frozenset(word for word in found if not is_blocked(word, blocked))


def is_blocked(text: str, blocked: frozenset[str]) -> bool:
    """Whether a text says one of the words, whatever its case; Han words also within others.

    >>> is_blocked("What a Damn-good lamp", frozenset({"damn"})), is_blocked("Damned", frozenset({"damn"}))
    (True, False)
    """
    folded = text.casefold()
    if any(part in blocked for part in (*_PART.findall(folded), *words_of(folded))):
        return True
    return any(_HAN.match(word) and word in folded for word in blocked)


def spellings(word: str) -> tuple[str, ...]:
    """How a word may be spelled within a sentence: as it is, and without the capital of a sentence's beginning.

    >>> spellings("Battery"), spellings("USB"), spellings("light")
    (('Battery', 'battery'), ('USB',), ('light',))
    """
    return (word, word.lower()) if word.istitle() else (word,)


def capitalised(word: str) -> str:
    """A word as it begins a sentence.

    >>> capitalised("light"), capitalised("iPhone"), capitalised("25")
    ('Light', 'iPhone', '25')
    """
    return word[:1].upper() + word[1:] if word.islower() else word


def content_words(text: str, language: str) -> list[str]:
    """The words that say something, lower case: all but the function words; in Chinese, pairs of characters."""
    function_words = FUNCTION_WORDS.get(language, frozenset())
    if language in UNSPACED:
        runs = _HAN.findall(text)
        pairs = [run[place : place + 2] for run in runs for place in range(max(1, len(run) - 1))]
        return [pair for pair in pairs if pair not in function_words] + words_of(
            _HAN.sub(" ", text.casefold())
        )
    return [word for word in words_of(text.casefold()) if word not in function_words]
