"""Chooses among ways to put it: not always the same one, and always the same one for the same snapshot."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Variety:
    """Choices that depend on a product and a generation, and on nothing else.

    >>> Variety("lamp-201", 1).pick("verb", "abc") == Variety("lamp-201", 1).pick("verb", "abc")
    True
    """

    def __init__(self, product_id: str, generation: int) -> None:
        self._seed = f"{generation}\0{product_id}"

    def pick(self, what: str, options: Sequence[Option], turn: int = 0) -> Option:
        """One of the options. For the same `what`, successive turns give different ones."""
        digest = hashlib.blake2b(f"{what}\0{self._seed}".encode("utf-8", "replace"), digest_size=8).digest()
        return options[(int.from_bytes(digest) + turn) % len(options)]
