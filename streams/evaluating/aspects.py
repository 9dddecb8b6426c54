"""`evaluate aspects`: which aspects are found in texts, and the sentiment towards each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

from models.evaluation import DetectionScores, evaluate, evaluate_detection
from models.readers.aspects import ASPECTS, Aspect
from models.readers.interfaces import SENTIMENT_LABELS, SentimentPrediction
from models.readers.second_look import ToldOpinion, second_look
from streams.errors import ConfigurationError
from streams.evaluating.aspect_files import Labelled, read_aspect_file
from streams.evaluating.polarity import ClassNumbers, PolarityNumbers, class_numbers, polarity_numbers
from streams.offline.asking import Asked, ReadingFacts, ask
from streams.settings import Settings


class DetectionNumbers(TypedDict):
    """How well aspects are found, of all micro-averaged, and each by itself."""

    precision: float
    recall: float
    f1: float
    macro_f1: float
    per_aspect: dict[str, ClassNumbers]


class LabelledPolarity(PolarityNumbers):
    """How well the polarity of the aspects that a file labels is told; `count` is of labels."""

    count: int


class AspectReport(ReadingFacts):
    """What `evaluate aspects` measured; without labels of polarity two of them are None.

    `never_said` are the file's aspects that were found in none of its texts.
    """

    category: DetectionNumbers
    polarity: LabelledPolarity | None
    found_and_right: float | None
    never_said: list[Aspect]
    labels: Sequence[str]
    skipped: int
    unknown: dict[str, int]


def evaluate_aspects(
    settings: Settings,
    file: Path,
    *,
    text_column: str,
    aspect_column: str,
    label_column: str,
    names: Mapping[str, str],
    language: str | None,
    encoding: str | None = None,
    progress: Callable[[str], None],
) -> AspectReport:
    """Run the models over a file and compare.

    Found is what `models.readers.second_look` counts, of aspects that the file knows. Polarity is measured on the
    labelled aspects that were found, so that the two are told apart; `found_and_right` is both, of all labels.

    Args:
        settings: which models, on what.
        file: see `read_aspect_file`.
        text_column: where the text is.
        aspect_column: where the aspect is, in rows of one.
        label_column: where its polarity is.
        names: what the file's aspects and polarities are called here.
        language: of all texts; None: each one's own.
        encoding: of the file; None: found.
        progress: told what happens, and which rows cannot be read.

    Raises:
        ConfigurationError: the file holds nothing to measure on, or no model reads aspects.
    """
    labelled = read_aspect_file(
        file,
        text_column=text_column,
        aspect_column=aspect_column,
        label_column=label_column,
        names=names,
        encoding=encoding,
        progress=progress,
    )
    texts = list(labelled.texts)
    progress(f"{len(texts)} texts with labelled aspects in {file}")
    asked = ask(settings, texts, language=language, progress=progress)
    found = _found(asked, settings.model.least_confidence)
    _require(found, file)
    right = [labelled.texts[texts[index]] for index in found]
    judged = list(_judged(found.values(), right))
    known = [name for name in ASPECTS if any(name in aspects for aspects in labelled.texts.values())]
    return {
        "category": _detection_report(evaluate_detection([set(one) for one in found.values()], right, known)),
        "polarity": _polarity_report(judged),
        "found_and_right": _share_found_and_right(judged),
        "never_said": [name for name in known if not any(name in of_text for of_text in found.values())],
        "labels": SENTIMENT_LABELS,
        "skipped": labelled.skipped,
        "unknown": labelled.unknown,
        **asked.facts(),
    }


def _found(asked: Asked, least_confidence: float) -> dict[int, dict[Aspect, SentimentPrediction]]:
    """By number of the text, where a model read it."""
    return {
        index: _towards(second_look(reading, None, least_confidence).counted)
        for index, reading in enumerate(asked.readings)
        if reading is not None
    }


def _towards(opinions: Iterable[ToldOpinion]) -> dict[Aspect, SentimentPrediction]:
    """The sentiment by aspect; of several opinions the mean, weighed by how sure each is."""
    weights: dict[Aspect, list[tuple[float, SentimentPrediction]]] = {}
    for one in opinions:
        if one.sentiment is not None:
            weights.setdefault(one.aspect, []).append((one.confidence, one.sentiment))
    return {
        aspect: SentimentPrediction(
            *(
                sum(weight * one[place] for weight, one in said) / sum(weight for weight, _ in said)
                for place in range(3)
            )
        )
        for aspect, said in weights.items()
    }


def _require(found: Mapping[int, Mapping[Aspect, SentimentPrediction]], file: Path) -> None:
    if not any(found.values()):
        raise ConfigurationError(
            f"{file}: wanted texts that a model reads aspects in, got none: the built-in readers do, in English "
            "and Chinese; see REVIEWSTREAM_MODEL__READERS"
        )


class _Judged(NamedTuple):
    """What was read of an aspect that the file labels; None where it was not found."""

    sentiment: SentimentPrediction | None
    label: str


def _judged(
    found: Iterable[Mapping[Aspect, SentimentPrediction]], right: Iterable[Labelled]
) -> Iterator[_Judged]:
    """Every polarity that the file labels, text by text."""
    for of_aspect, labels in zip(found, right, strict=True):
        for aspect, label in labels.items():
            if label is not None:
                yield _Judged(of_aspect.get(aspect), label)


def _share_found_and_right(judged: Sequence[_Judged]) -> float | None:
    right = [one.sentiment is not None and one.sentiment.label == one.label for one in judged]
    return sum(right) / len(right) if right else None


def _detection_report(detection: DetectionScores) -> DetectionNumbers:
    return {
        "precision": detection.precision,
        "recall": detection.recall,
        "f1": detection.f1,
        "macro_f1": detection.macro_f1,
        "per_aspect": class_numbers(detection.names),
    }


def _polarity_report(judged: Sequence[_Judged]) -> LabelledPolarity | None:
    told = [(one.sentiment, one.label) for one in judged if one.sentiment is not None]
    if not told:
        return None
    rows = [[getattr(sentiment, name) for name in SENTIMENT_LABELS] for sentiment, _ in told]
    right = [SENTIMENT_LABELS.index(label) for _, label in told]
    return {**polarity_numbers(evaluate(rows, right, SENTIMENT_LABELS)), "count": len(told)}
