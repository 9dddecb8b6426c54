"""A product's newest reviews: those that came last, the recent ones that alerts look at, and the latest written."""

from bisect import insort
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from models.similarity.signatures import SIGNATURE_BYTES
from streams.rolling.events import EnrichedReview
from streams.rolling.product_state import NEGATIVE, Contribution, ProductState, RecentReview
from streams.rolling.surges import DAY_MS

MAX_ARRIVED = 40
MAX_RECENT = 40
MAX_LATEST = 10
#: A review that comes later after it was written tells of the past: it is counted, and no window of an alert has it.
LATE_MS = 7 * DAY_MS


class Former(NamedTuple):
    """Where the former version of a review stood: its index among those that came last, and whether it was recent."""

    arrived_as: int | None = None
    was_recent: bool = False


def forget(product: ProductState, review_id: str) -> Former:
    """Take a review out of those that came last, and of the recent ones."""
    arrived_as = product.arrived.index(review_id) if review_id in product.arrived else None
    if arrived_as is not None:
        _splice(product, arrived_as, arrived_as + 1, (), b"")
    recent = [known for known in product.recent if known.review_id != review_id]
    was_recent = len(recent) < len(product.recent)
    product.recent = recent
    return Former(arrived_as, was_recent)


def settle(
    product: ProductState, event: EnrichedReview, added: Contribution, signature: bytes, former: Former
) -> None:
    """Take a review in as the one that came last, and among the recent ones if it came in time.

    An edit stays where its review was, however late it comes. Of reviews written at the same time, as where only
    the day is known, the one that comes last is the latest.
    """
    index = len(product.arrived) if former.arrived_as is None else former.arrived_as
    _splice(product, index, index, (event.review_id,), signature)
    if len(product.arrived) > MAX_ARRIVED:
        _splice(product, 0, 1, (), b"")
    arrived_ms = event.source.timestamp_ms
    written_ms = min(added.created_ms, arrived_ms)
    product.first_ms = min(product.first_ms or written_ms, written_ms)
    if former.was_recent or arrived_ms - written_ms <= LATE_MS:
        insort(product.recent, _recent(event.review_id, written_ms, added), key=_by_writing)
        del product.recent[:-MAX_RECENT]


def _recent(review_id: str, written_ms: int, added: Contribution) -> RecentReview:
    return RecentReview(
        review_id,
        written_ms,
        added.sentiment,
        added.is_near_duplicate and added.is_five_star,
        tuple(aspect for aspect, polarity in added.opinions if polarity == NEGATIVE),
        added.is_one_star,
    )


def _by_writing(review: RecentReview) -> int:
    return review.written_ms


def _splice(
    product: ProductState, start: int, end: int, review_ids: tuple[str, ...], signature: bytes
) -> None:
    product.arrived[start:end] = review_ids
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
