"""One review explained, as a page for a terminal: whole words of any script, legible without colours too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.cli.review_lines import LABEL_COLOURS
from streams.offline.explaining import ExplainedAspect, ExplainedSentiment, ExplainedStars, Explanation

_MOST_WORDS = 12
_LABEL_CELLS = 9
_BARS = "▁▂▃▄▅▆▇█"
_SIGNS = {"positive": "+", "neutral": "=", "negative": "-"}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
#: An opinion with its number on the page.
_Numbered = tuple[int, ExplainedAspect]
_LEGEND = "+ praise, = neither, - complaint, ? not counted"


def explanation_page(explanation: Explanation, *, is_coloured: bool) -> RenderableType:
    """All that is known of a review.

    Args:
        explanation: of it.
        is_coloured: mark opinions by colours; else by braces, with a sign of the polarity.
    """
    facts, doubts = _named(_facts(explanation)), _named(_doubts(explanation))
    parts: list[RenderableType] = [facts, Text(), _sentences(explanation, is_coloured=is_coloured), Text()]
    if explanation.aspects:
        if not is_coloured:
            parts += [Text(_LEGEND, "dim"), Text()]
        parts += [_opinions(explanation), Text()]
    return Group(*parts, doubts)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True, min_width=_LABEL_CELLS)
    grid.add_column(overflow="fold")
    return grid


def _named(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    grid = _grid()
    for name, value in rows:
        grid.add_row(Text(name, "dim"), value)
    return grid


def _facts(explanation: Explanation) -> Iterator[tuple[str, Text]]:
    model = explanation.model
    yield "language", Text(f"{explanation.language.code}, read by {model.name} {model.version}")
    if explanation.rating is not None:
        yield "rating", Text(f"{explanation.rating:g} of 5 given")
    if explanation.stars is not None:
        yield "stars", _stars(explanation.stars)
    sentiment = explanation.sentiment
    yield "sentiment", Text.assemble(_coloured(sentiment.label), f"  {_shares(sentiment)}")
    yield "", Text(_basis(explanation), "dim")


def _stars(stars: ExplainedStars) -> Text:
    """The mean, and a bar and a share for each number of stars."""
    told = Text(f"{stars.mean:.1f} of 5 by its words ")
    shares = (stars.one, stars.two, stars.three, stars.four, stars.five)
    for number, share in enumerate(shares, start=1):
        bar = _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]
        told.append(f"  {number} ").append(bar, "yellow").append(f" {share:.0%}")
    return told


def _basis(explanation: Explanation) -> str:
    by_text = explanation.by_text
    if by_text is None:
        return "judged by the stars that its words name"
    if explanation.basis == "text_and_stars":
        return f"judged by its words and its rating; by its words alone {by_text.label}: {_shares(by_text)}"
    if explanation.rating is None:
        return "judged by its words"
    return "judged by its words, which are clear: the rating changes nothing"


def _sentences(explanation: Explanation, *, is_coloured: bool) -> Table:
    """Sentence by sentence how it feels, with its opinions marked."""
    grid = _grid()
    numbered = list(enumerate(explanation.aspects, start=1))
    if not explanation.sentences:
        end = len(explanation.text)
        grid.add_row("", _marked(explanation.text, 0, end, numbered, is_coloured=is_coloured))
    for one in explanation.sentences:
        words = _marked(explanation.text, one.start, one.end, numbered, is_coloured=is_coloured)
        grid.add_row(_coloured(one.label), words)
    return grid


def _marked(text: str, start: int, end: int, numbered: Sequence[_Numbered], *, is_coloured: bool) -> Text:
    """`text[start:end]` with its opinions marked and numbered; those that overlap are marked together."""
    marked, done = Text(), start
    for first, last, group in _groups(numbered, start, end):
        marked.append(text[done:first])
        marked.append(
            _in_colours(text, first, last, group) if is_coloured else _in_braces(text, first, last, group)
        )
        done = last
    return marked.append(text[done:end])


def _groups(numbered: Sequence[_Numbered], start: int, end: int) -> list[tuple[int, int, list[_Numbered]]]:
    """Runs of `text[start:end]` with the opinions in each, in order."""
    groups: list[tuple[int, int, list[_Numbered]]] = []
    for number, one in sorted(numbered, key=lambda pair: (pair[1].start, pair[1].end)):
        first, last = max(one.start, start), min(one.end, end)
        if first >= last:
            continue
        if groups and first < groups[-1][1]:
            begins, ends, group = groups[-1]
            groups[-1] = (begins, max(ends, last), [*group, (number, one)])
        else:
            groups.append((first, last, [(number, one)]))
    return groups


def _in_braces(text: str, first: int, last: int, group: Sequence[_Numbered]) -> Text:
    marks = " ".join(f"{number}{_SIGNS[one.label] if one.counted else '?'}" for number, one in group)
    # A space within Chinese would be where the line breaks.
    gap = "" if cell_len(text[first]) > 1 else " "
    return Text(f"{{{marks}{gap}{text[first:last]}}}")


def _in_colours(text: str, first: int, last: int, group: Sequence[_Numbered]) -> Text:
    words = Text(text[first:last])
    for _, one in group:
        style = f"bold {LABEL_COLOURS[one.label]}" if one.counted else "underline dim"
        words.stylize(style, max(one.start, first) - first, min(one.end, last) - first)
    numbers = ",".join(str(number).translate(_RAISED) for number, _ in group)
    return words.append(numbers, "dim")


def _opinions(explanation: Explanation) -> Table:
    """A line for each opinion: what it is on, how it feels, whose it is, and whether it counts."""
    has_holders = any(one.holder is not None for one in explanation.aspects)
    table = Table("", "aspect", "polarity", "sure", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    if has_holders:
        table.add_column("whose")
    table.add_column("counted")
    for number, one in enumerate(explanation.aspects, start=1):
        holder = [_plain(one.holder or "not asked")] if has_holders else []
        is_judged = one.why != "not_the_reviewers"
        polarity = (
            Text.assemble(_coloured(one.label), f" {one.score:.2f}")
            if is_judged
            else Text("not judged", "dim")
        )
        table.add_row(
            f"{number}",
            _plain(one.aspect) if is_judged else Text("not judged", "dim"),
            polarity,
            f"{one.confidence:.2f}",
            *holder,
            _counted(one, explanation.least_confidence),
        )
    return table


def _counted(one: ExplainedAspect, least_confidence: float) -> Text:
    if one.why is None:
        return Text("yes")
    why: Mapping[str, str] = {
        "unsure": f"no, less sure than {least_confidence:g}",
        "not_the_reviewers": "no, not the reviewer's",
    }
    return Text(why[one.why], "dim")


def _doubts(explanation: Explanation) -> Iterator[tuple[str, RenderableType]]:
    if explanation.words and explanation.by_text is not None:
        yield "words", Text(f"that make it more {explanation.by_text.label}, and by how much")
        heaviest = explanation.words[:_MOST_WORDS]
        yield "", Columns([Text(f"{word.weight:+.3f} {word.text}") for word in heaviest], padding=(0, 3))
    for mask in explanation.masked:
        yield "masked", Text(_plain(mask.kind))
    for flag in explanation.flags:
        yield "doubt", Text(f"{_plain(flag.kind)} ({flag.score:.2f}): {flag.reason}")


def _shares(sentiment: ExplainedSentiment) -> str:
    return ", ".join(f"{name} {getattr(sentiment, name):.2f}" for name in LABEL_COLOURS)


def _coloured(label: str) -> Text:
    return Text(f"{label:>8}", style=LABEL_COLOURS[label])


def _plain(name: str) -> str:
    return name.replace("_", " ")
