"""Applies events to state: the rule that makes redeliveries, duplicates, late edits and removals end in one state.

An event is skipped if its offset is not above the product's, or its version not above the review's; else the old
contribution is taken back and the new one counted.
"""

import hashlib
from collections.abc import Iterator
from typing import Protocol

from models.signatures import SIGNATURE_BYTES, has_near_duplicate
from streams.rolling import counting, key_points
from streams.rolling.events import EnrichedReview, Opinion, ProductTextRead, PublishedProduct
from streams.rolling.key_points import Candidate
from streams.rolling.values import (
    NEGATIVE,
    NO_LANGUAGE,
    POLARITIES,
    UNRATED,
    UNREAD,
    Arrival,
    Claim,
    Contribution,
    Kind,
    ProductState,
    ProductWords,
    Reference,
    Refresh,
    ReviewState,
)

MAX_ARRIVALS = 40
MAX_LATEST = 10
MAX_EXCERPT_CHARACTERS = 500
#: A quote has at least so many bytes of UTF-8, and at most so many characters.
_LEAST_QUOTE_BYTES = 8
_LONGEST_QUOTE = 300
_DAY_MS = 86_400_000
_POLARITY = {label: number for number, label in enumerate(POLARITIES)}
#: Reviews with one of these flags are counted and make no key points.
_NO_SIGNATURE = bytes(SIGNATURE_BYTES)
_UNQUOTED_FLAGS = frozenset({"spam", "offensive"})


class Tables(Protocol):
    """The state of one partition. Products are changed in place; `touch` says that one was."""

    def product(self, product_id: str) -> ProductState:
        """A product's state; a new one where there is none."""

    def touch(self, product: ProductState) -> None:
        """Keep a product as it is now."""

    def review(self, product_id: str, review_id: str) -> ReviewState | None: ...  # noqa: D102

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
    if not product.is_gone and event.status != "removed" and counting.see_day(product, _day(event)):
        tables.touch(product)
    if product.is_gone or (stored is not None and event.review_version <= stored.version):
        return None
    signature = _signature(event)
    place = None
    if not is_counted and stored is not None:
        place = _forget_arrival(product, event.review_id)
    one, candidates = (None, []) if event.status == "removed" else _contribution(product, event, signature)
    state = ReviewState(event.review_version, product.era, one, offset)
    if is_counted:  # the product was kept and the review was not: a crash came between
        if one is not None:
            one.mentions = key_points.find(product, one, candidates)
        tables.put_review(event.product_id, event.review_id, state)
        return None
    before = stored.contribution if stored is not None else None
    _replace(tables, product, event.review_id, before=before, after=one, candidates=candidates)
    tables.put_review(event.product_id, event.review_id, state)
    if one is not None:
        _settle_arrival(product, event, one, signature, place)
    _settle_latest(tables, product, event.review_id, before, one)
    if product.refresh.waits_since_ms is None:
        product.refresh.waits_since_ms = event.source.timestamp_ms
    product.first_ms = product.first_ms or event.source.timestamp_ms
    product.changed_ms = max(product.changed_ms, event.source.timestamp_ms)
    product.is_unpublished = True
    tables.touch(product)
    return product


def apply_product(
    tables: Tables, event: PublishedProduct, offset: int, timestamp_ms: int
) -> ProductState | None:
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


def apply_text(tables: Tables, event: ProductTextRead, offset: int) -> ProductState | None:
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
            Claim(one.text, one.method, one.count, one.review_ids, one.aspect, one.polarity)
            for one in event.claims
            if all(map(stands, one.review_ids))
        ),
        pros=event.pros,
        cons=event.cons,
        model=(event.model.name, event.model.version) if event.model is not None else None,
    )
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
        counting.retract(product, before)
        if before.mentions:

            def look_up(number: int) -> list[Reference]:
                return _references(tables, product, review_id, number)

            key_points.leave(product, review_id, before, look_up)
        product.refresh.retracted += 1
        words = product.words
        words.claims = tuple(claim for claim in words.claims if review_id not in claim.review_ids)
    if after is not None:
        after.mentions = key_points.join(product, review_id, after, candidates)
        counting.add(product, after)
        product.refresh.added += 1


def _references(tables: Tables, product: ProductState, but: str, number: int) -> list[Reference]:
    """Reviews that make a point, read from the reviews themselves: needed when all known ones are gone."""
    return [
        Reference(review_id, state.contribution.created_ms, state.contribution.is_verified, 50)
        for review_id, state in tables.reviews_of(product.product_id)
        if review_id != but
        and state.era == product.era
        and state.contribution is not None
        and any(mention.point == number for mention in state.contribution.mentions)
    ]


