"""Tables in memory, for reviews that come from no stream: a file, an evaluation, a test."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.rolling.product_state import ProductState, ReviewState
from streams.rolling.tables import Tables


@dataclass
class MemoryTables(Tables):
    """Tables that are dictionaries: products by id, reviews by product and id."""

    products: dict[str, ProductState] = field(default_factory=dict)
    reviews: dict[tuple[str, str], ReviewState] = field(default_factory=dict)
    lists: dict[str, list[bytes]] = field(default_factory=dict)

    def product(self, product_id: str) -> ProductState:
        """See `Tables`."""
        return self.products.setdefault(product_id, ProductState(product_id))

    def touch(self, product: ProductState) -> None:
        """Products are kept as they are."""

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        """See `Tables`."""
        return self.reviews.get((product_id, review_id))

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """See `Tables`."""
        if state is None:
            self.reviews.pop((product_id, review_id), None)
        else:
            self.reviews[product_id, review_id] = state

    def reviews_of(self, product_id: str, after: str = "") -> Iterator[tuple[str, ReviewState]]:
        """See `Tables`."""
        for (product, review_id), state in sorted(self.reviews.items(), key=lambda item: item[0]):
            if product == product_id and review_id > after:
                yield review_id, state

    def put_listed(self, product_id: str, key: bytes, *, is_listed: bool) -> None:
        """See `Tables`."""
        keys = self.lists.setdefault(product_id, [])
        index = bisect_left(keys, key)
        is_known = index < len(keys) and keys[index] == key
        if is_listed and not is_known:
            insort(keys, key)
        elif is_known and not is_listed:
            del keys[index]

    def listed(self, product_id: str, prefix: bytes, start: bytes = b"") -> Iterator[bytes]:
        """See `Tables`."""
        keys = self.lists.get(product_id, [])
        for key in keys[bisect_left(keys, max(prefix, start)) :]:
            if not key.startswith(prefix):
                return
            yield key
