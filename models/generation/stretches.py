"""Stretches of clauses, and the places between them in a phrase."""

from collections.abc import Iterator
from typing import NamedTuple

from models.generation.han_clauses import Clause

# Pieces of a stretch, where it can be cut; what is longer is written in several.
_MOST_PIECES = 12

# Pieces that a clause without its beginning goes on with, or it says too little: of 送了一盘花生, 花生.
_FEWEST_PIECES = 3


class Stretch(NamedTuple):
    """Pieces of a clause.

    Attributes:
        clause: its number.
        start: the place of the first piece.
        end: the place behind the last.
    """

    clause: int
    start: int
    end: int

    @property
    def opens(self) -> bool:
        """Whether a clause may begin with it."""
        return not self.start or self.end - self.start >= _FEWEST_PIECES


class Point(NamedTuple):
    """A place between two stretches.

    Attributes:
        clause: that the last one is of; -1: there is none.
        end: of the last one.
        begun: clauses of which there was one.
        after: what came last: "nothing", "stretch", "pause" or "link".
    """

    clause: int
    end: int
    begun: frozenset[int]
    after: str


def stretches_of(number: int, clause: Clause) -> Iterator[Stretch]:
    """All of a clause, the last ones first; those of one character only where the clause begins, as its subject."""
    for start in sorted(clause.starts, reverse=True):
        for end in sorted(end for end in clause.ends if end > start):
            if end - start > 1 or len(clause.pieces[start]) > 1 or not start:
                yield Stretch(number, start, end)
            if end - start >= _MOST_PIECES:
                break


def behind(point: Point, one: Stretch | str) -> Point:
    """Where a phrase is after a stretch, or a word that links clauses."""
    if isinstance(one, Stretch):
        return Point(one.clause, one.end, point.begun | {one.clause}, "stretch")
    return point._replace(after="link")
