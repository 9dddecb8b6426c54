"""A product's newest reviews: in the order of their arrival, which alerts look at, and as they were written."""

from collections.abc import Callable, Iterator
from itertools import islice

from models.similarity.signatures import SIGNATURE_BYTES
from streams.rolling.events import EnrichedReview
from streams.rolling.product_state import NEGATIVE, Arrival, Contribution, ProductState

MAX_ARRIVALS = 40
MAX_LATEST = 10


def forget_arrival(product: ProductState, review_id: str) -> int | None:
    """Take a review out of the arrivals.

    Returns:
        Its index among them; None if it is none of them.
    """
    for index, known in enumerate(product.arrivals):
        if known.review_id == review_id:
            _splice(product, index, index + 1, None, b"")
            return index
    return None


def settle_arrival(
    product: ProductState, event: EnrichedReview, added: Contribution, signature: bytes, index: int | None
) -> None:
    """Take a review in as the newest arrival; an edit stays where it was, at `index`."""
    arrival = Arrival(
        event.review_id,
        event.source.timestamp_ms,
        added.sentiment,
        added.is_near_duplicate and added.is_five_star,
        tuple(aspect for aspect, polarity in added.opinions if polarity == NEGATIVE),
    )
    index = len(product.arrivals) if index is None else index
    _splice(product, index, index, arrival, signature)
    if len(product.arrivals) > MAX_ARRIVALS:
        _splice(product, 0, 1, None, b"")


def _splice(product: ProductState, start: int, end: int, arrival: Arrival | None, signature: bytes) -> None:
    product.arrivals[start:end] = () if arrival is None else (arrival,)
    known, size = product.signatures, SIGNATURE_BYTES
    product.signatures = known[: start * size] + signature + known[end * size :]


def settle_latest(
    product: ProductState,
    review_id: str,
    before: Contribution | None,
    after: Contribution | None,
    older_than: Callable[[tuple[int, str] | None], Iterator[tuple[int, str]]],
) -> None:
    """Keep the latest reviews exact.

    Args:
        product: whose they are.
        review_id: which review changes.
        before: what it added; None: nothing.
        after: what it adds now; None: nothing.
        older_than: of the reviews that count, when each was written and its id: those before a given one, or all,
            the latest first. Asked for only when one of the latest goes.
    """
    latest = product.latest
    if before is not None and after is not None and before.created_ms == after.created_ms:
        return
    if before is not None and (before.created_ms, review_id) in latest:
        latest.remove((before.created_ms, review_id))
    reviews_before = product.counts.reviews - (after is not None)
    if after is not None:
        entry = (after.created_ms, review_id)
        if len(latest) == reviews_before or (latest and entry > latest[-1]):
            latest.append(entry)
            latest.sort(reverse=True)
            del latest[MAX_LATEST:]
    if len(latest) < min(MAX_LATEST, product.counts.reviews):
        older = older_than(latest[-1] if latest else None)
        latest.extend(islice(older, MAX_LATEST - len(latest)))
