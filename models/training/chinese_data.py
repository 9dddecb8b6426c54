"""A text that the Chinese reader learns from, the part it goes to, restaurant reviews, and words of aspects."""

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from models.errors import TrainingDataError
from models.readers.aspects import Aspect, aspect_named, aspect_of
from models.readers.interfaces import SentimentLabel

WORDS = Path(__file__).parent / "aspect_words_zh.json"
Part = Literal["training", "validation", "held out"]

_ASAP_SIGNS: Mapping[str, SentimentLabel | None] = {
    "1": "positive",
    "0": "neutral",
    "-1": "negative",
    "-2": None,
}
# ASAP's columns are named GROUP_DETAIL.
_ASAP_GROUPS = frozenset({"location", "service", "price", "environment", "dish"})


@dataclass(frozen=True, slots=True)
class ChineseExample:
    """One text.

    Attributes:
        group: texts of one group go together into one part of a split.
        sentiment: of all of it; None where that is not known.
        aspects: spoken of somewhere in it, with the sentiment towards each; None: nothing is known of aspects.
    """

    text: str
    source: str
    group: str
    sentiment: SentimentLabel | None = None
    aspects: Mapping[Aspect, SentimentLabel] | None = None


def part_of(group: str) -> Part:
    """Which part a group's texts go to, by the sha256 of its name: a fifth is held out, an eighth of the rest stops
    and calibrates the training.

    >>> part_of("written/1"), part_of("written/5")
    ('held out', 'training')
    """  # noqa: D205 - the two shares take two lines to say
    number = int(sha256(group.encode()).hexdigest()[:8], 16) % 50
    if number < 10:
        return "held out"
    return "validation" if number < 15 else "training"


def read_asap(path: Path) -> list[ChineseExample]:
    """Restaurant reviews of ASAP (Bu et al. 2021), its 18 aspects as our four, its stars as classes.

    Where the details of an aspect differ, one that is praised and one that is blamed make it neutral, else the one
    that is not neutral counts. Stars: up to 2 negative, 3 neutral, 4 and more positive.

    Raises:
        TrainingDataError: the file is not there, or not in the published layout.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [
            ChineseExample(
                row["reviewbody"].replace("\\n", "\n"),
                f"asap/{path.stem}",
                f"asap/{row['index']}",
                _of_stars(float(row["star"])),
                _asap_aspects(row),
            )
            for row in rows
        ]
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise TrainingDataError(f"{path}: wanted a file of ASAP, got {error!r}") from error


class AspectWords:
    """Weak labels: a clause speaks of an aspect if it holds a word of it."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._aspect_of = {word: aspect_of(name) for name, line in words.items() for word in line.split()}
        longest_first = sorted(self._aspect_of, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    @classmethod
    def read(cls) -> "AspectWords":
        """Those of this directory."""
        return cls(json.loads(WORDS.read_text(encoding="utf-8")))

    def aspects_of(self, clause: str) -> frozenset[Aspect]:
        """Which aspects' words it holds."""
        return frozenset(self._aspect_of[word] for word in self._pattern.findall(clause))

    def without(self, clause: str) -> str:
        """The clause with these words taken out."""
        return self._pattern.sub("", clause)


def _asap_aspects(row: Mapping[str, str]) -> dict[Aspect, SentimentLabel]:
    found: dict[Aspect, set[SentimentLabel]] = {}
    for column, value in row.items():
        group = column.partition("_")[0]
        if group in _ASAP_GROUPS and (sign := _ASAP_SIGNS[value.strip()]) is not None:
            aspect = aspect_named(group)
            if aspect is None:
                raise ValueError(f"column {column} is of no known aspect")
            found.setdefault(aspect, set()).add(sign)
    return {aspect: _together(signs) for aspect, signs in found.items()}


def _together(signs: set[SentimentLabel]) -> SentimentLabel:
    poles = signs - {"neutral"}
    return poles.pop() if len(poles) == 1 else "neutral"


def _of_stars(stars: float) -> SentimentLabel:
    if stars > 2 and stars < 4:
        return "neutral"
    return "negative" if stars <= 2 else "positive"
