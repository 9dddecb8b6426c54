"""A sign of spam: the same again and again."""

import re
from collections.abc import Sequence

from models.quality.reading import ReadText

# Of n-grams that all differ the share is 1; of a text said three times over it is 1/3. A text said twice, as where a
# title repeats it, is no spam. The share of distinct units, which is cheaper, tells that nothing is repeated.
_REPEATED_SHARE = 0.4
_DISTINCT_WORDS = 0.5
_DISTINCT_CHARACTERS = 0.4
_LEAST_WORDS = 12
_LEAST_CHARACTERS = 20
_MOST_SIGNS = 10  # kinds of punctuation
_ONE_CHARACTER = 0.6
_LONG_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)
_NO_WORD = re.compile(r"[\W_]+")
_LAUGHTER = re.compile(r"(?:h+[ae]+)+h?|l+o+l[lo]*|[哈嘿嘻呵嗷呜啊h]+|6+|w+")


def repetition(read: ReadText) -> float:
    """How sure the text says the same again and again; 0 if it does not."""
    if not read.has_han:
        units, distinct_units = read.words, read.distinct
        if len(units) < _LEAST_WORDS:
            units = read.lower.split()
            distinct_units = frozenset(units)
        if len(units) >= _LEAST_WORDS:
            return _repeated(units, 3) if len(distinct_units) < _DISTINCT_WORDS * len(units) else 0.0
    if len(set(read.lower)) - _MOST_SIGNS > _DISTINCT_CHARACTERS * len(read.lower):
        return 0.0
    characters = _NO_WORD.sub("", read.lower)
    distinct = set(characters)
    if (
        len(distinct) > _DISTINCT_CHARACTERS * len(characters)
        or len(characters) < _LEAST_WORDS
        or _LAUGHTER.fullmatch(characters)
    ):
        return 0.0
    if len(distinct) == 1:
        return _ONE_CHARACTER
    # "Sooooooo good" stretches a word.
    characters = _LONG_RUN.sub(r"\1", characters)
    if len(characters) < _LEAST_CHARACTERS or len(distinct) > _DISTINCT_CHARACTERS * len(characters):
        return 0.0
    return _repeated(characters, 4)


def _repeated(units: Sequence[str], n: int) -> float:
    count = len(units) - n + 1
    share = len(set(zip(*(units[start:] for start in range(n)), strict=False))) / count
    return round(1.0 - share, 3) if share < _REPEATED_SHARE else 0.0
