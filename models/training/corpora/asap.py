"""Restaurant reviews of ASAP (Bu et al. 2021): stars, and its 18 aspects as our four."""

import csv
from collections.abc import Mapping
from pathlib import Path

from models.errors import TrainingDataError
from models.readers.aspects import aspect_named
from models.readers.interfaces import SentimentLabel
from models.training.corpora.texts import TrainingText

_SIGNS: Mapping[str, SentimentLabel | None] = {"1": "positive", "0": "neutral", "-1": "negative", "-2": None}
# Its columns are named GROUP_DETAIL.
_GROUPS = frozenset({"location", "service", "price", "environment", "dish"})


def read_asap(path: Path) -> list[TrainingText]:
    """Whole reviews with a sentiment, by their stars, and categories: what is not named is not there.

    Where the details of an aspect differ, one that is praised and one that is blamed make it neutral, else the one
    that is not neutral counts. Stars: up to 2 negative, 3 neutral, 4 and more positive.

    Raises:
        TrainingDataError: the file is not there, or not in the published layout.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [
            TrainingText(
                row["reviewbody"].replace("\\n", "\n"),
                "asap",
                sentiment=_of_stars(float(row["star"])),
                categories=_categories(row),
            )
            for row in rows
        ]
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise TrainingDataError(f"{path}: wanted a file of ASAP, got {error!r}") from error


def _categories(row: Mapping[str, str]) -> dict[str, SentimentLabel | None]:
    found: dict[str, set[SentimentLabel]] = {}
    for column, value in row.items():
        group = column.partition("_")[0]
        if group in _GROUPS and (sign := _SIGNS[value.strip()]) is not None:
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
