"""What a demonstration did, in figures."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.alerts import ProductAlert
from schemas.reviews import ReviewEnriched
from schemas.summaries import ProductSummary
from streams.demo.product_watch import ProductWatch
from streams.demo.tally import Tally
from streams.kafka.publishing import Published


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a demonstration did. `published` is the sum of `enriched`, `dead_lettered` and `skipped`."""

    published: int
    enriched: int
    dead_lettered: int
    skipped: int
    repeats: int
    seconds: float
    reviews_per_second: float
    by_label: Mapping[str, int]
    by_language: Mapping[str, int]
    by_reason: Mapping[str, int]
    by_aspect: Mapping[str, Mapping[str, int]]
    by_flag: Mapping[str, int]
    by_mask: Mapping[str, int]
    samples: tuple[ReviewEnriched, ...]
    products: tuple[ProductSummary, ...]
    alerts: tuple[ProductAlert, ...]


def report_of(published: Published, tally: Tally, watch: ProductWatch, seconds: float) -> DemoReport:
    """The figures of what was published, and of nothing else.

    Args:
        published: which records.
        tally: their fates.
        watch: their products.
        seconds: from the first record to the last output of a review.
    """
    counts = tally.counts(published.positions)
    events = [tally.enriched[position] for position in published.positions if position in tally.enriched]
    ours = {event.product_id for event in events}
    return DemoReport(
        published=len(published.positions),
        enriched=counts["enriched"],
        dead_lettered=counts["dead_lettered"],
        skipped=counts["skipped"],
        repeats=tally.repeats,
        seconds=round(seconds, 3),
        reviews_per_second=round(counts["enriched"] / seconds, 1) if seconds > 0 else 0.0,
        by_label=Counter(map(_label_of, events)),
        by_language=dict(Counter(map(_language_of, events)).most_common()),
        by_aspect=_by_aspect(events),
        by_flag=Counter(flag.kind for event in events for flag in event.flags),
        by_mask=Counter(mask.kind for event in events for mask in event.masked),
        by_reason=Counter(tally.reasons[p] for p in published.positions if p in tally.reasons),
        samples=tuple(tally.samples(published.positions)),
        products=tuple(
            sorted(
                (summary for summary in watch.summaries.values() if summary.product_id in ours),
                key=lambda summary: (-summary.counts.reviews, summary.product_id),
            )
        ),
        alerts=tuple(alert for alert in watch.alerts if alert.product_id in ours),
    )


def _label_of(event: ReviewEnriched) -> str:
    return event.sentiment.label if event.sentiment is not None else event.status


def _language_of(event: ReviewEnriched) -> str:
    return event.language.code if event.language is not None else "und"


def _by_aspect(events: Iterable[ReviewEnriched]) -> dict[str, Counter[str]]:
    """Reviews by aspect and sentiment, the aspect of most reviews first; a review counts once for each pair."""
    aspects: dict[str, Counter[str]] = {}
    for event in events:
        counted = {(opinion.aspect, opinion.sentiment) for opinion in event.aspects if opinion.counted}
        for aspect, sentiment in counted:
            aspects.setdefault(aspect, Counter())[sentiment] += 1
    return dict(sorted(aspects.items(), key=lambda item: -sum(item[1].values())))
