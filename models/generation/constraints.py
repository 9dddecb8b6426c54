"""What a phrase may say next, token by token: see `word_trie` for whole words out of a set."""

from collections.abc import Hashable
from typing import Protocol

#: Where a phrase is; None: it has ended.
State = Hashable | None


class Constraint(Protocol):
    """The phrases that may be written."""

    @property
    def tokens(self) -> frozenset[int] | None:
        """All that they can consist of; None: any."""

    @property
    def start(self) -> State:
        """Where they begin."""

    def allowed(self, state: State) -> frozenset[int]:
        """The tokens that may come next, at least one."""
        ...

    def next(self, state: State, token: int) -> State:
        """Where an allowed token leads."""
        ...


class AnyWords:
    """Any tokens but special ones, up to the first that ends a sentence or a line.

    Args:
        allowed: tokens that may be said, the ends among them.
        ends: tokens that end a phrase.
    """

    tokens: frozenset[int] | None = None
    start: State = 0

    def __init__(self, allowed: frozenset[int], ends: frozenset[int]) -> None:
        self._allowed = allowed
        self._ends = ends

    def allowed(self, state: State) -> frozenset[int]:  # noqa: ARG002 - the same everywhere
        """See `Constraint`."""
        return self._allowed

    def next(self, state: State, token: int) -> State:
        """See `Constraint`."""
        return None if token in self._ends else state
