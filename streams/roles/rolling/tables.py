"""The rolling role's tables of one partition: what is on disk, and before it what is not delivered yet."""

from collections.abc import Iterable, Iterator, Mapping

from streams.rolling.values import (
    ProductState,
    ReviewState,
    decode_product,
    decode_review,
    encode_state,
)
from streams.state.store import Checkpoint, PartitionStore

_PRODUCT, _REVIEW, _BETWEEN = b"p", b"r", b"\x00"

#: A key and its new value; None deletes it.
Change = tuple[bytes, bytes | None]


class PartitionTables:
    """See `streams.rolling.applying.Tables`. Products and reviews by id, with changes kept until they are delivered.

    Args:
        store: what was delivered.
        cached_products: how many products are kept decoded.
    """

    def __init__(self, store: PartitionStore, cached_products: int) -> None:
        self._store = store
        self._cached_products = cached_products
        self._products: dict[str, ProductState] = {}
        self._touched: dict[str, ProductState] = {}
        self._reviews: dict[tuple[str, str], ReviewState | None] = {}
        self._undelivered: dict[bytes, bytes | None] = {}

    def product(self, product_id: str) -> ProductState:
        """A product's state, to be changed in place; a new one where there is none."""
        product = self._products.pop(product_id, None)
        if product is None:
            value = self._get(_PRODUCT + product_id.encode())
            product = ProductState(product_id) if value is None else decode_product(value)
        self._products[product_id] = product  # the last one used is the last one dropped
        return product

    def touch(self, product: ProductState) -> None:
        """Keep a product as it will be when the changes are taken."""
        self._touched[product.product_id] = product

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        """A review's state."""
        key = (product_id, review_id)
        if key in self._reviews:
            return self._reviews[key]
        value = self._get(_review_key(product_id, review_id))
        return None if value is None else decode_review(value)

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """Keep a review; None forgets it."""
        self._reviews[product_id, review_id] = state

    def reviews_of(self, product_id: str) -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product; reads every one."""
        prefix = _review_key(product_id, "")
        newer = {key: value for key, value in self._undelivered.items() if key.startswith(prefix)}
        here = {review: state for (product, review), state in self._reviews.items() if product == product_id}
        for key, value in {**dict(self._store.scan(prefix)), **newer}.items():
            review_id = key[len(prefix) :].decode()
            if value is not None and review_id not in here:
                yield review_id, decode_review(value)
        for review_id, state in here.items():
            if state is not None:
                yield review_id, state

    def products(self) -> Iterator[ProductState]:
        """Every product on disk."""
        for _, value in self._store.scan(_PRODUCT):
            yield decode_product(value)

    def take_changes(self) -> list[Change]:
        """What has changed since they were taken last: each product, then the reviews, in their order.

        They are to be published in this order, and told to `delivered` once they are.
        """
        changes: list[Change] = [
            (_PRODUCT + product_id.encode(), encode_state(product))
            for product_id, product in self._touched.items()
        ]
        changes += [
            (_review_key(*key), None if state is None else encode_state(state))
            for key, state in self._reviews.items()
        ]
        self._touched.clear()
        self._reviews.clear()
        self._undelivered.update(changes)
        while len(self._products) > self._cached_products:
            del self._products[next(iter(self._products))]
        return changes

    def delivered(self, changes: Iterable[Change], checkpoint: Checkpoint | None) -> None:
        """Write changes to disk that are in the changelog now."""
        written: Mapping[bytes, bytes | None] = dict(changes)
        self._store.write(written, checkpoint)
        for key, value in written.items():
            if self._undelivered.get(key, _BETWEEN) is value:
                del self._undelivered[key]

    def _get(self, key: bytes) -> bytes | None:
        if key in self._undelivered:
            return self._undelivered[key]
        return self._store.get(key)


def _review_key(product_id: str, review_id: str) -> bytes:
    """Reviews of one product lie together; ids have no control characters."""
    return _REVIEW + product_id.encode() + _BETWEEN + review_id.encode()
