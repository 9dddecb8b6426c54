"""Applies events to state: the rule that makes redeliveries, duplicates, late edits and removals end in one state.

An event is skipped if its offset is not above the product's, or its version not above the review's; else the old
contribution is taken back and the new one counted.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from schemas.products import Product
from schemas.summaries import ProductText
from streams.rolling import aspect_days, counters, key_points
from streams.rolling.contributions import contribution_of, day_of, signature_of
from streams.rolling.events import EnrichedReview
from streams.rolling.key_points import MAX_REFERENCES, Candidate
from streams.rolling.listing import ALL, Entry, entries_of, list_of
from streams.rolling.newest import Former, forget, settle, settle_latest
from streams.rolling.product_state import (
    POLARITIES,
    Claim,
    Contribution,
    FacetName,
    ProductFacts,
    ProductState,
    ProductWords,
    Reference,
    Refresh,
    ReviewState,
)

#: How sure a model was of a review that is found again: not kept, so taken for the middle.
_STRENGTH = 50


class Tables(Protocol):
    """The state of one partition. Products are changed in place; `touch` says that one was."""

    def product(self, product_id: str) -> ProductState:
        """A product's state; a new one where there is none."""

    def touch(self, product: ProductState) -> None:
        """Keep a product as it is now."""

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        """A review's state; None where none is kept."""

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """Keep a review; None forgets it."""

    def reviews_of(self, product_id: str, after: str = "") -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product, in the order of their ids, from the first after one. Slow to read to the end."""

    def put_listed(self, product_id: str, key: bytes, *, is_listed: bool) -> None:
        """Keep a key of the product's lists of reviews, or forget it; see `streams.rolling.listing`."""

    def listed(self, product_id: str, prefix: bytes, start: bytes = b"") -> Iterator[bytes]:
        """The keys of a list, in order, from one on."""


def apply_review(tables: Tables, event: EnrichedReview, offset: int) -> ProductState | None:
    """Apply an enriched review.

    Returns:
        The product if it was changed.
    """
    product = tables.product(event.product_id)
    is_counted = offset <= product.applied
    if offset <= product.cleared:
        return None
    stored = _stored(tables, product, event.review_id)
    product.applied = max(product.applied, offset)
    if not product.is_gone and event.status != "removed" and counters.see_day(product, day_of(event)):
        aspect_days.see_day(product, product.newest_day)
        tables.touch(product)
    if product.is_gone or (stored is not None and event.review_version <= stored.version):
        return None
    signature = signature_of(event)
    former = Former()
    if not is_counted and stored is not None:
        former = forget(product, event.review_id)
    after, candidates = (
        (None, []) if event.status == "removed" else contribution_of(product, event, signature)
    )
    state = ReviewState(event.review_version, product.era, after, offset)
    if is_counted:  # the product was kept and the review was not: a crash came between
        if after is not None:
            after.mentions = key_points.find(product, after, candidates)
        if stored is not None:
            unlist(tables, product, event.review_id, stored)
        _list(tables, product, event.review_id, after)
        tables.put_review(event.product_id, event.review_id, state)
        return None
    before = stored.contribution if stored is not None else None
    _replace(tables, product, event.review_id, before=before, after=after, candidates=candidates)
    tables.put_review(event.product_id, event.review_id, state)
    if after is not None:
        settle(product, event, after, signature, former)
    settle_latest(product, event.review_id, before, after, lambda than: _older(tables, product, than))
    if product.refresh.waits_since_ms is None:
        product.refresh.waits_since_ms = event.source.timestamp_ms
    product.changed_ms = max(product.changed_ms, event.source.timestamp_ms)
    product.is_unpublished = True
    tables.touch(product)
    return product


def _stored(tables: Tables, product: ProductState, review_id: str) -> ReviewState | None:
    """What is kept of a review, unless it is of before a withdrawal: then it leaves the lists of that time."""
    stored = tables.review(product.product_id, review_id)
    if stored is None or stored.era == product.era:
        return stored
    unlist(tables, product, review_id, stored)
    return None


def apply_product(tables: Tables, event: Product, offset: int, timestamp_ms: int) -> ProductState | None:
    """Apply a version of a product; a withdrawn one takes all its reviews with it.

    Returns:
        The product if it was changed.
    """
    product = tables.product(event.product_id)
    if offset <= product.product_applied:
        return None
    product.product_applied = offset
    if event.version <= product.product_version:
        return None
    product.product_version = event.version
    product.changed_ms = max(product.changed_ms, timestamp_ms)
    if event.removed:
        _withdraw(product)
    else:
        product.is_gone = False
        product.title, product.category = event.title, event.category
        product.facts = ProductFacts(event.brand, event.price, event.currency, event.tags, event.language)
    product.is_unpublished = True
    tables.touch(product)
    return product


