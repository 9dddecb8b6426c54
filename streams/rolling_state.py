"""The form of the rolling role's tables, on disk and in `rolling-state`: keys, and the codecs of products and reviews.

The role keeps them. Whoever else reads the changelog reads it by this.
"""

import msgspec

from streams.rolling.product_state import ProductState, ReviewState
from streams.rolling.renamed_aspects import upgraded_product, upgraded_review
from streams.state.versions import VersionedCodec

#: How the keys of each table begin, and what stands between the ids of a key: they have no control characters.
PRODUCTS, REVIEWS, LISTS, BETWEEN = b"p", b"r", b"l", b"\x00"

_product_decoder = msgspec.msgpack.Decoder(ProductState)
_review_decoder = msgspec.msgpack.Decoder(ReviewState)


def _unlisted(product: ProductState) -> ProductState:
    product.is_unlisted = True
    return product


def _unvisited(product: ProductState) -> ProductState:
    """One whose reviews are to be counted by aspect and day, if it has any."""
    product.revisited = "" if product.counts.reviews else None
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
# version 2 the recent reviews were the last to arrive; version 3 does not tell stars apart in days, and has no facts;
# up to version 4 opinions are not counted by day.
PRODUCT_CODEC = VersionedCodec(
    ProductState,
    version=5,
    readers={
        0: lambda body: _unvisited(_unlisted(upgraded_product(_decoded(body)))),
        1: lambda body: _unvisited(_unlisted(_decoded(body))),
        2: lambda body: _unvisited(_decoded(body)),
        3: lambda body: _unvisited(_product_decoder.decode(body)),
        4: lambda body: _unvisited(_product_decoder.decode(body)),
    },
)
REVIEW_CODEC = VersionedCodec(
    ReviewState, version=1, readers={0: lambda body: upgraded_review(_review_decoder.decode(body))}
)


def review_key(product_id: str, review_id: str) -> bytes:
    """A review's key within its table. Reviews of one product lie together."""
    return product_id.encode() + BETWEEN + review_id.encode()


def ids_of(key: bytes) -> tuple[str, str]:
    """The product and the review of a key within the table of reviews.

    >>> ids_of(review_key("lamp-201", "r1"))
    ('lamp-201', 'r1')
    """
    product_id, review_id = key.decode().split("\x00", 1)
    return product_id, review_id
