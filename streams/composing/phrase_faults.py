"""Checks a sentence that a model wrote against the quotes that it was written from.

A model that may only use the words of its evidence can still put them together wrongly: turn a comparison round, lose
a negation, give one thing the property of another, speak for a reviewer, or advise. So each clause of a sentence must
be one of the evidence, made shorter where this cannot change what it says (`phrase_english`, `phrase_chinese`). It
compares words, and asks no model. What is refused wrongly costs little: it is counted and quoted instead.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from models.generation.words import UNSPACED
from schemas.summaries import Quote
from streams.composing.phrase_chinese import is_said_in_chinese
from streams.composing.phrase_english import is_said_in_english
from streams.composing.phrase_units import denies_otherwise, strange_units
from streams.composing.rivals import names
from streams.composing.word_lists import any_pattern, any_word

_FEWEST_WORDS, _MOST_WORDS = 3, 25
_FEWEST_HAN, _MOST_HAN = 4, 40
_HAN = re.compile(r"[㐀-鿿]")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")

_BUT: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "en": re.compile(r"\b(?:but|although|though|however|while|yet)\b", re.IGNORECASE),
        "zh": re.compile(r"但|不过|可是|却|虽然|而"),
    }
)
_IS_SAID: Mapping[str, Callable[[str, Sequence[str]], bool]] = MappingProxyType(
    {"en": is_said_in_english, "zh": is_said_in_chinese}
)


def phrase_faults(text: str, evidence: Sequence[str], language: str) -> list[str]:
    """What keeps a sentence from being published; empty where nothing does.

    Args:
        text: one sentence.
        evidence: the quotes it was written from.
        language: ISO 639-1 code of both: "en" or "zh".

    >>> phrase_faults("The price is great.", ["for a great price"], "en")
    []
    >>> phrase_faults("The money is a great purchase.", ["a great purchase for the money"], "en")
    ['joins what is not said together']
    >>> phrase_faults("The arm is firm.", ["the arm is not firm"], "en")
    ['denies what is not denied, or the other way round', 'joins what is not said together']
    """
    known = " ".join(evidence)
    contrasts = bool(_BUT[language].search(text)) and not _BUT[language].search(known)
    found = {
        "speaks for someone or advises": _speaks(text, language),
        "an article without a noun": _has_a_lone_article(text, language),
        "too short or too long": not _is_of_good_length(text, language),
        "a name": bool(_names(text, evidence)),
        "a number of its own": not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(known)),
        "words of its own": bool(strange_units(text, evidence, language)),
        "a contrast of its own": contrasts,
        "denies what is not denied, or the other way round": denies_otherwise(text, evidence, language),
        "joins what is not said together": not _IS_SAID[language](text, evidence),
    }
    return [fault for fault, is_found in found.items() if is_found]


def supporters(text: str, quotes: Sequence[Quote], language: str) -> tuple[str, ...]:
    """The reviews that say all of a sentence by themselves; see `phrase_faults`."""
    said = (quote.review_id for quote in quotes if not phrase_faults(text, [quote.text], language))
    return tuple(dict.fromkeys(said))


def _speaks(text: str, language: str) -> bool:
    """Whether it speaks for somebody, to somebody, or advises."""
    if language in UNSPACED:
        return any_pattern("composing/advice_zh.txt").search(text) is not None
    orders, advice = any_word("composing/orders_en.txt"), any_word("composing/advice_en.txt")
    return (orders.match(text) or advice.search(text)) is not None


def _has_a_lone_article(text: str, language: str) -> bool:
    """Whether an article stands before what is no noun; the evidence may have its words without one."""
    return language == "en" and any_word("composing/lone_articles_en.txt").search(text) is not None


def _is_of_good_length(text: str, language: str) -> bool:
    if language in UNSPACED:
        return _FEWEST_HAN <= len(_HAN.findall(text)) <= _MOST_HAN
    return _FEWEST_WORDS <= len(text.split()) <= _MOST_WORDS


def _names(text: str, evidence: Sequence[str]) -> set[str]:
    """Names in a sentence; of its first word the evidence tells whether it is one."""
    known = {name for quote in evidence for name in names(quote)}
    return {*names(text), *known.intersection(re.findall(r"\w+", text))}
