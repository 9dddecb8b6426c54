"""Applies events to state: the rule that makes redeliveries, duplicates, late edits and removals end in one state.

An event is skipped if its offset is not above the product's, or its version not above the review's; else the old
contribution is taken back and the new one counted.
"""

from collections.abc import Iterator
from typing import Protocol

from schemas.products import Product
from schemas.summaries import ProductText
from streams.rolling import counters, key_points
from streams.rolling.contributions import contribution_of, day_of, signature_of
from streams.rolling.events import EnrichedReview
from streams.rolling.key_points import Candidate
from streams.rolling.newest import forget_arrival, settle_arrival, settle_latest
from streams.rolling.product_state import (
    Claim,
    Contribution,
    ProductState,
    ProductWords,
    Reference,
    Refresh,
    ReviewState,
)


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

    def reviews_of(self, product_id: str) -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product, with their ids. Slow."""


def apply_review(tables: Tables, event: EnrichedReview, offset: int) -> ProductState | None:
    """Apply an enriched review.

    Returns:
        The product if it was changed.
    """
    product = tables.product(event.product_id)
    is_counted = offset <= product.applied
    if offset <= product.cleared:
        return None
    stored = tables.review(event.product_id, event.review_id)
    if stored is not None and stored.era != product.era:
        stored = None
    product.applied = max(product.applied, offset)
    if not product.is_gone and event.status != "removed" and counters.see_day(product, day_of(event)):
        tables.touch(product)
    if product.is_gone or (stored is not None and event.review_version <= stored.version):
        return None
    signature = signature_of(event)
    arrived_as = None
    if not is_counted and stored is not None:
        arrived_as = forget_arrival(product, event.review_id)
    after, candidates = (
        (None, []) if event.status == "removed" else contribution_of(product, event, signature)
    )
    state = ReviewState(event.review_version, product.era, after, offset)
    if is_counted:  # the product was kept and the review was not: a crash came between
        if after is not None:
            after.mentions = key_points.find(product, after, candidates)
        tables.put_review(event.product_id, event.review_id, state)
        return None
    before = stored.contribution if stored is not None else None
    _replace(tables, product, event.review_id, before=before, after=after, candidates=candidates)
    tables.put_review(event.product_id, event.review_id, state)
    if after is not None:
        settle_arrival(product, event, after, signature, arrived_as)
    settle_latest(product, event.review_id, before, after, lambda: _written(tables, product))
    if product.refresh.waits_since_ms is None:
        product.refresh.waits_since_ms = event.source.timestamp_ms
    product.first_ms = product.first_ms or event.source.timestamp_ms
    product.changed_ms = max(product.changed_ms, event.source.timestamp_ms)
    product.is_unpublished = True
    tables.touch(product)
    return product


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
        _withdraw(tables, product)
    else:
        product.is_gone = False
        product.title, product.category = event.title, event.category
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
    )
    if product.changed_ms:  # of what has neither a review nor a product yet there is no summary
        product.is_unpublished = True
    tables.touch(product)
    return product


def _withdraw(tables: Tables, product: ProductState) -> None:
    for review_id, _ in list(tables.reviews_of(product.product_id)):
        tables.put_review(product.product_id, review_id, None)
    empty = ProductState(product.product_id)
    for name in (
        "counts",
        "days",
        "newest_day",
        "points",
        "arrivals",
        "latest",
        "title",
        "category",
        "first_ms",
    ):
        setattr(product, name, getattr(empty, name))
    product.refresh = Refresh(generation=product.refresh.generation)
    product.signatures = b""
    product.alerts = {}
    product.words = ProductWords(generation=product.refresh.generation)
    product.era += 1
    product.cleared = product.applied
    product.is_gone = True


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
        if before.mentions:

            def look_up(number: int) -> list[Reference]:
                return _references(tables, product, review_id, number)

            key_points.leave(product, review_id, before, look_up)
        product.refresh.retracted += 1
        words = product.words
        words.claims = tuple(claim for claim in words.claims if review_id not in claim.review_ids)
    if after is not None:
        after.mentions = key_points.join(product, review_id, after, candidates)
        counters.add(product, after)
        product.refresh.added += 1


def _references(tables: Tables, product: ProductState, but: str, number: int) -> list[Reference]:
    """Reviews that make a point, read from the reviews themselves: needed when all known ones are gone."""
    return [
        Reference(review_id, contribution.created_ms, contribution.is_verified, 50)
        for review_id, contribution in _counted(tables, product)
        if review_id != but and any(mention.point == number for mention in contribution.mentions)
    ]


def _written(tables: Tables, product: ProductState) -> Iterator[tuple[int, str]]:
    """When every review that counts was written, and its id. Slow."""
    for review_id, contribution in _counted(tables, product):
        yield contribution.created_ms, review_id


def _counted(tables: Tables, product: ProductState) -> Iterator[tuple[str, Contribution]]:
    """Every review of a product that counts, by its id. Slow."""
    for review_id, state in tables.reviews_of(product.product_id):
        if state.era == product.era and state.contribution is not None:
            yield review_id, state.contribution
