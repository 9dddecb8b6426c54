"""Several products at a glance, for the demonstration: counts, what is praised and criticised, alerts."""

from collections.abc import Sequence
from datetime import UTC

from rich.table import Table
from rich.text import Text

from schemas.alerts import ProductAlert
from schemas.counts import ReviewCounts
from schemas.summaries import ProductSummary
from streams.cli.console import out

_QUOTE_CHARACTERS = 60
_TEXTS = 5
_CITED = 4
_COLOURS = {"positive": "green", "negative": "red"}


def show_products(products: Sequence[ProductSummary], alerts: Sequence[ProductAlert]) -> None:
    """Print a table of summaries, and the alerts."""
    table = Table(
        "product",
        "reviews",
        "stars",
        "negative",
        "neutral",
        "positive",
        "by stars",
        "most said",
        box=None,
        pad_edge=False,
    )
    for summary in products:
        counts, sentiment = summary.counts, summary.counts.sentiment
        said = [_point(summary, polarity) for polarity in _COLOURS]
        table.add_row(
            f"{summary.product_id}\n{(summary.title or '')[:32]}",
            str(counts.reviews),
            _stars(counts),
            str(sentiment.negative),
            str(sentiment.neutral),
            str(sentiment.positive),
            _by_stars(counts),
            Text("\n").join([line for line in said if line is not None]),
        )
    out.print()
    out.print(table)
    for summary in products[:_TEXTS]:
        _show_text(summary)
    out.print()
    for alert in alerts:
        observed, baseline = alert.observed, alert.baseline
        what = ": ".join(name.replace("_", " ") for name in (alert.kind, alert.aspect) if name)
        out.print(
            Text.assemble(
                ("alert ", "bold red" if alert.state == "raised" else "bold green"),
                f"{alert.product_id}: {what} {alert.state}: {observed.matching} of the last "
                f"{observed.reviews} reviews, before that {baseline.matching} of {baseline.reviews} "
                f"(p {alert.p_value:.1g})",
            )
        )
        for quote in alert.quotes[:2]:
            out.print(Text(f"      {quote.review_id}  “{quote.text[:_QUOTE_CHARACTERS]}”", style="dim"))


def _show_text(summary: ProductSummary) -> None:
    """A product's text, each claim with the reviews that make it, and what its numbers are of."""
    if summary.text is None:
        if summary.generation:
            out.print(f"\n{summary.product_id}: its text was asked for and has not come yet", style="yellow")
        return
    out.print()
    out.print(Text(f"{summary.product_id}: what its reviews say, and which{_basis(summary)}", style="bold"))
    for claim in summary.claims:
        cited = ", ".join(claim.review_ids[:_CITED])
        more = ", …" if len(claim.review_ids) > _CITED else ""
        out.print(Text.assemble(f"  {claim.text}", (f"  {cited}{more}", "dim")))


def _basis(summary: ProductSummary) -> str:
    """Of how many reviews a text is, as of when, and whether that is the newest that was asked for."""
    newer = "; a newer one has not come yet" if summary.text_generation < summary.generation else ""
    if summary.text_as_of is None:
        return newer
    reviews = f"{summary.text_review_count:,} of the {summary.counts.reviews:,} reviews"
    if summary.text_review_count == summary.counts.reviews:
        reviews = f"all {summary.counts.reviews:,} reviews"
    return f" ({reviews}, as of {summary.text_as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC{newer})"


def _stars(counts: ReviewCounts) -> str:
    rated = sum(counts.rating_histogram)
    return f"{counts.rating_hundredths / rated / 100:.1f}" if rated else "-"


def _by_stars(counts: ReviewCounts) -> str:
    """How many reviews have the sentiment of their stars, for want of words."""
    stars = counts.sentiment_from_stars
    return str(stars.negative + stars.neutral + stars.positive) if stars is not None else "-"


def _point(summary: ProductSummary, polarity: str) -> Text | None:
    """The key point of a polarity that most reviews make, with one that says so."""
    point = next((point for point in summary.key_points if point.polarity == polarity), None)
    if point is None:
        return None
    quote = point.quotes[0]
    return Text.assemble(
        (f"{point.aspect.replace('_', ' ')} ×{point.count}", _COLOURS[polarity]),
        (f"  “{quote.text[:_QUOTE_CHARACTERS]}” ", "italic"),
        (quote.review_id, "dim"),
    )
