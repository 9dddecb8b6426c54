"""Ids made of what a review says, and the memory of the ids that a file had already."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

#: Bits of a table's size, at first and at most: 4 million places of 8 bytes.
_FIRST_BITS, _MOST_BITS = 12, 22
_PREFIX = "made-"
_MASK_64 = (1 << 64) - 1


class SeenKeys:
    """Remembers which keys have come, in 8 bytes each and at most 32 MiB.

    A file with more than 2.9 million keys is remembered from its latest ones on.

    >>> seen = SeenKeys()
    >>> seen.add(("lamp", "r1", 1)), seen.add(("lamp", "r1", 1)), seen.add(("lamp", "r1", 2))
    (True, False, True)
    """

    def __init__(self) -> None:
        self._empty(_FIRST_BITS)

    def add(self, key: tuple[object, ...]) -> bool:
        """Remember a key; tells whether it is new."""
        if not self._put((hash(key) & _MASK_64) or 1):
            return False
        self._count += 1
        if self._count > 0.7 * len(self._table):
            self._grow()
        return True

    def _put(self, print_of_key: int) -> bool:
        table, mask = self._table, self._mask
        place = print_of_key & mask
        while (there := table[place]) != print_of_key:
            if not there:
                table[place] = print_of_key
                return True
            place = (place + 1) & mask
        return False

    def _empty(self, bits: int) -> None:
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._table = array("Q", [0]) * (1 << bits)
        self._count = 0

    def _grow(self) -> None:
        if self._bits == _MOST_BITS:
            self._empty(_MOST_BITS)
            return
        known, count = self._table, self._count
        self._empty(self._bits + 1)
        for print_of_key in filter(None, known):
            self._put(print_of_key)
        self._count = count


class MadeIds:
    """Ids for rows that have none: the same row has the same id whenever it is read.

    Attributes:
        count: how many were made.
    """

    def __init__(self) -> None:
        self.count = 0
        self._seen = SeenKeys()
        self._repeats: dict[str, int] = {}

    def make(self, content: Iterable[object], *, may_repeat: bool) -> str:
        """Make an id.

        Args:
            content: what the row says: product, author, time, title, text, stars.
            may_repeat: whether other reviews may say exactly the same, as stars without words do. Then the second
                such row has another id than the first.
        """
        self.count += 1
        said = "\x1f".join("" if one is None else str(one) for one in content)
        made = _digest(said)
        if may_repeat and not self._seen.add((made,)):
            number = self._repeats[made] = self._repeats.get(made, 1) + 1
            made = _digest(f"{said}\x1f{number}")
        return made


def _digest(said: str) -> str:
    return _PREFIX + blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
