"""Read labelled review texts from the layouts that their authors publish them in."""

import csv
from dataclasses import dataclass
from pathlib import Path

from models.errors import TrainingDataError
from models.readers.interfaces import SentimentLabel

_KOTZIAS_LABELS: dict[str, SentimentLabel] = {"0": "negative", "1": "positive"}
_OPOSUM_LABELS: dict[str, SentimentLabel] = {"-": "negative", "0": "neutral", "+": "positive"}
_FEWSUM_REVIEWS = 8


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One example.

    Attributes:
        source: the set and the part of it, such as "oposum/vacuums".
    """

    text: str
    label: SentimentLabel
    source: str


def read_kotzias(directory: Path) -> list[LabelledText]:
    """Sentences, positive or negative: `text<TAB>0 or 1` a line, in files named *_labelled.txt.

    Raises:
        TrainingDataError: there is no such file, or a line is not like that.
    """
    examples = []
    for path in _files(directory, "*_labelled.txt"):
        source = f"kotzias/{path.stem.removesuffix('_labelled')}"
        # Not splitlines: some texts hold characters that it takes for ends of lines.
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if line.strip():
                text, _, mark = line.rpartition("\t")
                examples.append(_example(text, mark.strip(), _KOTZIAS_LABELS, source, number))
    return examples


def read_oposum(directory: Path) -> list[LabelledText]:
    """Segments of reviews in three classes: `+, - or 0<TAB>text` a line, reviews apart by an empty line and
    opened by `number id`, in *.lbl files of polarities/discrete.

    Raises:
        TrainingDataError: there is no such file, or a line is not like that.
    """  # noqa: D205 - the layout takes two lines to say
    examples = []
    for path in _files(directory / "polarities" / "discrete", "*.lbl"):
        opens_review = True
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if not line.strip():
                opens_review = True
            elif opens_review:
                opens_review = False
            else:
                mark, _, text = line.partition("\t")
                examples.append(_example(text, mark, _OPOSUM_LABELS, f"oposum/{path.stem}", number))
    return examples


def read_fewsum_reviews(directory: Path, pattern: str = "amazon_*.csv") -> list[LabelledText]:
    """Whole reviews with stars, from files of that name (tab separated, no quoting): 1 and 2 are negative, 3 neutral,
    4 and 5 positive.

    Raises:
        TrainingDataError: there is no such file, or a column is missing.
    """  # noqa: D205 - the layout takes two lines to say
    examples = []
    for path in _files(directory, pattern):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                for index in range(1, _FEWSUM_REVIEWS + 1):
                    try:
                        text, stars = row[f"rev{index}"], float(row[f"rating{index}"])
                    except (KeyError, TypeError, ValueError) as error:
                        raise TrainingDataError(f"{path.name}: review {index} of a row: {error!r}") from error
                    examples.append(LabelledText(text, _label_of_stars(stars), "fewsum/amazon"))
    return examples


def _label_of_stars(stars: float) -> SentimentLabel:
    if stars == 3:
        return "neutral"
    return "negative" if stars < 3 else "positive"


def _files(directory: Path, pattern: str) -> list[Path]:
    found = sorted(directory.glob(pattern))
    if not found:
        raise TrainingDataError(f"training data: wanted files {pattern} in {directory}, found none")
    return found


def _example(
    text: str, mark: str, labels: dict[str, SentimentLabel], source: str, line_number: int
) -> LabelledText:
    if mark not in labels or not text.strip():
        raise TrainingDataError(
            f"{source}, line {line_number}: wanted a text and one of {', '.join(labels)}, got {mark!r}"
        )
    return LabelledText(text.strip(), labels[mark], source)
