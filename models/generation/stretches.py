"""Stretches of clauses, and the places between them in a phrase."""

from collections.abc import Iterator
from typing import NamedTuple

from models.generation.han_clauses import Clause

# Pieces of a clause without its beginning, or it says too little: of 送了一盘花生, 花生.
_FEWEST_PIECES = 3


class Stretch(NamedTuple):
    """A clause from one of its starts on.

    Attributes:
        clause: its number.
        start: the place of the first piece.
        end: the place behind the last.
    """

    clause: int
    start: int
    end: int


class Point(NamedTuple):
    """A place between two stretches.

    Attributes:
        said: clauses that were.
        after: what came last: "nothing", "stretch", "pause" or "link".
    """

    said: frozenset[int]
    after: str


def stretches_of(number: int, clause: Clause) -> Iterator[Stretch]:
    """All of a clause; it goes on without a gap, for 充电器不带 is not 充电器可以不带."""
    for start in clause.starts:
        for end in clause.ends:
            if not start or end - start >= _FEWEST_PIECES:
                yield Stretch(number, start, end)


def behind(point: Point, one: Stretch | str) -> Point:
    """Where a phrase is after a stretch, or a word that links clauses."""
    if isinstance(one, Stretch):
        return Point(point.said | {one.clause}, "stretch")
    return point._replace(after="link")