def apply_text(tables: Tables, event: ProductText, offset: int) -> ProductState | None:
    """Apply a product's text: the newest generation counts, without the claims whose reviews changed meanwhile.

    Returns:
        The product if it was changed.
    """
    product = tables.product(event.product_id)
    if offset <= product.text_applied:
        return None
    product.text_applied = offset
    if product.is_gone or event.generation <= product.words.generation:
        return None

    def stands(review_id: str) -> bool:
        state = tables.review(event.product_id, review_id)
        return (
            state is not None
            and state.contribution is not None
            and state.era == product.era
            and state.applied <= event.snapshot_offset
        )

    product.words = ProductWords(
        generation=event.generation,
        language=event.language,
        claims=tuple(
            Claim(claim.text, claim.method, claim.count, claim.review_ids, claim.aspect, claim.polarity)
            for claim in event.claims
            if all(map(stands, claim.review_ids))
        ),
        pros=event.pros,
        cons=event.cons,
        model=(event.model.name, event.model.version) if event.model is not None else None,
        facets=tuple(
            FacetName(facet.key, facet.label, POLARITIES.index(facet.polarity)) for facet in event.facets
        ),
        reviews=event.review_count,
        as_of_ms=int(event.as_of.timestamp() * 1000) if event.as_of is not None else 0,
    )
    if product.changed_ms:  # of what has neither a review nor a product yet there is no summary
        product.is_unpublished = True
    tables.touch(product)
    return product


def makers_of(tables: Tables, product: ProductState, point: int) -> Iterator[str]:
    """The ids of the reviews that make a key point, verified purchases first, then the latest."""
    for review_id, made in _listed(tables, product, point, b""):
        if _makes(made, point):
            yield review_id


def _is_visited(product: ProductState, review_id: str) -> bool:
    """Whether a review is counted by aspect and day; the others will be when they are revisited."""
    return product.revisited is None or review_id <= product.revisited


def _withdraw(product: ProductState) -> None:
    """Let a product go. Its reviews do not count from here on; `sweep` forgets them, for there may be many."""
    empty = ProductState(product.product_id)
    for name in (
        "counts",
        "days",
        "newest_day",
        "points",
        "recent",
        "arrived",
        "latest",
        "title",
        "category",
        "facts",
        "first_ms",
        "aspect_days",
        "revisited",
    ):
        setattr(product, name, getattr(empty, name))
    product.refresh = Refresh(generation=product.refresh.generation)
    product.signatures = b""
    product.alerts = {}
    product.words = ProductWords(generation=product.refresh.generation)
    product.era += 1
    product.cleared = product.applied
    product.is_gone = True
    product.swept = ""


def _replace(
    tables: Tables,
    product: ProductState,
    review_id: str,
    *,
    before: Contribution | None,
    after: Contribution | None,
    candidates: list[Candidate],
) -> None:
    if before is not None:
        counters.retract(product, before)
        if _is_visited(product, review_id):
            aspect_days.retract(product, before)
        for entry in entries_of(product.era, review_id, before):
            tables.put_listed(product.product_id, entry.key, is_listed=False)
        key_points.leave(
            product, review_id, before, lambda number: _references(tables, product, review_id, number)
        )
        product.refresh.retracted += 1
        words = product.words
        words.claims = tuple(claim for claim in words.claims if review_id not in claim.review_ids)
    if after is not None:
        after.mentions = key_points.join(product, review_id, after, candidates)
        counters.add(product, after)
        if _is_visited(product, review_id):
            aspect_days.add(product, after)
        product.refresh.added += 1
        _list(tables, product, review_id, after)


def _list(tables: Tables, product: ProductState, review_id: str, contribution: Contribution | None) -> None:
    for entry in entries_of(product.era, review_id, contribution):
        tables.put_listed(product.product_id, entry.key, is_listed=True)


def unlist(tables: Tables, product: ProductState, review_id: str, state: ReviewState) -> None:
    """Take a review out of the lists of its era."""
    for entry in entries_of(state.era, review_id, state.contribution):
        tables.put_listed(product.product_id, entry.key, is_listed=False)


def _references(tables: Tables, product: ProductState, but: str, number: int) -> list[Reference]:
    """The best reviews that make a point: needed when all known ones are gone."""
    listed = _listed(tables, product, number, b"")
    known = ((review_id, made) for review_id, made in listed if review_id != but and _makes(made, number))
    return [
        Reference(review_id, made.created_ms, made.is_verified, _STRENGTH)
        for review_id, made in islice(known, MAX_REFERENCES)
    ]


def _makes(contribution: Contribution, point: int) -> bool:
    return any(mention.point == point for mention in contribution.mentions)


def _older(tables: Tables, product: ProductState, than: tuple[int, str] | None) -> Iterator[tuple[int, str]]:
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
