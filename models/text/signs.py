"""A cheap look for words one of which must be in a text before a slower look is worth it."""

import re
from functools import lru_cache

_WORD = re.compile("[A-Za-z]{2,}")


class Signs:
    """What a text must hold one of.

    Args:
        words: of the letters a to z, in lower case, with spaces between them; found as whole words in any case.
        pieces: of any characters, found anywhere as they are.
    """

    def __init__(self, words: str = "", *pieces: str) -> None:
        self._words = frozenset(words.split())
        self._pieces = pieces
        # All alternatives begin with a character of their own, to the next of which the engine skips.
        self._finds_piece = re.compile("|".join(map(re.escape, pieces)) or "(?!)").search

    def are_in(self, text: str) -> bool:
        """Whether the text holds one of them.

        >>> signs = Signs("telegram", "电报")
        >>> signs.are_in("On TELEGRAM: me"), signs.are_in("加电报"), signs.are_in("Telegraph")
        (True, True, False)
        """
        if self._finds_piece(text):
            return True
        return not self._words.isdisjoint(_latin_words(text))

    def __or__(self, other: "Signs") -> "Signs":
        """The signs of both."""
        return Signs(" ".join(self._words | other._words), *self._pieces, *other._pieces)


@lru_cache(4)
def _latin_words(text: str) -> frozenset[str]:
    """Several looks are taken at the same text."""
    return frozenset(map(str.lower, _WORD.findall(text)))
