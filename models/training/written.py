"""Read the sentences that were written for this project: `aspects<TAB>pattern` a line, in written_*.tsv."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from models.errors import TrainingDataError
from models.readers.aspects import Aspect, aspect_of
from models.readers.interfaces import SentimentLabel

_SIGNS: Mapping[str, SentimentLabel] = {"+": "positive", "-": "negative", "0": "neutral"}


class WrittenPattern(NamedTuple):
    """One line.

    Attributes:
        source: "written/" and the line's number: all texts made of a pattern belong together.
        sentiment: that all its signs agree on; None where they do not.
        aspects: it speaks of, with the sentiment towards each; no others.
        pattern: the text, with slots in braces.
    """

    source: str
    sentiment: SentimentLabel | None
    aspects: Mapping[Aspect, SentimentLabel]
    pattern: str


def read_patterns(path: Path) -> Iterator[WrittenPattern]:
    """Read a file whose aspects are written as `delivery+ quality-`, a lone sign for none.

    Raises:
        TrainingDataError: a line is not like that.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], start=2):
        marks, tab, pattern = line.partition("\t")
        try:
            signs = {mark[:-1]: _SIGNS[mark[-1]] for mark in marks.split()}
            aspects = {aspect_of(name): sign for name, sign in signs.items() if name}
        except (KeyError, ValueError) as error:
            raise TrainingDataError(
                f"{path.name}, line {number}: wanted aspects and a text: {error}"
            ) from error
        if not tab or not signs:
            raise TrainingDataError(
                f"{path.name}, line {number}: wanted aspects, a tab and a text, got {line!r}"
            )
        kinds = set(signs.values())
        yield WrittenPattern(f"written/{number}", kinds.pop() if len(kinds) == 1 else None, aspects, pattern)
