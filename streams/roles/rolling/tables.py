"""The rolling role's tables of one partition: a value a product, and a value a review."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from streams.rolling.listing import entries_of
from streams.rolling.product_state import ProductState, ReviewState
from streams.rolling.renamed_aspects import upgraded_product, upgraded_review
from streams.state.store import PartitionStore
from streams.state.tables import PartitionTables
from streams.state.versions import VersionedCodec

_PRODUCT, _REVIEW, _LISTED, _BETWEEN = b"p", b"r", b"l", b"\x00"
#: On disk only: the lists hold the reviews that were kept before there were lists.
_ARE_LISTED = b"\x00listed"
_LISTED_AT_ONCE = 1_000

_product_decoder = msgspec.msgpack.Decoder(ProductState)
_review_decoder = msgspec.msgpack.Decoder(ReviewState)


def _unlisted(product: ProductState) -> ProductState:
    product.is_unlisted = True
    return product


def _in_order_of_writing(product: ProductState) -> ProductState:
    """What was kept by arrival, as if each review had been written when it came."""
    product.arrived = [review.review_id for review in product.recent]
    product.alerts = {
        name: state._replace(until_ms=state.resolved_at_ms or state.raised_at_ms)
        for name, state in product.alerts.items()
    }
    return product


def _decoded(body: memoryview) -> ProductState:
    return _in_order_of_writing(_product_decoder.decode(body))


# Version 0 names aspects as they were called before there were fifteen; version 1 has no lists of reviews; up to
# version 2 the recent reviews were the last to arrive; version 3 does not tell stars apart in days, and has no facts.
PRODUCT_CODEC = VersionedCodec(
    ProductState,
    version=4,
    readers={
        0: lambda body: _unlisted(upgraded_product(_decoded(body))),
        1: lambda body: _unlisted(_decoded(body)),
        2: _decoded,
        3: _product_decoder.decode,
    },
)
REVIEW_CODEC = VersionedCodec(
    ReviewState, version=1, readers={0: lambda body: upgraded_review(_review_decoder.decode(body))}
)
_LISTED_CODEC = VersionedCodec(bool, version=1, readers={})


class ProductTables(PartitionTables):
    """Products and reviews by id; see `streams.rolling.applying.Tables`.

    Args:
        store: what was delivered.
        cached_products: how many products are kept decoded.
    """

    def __init__(self, store: PartitionStore, cached_products: int) -> None:
        super().__init__(store)
        self._products = self.add(_PRODUCT, PRODUCT_CODEC, cached=cached_products)
        # Lists before reviews: a review that is kept is listed, whenever a crash comes.
        self._lists = self.add(_LISTED, _LISTED_CODEC)
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

    def reviews_of(self, product_id: str, after: str = "") -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product, in the order of their ids, from the first after one."""
        prefix = _review_key(product_id, "")
        start = prefix if not after else _review_key(product_id, after) + b"\x00"
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
            _LISTED + _list_key(product.product_id, entry.key)
            for product in self.products()
            if product.is_unlisted
            for review_id, state in self.reviews_of(product.product_id)
            for entry in entries_of(state.era, review_id, state.contribution)
        )
        while listed := list(islice(keys, _LISTED_AT_ONCE)):
            self._store.write(dict.fromkeys(listed, _LISTED_CODEC.encode(True)), None)
        self._store.write({_ARE_LISTED: b"\x01"}, None)


def _list_key(product_id: str, key: bytes) -> bytes:
    return product_id.encode() + _BETWEEN + key


def _review_key(product_id: str, review_id: str) -> bytes:
    """Reviews of one product lie together; ids have no control characters."""
    return product_id.encode() + _BETWEEN + review_id.encode()
