"""`evaluate aspects`: which aspects are found in texts, and the sentiment towards each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set, Sized
from pathlib import Path
from typing import NamedTuple, TypedDict

from models.evaluation import DetectionScores, evaluate, evaluate_detection
from models.readers.aspects import ASPECTS, Aspect
from models.readers.interfaces import SENTIMENT_LABELS, SentimentPrediction
from models.readers.second_look import second_look
from streams.errors import ConfigurationError
from streams.evaluating.aspect_files import Labelled, read_aspect_file
from streams.evaluating.polarity import ClassNumbers, PolarityNumbers, class_numbers, polarity_numbers
from streams.lane.at_once import batches
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

    `never_said` are the file's aspects that no model which read it knows.
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

    Found is what `models.readers.second_look` counts, of aspects that the file knows. Polarity is measured on every
    aspect that the file labels and the model knows, found or not, so that the two are told apart; `found_and_right`
    is both, of all labels.

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
    scores = _scores(settings, asked)
    _require(scores, file)
    right = [labelled.texts[texts[index]] for index in scores]
    found = [_aspects_of(asked, index, settings.model.least_confidence) for index in scores]
    judged = list(_judged(scores.values(), found, right))
    known = [name for name in ASPECTS if any(name in aspects for aspects in labelled.texts.values())]
    return {
        "category": _detection_report(evaluate_detection(found, right, known)),
        "polarity": _polarity_report(judged),
        "found_and_right": _share_found_and_right(judged),
        "never_said": [name for name in known if not any(name in of_text for of_text in scores.values())],
        "labels": SENTIMENT_LABELS,
        "skipped": labelled.skipped,
        "unknown": labelled.unknown,
        **asked.facts(),
    }


def _require(scores: Sized, file: Path) -> None:
    if not scores:
        raise ConfigurationError(
            f"{file}: wanted texts that a model reads aspects in, got none: the built-in readers do, in English "
            "and Chinese; see REVIEWSTREAM_MODEL__READERS"
        )


def _judged(
    scores: Iterable[Mapping[Aspect, SentimentPrediction]],
    found: Iterable[Set[str]],
    right: Iterable[Labelled],
) -> Iterator["_Judged"]:
    """Every polarity that the file labels, text by text."""
    for of_aspect, aspects, labels in zip(scores, found, right, strict=True):
        for aspect, label in labels.items():
            if label is not None:
                yield _Judged(of_aspect.get(aspect), label, is_found=aspect in aspects)


class _Judged(NamedTuple):
    """What a model thinks of an aspect that the file labels, and whether it found the aspect by itself.

    `sentiment` is None where the model does not know the aspect.
    """

    sentiment: SentimentPrediction | None
    label: str
    is_found: bool


def _share_found_and_right(judged: Sequence[_Judged]) -> float | None:
    right = [
        one.is_found and one.sentiment is not None and one.sentiment.label == one.label for one in judged
    ]
    return sum(right) / len(right) if right else None


def _aspects_of(asked: Asked, index: int, least_confidence: float) -> set[Aspect]:
    reading = asked.readings[index]
    if reading is None:
        return set()
    return {opinion.aspect for opinion in second_look(reading, None, least_confidence).counted}


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


def _scores(settings: Settings, asked: Asked) -> dict[int, dict[Aspect, SentimentPrediction]]:
    """Index of each text that was read by a model that knows aspects, to the sentiment towards each aspect."""
    from models.readers.aspect_scores import AspectScorer  # noqa: PLC0415 - torch takes seconds to import

    sentiments: dict[int, dict[Aspect, SentimentPrediction]] = {}
    for model in dict.fromkeys(asked.reader_of.values()):
        if not isinstance(model, AspectScorer):
            continue
        indices = [index for index in asked.tokenised if asked.reader_of[index] is model]
        for batch in batches(settings, model, [asked.tokenised[index] for index in indices]):
            scored = model.aspect_scores([asked.tokenised[indices[number]] for number in batch])
            for number, scores in zip(batch, scored, strict=True):
                sentiments[indices[number]] = {aspect: of_one.sentiment for aspect, of_one in scores.items()}
    return dict(sorted(sentiments.items()))
