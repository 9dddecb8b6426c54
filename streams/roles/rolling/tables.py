"""The rolling role's tables of one partition: a value a product, and a value a review."""

from collections.abc import Iterator
from itertools import islice

from streams.rolling.listing import entries_of
from streams.rolling.product_state import ProductState, ReviewState
from streams.rolling_state import BETWEEN, LISTS, PRODUCT_CODEC, PRODUCTS, REVIEW_CODEC, REVIEWS, review_key
from streams.state.store import PartitionStore
from streams.state.tables import PartitionTables
from streams.state.versions import VersionedCodec

#: On disk only: the lists hold the reviews that were kept before there were lists.
_ARE_LISTED = b"\x00listed"
_LISTED_AT_ONCE = 1_000

_LISTED_CODEC = VersionedCodec(bool, version=1, readers={})


class ProductTables(PartitionTables):
    """Products and reviews by id; see `streams.rolling.tables.Tables`.

    Args:
        store: what was delivered.
        cached_products: how many products are kept decoded.
    """

    def __init__(self, store: PartitionStore, cached_products: int) -> None:
        super().__init__(store)
        self._products = self.add(PRODUCTS, PRODUCT_CODEC, cached=cached_products)
        # Lists before reviews: a review that is kept is listed, whenever a crash comes.
        self._lists = self.add(LISTS, _LISTED_CODEC)
        self._reviews = self.add(REVIEWS, REVIEW_CODEC)

    def product(self, product_id: str) -> ProductState:
        """A product's state, to be changed in place; a new one where there is none."""
        key = product_id.encode()
        product = self._products.get(key)
        if product is None:
            product = ProductState(product_id)
            self._products.keep(key, product)
        return product

    def touch(self, product: ProductState) -> None:
        """Keep a product as it will be when the changes are taken."""
        self._products.put(product.product_id.encode(), product)

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        """A review's state."""
        return self._reviews.get(review_key(product_id, review_id))

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """Keep a review; None forgets it."""
        self._reviews.put(review_key(product_id, review_id), state)

    def reviews_of(self, product_id: str, after: str = "") -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product, in the order of their ids, from the first after one."""
        prefix = review_key(product_id, "")
        start = prefix if not after else review_key(product_id, after) + b"\x00"
        for key, state in self._reviews.scan(prefix, start):
            yield key[len(prefix) :].decode(), state

    def put_listed(self, product_id: str, key: bytes, *, is_listed: bool) -> None:
        """Keep a key of a product's lists, or forget it."""
        self._lists.put(_list_key(product_id, key), True if is_listed else None)

    def listed(self, product_id: str, prefix: bytes, start: bytes = b"") -> Iterator[bytes]:
        """The keys of a list, in order, from one on."""
        length = len(_list_key(product_id, b""))
        for key, _ in self._lists.scan(_list_key(product_id, prefix), _list_key(product_id, start)):
            yield key[length:]

    def products(self, after: str = "") -> Iterator[ProductState]:
        """Every product, in the order of their ids, from the first after one."""
        for _, product in self._products.scan(start=after.encode() + b"\x00" if after else b""):
            yield product

    def prepare(self) -> None:
        """List the reviews that were kept before there were lists. On this disk only: every other does it itself."""
        if self._store.get(_ARE_LISTED) is not None:
            return
        keys = (
            LISTS + _list_key(product.product_id, entry.key)
            for product in self.products()
            if product.is_unlisted
            for review_id, state in self.reviews_of(product.product_id)
            for entry in entries_of(state.era, review_id, state.contribution)
        )
        while listed := list(islice(keys, _LISTED_AT_ONCE)):
            self._store.write(dict.fromkeys(listed, _LISTED_CODEC.encode(True)), None)
        self._store.write({_ARE_LISTED: b"\x01"}, None)


def _list_key(product_id: str, key: bytes) -> bytes:
    return product_id.encode() + BETWEEN + key
