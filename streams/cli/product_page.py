"""One product, as the API answers it, as a page for a terminal: whole words of any script, within its width."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from schemas.counts import AspectCounts, SentimentCounts
from schemas.serving import ListedProduct, ReviewWindow, ServedProduct, StaleReason, Trend
from schemas.summaries import KeyPoint, LatestReview

COLOURS = {"positive": "green", "neutral": "yellow", "negative": "red"}
_BAR_CELLS = 24
_ASPECTS = 8
_CITED = 4
_POINTS = 3
_QUOTES = 2
_STALE: Mapping[StaleReason, str] = {
    "redis_away": "its store is away; this is what the server answered last",
    "redis_behind": "its store is behind what the server answered before",
    "rebuilding": "its store is being filled",
    "updates_behind": "its store has not been at the end of the stream for a while",
    "between_updates": "the product and its lists are an update apart",
}


def product_page(product: ServedProduct, reviews: Sequence[LatestReview] = ()) -> RenderableType:
    """A product with all that its reviews add up to.

    Args:
        product: as it is served.
        reviews: its latest reviews.
    """
    counts = product.counts
    parts: list[RenderableType] = [*_head(product), Text()]
    if product.text is not None:
        parts += [*_claims(product), Text()]
    bar = sentiment_bar(counts.sentiment, counts.sentiment_from_stars)
    parts += [_ratings(counts.rating_histogram), Text(), bar, Text()]
    if counts.aspects:
        parts += [_aspects(counts.aspects), Text()]
    for title, polarity in (("praised", "positive"), ("criticised", "negative")):
        points = [point for point in product.key_points if point.polarity == polarity]
        parts += _key_points(title, COLOURS[polarity], points)
    parts.append(_trends(product.trends))
    if reviews:
        parts += [Text(), Text("latest reviews", style="bold"), *map(_review, reviews)]
    return Group(*parts)


def product_table(products: Iterable[ListedProduct]) -> Table:
    """Products of a list, one a line."""
    table = Table(box=None, pad_edge=False)
    table.add_column("product", overflow="ellipsis", no_wrap=True)
    table.add_column("title", overflow="ellipsis", no_wrap=True, ratio=1)
    for name in ("reviews", "rating", "negative"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("as of", no_wrap=True)
    for product in products:
        table.add_row(
            Text(_plain(product.product_id)),
            Text(_plain(product.title or "")),
            f"{product.review_count:,}",
            _rating(product.average_rating),
            "-" if product.negative_share is None else f"{product.negative_share:.0%}",
            Text(_moment(product.as_of) + (" stale" if product.stale else "")),
        )
    return table


def sentiment_bar(sentiment: SentimentCounts, from_stars: SentimentCounts | None = None) -> Text:
    """The shares of positive, neutral and negative reviews as one bar, and how many were judged by stars alone.

    >>> sentiment_bar(SentimentCounts(positive=3, neutral=0, negative=1)).plain
    'sentiment  ██████████████████▌▌▌▌▌▌  positive 3, neutral 0, negative 1'
    """
    counts = {"positive": sentiment.positive, "neutral": sentiment.neutral, "negative": sentiment.negative}
    total = sum(counts.values())
    text = Text("sentiment  ")
    if not total:
        return text.append("not known", style="dim")
    done = cells = 0
    for label, cell in zip(COLOURS, "█▒▌", strict=True):
        done += counts[label]
        upto = round(_BAR_CELLS * done / total)
        text.append(cell * (upto - cells), style=COLOURS[label])
        cells = upto
    text.append("  " + ", ".join(f"{label} {count:,}" for label, count in counts.items()))
    stars = 0 if from_stars is None else from_stars.positive + from_stars.neutral + from_stars.negative
    return text.append(f"; {stars:,} by stars alone", style="dim") if stars else text


def _head(product: ServedProduct) -> Iterator[Text]:
    yield Text.assemble(
        (_plain(product.title or product.product_id), "bold"),
        ("  " + _plain(product.category) if product.category else "", "cyan"),
        (f"  {_plain(product.product_id)}" if product.title else "", "dim"),
    )
    verified = product.counts.verified_purchases
    facts = [f"{product.review_count:,} reviews"]
    if product.average_rating is not None:
        facts.append(f"{product.average_rating:.2f} of 5")
    if verified:
        facts.append(f"{verified:,} verified")
    facts.append(f"as of {_moment(product.as_of)}")
    if product.text is not None:
        facts.append(f"text {product.method}, generation {product.text_generation}{_text_basis(product)}")
    yield Text(" · ".join(facts))
    if product.stale:
        reason = _STALE[product.stale_reason] if product.stale_reason else "it does not say why"
        yield Text(f"perhaps out of date: {reason}", style="yellow")


def _text_basis(product: ServedProduct) -> str:
    """What the numbers of a text are of."""
    if product.text_as_of is None:
        return ""
    return f", of {product.text_review_count:,} reviews as of {_moment(product.text_as_of)}"


def _claims(product: ServedProduct) -> Iterator[RenderableType]:
    """The text, a claim a line, each with the reviews that make it."""
    if not product.claims:
        yield Text(_plain(product.text or ""))
    for claim in product.claims:
        ids = [_plain(review_id) for review_id in claim.review_ids]
        shown = ", ".join(ids[:_CITED]) + (", …" if len(ids) > _CITED else "")
        yield Text.assemble(_plain(claim.text), (f"  {shown}" if shown else "", "dim"))
    for name, aspects in (("pros", product.pros), ("cons", product.cons)):
        if aspects:
            yield Text(f"{name}: {', '.join(map(_plain, aspects))}", style="italic")


def _ratings(histogram: Sequence[int]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    most = max(histogram) or 1
    for rating in range(5, -1, -1):
        count = histogram[rating]
        if rating == 0 and not count:
            continue
        bar = "█" * max(round(_BAR_CELLS * count / most), 1 if count else 0)
        table.add_row(f"{rating} ★", Text(bar.ljust(_BAR_CELLS), style="yellow"), f"{count:,}")
    return table


def _aspects(aspects: Sequence[AspectCounts]) -> Table:
    table = Table("reviews speak of", box=None, pad_edge=False)
    table.columns[0].overflow = "ellipsis"
    for label in COLOURS:
        table.add_column(label, justify="right", no_wrap=True)
    ranked = sorted(aspects, key=lambda aspect: -(aspect.positive + aspect.neutral + aspect.negative))
    for aspect in ranked[:_ASPECTS]:
        counts = (aspect.positive, aspect.neutral, aspect.negative)
        table.add_row(
            Text(_plain(aspect.aspect).replace("_", " ")),
            *(
                Text(f"{count:,}", style=colour)
                for count, colour in zip(counts, COLOURS.values(), strict=True)
            ),
        )
    return table


def _key_points(title: str, colour: str, points: Sequence[KeyPoint]) -> Iterator[RenderableType]:
    if not points:
        return
    yield Text(title, style=f"bold {colour}")
    for point in sorted(points, key=lambda point: -point.count)[:_POINTS]:
        said = "1 review" if point.count == 1 else f"{point.count:,} reviews"
        quotes = point.quotes[:_QUOTES]
        is_quote = quotes[0].text == point.claim  # a claim of one review is its own quote
        if is_quote:
            said = f"{_plain(quotes[0].review_id)}, {said}"
        aspect, claim = _plain(point.aspect).replace("_", " "), _plain(point.claim)
        told = f"“{claim}”" if is_quote else claim
        yield _indented(Text.assemble((aspect, colour), f"  {told}", (f"  {said}", "dim")), 2)
        for quote in quotes[is_quote:]:
            words = Text.assemble(f"“{_plain(quote.text)}”", (f"  {_plain(quote.review_id)}", "dim"))
            yield _indented(words, 4)
    yield Text()


def _trends(trends: Sequence[Trend]) -> Table:
    table = Table("last", box=None, pad_edge=False)
    for name in ("reviews", "negative", "before", "negative"):
        table.add_column(name, justify="right", no_wrap=True)
    for trend in trends:
        before = trend.before
        table.add_row(
            f"{trend.days} days",
            f"{trend.reviews:,}",
            _share(trend),
            "-" if before is None else f"{before.reviews:,}",
            "-" if before is None else _share(before),
        )
    return table


def _review(review: LatestReview) -> RenderableType:
    label, rating = review.sentiment, review.rating
    head = Text.assemble(
        (label or "-", COLOURS.get(label or "", "dim")),
        "" if rating is None else f"  {rating:g} ★",
        (f"  {_moment(review.created_at)}  {_plain(review.review_id)}", "dim"),
    )
    title = f"{_plain(review.title)}: " if review.title else ""
    words = Text(title + _plain(review.text or ""), no_wrap=True, overflow="ellipsis")
    return _indented(Group(head, words), 2)


def _indented(part: RenderableType, cells: int) -> Padding:
    return Padding(part, (0, 0, 0, cells), expand=False)


def _share(window: ReviewWindow) -> str:
    judged = window.negative + window.neutral + window.positive
    return f"{window.negative / judged:.0%}" if judged else "-"


def _rating(average: float | None) -> str:
    return "-" if average is None else f"{average:.2f}"


def _moment(moment: datetime) -> str:
    """A timestamp to the minute, UTC.

    >>> _moment(datetime(2026, 11, 25, 10, 0, 59, tzinfo=UTC))
    '2026-11-25 10:00'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _plain(text: str) -> str:
    """A text on one line, without characters that would steer the terminal.

    >>> _plain("fine" + chr(27) + "[31m" + chr(10) + "lamp")
    'fine [31m lamp'
    """
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
