"""Strategies that draw valid events of every contract, for the property tests of this folder."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import strategies as st

from schemas.alerts import ProductAlert, ReviewShare, TimeWindow
from schemas.behaviour import BehaviourEvent
from schemas.copywriting import CopyReady, CopyRequest
from schemas.events import Event
from schemas.fields import MAX_INTEGER
from schemas.learning import (
    AspectJudgement,
    CorrectedOpinion,
    Feedback,
    JudgedOpinion,
    ModelPromoted,
    SentimentJudgement,
    TextJudgement,
)
from schemas.operations import AuditEvent, ErasureRequested
from schemas.product_copy import CopyDecided, CopyRefreshRequested, ProductCopy, ProductEnriched
from schemas.products import Product
from schemas.reviews import Review, ReviewEnriched
from schemas.search import ProductDocument
from schemas.summaries import ProductSummary, ProductText, Quote, RefreshRequested
from tests.unit.schemas.copy_samples import (
    copies,
    copy_refreshes,
    copy_requests,
    decisions,
    enriched_products,
    product_copies,
    pseudonyms,
)
from tests.unit.schemas.product_samples import (
    enriched_reviews,
    product_texts,
    products,
    refreshes,
    reviews,
    summaries,
)
from tests.unit.schemas.sample_values import (
    attributes,
    counts,
    fractions,
    identifiers,
    labels,
    languages,
    lineage,
    maybe,
    models,
    positions,
    ratings,
    several,
    small_counts,
    texts,
    timestamps,
)

__all__ = ["EVENTS", "any_event", "summaries"]

opinions = st.builds(JudgedOpinion, aspect=texts, sentiment=labels, quote=maybe(texts))
_review = {"review_id": identifiers, "review_version": st.integers(1, MAX_INTEGER)}
judgements = st.one_of(
    st.builds(SentimentJudgement, task=st.just("sentiment"), **_review, label=labels),
    st.builds(
        AspectJudgement,
        task=st.just("aspects"),
        **_review,
        accepted=several(opinions, least=1),
        corrected=several(st.builds(CorrectedOpinion, was=opinions, should_be=maybe(opinions))),
        missing=several(opinions),
    ),
    st.builds(
        TextJudgement,
        task=st.just("text"),
        kind=st.sampled_from(["summary", "description", "answer"]),
        generation=counts,
        number=counts,
        verdict=st.just("corrected"),
        correction=texts,
    ),
)
feedback = st.builds(
    Feedback,
    feedback_id=identifiers,
    product_id=identifiers,
    judgement=judgements,
    text=maybe(texts),
    language=maybe(languages),
    labeller=identifiers,
    created_at=timestamps,
)
promotions = st.builds(
    ModelPromoted,
    unit=st.sampled_from(["reviews-en", "phrases-en", "something-new"]),
    model=models,
    previous=models,
    share=st.floats(0, 1, exclude_min=True),
    location=texts,
    manifest_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    metrics=st.dictionaries(texts, st.floats(-1e9, 1e9), max_size=3),
    sources=several(positions),
    promoted_at=timestamps,
)
behaviour = st.builds(
    BehaviourEvent,
    event_id=identifiers,
    user_id=pseudonyms,
    product_id=identifiers,
    action=st.sampled_from(["viewed", "clicked", "bought", "carted", "returned"]),
    quantity=st.integers(1, MAX_INTEGER),
    language=maybe(languages),
    platform=maybe(identifiers),
    occurred_at=timestamps,
)
erasures = st.builds(
    ErasureRequested,
    erasure_id=identifiers,
    subject_kind=st.sampled_from(["review", "author", "product", "user"]),
    subject_id=identifiers,
    product_id=maybe(identifiers),
    reason=maybe(texts),
    requested_by=identifiers,
    requested_at=timestamps,
)
audits = st.builds(
    AuditEvent,
    audit_id=identifiers,
    action=texts,
    subject=identifiers,
    outcome=texts,
    actor=texts,
    details=st.dictionaries(texts, texts, max_size=3),
    source=maybe(positions),
    happened_at=timestamps,
)
shares = st.builds(ReviewShare, matching=small_counts, reviews=st.integers(1_000, MAX_INTEGER))
alerts = st.builds(
    ProductAlert,
    **lineage,
    alert_id=identifiers,
    product_id=identifiers,
    kind=st.sampled_from(["negative_surge", "one_star_surge", "lookalike_surge", "something new"]),
    state=st.sampled_from(["raised", "resolved"]),
    window=timestamps.map(lambda start: TimeWindow(starts_at=start, ends_at=start + timedelta(hours=6))),
    baseline=shares,
    observed=shares,
    p_value=fractions,
    review_ids=several(identifiers),
    quotes=several(st.builds(Quote, review_id=identifiers, text=texts)),
)
documents = st.builds(
    ProductDocument,
    **lineage,
    product_id=identifiers,
    as_of=timestamps,
    title=maybe(texts),
    brand=maybe(texts),
    language=maybe(languages),
    tags=several(texts),
    attributes=attributes,
    review_count=counts,
    average_rating=maybe(ratings),
    praised=several(texts),
    criticised=several(texts),
    aspect_scores=st.dictionaries(texts, fractions, max_size=3),
    standing_alerts=several(texts),
    summary=maybe(texts),
    ads_eligible=st.just(False),
    ads_obstacles=several(texts, least=1),
)

#: One strategy a contract, in no particular order.
EVENTS: Mapping[type[Event], st.SearchStrategy[Event]] = {
    Review: reviews,
    ReviewEnriched: enriched_reviews,
    Product: products,
    ProductEnriched: enriched_products,
    ProductSummary: summaries,
    ProductDocument: documents,
    RefreshRequested: refreshes,
    CopyRefreshRequested: copy_refreshes,
    ProductText: product_texts,
    ProductCopy: product_copies,
    ProductAlert: alerts,
    CopyRequest: copy_requests,
    CopyReady: copies,
    CopyDecided: decisions,
    Feedback: feedback,
    ModelPromoted: promotions,
    BehaviourEvent: behaviour,
    ErasureRequested: erasures,
    AuditEvent: audits,
}
any_event = st.sampled_from(list(EVENTS.values())).flatmap(lambda strategy: strategy)
