"""Strategies that draw valid events of every contract, for the property tests of this folder."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import strategies as st

from schemas.copywriting import CopyReady, CopyRequest, CopyVariant
from schemas.events import Event, ModelVersion, SourcePosition, Timings
from schemas.fields import MAX_INTEGER
from schemas.frozen_mapping import FrozenMapping
from schemas.learning import Feedback, ModelPromoted
from schemas.products import (
    AspectCounts,
    DayCounts,
    Evidence,
    KeyPoint,
    LatestReview,
    Product,
    ProductAlert,
    ProductEnriched,
    ProductSummary,
    ProductText,
    Quote,
    Reason,
    RefreshRequested,
    ReviewCounts,
    ReviewShare,
    SentimentCounts,
    SummaryClaim,
    TimeWindow,
)
from schemas.reviews import (
    AspectOpinion,
    DetectedLanguage,
    MaskedSpan,
    QualityFlag,
    Review,
    ReviewEnriched,
    SentenceSentiment,
    Sentiment,
)

characters = st.characters(codec="utf-8")
texts = st.text(characters, min_size=1, max_size=60).map(lambda text: text + "字")
identifiers = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=1, max_size=40)
ratings = st.floats(0, 5)
fractions = st.floats(0, 1)
counts = st.integers(0, MAX_INTEGER)
small_counts = st.integers(0, 1_000)
languages = st.sampled_from(["en", "zh-Hans", "pt_BR", "EN-gb"])
labels = st.sampled_from(["negative", "neutral", "positive"])
timestamps = st.datetimes(
    datetime(1990, 1, 2),
    datetime(2025, 1, 1),
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))]
    ),
)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


def several(strategy: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


positions = st.builds(
    SourcePosition, topic=st.just("new-review"), partition=counts, offset=counts, timestamp_ms=counts
)
models = st.builds(ModelVersion, name=texts, version=texts)
timings = st.builds(
    Timings, queue_ms=st.floats(0, 1e9), tokenise_ms=st.floats(0, 1e9), forward_ms=st.floats(0, 1e9)
)
lineage = {
    "source": positions,
    "made_at": timestamps,
    "model": maybe(models),
    "replay_id": maybe(identifiers),
}


@st.composite
def sentiments(draw: st.DrawFn) -> Sentiment:
    weights = [draw(st.integers(1, 1_000)) for _ in range(3)]
    negative, neutral, positive = (weight / sum(weights) for weight in weights)
    shares = {"negative": negative, "neutral": neutral, "positive": positive}
    return Sentiment(label=max(shares, key=shares.__getitem__), **shares)


reviews = st.builds(
    Review,
    review_id=identifiers,
    product_id=identifiers,
    version=st.integers(1, MAX_INTEGER),
    text=texts,
    title=maybe(st.text(characters, max_size=30)),
    rating=maybe(ratings),
    language=maybe(languages),
    author_id=maybe(identifiers),
    verified_purchase=st.booleans(),
    platform=maybe(identifiers),
    created_at=timestamps,
    removed=st.booleans(),
)
_span = {
    "field": st.sampled_from(["title", "text"]),
    "start": st.integers(0, 100),
    "end": st.integers(100, 20_000),
}
_enriched = {
    **lineage,
    "review_id": identifiers,
    "product_id": identifiers,
    "review_version": st.integers(1, MAX_INTEGER),
    "title": maybe(st.text(characters, max_size=30)),
    "rating": maybe(ratings),
    "language": maybe(st.builds(DetectedLanguage, code=languages, confidence=fractions)),
    "created_at": timestamps,
    "timings": maybe(timings),
    "flags": several(st.builds(QualityFlag, kind=texts, score=fractions, reason=texts)),
    "masked": several(st.builds(MaskedSpan, **_span, kind=texts)),
    "signature": maybe(st.binary(min_size=1, max_size=64).map(lambda raw: b64encode(raw).decode())),
}
enriched_reviews = st.one_of(
    st.builds(
        ReviewEnriched,
        **{
            **_enriched,
            "status": st.just("enriched"),
            "text": texts,
            "sentiment": sentiments(),
            "sentences": several(st.builds(SentenceSentiment, **_span, sentiment=labels, score=fractions)),
            "aspects": several(
                st.builds(
                    AspectOpinion,
                    **_span,
                    aspect=texts,
                    sentiment=labels,
                    score=fractions,
                    confidence=fractions,
                    quote=texts,
                )
            ),
            "model": models,
        },
    ),
    st.builds(
        ReviewEnriched,
        **{**_enriched, "status": st.just("unsupported_language"), "text": texts, "model": st.none()},
    ),
    st.builds(ReviewEnriched, **{**_enriched, "status": st.just("removed"), "model": st.none()}),
)
attributes = st.dictionaries(
    texts, texts | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(-1e9, 1e9) | st.booleans(), max_size=3
)
products = st.builds(
    Product,
    product_id=identifiers,
    version=st.integers(1, MAX_INTEGER),
    title=texts,
    description=maybe(texts),
    price=maybe(st.floats(0, 1e12)),
    currency=st.sampled_from(["EUR", "CNY"]),
    attributes=attributes,
    tags=several(texts),
    updated_at=timestamps,
    removed=st.booleans(),
)
evidence = st.builds(Evidence, kind=st.sampled_from(["review", "attribute"]), reference=texts, quote=texts)
enriched_products = st.builds(
    ProductEnriched,
    **lineage,
    product_id=identifiers,
    product_version=st.integers(1, MAX_INTEGER),
    language=languages,
    description=maybe(texts),
    ad_copy=maybe(texts),
    tags=several(texts),
    reasons=several(st.builds(Reason, text=texts, evidence=several(evidence, least=1))),
)


@st.composite
def review_counts(draw: st.DrawFn) -> ReviewCounts:
    histogram = tuple(draw(small_counts) for _ in range(6))
    polarity = SentimentCounts(
        negative=draw(small_counts), neutral=draw(small_counts), positive=draw(small_counts)
    )
    aspect = st.builds(
        AspectCounts, aspect=texts, negative=small_counts, neutral=small_counts, positive=small_counts
    )
    return ReviewCounts(
        reviews=10_000,
        rating_histogram=histogram,
        rating_hundredths=draw(counts),
        sentiment=polarity,
        aspects=draw(several(aspect)),
        verified_purchases=draw(small_counts),
        near_duplicates=draw(small_counts),
        languages=FrozenMapping(draw(st.dictionaries(texts, small_counts, max_size=3))),
    )


@st.composite
def key_points(draw: st.DrawFn) -> KeyPoint:
    review_ids = draw(several(identifiers, least=1))
    return KeyPoint(
        claim=draw(texts),
        aspect=draw(texts),
        polarity=draw(labels),
        count=len(review_ids) + draw(small_counts),
        review_ids=review_ids,
        quotes=(Quote(review_id=review_ids[0], text=draw(texts)),),
    )


days = st.builds(
    DayCounts,
    day=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    reviews=counts,
    negative=counts,
    neutral=counts,
    positive=counts,
)
latest_reviews = st.builds(
    LatestReview,
    review_id=identifiers,
    review_version=st.integers(1, MAX_INTEGER),
    created_at=timestamps,
    rating=maybe(ratings),
    sentiment=maybe(labels),
    language=maybe(languages),
    title=maybe(texts),
    text=texts,
)
summaries = st.builds(
    ProductSummary,
    **{**lineage, "model": models},
    product_id=identifiers,
    generation=counts,
    as_of=timestamps,
    title=maybe(texts),
    category=maybe(texts),
    language=maybe(languages),
    counts=review_counts(),
    days=several(days),
    key_points=several(key_points()),
    latest_reviews=several(latest_reviews),
    text=texts,
    method=st.sampled_from(["extractive", "generated"]),
)
claims = st.builds(
    SummaryClaim,
    text=texts,
    method=st.sampled_from(["template", "generated"]),
    count=counts,
    review_ids=several(identifiers),
    aspect=maybe(texts),
    polarity=maybe(labels),
)
product_texts = st.builds(
    ProductText,
    **lineage,
    product_id=identifiers,
    generation=st.integers(1, MAX_INTEGER),
    language=languages,
    claims=several(claims),
    pros=several(texts),
    cons=several(texts),
    prompt_version=texts,
    snapshot_offset=counts,
    review_count=counts,
)
refreshes = st.builds(
    RefreshRequested,
    **lineage,
    product_id=identifiers,
    generation=st.integers(1, MAX_INTEGER),
    as_of=timestamps,
    reason=st.sampled_from(["first_reviews", "age"]),
    counts=review_counts(),
    key_points=several(key_points()),
)
shares = st.builds(ReviewShare, matching=small_counts, reviews=st.integers(1_000, MAX_INTEGER))
alerts = st.builds(
    ProductAlert,
    **lineage,
    alert_id=identifiers,
    product_id=identifiers,
    kind=st.sampled_from(["negative_surge", "lookalike_surge"]),
    state=st.sampled_from(["raised", "resolved"]),
    window=timestamps.map(lambda start: TimeWindow(starts_at=start, ends_at=start + timedelta(hours=6))),
    baseline=shares,
    observed=shares,
    p_value=fractions,
    review_ids=several(identifiers),
    quotes=several(st.builds(Quote, review_id=identifiers, text=texts)),
)
copy_requests = st.builds(
    CopyRequest,
    request_id=identifiers,
    product_id=identifiers,
    attributes=attributes,
    kind=st.sampled_from(["description", "ad", "draft_review", "reply"]),
    rating=maybe(ratings),
    review_text=texts,
    notes=maybe(texts),
    max_words=maybe(st.integers(5, 1_000)),
)
copies = st.builds(
    CopyReady,
    **lineage,
    request_id=identifiers,
    product_id=maybe(identifiers),
    kind=st.sampled_from(["description", "ad"]),
    variants=several(st.builds(CopyVariant, text=texts, evidence=several(evidence)), least=1),
)
feedback = st.builds(
    Feedback,
    feedback_id=identifiers,
    review_id=identifiers,
    product_id=identifiers,
    text=texts,
    language=maybe(languages),
    label=labels,
    labeller=identifiers,
    created_at=timestamps,
)
promotions = st.builds(
    ModelPromoted,
    task=st.just("sentiment"),
    model=models,
    previous=maybe(models),
    location=texts,
    manifest_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    metrics=st.dictionaries(texts, st.floats(-1e9, 1e9), max_size=3),
    source=maybe(positions),
    promoted_at=timestamps,
)

#: One strategy a contract, in no particular order.
EVENTS: Mapping[type[Event], st.SearchStrategy[Event]] = {
    Review: reviews,
    ReviewEnriched: enriched_reviews,
    Product: products,
    ProductEnriched: enriched_products,
    ProductSummary: summaries,
    RefreshRequested: refreshes,
    ProductText: product_texts,
    ProductAlert: alerts,
    CopyRequest: copy_requests,
    CopyReady: copies,
    Feedback: feedback,
    ModelPromoted: promotions,
}
any_event = st.sampled_from(list(EVENTS.values())).flatmap(lambda strategy: strategy)
