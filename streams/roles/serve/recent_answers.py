"""What this process answered last, product by product: for when Redis is away, or behind."""

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from streams.web.catalogue import Stored

#: What an entry takes beside its document.
_ENTRY_BYTES = 300


@dataclass(frozen=True, slots=True)
class Answered:
    """A product as it was answered, and when Redis last said the same, in seconds of a monotonic clock."""

    stored: Stored
    confirmed_s: float


class AnsweredProducts:
    """The products that were asked for last, bounded in number and in bytes.

    >>> from streams.web.catalogue import Stored
    >>> products = AnsweredProducts(2, 10_000, now=lambda: 0.0)
    >>> for product_id in ("a", "b", "c"):
    ...     products.keep(Stored(product_id, "1", 0, 5, b"{}"))
    >>> products.get("a"), products.get("c").stored.offset, len(products)
    (None, 5, 2)
    """

    def __init__(self, most_products: int, most_bytes: int, *, now: Callable[[], float]) -> None:
        self._most_products = most_products
        self._now = now
        # A document larger than all of the memory has it to itself.
        self._products: LRUCache[str, Answered] = LRUCache(
            most_bytes, getsizeof=lambda answered: min(_size(answered.stored), most_bytes)
        )

    def __len__(self) -> int:
        return len(self._products)

    def get(self, product_id: str) -> Answered | None:
        """What was answered last, None if that is not known any more."""
        return self._products.get(product_id)

    def keep(self, stored: Stored) -> None:
        """Remember what Redis said and is answered now; it takes the place of what was answered before."""
        self.forget(stored.product_id)
        while len(self._products) >= self._most_products:
            self._products.popitem()
        self._products[stored.product_id] = Answered(stored, self._now())

    def forget(self, product_id: str) -> None:
        """Let an earlier answer count for nothing."""
        self._products.pop(product_id, None)


def _size(stored: Stored) -> int:
    return _ENTRY_BYTES + len(stored.document or b"")
