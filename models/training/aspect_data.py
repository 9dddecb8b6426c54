"""Read texts with aspects labelled in them, from the layouts that their authors publish them in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from models.errors import TrainingDataError
from models.readers.aspects import ASPECTS, Aspect, aspect_named
from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel

_EVERY_ASPECT = frozenset(ASPECTS)
#: What a restaurant's guests may well mention and MAMS has no category for.
_NOT_ASKED_OF_RESTAURANTS: frozenset[Aspect] = frozenset({"delivery", "packaging", "safety"})
#: What nobody says of a bag, a headset, a keyboard or a vacuum cleaner.
_NOT_OF_GOODS: frozenset[Aspect] = frozenset({"taste_and_smell", "content", "ambience"})
_NO_ASPECT = "None"


@dataclass(frozen=True, slots=True)
class AspectText:
    """One example.

    Attributes:
        text: a sentence or a clause.
        aspects: that it speaks of, with the sentiment towards each; None where that was not labelled, or is mixed.
        covered: aspects that the set knows, so that those of them not named are truly absent.
        source: the set and the part of it.
    """

    text: str
    aspects: Mapping[Aspect, SentimentLabel | None]
    covered: frozenset[Aspect]
    source: str


def read_mams(path: Path) -> list[AspectText]:
    """Restaurant sentences from a file of MAMS-ACSA (Jiang et al. 2019), its eight categories as our aspects.

    Raises:
        TrainingDataError: the file is not there, or not in the published layout.
    """
    return [
        AspectText(text, aspects, _EVERY_ASPECT - _NOT_ASKED_OF_RESTAURANTS, f"mams/{path.stem}")
        for text, aspects in read_mams_rows(path)
    ]


def read_mams_rows(path: Path) -> Iterator[tuple[str, dict[Aspect, SentimentLabel | None]]]:
    """Sentences and aspects of a MAMS-ACSA file; two categories that are one aspect to us and differ are None.

    Raises:
        TrainingDataError: the file is not there, or not in the published layout.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - a file of the user's own
    except (OSError, ET.ParseError) as error:
        raise TrainingDataError(f"{path}: wanted an XML file of MAMS-ACSA, got {error}") from error
    for sentence in root.iter("sentence"):
        text = (sentence.findtext("text") or "").strip()
        labels = [
            (one.get("category", ""), one.get("polarity", "")) for one in sentence.iter("aspectCategory")
        ]
        if not text or not labels:
            raise TrainingDataError(
                f"{path}: wanted sentences with a text and aspect categories, got {labels}"
            )
        yield text, _merged(labels, str(path))


def read_oposum_aspects(directory: Path) -> list[AspectText]:
    """Segments of reviews with the aspects of their category: `text<TAB>numbers` a line in aspects/*.asp, the first
    line of which names them. Their sentiment is known where polarities/discrete has the same review's segment.

    Raises:
        TrainingDataError: there is no such file, or a line is not like that.
    """  # noqa: D205 - the layout takes two lines to say
    files = sorted((directory / "aspects").glob("*.asp"))
    if not files:
        raise TrainingDataError(f"training data: wanted aspects/*.asp in {directory}, found none")
    return [example for path in files for example in _read_asp(path)]


def _read_asp(path: Path) -> Iterator[AspectText]:
    lines = path.read_text(encoding="utf-8").split("\n")
    names = lines[0].strip().split("|")
    aspects = [None if name == _NO_ASPECT else _known(name, str(path)) for name in names]
    covered = frozenset(aspect for aspect in aspects if aspect is not None) | _NOT_OF_GOODS
    for number, line in enumerate(lines[1:], start=2):
        text, tab, marks = line.rpartition("\t")
        if not tab:
            continue  # a review's id, or the empty line before it
        try:
            found = {aspects[int(mark)] for mark in marks.split()}
        except (ValueError, IndexError) as error:
            raise TrainingDataError(
                f"{path.name}, line {number}: wanted aspect numbers, got {marks!r}"
            ) from error
        yield AspectText(
            text.strip(), {aspect: None for aspect in found if aspect}, covered, f"oposum/{path.stem}"
        )


def _merged(labels: list[tuple[str, str]], where: str) -> dict[Aspect, SentimentLabel | None]:
    merged: dict[Aspect, SentimentLabel | None] = {}
    for name, polarity in labels:
        if polarity not in SENTIMENT_LABELS:
            raise TrainingDataError(
                f"{where}: wanted polarities {', '.join(SENTIMENT_LABELS)}, got {polarity!r}"
            )
        aspect, sentiment = _known(name, where), polarity
        merged[aspect] = sentiment if merged.get(aspect, sentiment) == sentiment else None
    return merged


def _known(name: str, where: str) -> Aspect:
    aspect = aspect_named(name)
    if aspect is None:
        raise TrainingDataError(f"{where}: wanted the name of a known aspect, got {name!r}")
    return aspect
