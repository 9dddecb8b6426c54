"""Prints what a demonstration did: figures, products, alerts and some reviews, or all of it as JSON."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from streams.cli.console import out, print_json
from streams.cli.product_tables import show_products
from streams.cli.review_lines import LABEL_COLOURS, review_details, review_line
from streams.demo.report import DemoReport


def show_report(report: DemoReport, refused_rows: int, *, as_json: bool) -> None:
    """Print the report.

    Args:
        report: what became of the events.
        refused_rows: of the file that was read, how many are no events.
        as_json: one document for a machine.
    """
    if as_json:
        print_json(
            {
                "published": report.published,
                "enriched": report.enriched,
                "dead_lettered": report.dead_lettered,
                "skipped": report.skipped,
                "repeats": report.repeats,
                "refused_rows": refused_rows,
                "seconds": report.seconds,
                "reviews_per_second": report.reviews_per_second,
                "by_label": report.by_label,
                "by_language": report.by_language,
                "by_reason": report.by_reason,
                "by_aspect": report.by_aspect,
                "by_flag": report.by_flag,
                "by_mask": report.by_mask,
                "samples": [event.model_dump(mode="json") for event in report.samples],
                "products": [event.model_dump(mode="json") for event in report.products],
                "alerts": [event.model_dump(mode="json") for event in report.alerts],
            }
        )
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("published", str(report.published), "events on new-review")
    table.add_row("enriched", str(report.enriched), _listed(report.by_label))
    table.add_row("skipped", str(report.skipped), "removals, passed on without a model")
    table.add_row("set aside", str(report.dead_lettered), _listed(report.by_reason))
    table.add_row("languages", "", _listed(report.by_language))
    table.add_row("flags", "", _listed(report.by_flag))
    table.add_row("masked", "", _listed(report.by_mask))
    table.add_row(
        "speed",
        f"{report.reviews_per_second:.0f}/s",
        f"{report.seconds:.1f} s from the first event to the last",
    )
    out.print(table)
    out.print()
    out.print(_aspect_table(report.by_aspect))
    show_products(report.products, report.alerts)
    out.print("\nsome reviews:")
    for event in report.samples:
        out.print(review_line(event))
        for line in review_details(event):
            out.print(line)


def _aspect_table(by_aspect: Mapping[str, Mapping[str, int]]) -> Table:
    """How many reviews speak of each aspect, and how."""
    table = Table("reviews speak of", *LABEL_COLOURS, box=None, pad_edge=False)
    for aspect, counts in by_aspect.items():
        table.add_row(
            aspect.replace("_", " "),
            *(Text(str(counts.get(label, 0)), style=colour) for label, colour in LABEL_COLOURS.items()),
        )
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {count}"
        for name, count in sorted(counts.items(), key=lambda item: -item[1])
    )
