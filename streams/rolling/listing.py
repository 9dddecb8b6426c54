"""Lists of a product's reviews in the order in which the next one is wanted, as keys that sort that way.

Each withdrawal of the product begins new lists. One list holds all reviews that count, the latest first. A list for
each key point holds those that make it, verified purchases first, then the latest. So the review that takes the place
of one that goes is read, not searched for.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from streams.rolling.product_state import Contribution

#: In the place of a key point's number: the list of all reviews.
ALL = -1
_LIST = Struct(">II")
_RANK = Struct(">?Q")
_LATEST = (1 << 63) - 1
_INVERTED = bytes(255 - byte for byte in range(256))
#: Above every inverted byte of UTF-8, so that of two ids that begin alike the longer one comes first.
_END = b"\xff"


class Entry(NamedTuple):
    """A review in a list.

    >>> older, newer = (Entry(0, ALL, False, when, "r").key for when in (1, 2))
    >>> newer < older, Entry.of(older)
    (True, Entry(era=0, point=-1, is_verified=False, created_ms=1, review_id='r'))
    """

    era: int
    point: int
    is_verified: bool
    created_ms: int
    review_id: str

    @property
    def key(self) -> bytes:
        """Sorts as the list does; the latest id comes first among equals."""
        rank = _RANK.pack(not self.is_verified, _LATEST - self.created_ms)
        return list_of(self.era, self.point) + rank + self.review_id.encode().translate(_INVERTED) + _END

    @classmethod
    def of(cls, key: bytes) -> "Entry":
        """From its key."""
        era, point = _LIST.unpack_from(key)
        is_unverified, before_latest = _RANK.unpack_from(key, _LIST.size)
        review_id = key[_LIST.size + _RANK.size : -1].translate(_INVERTED).decode()
        return cls(era, point - 1, not is_unverified, _LATEST - before_latest, review_id)


def list_of(era: int, point: int) -> bytes:
    """How the keys of a list begin."""
    return _LIST.pack(era, point + 1)


def entries_of(era: int, review_id: str, contribution: Contribution | None) -> Iterator[Entry]:
    """All lists that a review is in; none if it does not count."""
    if contribution is None:
        return
    yield Entry(era, ALL, False, contribution.created_ms, review_id)
    for mention in contribution.mentions:
        yield Entry(era, mention.point, contribution.is_verified, contribution.created_ms, review_id)
