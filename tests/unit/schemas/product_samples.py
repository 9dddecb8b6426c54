"""Strategies that draw reviews, products, and what is made of them."""

from base64 import b64encode
from datetime import date

from hypothesis import strategies as st

from schemas.counts import AspectCounts, AspectDays, DayCounts, ReviewCounts, SentimentCounts
from schemas.fields import MAX_INTEGER
from schemas.frozen_mapping import FrozenMapping
from schemas.products import Product
from schemas.reviews import (
    AspectOpinion,
    DetectedLanguage,
    MaskedSpan,
    OriginalSpan,
    QualityFlag,
    Review,
    ReviewEnriched,
    SentenceSentiment,
    Sentiment,
    StarsDistribution,
)
from schemas.summaries import (
    Facet,
    KeyPoint,
    LatestReview,
    ProductSummary,
    ProductText,
    Quote,
    RefreshRequested,
    SummaryClaim,
)
from tests.unit.schemas.sample_values import (
    attributes,
    characters,
    counts,
    fractions,
    identifiers,
    labels,
    languages,
    lineage,
    maybe,
    models,
    ratings,
    several,
    small_counts,
    texts,
    timestamps,
    timings,
)


@st.composite
def sentiments(draw: st.DrawFn) -> Sentiment:
    weights = [draw(st.integers(1, 1_000)) for _ in range(3)]
    negative, neutral, positive = (weight / sum(weights) for weight in weights)
    shares = {"negative": negative, "neutral": neutral, "positive": positive}
    basis = draw(st.sampled_from(["text", "text_and_stars", "something new"]))
    return Sentiment(label=max(shares, key=shares.__getitem__), **shares, basis=basis)


@st.composite
def stars_distributions(draw: st.DrawFn) -> StarsDistribution:
    weights = [draw(st.integers(1, 1_000)) for _ in range(5)]
    one, two, three, four, five = (weight / sum(weights) for weight in weights)
    return StarsDistribution(one=one, two=two, three=three, four=four, five=five)


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
    incentivised=st.booleans(),
    platform=maybe(identifiers),
    created_at=timestamps,
    removed=st.booleans(),
)
_span = {
    "field": st.sampled_from(["title", "text"]),
    "start": st.integers(0, 100),
    "end": st.integers(100, 20_000),
    "original": maybe(st.builds(OriginalSpan, start=st.integers(0, 9), end=st.integers(9, 30_000))),
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
    "incentivised": st.booleans(),
    "embedding_version": maybe(texts),
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
            "stars": maybe(stars_distributions()),
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
                    holder=maybe(texts),
                    counted=st.booleans(),
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
    st.builds(
        ReviewEnriched,
        **{**_enriched, "status": st.just("rating_only"), "rating": ratings, "model": st.none()},
    ),
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
        sentiment_from_stars=draw(maybe(st.just(polarity))),
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


@st.composite
def aspect_days(draw: st.DrawFn) -> AspectDays:
    """Days of an aspect, with a number for each."""
    written = draw(st.sets(st.dates(date(1990, 1, 1), date(2100, 1, 1)), max_size=3))
    numbers = st.tuples(*[counts] * len(written))
    of_polarity = {name: draw(numbers) for name in ("negative", "neutral", "positive")}
    return AspectDays(aspect=draw(texts), days=tuple(sorted(written)), **of_polarity)


latest_reviews = st.builds(
    LatestReview,
    review_id=identifiers,
    review_version=st.integers(1, MAX_INTEGER),
    created_at=timestamps,
    rating=maybe(ratings),
    sentiment=maybe(labels),
    language=maybe(languages),
    title=maybe(texts),
    text=maybe(texts),
)
facets = st.builds(Facet, key=texts, label=texts, polarity=labels, reviews=counts)
summaries = st.builds(
    ProductSummary,
    **{**lineage, "model": models},
    product_id=identifiers,
    generation=counts,
    as_of=timestamps,
    title=maybe(texts),
    category=maybe(texts),
    brand=maybe(texts),
    price=maybe(st.floats(0, 1e12)),
    currency=st.just("EUR"),
    tags=several(texts),
    average_rating=maybe(ratings),
    facets=several(facets),
    language=maybe(languages),
    counts=review_counts(),
    days=several(days),
    aspect_days=several(aspect_days()),
    withdrawals=counts,
    key_points=several(key_points()),
    latest_reviews=several(latest_reviews),
    text=texts,
    text_review_count=counts,
    text_as_of=maybe(timestamps),
    method=st.sampled_from(["extractive", "generated", "something new"]),
)
claims = st.builds(
    SummaryClaim,
    text=texts,
    method=st.sampled_from(["template", "generated", "something new"]),
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
    facets=several(facets),
    snapshot_offset=counts,
    review_count=counts,
    as_of=maybe(timestamps),
)
refreshes = st.builds(
    RefreshRequested,
    **lineage,
    product_id=identifiers,
    generation=st.integers(1, MAX_INTEGER),
    as_of=timestamps,
    reason=st.sampled_from(["first_reviews", "age", "something new"]),
    counts=review_counts(),
    key_points=several(key_points()),
)
