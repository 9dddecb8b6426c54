"""Chooses among ways to put it: not always the same one, and always the same one for the same seed."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Variety:
    """Choices that depend on a seed alone. With a product's id a text does not change its words with every refresh.

    >>> Variety("lamp-201").pick("verb", "abc") == Variety("lamp-201").pick("verb", "abc")
    True
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def pick(self, what: str, options: Sequence[Option], turn: int = 0) -> Option:
        """One of the options. For the same `what`, successive turns give different ones."""
        return options[(self.number(what) + turn) % len(options)]

    def number(self, what: str) -> int:
        """A number that is always the same for the same seed and `what`."""
        digest = hashlib.blake2b(f"{what}\0{self._seed}".encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest)
