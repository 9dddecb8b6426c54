"""Words of a text: how many there are, which of them say something, and how many of the most fit."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from streams.errors import ConfigurationError

#: Languages that do not part words by spaces.
UNSPACED = frozenset({"zh", "ja"})
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_CHARACTER = re.compile(r"[a-z0-9]+|[^\W\d_a-z]", re.IGNORECASE)
_LEAST_CONTENT_CHARACTERS = 3


def wanted_package(name: str) -> ConfigurationError:
    """The error of a package that is not installed."""
    return ConfigurationError(
        f"evaluate summaries: wanted the package {name}; pip install 'reviewstream[evaluation]'"
    )


class CharacterTokenizer:
    """Single characters of languages without spaces, words of Latin letters; for `rouge_score`.

    >>> CharacterTokenizer().tokenize("物流快，iPhone 好")
    ['物', '流', '快', 'iphone', '好']
    """

    def tokenize(self, text: str) -> list[str]:
        """See above."""
        return _CHARACTER.findall(text.lower())


def tokens_of(text: str, language: str) -> list[str]:
    """Words, or characters where words are not parted by spaces; lower-cased, without punctuation.

    >>> tokens_of("It's a GREAT lamp!", "en")
    ["it's", 'a', 'great', 'lamp']
    """
    if language in UNSPACED:
        return CharacterTokenizer().tokenize(text)
    return _TOKEN.findall(text.lower().replace("’", "'"))


def content_tokens(text: str, language: str) -> list[str]:
    """What a text says: stems of words that are no stop words; pairs of characters where there are no spaces.

    Numbers count whatever their length.
    """
    tokens = tokens_of(text, language)
    if language in UNSPACED:
        return [one + other for one, other in pairwise(tokens)]
    return [
        _stem(token.removesuffix("'s"))
        for token in tokens
        if token.isdigit() or (len(token) >= _LEAST_CONTENT_CHARACTERS and token not in _stop_words())
    ]


def fitting(ranked: Sequence[str], most: int, language: str) -> list[int]:
    """Places of the sentences, best first, that together have at most so many words, none twice.

    Where none fits it is the shortest.

    >>> fitting(["one two three", "four five six", "seven"], 4, "en")
    [0, 2]
    """
    chosen: list[int] = []
    seen: set[tuple[str, ...]] = {()}
    left = most
    lengths = {}
    for place, sentence in enumerate(ranked):
        words = tuple(tokens_of(sentence, language))
        if words in seen:
            continue
        lengths[place] = len(words)
        if len(words) <= left:
            chosen.append(place)
            seen.add(words)
            left -= len(words)
    return chosen or sorted(lengths, key=lambda place: lengths[place])[:1]


@cache
def _stop_words() -> frozenset[str]:
    """English words that say nothing by themselves."""
    try:
        from sumy.utils import get_stop_words  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise wanted_package("sumy") from error
    return frozenset(get_stop_words("english"))


@cache
def _stem(word: str) -> str:
    try:
        from nltk.stem.porter import PorterStemmer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise wanted_package("rouge-score") from error
    stem: str = PorterStemmer().stem(word)
    return stem
