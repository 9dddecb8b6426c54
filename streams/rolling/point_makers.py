"""Which reviews make a point, and which are the latest: a product's lists of reviews, written and read."""

from collections.abc import Iterator
from itertools import islice

from streams.rolling.key_points import MAX_REFERENCES
from streams.rolling.listing import ALL, Entry, entries_of, list_of
from streams.rolling.product_state import Contribution, ProductState, Reference, ReviewState
from streams.rolling.tables import Tables

#: How sure a model was of a review that is found again: not kept, so taken for the middle.
_STRENGTH = 50


def makers_of(tables: Tables, product: ProductState, point: int) -> Iterator[str]:
    """The ids of the reviews that make a key point, verified purchases first, then the latest."""
    for review_id, made in _listed(tables, product, point, b""):
        if _makes(made, point):
            yield review_id


def enlist(tables: Tables, product: ProductState, review_id: str, contribution: Contribution | None) -> None:
    """Put a review into the lists of today's era."""
    for entry in entries_of(product.era, review_id, contribution):
        tables.put_listed(product.product_id, entry.key, is_listed=True)


def unlist(tables: Tables, product: ProductState, review_id: str, state: ReviewState) -> None:
    """Take a review out of the lists of its era."""
    for entry in entries_of(state.era, review_id, state.contribution):
        tables.put_listed(product.product_id, entry.key, is_listed=False)


def references_of(tables: Tables, product: ProductState, but: str, number: int) -> list[Reference]:
    """The best reviews that make a point: needed when all known ones are gone."""
    listed = _listed(tables, product, number, b"")
    known = ((review_id, made) for review_id, made in listed if review_id != but and _makes(made, number))
    return [
        Reference(review_id, made.created_ms, made.is_verified, _STRENGTH)
        for review_id, made in islice(known, MAX_REFERENCES)
    ]


def _makes(contribution: Contribution, point: int) -> bool:
    return any(mention.point == point for mention in contribution.mentions)


def older(tables: Tables, product: ProductState, than: tuple[int, str] | None) -> Iterator[tuple[int, str]]:
    """When the reviews that count were written, and their ids: those older than one, or all, the latest first."""
    start = b""
    if than is not None:
        start = Entry(product.era, ALL, False, *than).key + b"\x00"  # the next key there can be
    for review_id, known in _listed(tables, product, ALL, start):
        yield known.created_ms, review_id


def _listed(
    tables: Tables, product: ProductState, point: int, start: bytes
) -> Iterator[tuple[str, Contribution]]:
    """The reviews of a list that count, in its order; what a crash left in it beside them is passed over."""
    for key in tables.listed(product.product_id, list_of(product.era, point), start):
        entry = Entry.of(key)
        state = tables.review(product.product_id, entry.review_id)
        if state is None or state.contribution is None or state.era != product.era:
            continue
        if state.contribution.created_ms == entry.created_ms:
            yield entry.review_id, state.contribution
