"""Applies events to state: the rule that makes redeliveries, duplicates, late edits and removals end in one state.

An event is skipped if its offset is not above the product's, or its version not above the review's; else the old
contribution is taken back and the new one counted.
"""

from schemas.products import Product
from schemas.summaries import ProductText
from streams.rolling import aspect_days, counters, key_points
from streams.rolling.contributions import contribution_of, day_of, signature_of
from streams.rolling.events import EnrichedReview
from streams.rolling.key_points import Candidate
from streams.rolling.listing import entries_of
from streams.rolling.newest import Former, forget, settle, settle_latest
from streams.rolling.point_makers import enlist, older, references_of, unlist
from streams.rolling.product_state import (
    POLARITIES,
    Claim,
    Contribution,
    FacetName,
    ProductFacts,
    ProductState,
    ProductWords,
    Refresh,
    ReviewState,
)
from streams.rolling.tables import Tables


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
        enlist(tables, product, event.review_id, after)
        tables.put_review(event.product_id, event.review_id, state)
        return None
    before = stored.contribution if stored is not None else None
    _replace(tables, product, event.review_id, before=before, after=after, candidates=candidates)
    tables.put_review(event.product_id, event.review_id, state)
    if after is not None:
        settle(product, event, after, signature, former)
    settle_latest(product, event.review_id, before, after, lambda than: older(tables, product, than))
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
            product, review_id, before, lambda number: references_of(tables, product, review_id, number)
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
        enlist(tables, product, review_id, after)
