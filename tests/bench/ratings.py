"""What stars say of a text: reviews by how their text feels and their buyers' stars, and what the stars decide.

    python -m tests.bench.ratings ../shared/data

reads the Amazon reviews of FewSum there, which have stars, and the annotations of the same texts, made without them.
The table is that of `models.readers.stars`; here each review is left out of it before its own stars are weighed.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.stars import CLEAR
from models.training.corpora.annotated import read_annotated
from streams.offline.asking import ask
from streams.settings import Settings

_POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_OF_PRODUCTS = 8


def rated_texts(directory: Path) -> Iterator[tuple[str, int]]:
    """The texts and stars of FewSum's Amazon reviews."""
    for path in sorted(directory.glob("amazon_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                for number in range(1, _OF_PRODUCTS + 1):
                    if row.get(f"rating{number}"):
                        yield row[f"rev{number}"].strip(), int(float(row[f"rating{number}"]))


def joined(data: Path) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Texts, how each feels by number of SENTIMENT_LABELS, and its stars less one."""
    stars: Mapping[str, int] = dict(rated_texts(data / "fewsum"))
    reviews = read_annotated(data / "reviews_annotated" / "en_annotated.jsonl")
    rated = [review for review in reviews if review.text.strip() in stars]
    return (
        [review.text for review in rated],
        np.array([SENTIMENT_LABELS.index(review.sentiment) for review in rated]),
        np.array([stars[review.text.strip()] - 1 for review in rated]),
    )


def judged(
    read: NDArray[np.float64], feels: NDArray[np.int64], stars: NDArray[np.int64], power: float
) -> NDArray[np.float64]:
    """(texts, 3) probabilities with the stars weighed, of texts that are not clear."""
    seen = np.zeros((len(SENTIMENT_LABELS), 5))
    np.add.at(seen, (feels, stars), 1)
    told = read.copy()
    for number in np.flatnonzero(read.max(axis=1) < CLEAR):
        others = seen.copy()
        others[feels[number], stars[number]] -= 1
        likelihood = (others + 1) / (others + 1).sum(axis=1, keepdims=True)
        told[number] *= likelihood[:, stars[number]] ** power
        told[number] /= told[number].sum()
    return told


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="directory of the data sets")
    texts, feels, stars = joined(parser.parse_args(arguments).data)
    asked = ask(Settings(), texts, language="en", progress=lambda line: print(line, file=sys.stderr))
    read = np.array([reading.sentiment for reading in asked.readings if reading is not None])
    for number, label in enumerate(SENTIMENT_LABELS):
        print(label, np.bincount(stars[feels == number], minlength=5).tolist())
    is_open = read.max(axis=1) < CLEAR
    print(
        f"{len(texts)} reviews, {is_open.sum()} of them not clear\n\n| power | right of these | of all | log loss |"
    )
    print("|---|---|---|---|")
    for power in _POWERS:
        told = judged(read, feels, stars, power)
        is_right = told.argmax(axis=1) == feels
        loss = -np.log(told[np.arange(len(feels)), feels]).mean()
        print(f"| {power} | {is_right[is_open].mean():.1%} | {is_right.mean():.1%} | {loss:.3f} |")


if __name__ == "__main__":
    main()
