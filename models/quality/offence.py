"""Doubts about words: insults and obscenities, also those written around a filter."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

from models.quality.reading import ReadText
from models.quality.values import QualityFlag, any_of

_LEAST_OFFENSIVE = 0.3

_PERSONS = (
    r"(?:you|u|they|he|she|sellers?|vendors?|staff|managers?|owners?|drivers?|couriers?|waiter|waitress"
    r"|customer service|support|employees?|company|people|whoever|designers?|developers?|guys?|man|woman)"
)
# What makes an insult something else: "they are idiot proof".
_OF_THINGS = r"(?! (?:proof|hunt|tails?|skin|seats?))"
# Ways to write around a filter: the letters that are stretched (fuuuck), signs for letters (f*ck, f***, sh!t), and
# letters apart (f.u.c.k). The cheap sign of each comes first: "a", "i", "s" and "t" stand alone in any text.
_RUNS = tuple(letter * 3 for letter in "uiakco")
_RUN = re.compile(r"([a-z])\1{2,}")
_STARRED = re.compile(r"[*#!@$%&](?=[a-z*])")
_STARRED_WORD = re.compile(
    r"(?<![a-z])[a-z]+(?:[*#!@$%&]+[a-z]+)+(?![a-z])|(?<![a-z*])[a-z]\*{3}(?!\*)|(?<![a-z])[a-z]{2}\*\*(?!\*)"
)
_SIGN = re.compile(r"[^a-z]")
_SINGLE_LETTERS = frozenset("bcdefghjklmnopqruvwxyz")
_SPELT_OUT = re.compile(r"\b[a-z](?: [a-z]){2,}\b")


@dataclass(frozen=True, slots=True)
class _EnglishWords:
    """The English list.

    Attributes:
        severity: of a word or phrase that always counts.
        severity_of_person: of a word that counts where it is said of a person.
        suspicious: words one of which is in every text that holds something of the list.
        phrases: finds phrases; like the next for words with one space before each, since the engine skips to a
            literal fastest.
        of_persons: finds words said of a person.
        all_words: the words that always count, one a line.
    """

    severity: Mapping[str, float]
    severity_of_person: Mapping[str, float]
    suspicious: frozenset[str]
    phrases: re.Pattern[str]
    of_persons: re.Pattern[str]
    all_words: str


def offensive(read: ReadText) -> QualityFlag | None:
    """A flag where it holds offensive words; the more and the worse, the higher its score."""
    found = _offensive_english(read)
    if read.has_han:
        found |= _offensive_chinese(read.lower)
    score = any_of(*found.values())
    if score < _LEAST_OFFENSIVE:
        return None
    what = "strong offensive words" if max(found.values()) >= 0.7 else "offensive words"
    return QualityFlag("offensive", round(score, 3), f"It holds {what}.")


def _offensive_english(read: ReadText) -> dict[str, float]:
    english = _english_words()
    found: dict[str, float] = {}
    words, distinct = read.words, read.distinct
    if any(run in read.lower for run in _RUNS):
        words = _RUN.sub(r"\1", " ".join(words)).split() + words
        distinct = frozenset(words)
    if len(_SINGLE_LETTERS & distinct) >= 2:
        words = words + [match[0].replace(" ", "") for match in _SPELT_OUT.finditer(" ".join(words))]
        distinct = frozenset(words)
    if not english.suspicious.isdisjoint(distinct):
        joined = f" {' '.join(words)}"
        found |= {word: english.severity[word] for word in words if word in english.severity}
        found |= {phrase: english.severity[phrase] for phrase in english.phrases.findall(joined)}
        for match in english.of_persons.finditer(joined):
            word = match.group(match.lastindex or 0)
            found[word] = english.severity_of_person[word]
    if _STARRED.search(read.lower):
        for match in _STARRED_WORD.finditer(read.lower):
            if word := re.search(f"^{_SIGN.sub('.', match[0])}$", english.all_words, re.MULTILINE):
                found[word[0]] = english.severity[word[0]]
    return found


def _offensive_chinese(text: str) -> dict[str, float]:
    pattern, severity = _chinese_words()
    words = (_CHINESE_GAP.sub("", match[0]) for match in pattern.finditer(text))
    return {word: severity[word] for word in words if severity[word]}


@cache
def _english_words() -> _EnglishWords:
    always: dict[str, float] = {}
    of_person: dict[str, float] = {}
    for word, severity, *endings in _listed("offensive_en.txt"):
        group = of_person if "@person" in endings else always
        group[word] = float(severity)
        group |= {word + ending: float(severity) for ending in endings if ending != "@person"}
    phrases = [word for word in always if " " in word]
    words = [word for word in always if " " not in word]
    aimed = "|".join(sorted(of_person, key=len, reverse=True))
    return _EnglishWords(
        severity=always,
        severity_of_person=of_person,
        suspicious=frozenset([*words, *of_person, *(max(phrase.split(), key=len) for phrase in phrases)]),
        phrases=re.compile(rf" ({'|'.join(phrases)})\b"),
        of_persons=re.compile(
            rf" (?:{_PERSONS} (?:\w+ ){{0,2}}?(?:are|is|was|were|re|s) (?:\w+ ){{0,3}}?({aimed})\b{_OF_THINGS}"
            rf"|(?:you|u) (?:\w+ )?({aimed})\b{_OF_THINGS}"
            rf"|(?:these|those|bunch of|such) (?:\w+ )?((?:{aimed})(?<=s))\b)"
        ),
        all_words="\n".join(words),
    )


_CHINESE_GAP = re.compile(r"[*.·_ -]")


@cache
def _chinese_words() -> tuple[re.Pattern[str], Mapping[str, float]]:
    severity = {word: float(number) for word, number in _listed("offensive_zh.txt")}
    longest_first = sorted(severity, key=len, reverse=True)
    pattern = re.compile("|".join(map(_chinese_pattern, longest_first)))
    return pattern, {_CHINESE_GAP.sub("", word): number for word, number in severity.items()}


def _chinese_pattern(word: str) -> str:
    """Lets signs stand between Han characters; Latin letters at an end are whole words.

    The first character comes first, so that the engine skips to those that can begin a word.
    """
    pattern = word[0]
    if word[0].isascii():
        pattern += "(?<![a-z0-9].)"
    for before, character in pairwise(word):
        if character == " ":
            pattern += " ?"
        else:
            pattern += ("" if before.isascii() and character.isascii() else "[*.·_ -]{0,2}") + character
    return pattern + ("(?![a-z0-9])" if word[-1].isascii() else "")


def _listed(name: str) -> Iterator[list[str]]:
    """The columns of a word list's lines; an underscore in the first stands for a space."""
    for line in (resources.files("models") / "wordlists" / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, *columns = line.split()
            yield [word.replace("_", " "), *columns]
