"""The index-ready document of a product: its summary, flat and by keys, and whether it may be advertised."""

from collections.abc import Iterator, Mapping, Sequence

from streams.rolling.alerts import Subject, stands
from streams.rolling.product_state import NEGATIVE, POSITIVE, ProductState
from streams.serde import JsonObject

#: Fewer reviews are too few to advertise with.
LEAST_REVIEWS = 5
#: A product is mostly negative where more than this share of the reviews with a sentiment is.
MOST_NEGATIVE = 0.5
#: So many reviews at least, and more than half of those that speak of an aspect, praise it or criticise it.
LEAST_AGREEING = 2
#: What a document has as the summary has it.
_AS_IN_SUMMARY = (
    "schema_version",
    "product_id",
    "as_of",
    "source",
    "made_at",
    "model",
    "replay_id",
    "title",
    "brand",
    "category",
    "price",
    "currency",
    "tags",
    "average_rating",
)


def document_of(product: ProductState, summary: JsonObject) -> JsonObject:
    """The `ProductDocument` of a product.

    Args:
        product: its state.
        summary: its `ProductSummary` of the same moment, as `SummaryWriter` writes it.
    """
    counts = product.counts
    obstacles = list(_obstacles(product))
    return {
        **{name: summary[name] for name in _AS_IN_SUMMARY},
        "language": product.facts.language or summary["language"],
        "review_count": counts.reviews,
        "rating_count": sum(counts.histogram),
        "positive_share": _share(counts.sentiment, POSITIVE),
        "negative_share": _share(counts.sentiment, NEGATIVE),
        "praised": _agreed(counts.aspects, POSITIVE),
        "criticised": _agreed(counts.aspects, NEGATIVE),
        "aspect_scores": {
            aspect: _share(triple, POSITIVE) for aspect, triple in sorted(counts.aspects.items())
        },
        "standing_alerts": _standing(product),
        "summary": summary["text"],
        "ads_eligible": not obstacles,
        "ads_obstacles": obstacles,
    }


def _obstacles(product: ProductState) -> Iterator[str]:
    """Why a product may not be advertised, in the words of `schemas.vocabularies.AD_OBSTACLES`."""
    if stands(product):
        yield "alert_stands"
    if product.counts.reviews < LEAST_REVIEWS:
        yield "too_few_reviews"
    if (_share(product.counts.sentiment, NEGATIVE) or 0.0) > MOST_NEGATIVE:
        yield "mostly_negative"


def _standing(product: ProductState) -> list[str]:
    """The kinds of the alerts that are not resolved, each once."""
    known = [Subject.of(name).kind for name, state in product.alerts.items() if not state.resolved_at_ms]
    return sorted(set(known))


def _agreed(aspects: Mapping[str, Sequence[int]], polarity: int) -> list[str]:
    """The aspects on which reviews agree in this, those of most reviews first."""
    agreed = {
        aspect: triple[polarity]
        for aspect, triple in aspects.items()
        if triple[polarity] >= LEAST_AGREEING and 2 * triple[polarity] > sum(triple)
    }
    return sorted(agreed, key=lambda aspect: (-agreed[aspect], aspect))


def _share(triple: Sequence[int], polarity: int) -> float | None:
    """The share of one polarity, rounded to four digits; None without any."""
    total = sum(triple)
    return round(triple[polarity] / total, 4) if total else None
