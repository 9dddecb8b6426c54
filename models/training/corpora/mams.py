"""Restaurant sentences of MAMS-ACSA (Jiang et al. 2019), with its categories as our aspects."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from models.errors import TrainingDataError
from models.readers.aspects import Aspect, aspect_named
from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel


def read_mams(path: Path) -> Iterator[tuple[str, dict[Aspect, SentimentLabel | None]]]:
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
