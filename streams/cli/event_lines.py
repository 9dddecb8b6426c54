"""An event for people: what its topic is about, on one line."""

from collections.abc import Iterable
from datetime import datetime
from functools import singledispatch

from pydantic import BaseModel
from rich.text import Text

from schemas.alerts import ProductAlert
from schemas.counts import SentimentCounts
from schemas.events import Event, Output
from schemas.products import Product
from schemas.reviews import Review, ReviewEnriched
from schemas.summaries import ProductSummary, ProductText, RefreshRequested
from streams.cli.review_lines import LABEL_COLOURS

_TEXT_CHARACTERS = 160
_VALUE_CHARACTERS = 60
_QUOTE_CHARACTERS = 60
_QUOTES = 2


@singledispatch
def event_line(event: Event) -> Text:
    """An event on one line: its own fields, the long ones shortened, of lists and objects how much is in them."""
    line = Text()
    for name in type(event).model_fields:
        value = getattr(event, name)
        if name not in Output.model_fields and value not in (None, "", (), False):
            line.append(f"{name.replace('_', ' ')} ", "dim").append(f"{_told(value)}  ")
    line.rstrip()
    return line


@event_line.register
def _(event: Review) -> Text:
    if event.removed:
        return Text.assemble((event.review_id, "bold"), f"  {event.product_id}  ", ("removed", "red"))
    return Text.assemble(
        (event.review_id, "bold"),
        f"  {event.product_id}  {_stars(event.rating)}",
        (_shortened(": ".join(part for part in (event.title, event.text) if part)), "italic"),
    )


@event_line.register
def _(event: ReviewEnriched) -> Text:
    label = event.sentiment.label if event.sentiment is not None else event.status.replace("_", " ")
    share = f" {getattr(event.sentiment, label):.2f}" if event.sentiment is not None else ""
    line = Text.assemble(
        (event.review_id, "bold"),
        f"  {event.product_id}  ",
        (f"{label}{share}", LABEL_COLOURS.get(label, "dim")),
    )
    counted = [opinion for opinion in event.aspects if opinion.counted]
    for opinion in counted:
        name = opinion.aspect.replace("_", " ")
        line.append("  ").append(name, LABEL_COLOURS[opinion.sentiment]).append(f" {_quoted(opinion.quote)}")
    for kind in dict.fromkeys(flag.kind for flag in event.flags):
        line.append("  doubt ", "magenta").append(kind.replace("_", " "))
    if not counted and event.text:
        line.append("  ").append(_shortened(event.text), "italic")
    return line


@event_line.register
def _(event: Product) -> Text:
    details = [part for part in (event.title, event.brand, event.category) if part]
    return Text.assemble((event.product_id, "bold"), f"  {' · '.join(details)}")


@event_line.register
def _(event: ProductSummary) -> Text:
    average = f"  {event.average_rating:.2f} of 5" if event.average_rating is not None else ""
    text = Text.assemble(
        (event.product_id, "bold"),
        f"  {event.counts.reviews:,} reviews{average}  ",
        _sentiment(event.counts.sentiment),
    )
    return (
        text.append(f"  text {event.text_generation}: ", "dim").append(event.text or "")
        if event.text
        else text
    )


@event_line.register
def _(event: ProductText) -> Text:
    claims = " ".join(claim.text for claim in event.claims)
    told = f"  text {event.generation} of {event.review_count:,} reviews, {event.language}: "
    return Text.assemble((event.product_id, "bold"), (told, "dim"), claims)


@event_line.register
def _(event: RefreshRequested) -> Text:
    reason = event.reason.replace("_", " ")
    told = f"  text {event.generation} is asked for, {reason}: {event.counts.reviews:,} reviews  "
    return Text.assemble((event.product_id, "bold"), told, _sentiment(event.counts.sentiment))


@event_line.register
def _(event: ProductAlert) -> Text:
    what = ": ".join(name.replace("_", " ") for name in (event.kind, event.aspect) if name)
    observed, baseline = event.observed, event.baseline
    line = Text.assemble(
        (event.product_id, "bold"),
        "  ",
        (f"{what} {event.state}", "red" if event.state == "raised" else "green"),
        f"  {observed.matching} of the last {observed.reviews} reviews, before that {baseline.matching} of "
        f"{baseline.reviews} (p {event.p_value:.1g})",
    )
    for quote in event.quotes[:_QUOTES]:
        line.append(f"  {_quoted(quote.text)} ").append(quote.review_id, "dim")
    return line


def _sentiment(counts: SentimentCounts) -> Text:
    return Text(", ").join(
        Text(f"{label} {getattr(counts, label):,}", colour) for label, colour in LABEL_COLOURS.items()
    )


def _stars(rating: float | None) -> str:
    return "" if rating is None else f"{rating:g} ★  "


def _quoted(text: str) -> str:
    return f"“{_shortened(text, _QUOTE_CHARACTERS)}”"


def _told(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case BaseModel():
            return f"({len(type(value).model_fields)} fields)"
        case str():
            return _shortened(value, _VALUE_CHARACTERS)
        case dict() | list() | tuple() | set() | frozenset():
            return _listed(value)
        case _:
            return _shortened(str(value), _VALUE_CHARACTERS)


def _listed(values: Iterable[object]) -> str:
    """Words, if they are few; else how many there are."""
    items = list(values)
    words = ", ".join(item for item in items if isinstance(item, str))
    is_told = all(isinstance(item, str) for item in items) and 0 < len(words) <= _VALUE_CHARACTERS
    return words if is_told else f"({len(items):,})"


def _shortened(text: str, most: int = _TEXT_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
