"""Checks a sentence that a model wrote against the quotes that it was written from.

A model that may only use the words of its evidence can still put them together wrongly: turn a comparison round, lose
a negation, give one thing the property of another, speak for a reviewer, or advise. So what a sentence says must stand
in one clause of one quote, near each other and in its order; one piece alone may move behind its neighbours, as from
"great price" to "the price is great". It compares words, and asks no model.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from types import MappingProxyType

from models.generation.words import UNSPACED
from streams.composing.phrase_units import denies_otherwise, places, strange_units, units

_FEWEST_WORDS, _MOST_WORDS = 3, 25
_FEWEST_HAN, _MOST_HAN = 4, 40
# How far apart neighbours may be in the evidence, and how far a piece may move back: in words of content.
_FARTHEST, _FARTHEST_HAN = 3, 10
_MOVES = 2
_MOST_READINGS = 64
_HAN = re.compile(r"[㐀-鿿]")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")

_SPEAKS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "en": re.compile(
            r"\b(?:i|me|my|mine|myself|we|us|our|ours|you|your|yours|(?:you|i|we)['’]\w+|recommend\w*|should|must|"
            r"avoid|please|beware|buy|let['’]?s)\b",
            re.IGNORECASE,
        ),
        "zh": re.compile(r"[我咱俺你您]|建议|推荐|应该|请|千万|务必|购买|别买|不要"),
    }
)
_COMPARES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "en": re.compile(
            r"\b(?:than|unlike|instead|rather|compared|versus|vs|as\s+\w+\s+as)\b", re.IGNORECASE
        ),
        "zh": re.compile(r"比起?|不如|而不是|不像|没有?[㐀-鿿]{1,6}那么"),
    }
)
# What parts clauses that do not say the same of the same thing.
_CONTRASTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "en": re.compile(
            r"[.;!?:()]|\b(?:but|although|though|however|while|whereas|except|yet|besides)\b", re.IGNORECASE
        ),
        "zh": re.compile(r"[。；！？：（）]|但是?|不过|可是|却|虽然|尽管|而且?|除了"),
    }
)
# What stands on either side of these within a sentence need not be said of the same thing.
_JOINTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "en": re.compile(r"[,;]|\band\b|\bor\b|\bbut\b", re.IGNORECASE),
        "zh": re.compile(r"[，、；]|和|也|但|而"),
    }
)
_BUT: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "en": re.compile(r"\b(?:but|although|though|however|while|yet)\b", re.IGNORECASE),
        "zh": re.compile(r"但|不过|可是|却|虽然|而"),
    }
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
    ['denies what is not denied, or the other way round']
    """
    known = " ".join(evidence)
    contrasts = bool(_BUT[language].search(text)) and not _BUT[language].search(known)
    found = {
        "speaks for someone or advises": bool(_SPEAKS[language].search(text)),
        "too short or too long": not _is_of_good_length(text, language),
        "a number of its own": not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(known)),
        "words of its own": bool(strange_units(text, evidence, language)),
        "a contrast of its own": contrasts,
        "denies what is not denied, or the other way round": denies_otherwise(text, evidence, language),
        "joins what is not said together": not _is_said_together(text, evidence, language),
    }
    return [fault for fault, is_found in found.items() if is_found]


def _is_of_good_length(text: str, language: str) -> bool:
    if language in UNSPACED:
        return _FEWEST_HAN <= len(_HAN.findall(text)) <= _MOST_HAN
    return _FEWEST_WORDS <= len(text.split()) <= _MOST_WORDS


def _is_said_together(text: str, evidence: Sequence[str], language: str) -> bool:
    """Whether each part of the sentence is a part of the evidence, made shorter; a comparison is one part."""
    known = "\n".join(evidence)
    if _COMPARES[language].search(text):
        said = units(text, known, language)
        return any(_is_shortened(said, sentence, language, moves=0) for sentence in evidence)
    parts = list(_plain_parts(evidence, language))
    return all(
        any(_is_shortened(said, part, language, moves=_MOVES) for part in parts)
        for group in _JOINTS[language].split(text)
        if (said := units(group, known, language))
    )


def _plain_parts(evidence: Sequence[str], language: str) -> Iterator[str]:
    """Clauses, without what they compare with."""
    for sentence in evidence:
        for part in _CONTRASTS[language].split(sentence):
            compares = _COMPARES[language].search(part)
            yield part[: compares.start()] if compares else part


def _is_shortened(said: Sequence[str], part: str, language: str, *, moves: int) -> bool:
    """Whether the pieces stand in a part of the evidence in a way that may say the same."""
    found = [places(unit, part, language) for unit in said]
    farthest = _FARTHEST_HAN if language in UNSPACED else _FARTHEST
    return any(
        _is_in_order(reading, moves) and all(abs(one - other) <= farthest for one, other in pairwise(reading))
        for reading in islice(product(*found), _MOST_READINGS)
    )


def _is_in_order(reading: Sequence[int], moves: int) -> bool:
    """Whether the places rise, but for at most one piece that moved back, behind `moves` others at most.

    >>> _is_in_order((1, 2, 0), 2), _is_in_order((2, 0, 1), 2), _is_in_order((1, 0), 0)
    (True, False, False)
    """
    ordered = sorted(reading)
    if list(reading) == ordered:
        return len(set(reading)) == len(reading)
    for place, moved in enumerate(reading):
        rest = [*reading[:place], *reading[place + 1 :]]
        if rest == sorted(set(rest)) and 0 < place - ordered.index(moved) <= moves:
            return True
    return False
