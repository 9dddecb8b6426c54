"""Reviews annotated by reading: JSONL of a review, its sentiment, and every opinion with the words it stands on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from models.errors import TrainingDataError
from models.readers.aspects import Aspect, aspect_of
from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel
from schemas.vocabularies import HOLDERS


@dataclass(frozen=True, slots=True)
class AnnotatedOpinion:
    """What `text[start:end]` of its review judges, in code points; `holder` is one of HOLDERS."""

    aspect: Aspect
    polarity: SentimentLabel
    start: int
    end: int
    holder: str


@dataclass(frozen=True, slots=True)
class AnnotatedReview:
    """One review.

    Attributes:
        batch: its file: texts of one author stay on one side of a split.
        rating: stars that its writer would give, 1 to 5; None where nobody said.
        opinions: all of them, in the order of the file.
        knows_holders: whether judgements that are not the reviewer's were annotated too.
        kinds: hard kinds of sentences in it, such as "negation".
    """

    review_id: str
    batch: str
    text: str
    sentiment: SentimentLabel
    rating: int | None
    opinions: tuple[AnnotatedOpinion, ...]
    knows_holders: bool
    kinds: frozenset[str]


def read_annotated(path: Path) -> list[AnnotatedReview]:
    """Read a file; `models/training/annotated/GUIDE.md` says what its fields mean.

    Raises:
        TrainingDataError: a line is not like that; says which, and what was wanted.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise TrainingDataError(f"training data: wanted annotated reviews in {path}, got {error}") from error
    reviews = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            reviews.append(review_of_row(orjson.loads(line), path.stem))
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingDataError(f"{path.name}, line {number}: {reason(error)}") from error
    return reviews


def review_of_row(row: Mapping[str, Any], batch: str) -> AnnotatedReview:
    """One decoded line; an opinion has a `quote`, or `start` and `end`.

    Raises:
        ValueError, KeyError, TypeError: it is not as it should be; says what was wanted.
    """
    if not isinstance(row, dict):
        raise TypeError(f"wanted an object, got {type(row).__name__}")
    text, opinions = row["text"], row["opinions"]
    rating = row.get("rating")
    if rating is not None and (type(rating) is not int or rating not in range(1, 6)):
        raise ValueError(f"rating: wanted 1 to 5, got {rating!r}")
    if not (isinstance(text, str) and text.strip()):
        raise ValueError("text: wanted words, got none")
    return AnnotatedReview(
        row["id"],
        batch,
        text,
        _sentiment(row["sentiment"]),
        rating,
        tuple(_opinions(text, opinions)),
        rating is not None or any("holder" in opinion for opinion in opinions),
        frozenset(row.get("kinds", ())),
    )


def _opinions(text: str, rows: list[Mapping[str, Any]]) -> Iterator[AnnotatedOpinion]:
    """The same words quoted again are those that stand later, as long as there are any."""
    taken: dict[str, int] = {}
    for row in rows:
        quote = row["quote"] if "quote" in row else text[row["start"] : row["end"]]
        start = row["start"] if "start" in row else text.find(quote, taken.get(quote, -1) + 1)
        if start < 0:
            start = text.find(quote)
        if start < 0 or not quote:
            raise ValueError(f"quote: wanted words of the text, got {quote!r}")
        taken[quote] = start
        holder = row.get("holder", HOLDERS[0])
        if holder not in HOLDERS:
            raise ValueError(f"holder: wanted one of {', '.join(HOLDERS)}, got {holder!r}")
        yield AnnotatedOpinion(
            aspect_of(row["aspect"]), _sentiment(row["polarity"]), start, start + len(quote), holder
        )


def _sentiment(name: object) -> SentimentLabel:
    for label in SENTIMENT_LABELS:
        if name == label:
            return label
    raise ValueError(f"sentiment: wanted one of {', '.join(SENTIMENT_LABELS)}, got {name!r}")


def reason(error: Exception) -> str:
    """What is wrong with a line, from what `review_of_row` raised."""
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
