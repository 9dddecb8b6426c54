"""A tiny set in FewSum's layout, all of it written for the tests, and a reader of reviews that goes by one word."""

from collections.abc import Sequence
from pathlib import Path

from models.readers.interfaces import SentimentLabel

_THINGS = ("kettle", "lantern", "rucksack", "doormat", "teapot", "stapler", "hammock", "sundial")
_COLUMNS = [*(f"rev{number}" for number in range(1, 9)), *(f"summ{number}" for number in range(1, 4))]


class WordReader:
    """Says negative of what has the word "bad", positive of what has "fine"."""

    def labels(self, texts: Sequence[str]) -> list[SentimentLabel]:
        return [
            "negative" if "bad" in text else "positive" if "fine" in text else "neutral" for text in texts
        ]

    def point(self, evidence: Sequence[str]) -> tuple[str, str]:
        return "thing", "good" if "fine" in evidence[0] else "bad"


def write_items(path: Path, items: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
    """Items of up to eight reviews and three summaries, tab separated, without quoting."""
    rows = ["\t".join(_COLUMNS)]
    for reviews, summaries in items:
        texts = [*reviews, *[""] * (8 - len(reviews)), *summaries, *[""] * (3 - len(summaries))]
        rows.append("\t".join(texts))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_fewsum(directory: Path) -> Path:
    """All four parts; the same thing is said of other goods in training and in validation."""
    for part, things in (("train", _THINGS[:5]), ("val", _THINGS[5:])):
        for source, colour in (("amazon", "green"), ("yelp", "brown")):
            items = [
                (
                    [f"I own this. My {colour} {thing} is fine, it works daily!", f"A {thing} of steel."],
                    [f"The {colour} {thing} is fine and works daily."],
                )
                for thing in things
            ]
            write_items(directory / "fewsum" / f"{source}_{part}.csv", items)
    return directory
