"""An enriched review for people: one line, and a line each for what else is known of it."""

from collections.abc import Iterator

from rich.text import Text

from schemas.reviews import ReviewEnriched

LABEL_COLOURS = {"positive": "green", "neutral": "yellow", "negative": "red"}


def review_line(event: ReviewEnriched) -> Text:
    """Its sentiment, language and product, and how its text begins."""
    sentiment, language = event.sentiment, event.language
    label = sentiment.label if sentiment is not None else event.status.replace("_", " ")
    share = f" {getattr(sentiment, label):.2f}" if sentiment is not None else ""
    text = (event.text or "").replace("\n", " ")
    return Text.assemble(
        (f"{label}{share}", LABEL_COLOURS.get(label, "dim")),
        f"  {language.code if language is not None else '-'}  {event.product_id}  ",
        (text[:100] + ("…" if len(text) > 100 else ""), "italic"),
    )


def review_details(event: ReviewEnriched) -> Iterator[Text]:
    """What else is known of a review: what it counts for with the words, doubts, masks."""
    for opinion in event.aspects:
        if not opinion.counted:
            continue
        name, colour = opinion.aspect.replace("_", " "), LABEL_COLOURS[opinion.sentiment]
        yield Text.assemble("    ", (name, colour), "  ", (f"“{opinion.quote[:70]}”", "dim"))
    for flag in event.flags:
        yield Text.assemble("    ", (flag.kind.replace("_", " "), "magenta"), f"  {flag.reason[:80]}")
    if event.masked:
        kinds = sorted({mask.kind.replace("_", " ") for mask in event.masked})
        yield Text.assemble("    ", ("masked", "cyan"), f"  {', '.join(kinds)}")
