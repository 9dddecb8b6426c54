"""Words that a topic of comments can be known by: what several use, and few texts at large.

How common a word is in a language is known from the lists of the wordfreq package.
"""

import math
import re
from functools import cache

from wordfreq import get_frequency_dict

from models.generation.words import UNSPACED, content_words

# On the zipf scale (the logarithm of a word's share, from 1 in a billion): "day" 6.0, "first" 6.1, "less" 5.5,
# "students" 5.2, "noise" 4.5, "tram" 3.5; "起来" 5.7, "孩子" 5.6, "声音" 5.2, "客服" 4.0.
_COMMON, _SPECIAL, _LEAST_NAMING = 5.8, 4.8, 5.45
_HAN = re.compile(r"[㐀-鿿]+")
_LONGEST_HAN = 4
_ENDINGS = ("'s", "’s", "ies", "es", "s")
_LEAST_STEM = 3
_NO_WORD = re.compile(r"\d|['’]|^(?:less|more|fewer|most|much|many|several|every|own)$")


def topic_words(text: str, language: str) -> dict[str, str]:
    """The words of content of a sentence, each by its stem, as it is spelled.

    >>> topic_words("The night buses are late.", "en"), list(topic_words("客服态度好", "zh"))
    ({'night': 'night', 'bus': 'buses', 'late': 'late'}, ['客服', '态度'])
    """
    if language in UNSPACED:
        return {word: word for run in _HAN.findall(text) for word in _known_words(run, language)}
    words = (word.strip(".,&+/-") for word in content_words(text, language))
    return {_stem(word): word for word in words if word and not _NO_WORD.search(word)}


def weight(word: str, language: str) -> float:
    """How much a shared word says, 0 to 1: nothing if it is among the most common of the language."""
    return min(1.0, max(0.0, (_COMMON - _zipf(word, language)) / (_COMMON - _SPECIAL)))


def can_name(word: str, language: str) -> bool:
    """Whether a word is special enough to name a topic.

    >>> can_name("bus", "en"), can_name("less", "en"), can_name("客服", "zh")
    (True, False, True)
    """
    return _zipf(word, language) < _LEAST_NAMING


def _zipf(word: str, language: str) -> float:
    shares = _shares(language)
    if not shares:
        return _COMMON
    share = shares.get(word)
    return 0.0 if share is None else math.log10(share) + 9


@cache
def _shares(language: str) -> dict[str, float]:
    """How much of a language its words make up; empty where nobody has counted it."""
    # Of Chinese all words that are known, because others are none; of English those that are not rare.
    try:
        return dict(get_frequency_dict(language, wordlist="best" if language in UNSPACED else "small"))
    except LookupError:
        return {}


def _known_words(run: str, language: str) -> list[str]:
    """All words of two characters or more that a stretch of Chinese holds, cut one way or another."""
    known = _shares(language)
    return [
        run[start:end]
        for start in range(len(run))
        for end in range(start + 2, min(len(run), start + _LONGEST_HAN) + 1)
        if run[start:end] in known
    ]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
