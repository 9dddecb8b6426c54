"""How well a quote tells what others say too: of several that make a point, which is told, and which point first.

It is the better the more of the other quotes use its words, and the fewer of its words are personal: who tells of
himself tells of one case.
"""

import re
from collections import Counter
from collections.abc import Iterable

from models.generation.words import FUNCTION_WORDS

_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?|[^\W\d_a-z]", re.IGNORECASE)
#: Who tells of himself tells of one case; people who sum up do not.
PERSONAL = frozenset(
    {
        "i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "we", "we're", "we've", "we'd", "us", "our",
        "我", "咱", "俺",
    }
)  # fmt: skip
_SAYS_NOTHING = FUNCTION_WORDS["en"] | FUNCTION_WORDS["zh"]


class Worth:
    """The worth of quotes among each other, about -1 to 1.

    Args:
        quotes: all there are.

    >>> worth = Worth(["great screen", "the screen is great", "my aunt has one"])
    >>> worth.of("the screen is great") > 0 > worth.of("my aunt has one")
    True
    """

    def __init__(self, quotes: Iterable[str]) -> None:
        self._quotes = 0
        self._frequency: Counter[str] = Counter()
        for quote in quotes:
            self._quotes += 1
            self._frequency.update(set(_words(quote)))

    def of(self, quote: str) -> float:
        """The mean share of other quotes with a word of it, less the share of its personal words."""
        words = _words(quote)
        different = set(words) - _SAYS_NOTHING
        if not different:
            return -1.0
        shared = sum(self._frequency[word] - 1 for word in different) / (self._quotes * len(different))
        return shared - sum(word in PERSONAL for word in words) / len(words)


def _words(quote: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(quote.lower())]
