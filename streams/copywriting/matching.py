"""Which facts of a product meet an interest: by its words, never by guessing."""

import re
from dataclasses import dataclass

from streams.composing.composition import Opinion
from streams.copywriting.facts import Fact, Facts
from streams.copywriting.language import Language
from streams.copywriting.reviews import aspect_name, opinions
from streams.copywriting.saying import tokens

_HAN = re.compile(r"[\u3400-\u9fff]")
_STEM = re.compile(r"(?:ies|es|s|ing|ed|er)$")
_LEAST_STEM = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A fact that meets an interest, or an opinion of reviewers that does.

    Attributes:
        score: 0 to 1: how much of the interest is in it.
        fact: an attribute, a tag, the category or a sentence of the description.
        opinion: what reviewers praise.
    """

    score: float
    fact: Fact | None = None
    opinion: Opinion | None = None


def matches(interest: str, facts: Facts, language: Language) -> list[Match]:
    """What meets an interest whole, the most telling first: attributes, descriptions, reviews, tags.

    >>> from streams.copywriting.language import language
    >>> english = language("en")
    >>> same_words("trail running", "Trail running shoes", english), same_words("hiking", "a hood", english)
    (True, False)
    """
    found = [
        Match(_score(interest, fact.quote), fact)
        for fact in (*facts.attributes, *facts.sentences, *facts.tags, *filter(None, [facts.category]))
        if _is_there(fact) and same_words(interest, _words_of(fact), language)
    ]
    praised = [
        Match(1.0, opinion=opinion)
        for opinion in opinions(facts.subject, language, "positive")
        if same_words(interest, aspect_name(opinion.aspect, language), language)
        or same_words(interest, opinion.quoted[0].quote, language)
    ]
    return [*found, *praised]


def _is_there(fact: Fact) -> bool:
    return fact.value is None or fact.value.shape != "no"


def _words_of(fact: Fact) -> str:
    return fact.quote if fact.value is None else f"{fact.value.name} {fact.quote}"


def _score(interest: str, words: str) -> float:
    return round(min(1.0, len(interest) / max(1, len(words))), 3)


def same_words(wanted: str, words: str, language: Language) -> bool:
    """Whether all that somebody names is in some words, in whatever form."""
    if _HAN.search(wanted):
        return (
            bool(wanted.strip()) and wanted.replace(" ", "").casefold() in words.replace(" ", "").casefold()
        )
    names = {stem(token) for token in tokens(wanted, language)}
    return bool(names) and names <= {stem(token) for token in tokens(words, language)}


def stem(word: str) -> str:
    """A word without its commonest endings: "hiking", "hiker" and "hikes" are one."""
    short = _STEM.sub("", word)
    return short.rstrip("e") if len(short) >= _LEAST_STEM else word
