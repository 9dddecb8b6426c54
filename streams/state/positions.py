"""Positions in a topic that grow for ever, although its offsets start again when it is deleted and made anew.

A position is the offset, above it how often the topic was made anew. As long as it never was, it is the offset.
"""

_OFFSET_BITS = 40
_OFFSETS = (1 << _OFFSET_BITS) - 1


def position(epoch: int, offset: int) -> int:
    """The position of an offset in a topic that was made anew so many times.

    >>> position(0, 7), position(1, 7) > position(0, 10**12), offset_of(position(3, 7))
    (7, True, 7)
    """
    return (epoch << _OFFSET_BITS) | offset


def offset_of(known: int) -> int:
    """The offset of a position, -1 for that of nothing."""
    return known if known < 0 else known & _OFFSETS


def epoch_of(known: int) -> int:
    """How often the topic had been made anew at a position, 0 at that of nothing.

    >>> epoch_of(position(3, 7)), epoch_of(-1)
    (3, 0)
    """
    return max(0, known) >> _OFFSET_BITS
