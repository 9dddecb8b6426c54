"""The rolling role's tables of one partition: a value a product, and a value a review."""

from collections.abc import Iterator

import msgspec

from streams.rolling.product_state import ProductState, ReviewState
from streams.rolling.upgrading import upgraded_product, upgraded_review
from streams.state.store import PartitionStore
from streams.state.tables import PartitionTables
from streams.state.versions import VersionedCodec

_PRODUCT, _REVIEW, _BETWEEN = b"p", b"r", b"\x00"

_product_decoder = msgspec.msgpack.Decoder(ProductState)
_review_decoder = msgspec.msgpack.Decoder(ReviewState)

# Version 0 names aspects as they were called before there were fifteen.
PRODUCT_CODEC = VersionedCodec(
    ProductState, version=1, readers={0: lambda body: upgraded_product(_product_decoder.decode(body))}
)
REVIEW_CODEC = VersionedCodec(
    ReviewState, version=1, readers={0: lambda body: upgraded_review(_review_decoder.decode(body))}
)


class ProductTables(PartitionTables):
    """Products and reviews by id; see `streams.rolling.applying.Tables`.

    Args:
        store: what was delivered.
        cached_products: how many products are kept decoded.
    """

    def __init__(self, store: PartitionStore, cached_products: int) -> None:
        super().__init__(store)
        self._products = self.add(_PRODUCT, PRODUCT_CODEC, cached=cached_products)
        self._reviews = self.add(_REVIEW, REVIEW_CODEC)

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
        return self._reviews.get(_review_key(product_id, review_id))

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """Keep a review; None forgets it."""
        self._reviews.put(_review_key(product_id, review_id), state)

    def reviews_of(self, product_id: str) -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product; reads every one."""
        prefix = _review_key(product_id, "")
        for key, state in self._reviews.scan(prefix):
            yield key[len(prefix) :].decode(), state

    def products(self) -> Iterator[ProductState]:
        """Every product; reads every one."""
        for _, product in self._products.scan():
            yield product


def _review_key(product_id: str, review_id: str) -> bytes:
    """Reviews of one product lie together; ids have no control characters."""
    return product_id.encode() + _BETWEEN + review_id.encode()
