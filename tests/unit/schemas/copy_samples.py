"""Strategies that draw requests for copy, answers to them, and the standing copy of products."""

from hypothesis import strategies as st

from schemas.copywriting import CopyReady, CopyRequest, CopyVariant, PastAction, Refusal, Turn
from schemas.fields import MAX_INTEGER
from schemas.grounding import CopyClaim, CopyLineage, DroppedClaim, Evidence
from schemas.product_copy import (
    CopyDecided,
    CopyRefreshRequested,
    CopyText,
    ProductCopy,
    ProductEnriched,
    ProductFacts,
    PublishedAd,
    PublishedAnswer,
    PublishedReason,
    PublishedText,
    Standing,
    WrittenAd,
    WrittenAnswer,
    WrittenReason,
)
from tests.unit.schemas.product_samples import key_points, review_counts
from tests.unit.schemas.sample_values import (
    attributes,
    counts,
    identifiers,
    languages,
    lineage,
    maybe,
    positions,
    ratings,
    several,
    texts,
    timestamps,
)

pseudonyms = st.uuids().map(str)
evidence = st.builds(
    Evidence,
    kind=st.sampled_from(["review", "attribute", "something new"]),
    reference=texts,
    quote=texts,
    product_id=maybe(identifiers),
)
claims = st.builds(CopyClaim, text=texts, evidence=several(evidence))
dropped = st.builds(DroppedClaim, text=texts, check=texts, reason=texts)
copy_lineage = st.builds(
    CopyLineage,
    prompt_version=texts,
    positions=several(positions),
    generation=counts,
    review_count=counts,
    house_rules=maybe(texts),
)
_asked = {
    "request_id": identifiers,
    "interactive": st.booleans(),
    "variants": st.integers(1, 10),
    "max_words": maybe(st.integers(5, 1_000)),
    "max_characters": maybe(st.integers(10, 10_000)),
    "language": maybe(languages),
    "tone": maybe(texts),
    "style": maybe(texts),
    "channel": maybe(texts),
    "season": maybe(texts),
    "audience": maybe(texts),
    "user_id": maybe(pseudonyms),
    "interests": several(texts),
    "history": several(
        st.builds(
            PastAction,
            product_id=identifiers,
            action=st.sampled_from(["viewed", "bought"]),
            occurred_at=maybe(timestamps),
        )
    ),
    "cart": several(identifiers),
    "notes": maybe(texts),
}
_turns = several(st.builds(Turn, speaker=st.sampled_from(["shopper", "shop"]), text=texts))
copy_requests = st.one_of(
    st.builds(
        CopyRequest,
        **_asked,
        kind=st.sampled_from(["description", "reason", "ad", "scenario", "faq"]),
        product_id=identifiers,
    ),
    st.builds(
        CopyRequest,
        **_asked,
        kind=st.just("comparison"),
        product_ids=st.lists(identifiers, min_size=2, max_size=4, unique=True).map(tuple),
    ),
    st.builds(
        CopyRequest,
        **_asked,
        kind=st.just("draft_review"),
        attributes=attributes.filter(bool),
        rating=ratings,
        pros=several(texts),
        cons=several(texts),
        review_text=maybe(texts),
    ),
    st.builds(
        CopyRequest, **_asked, kind=st.just("answer"), product_id=identifiers, question=texts, turns=_turns
    ),
    st.builds(
        CopyRequest,
        **_asked,
        kind=st.just("reply"),
        product_id=identifiers,
        review_text=texts,
        rating=maybe(ratings),
    ),
    st.builds(
        CopyRequest,
        **_asked,
        kind=st.just("caption"),
        product_id=identifiers,
        captions=several(texts, least=1),
    ),
)
_answered = {**lineage, "request_id": identifiers, "product_id": maybe(identifiers), "kind": texts}
copies = st.one_of(
    st.builds(
        CopyReady,
        **_answered,
        status=st.just("ready"),
        language=languages,
        variants=several(st.builds(CopyVariant, text=texts, claims=several(claims), method=texts), least=1),
        dropped=several(dropped),
        lineage=copy_lineage,
    ),
    st.builds(
        CopyReady,
        **_answered,
        status=st.just("refused"),
        refusals=several(st.builds(Refusal, kind=texts, reason=texts), least=1),
    ),
)
facts = st.builds(
    ProductFacts,
    version=st.integers(1, MAX_INTEGER),
    title=texts,
    description=maybe(texts),
    attributes=attributes,
    tags=several(texts),
    language=maybe(languages),
)
copy_refreshes = st.builds(
    CopyRefreshRequested,
    **lineage,
    product_id=identifiers,
    generation=st.integers(1, MAX_INTEGER),
    as_of=timestamps,
    reason=texts,
    language=maybe(languages),
    product=facts,
    counts=review_counts(),
    key_points=several(key_points()),
)
_text = {"text": texts, "claims": several(claims), "method": texts}
_reason = {**_text, "evidence": several(evidence, least=1)}
_of_product = {
    **lineage,
    "product_id": identifiers,
    "product_version": st.integers(1, MAX_INTEGER),
    "language": languages,
    "tags": several(texts),
    "snapshot_offset": counts,
}
product_copies = st.builds(
    ProductCopy,
    **_of_product,
    generation=st.integers(1, MAX_INTEGER),
    description=maybe(st.builds(CopyText, **_text)),
    headlines=several(st.builds(CopyText, **_text)),
    reasons=several(st.builds(WrittenReason, **_reason)),
    selling_points=several(st.builds(CopyText, **_text)),
    ads=several(st.builds(WrittenAd, **_text, channel=texts)),
    questions=several(st.builds(WrittenAnswer, **_text, question=texts)),
    dropped=several(dropped),
    lineage=copy_lineage,
)
_standing = {
    "standing": st.builds(
        Standing,
        approval=texts,
        pinned=st.booleans(),
        facts_changed=st.booleans(),
        decided_by=maybe(identifiers),
        decision_id=maybe(identifiers),
    )
}
enriched_products = st.builds(
    ProductEnriched,
    **_of_product,
    generation=counts,
    as_of=timestamps,
    description=maybe(st.builds(PublishedText, **_text, **_standing)),
    headlines=several(st.builds(PublishedText, **_text, **_standing)),
    reasons=several(st.builds(PublishedReason, **_reason, **_standing)),
    selling_points=several(st.builds(PublishedText, **_text, **_standing)),
    ads=several(st.builds(PublishedAd, **_text, **_standing, channel=texts)),
    questions=several(st.builds(PublishedAnswer, **_text, **_standing, question=texts)),
    held=counts,
    review_count=counts,
    lineage=maybe(copy_lineage),
)
decisions = st.builds(
    CopyDecided,
    decision_id=identifiers,
    product_id=identifiers,
    decision=st.just("edited"),
    part=st.sampled_from(["description", "reason", "summary"]),
    number=counts,
    generation=counts,
    text=texts,
    reason=maybe(texts),
    decided_by=identifiers,
    decided_at=timestamps,
)
