"""What this process answered last, product by product: for when Redis is away, or behind."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

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
        self._most_bytes = most_bytes
        self._now = now
        self._products: OrderedDict[str, Answered] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._products)

    def get(self, product_id: str) -> Answered | None:
        """What was answered last, None if that is not known any more."""
        answered = self._products.get(product_id)
        if answered is not None:
            self._products.move_to_end(product_id)
        return answered

    def keep(self, stored: Stored) -> None:
        """Remember what Redis said and is answered now; it takes the place of what was answered before."""
        self.forget(stored.product_id)
        self._products[stored.product_id] = Answered(stored, self._now())
        self._bytes += _size(stored)
        while len(self._products) > self._most_products or (
            self._bytes > self._most_bytes and len(self._products) > 1
        ):
            _, oldest = self._products.popitem(last=False)
            self._bytes -= _size(oldest.stored)

    def forget(self, product_id: str) -> None:
        """Let an earlier answer count for nothing."""
        answered = self._products.pop(product_id, None)
        if answered is not None:
            self._bytes -= _size(answered.stored)


def _size(stored: Stored) -> int:
    return _ENTRY_BYTES + len(stored.document or b"")