def _contribution(
    product: ProductState, event: EnrichedReview, signature: bytes
) -> tuple[Contribution, list[Candidate]]:
    """What a review adds, and the key points it may make."""
    created_ms = _created_ms(event)
    text = event.text or ""
    opinions = tuple(dict.fromkeys((one.aspect, _POLARITY[one.sentiment]) for one in event.aspects))
    one = Contribution(
        created_ms=created_ms,
        day=_day(event),
        rating_hundredths=UNRATED if event.rating is None else round(event.rating * 100),
        sentiment=UNREAD if event.sentiment is None else _POLARITY[event.sentiment.label],
        is_verified=event.verified_purchase,
        is_near_duplicate=signature != _NO_SIGNATURE and has_near_duplicate(signature, product.signatures),
        language=_language(event),
        opinions=opinions,
        mentions=(),
        title=event.title,
        excerpt=text if len(text) <= MAX_EXCERPT_CHARACTERS else f"{text[: MAX_EXCERPT_CHARACTERS - 1]}…",
    )
    if any(flag.kind in _UNQUOTED_FLAGS for flag in event.flags):
        return one, []
    return one, _candidates(event, one.language)


def _language(event: EnrichedReview) -> str:
    """The language it counts for; stars without words are of none."""
    if event.status == "rating_only":
        return NO_LANGUAGE
    return event.language.code if event.language is not None else "und"


def _created_ms(event: EnrichedReview) -> int:
    return int(event.created_at.timestamp() * 1000)


def _day(event: EnrichedReview) -> int:
    """The day a review counts for; a clock that is ahead must not end the days of today."""
    return min(_created_ms(event), event.source.timestamp_ms) // _DAY_MS


def _candidates(event: EnrichedReview, language: str) -> list[Candidate]:
    candidates = []
    for opinion in event.aspects:
        quote = opinion.quote
        if len(quote) <= _LONGEST_QUOTE and len(quote.encode("utf-8", "replace")) >= _LEAST_QUOTE_BYTES:
            strength = round(100 * opinion.confidence * opinion.score)
            kind = Kind(language, _POLARITY[opinion.sentiment], opinion.aspect)
            candidates.append((kind.name, quote, _bits(event, opinion), strength))
    return candidates


def _bits(event: EnrichedReview, opinion: Opinion) -> bytes:
    """The embedding of the sentence around an opinion; without one, a hash: then only equal words are alike."""
    for sentence in event.sentences:
        if (
            sentence.embedding
            and sentence.field == opinion.field
            and sentence.start <= opinion.start < sentence.end
        ):
            return sentence.embedding
    words = " ".join(opinion.quote.casefold().split())
    return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=32).digest()


def _signature(event: EnrichedReview) -> bytes:
    signature = event.signature
    return signature if signature and len(signature) == SIGNATURE_BYTES else _NO_SIGNATURE


def _forget_arrival(product: ProductState, review_id: str) -> int | None:
    """Take a review out of the arrivals; where it was."""
    for place, known in enumerate(product.arrivals):
        if known.review_id == review_id:
            _splice(product, place, place + 1, None, b"")
            return place
    return None


def _settle_arrival(
    product: ProductState, event: EnrichedReview, one: Contribution, signature: bytes, place: int | None
) -> None:
    """Keep the order of arrival: an edit stays in its place."""
    arrival = Arrival(
        event.review_id,
        event.source.timestamp_ms,
        one.sentiment,
        one.is_near_duplicate and one.is_five_star,
        tuple(aspect for aspect, polarity in one.opinions if polarity == NEGATIVE),
    )
    place = len(product.arrivals) if place is None else place
    _splice(product, place, place, arrival, signature)
    if len(product.arrivals) > MAX_ARRIVALS:
        _splice(product, 0, 1, None, b"")


def _splice(product: ProductState, start: int, end: int, arrival: Arrival | None, signature: bytes) -> None:
    product.arrivals[start:end] = () if arrival is None else (arrival,)
    known, size = product.signatures, SIGNATURE_BYTES
    product.signatures = known[: start * size] + signature + known[end * size :]


def _settle_latest(
    tables: Tables,
    product: ProductState,
    review_id: str,
    before: Contribution | None,
    after: Contribution | None,
) -> None:
    """Keep the latest reviews exact: only when one of them goes are all looked through."""
    latest = product.latest
    if before is not None and after is not None and before.created_ms == after.created_ms:
        return
    was_in = before is not None and (before.created_ms, review_id) in latest
    if was_in and before is not None:
        latest.remove((before.created_ms, review_id))
    if was_in and product.counts.reviews > len(latest) + (after is not None):
        everything = [
            (state.contribution.created_ms, known)
            for known, state in tables.reviews_of(product.product_id)
            if state.era == product.era and state.contribution is not None
        ]
        latest[:] = sorted(everything, reverse=True)[:MAX_LATEST]
    elif after is not None:
        entry = (after.created_ms, review_id)
        if len(latest) < MAX_LATEST or entry > latest[-1]:
            latest.append(entry)
            latest.sort(reverse=True)
            del latest[MAX_LATEST:]
