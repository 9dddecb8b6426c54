"""Whether a text already says a fact, and the words and numbers that this is told by."""

import re
from collections.abc import Sequence
from functools import lru_cache

from streams.copywriting.facts import Fact
from streams.copywriting.language import Language, languages
from streams.copywriting.translating import unit_named


def said_in(fact: Fact, text: str, language: Language) -> bool:
    """Whether a text already says an attribute: its numbers and words are all there, digits or not.

    >>> from streams.copywriting.language import language
    >>> from streams.copywriting.attribute_values import Value
    >>> fact = Fact("playback", "8 hours", "p", Value("playback", "quantity", ("8 hours",)))
    >>> said_in(fact, "Eight hours of playback.", language("en")), said_in(fact, "8 kg", language("en"))
    (True, False)
    """
    value = fact.value
    if value is None:
        return False
    if value.shape == "yes":
        return _within(value.name, text, language)
    if value.shape == "no":
        squeezed = _squeezed(text)
        return any(f"{no}{_squeezed(value.name)}" in squeezed for no in language.options("words.negations"))
    if value.shape == "count":
        return _within(f"{fact.quote} {value.name}", text, language)
    return all(_within(item, text, language) for item in value.items)


def _within(words: str, text: str, language: Language) -> bool:
    words, text = unit_named(words), unit_named(text)
    if language.is_unspaced:
        return _squeezed(words) in _squeezed(text)
    said = set(tokens(text, language))
    wanted = tokens(words, language)
    return bool(wanted) and all(
        word in said or f"{word}s" in said or word.rstrip("s") in said for word in wanted
    )


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")


def tokens(text: str, language: Language) -> tuple[str, ...]:
    """Words and numbers in lower case, number words as digits, without words that say nothing."""
    return _tokens(text, language.code)


@lru_cache(maxsize=4096)  # a sentence of a description is held against every attribute
def _tokens(text: str, code: str) -> tuple[str, ...]:
    language = languages()[code]
    numbers = language.options("words.numbers")
    found = []
    for match in _TOKEN.finditer(text.casefold()):
        word = match[0].replace(",", "") if match[0][0].isdigit() else match[0]
        if word in numbers:
            word = str(numbers.index(word))
        if word not in language.words("function_words"):
            found.append(word)
    return tuple(found)


def first_said(facts: Sequence[Fact], text: str, language: Language) -> list[Fact]:
    """Those attributes that a text already says."""
    return [fact for fact in facts if said_in(fact, text, language)]
