"""`evaluate aspects`: which aspects are found in texts, and the sentiment towards each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.aspects import ASPECTS
from models.evaluation import DetectionScores, evaluate, evaluate_detection
from models.interfaces import SENTIMENT_LABELS, SentimentPrediction
from streams.errors import ConfigurationError
from streams.evaluating.aspect_files import read_aspect_file
from streams.lane.at_once import batches
from streams.offline.asking import Asked, ask
from streams.settings import Settings


def evaluate_aspects(
    settings: Settings,
    file: Path,
    *,
    text_column: str,
    aspect_column: str,
    label_column: str,
    names: Mapping[str, str],
    language: str | None,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Run the models over a file and compare.

    Only aspects that the file knows count as found or missed. Polarity is measured on every aspect that the file
    labels and the model knows, whether the model found it or not, so that the two are told apart; `found_and_right` is
    both, of all labels.

    Args:
        settings: which models, on what.
        file: see `read_aspect_file`.
        text_column: where the text is.
        aspect_column: where the aspect is, in rows of one.
        label_column: where its polarity is.
        names: what the file's aspects and polarities are called here.
        language: of all texts; None: each one's own.
        progress: told what happens.

    Returns:
        The numbers, ready for JSON: category (precision, recall, f1, macro_f1, per_aspect), polarity (accuracy,
        macro_f1, per_class, confusion, ece, count), found_and_right, never_said (aspects of the file that no model
        knows), labels, skipped, unknown and who read it.

    Raises:
        ConfigurationError: the file holds nothing to measure on, or no model reads aspects.
    """
    labelled = read_aspect_file(
        file, text_column=text_column, aspect_column=aspect_column, label_column=label_column, names=names
    )
    texts = list(labelled.texts)
    progress(f"{len(texts)} texts with labelled aspects in {file}")
    asked = ask(settings, texts, language=language, progress=progress)
    scores = _scores(settings, asked)
    if not scores:
        raise ConfigurationError(
            f"{file}: wanted texts that a model reads aspects in, got none: the built-in readers do, in English "
            "and Chinese; see REVIEWSTREAM_MODEL__READERS"
        )
    known = [name for name in ASPECTS if any(name in aspects for aspects in labelled.texts.values())]
    right = [labelled.texts[texts[index]] for index in scores]
    found = [{mention.aspect for mention in asked.readings[index].aspects} for index in scores]  # type: ignore[union-attr]
    asked_of = [
        (scores[index], aspect, label, aspect in of_model)
        for index, aspects, of_model in zip(scores, right, found, strict=True)
        for aspect, label in aspects.items()
        if label is not None
    ]
    judged = [
        (of_text[aspect].sentiment, label, is_found)
        for of_text, aspect, label, is_found in asked_of
        if aspect in of_text
    ]
    return {
        "category": _detection_report(evaluate_detection(found, right, known)),
        "polarity": _polarity_report(judged) if judged else None,
        "found_and_right": sum(is_found and sentiment.label == label for sentiment, label, is_found in judged)
        / len(asked_of)
        if asked_of
        else None,
        "never_said": [name for name in known if not any(name in of_text for of_text in scores.values())],
        "labels": SENTIMENT_LABELS,
        "skipped": labelled.skipped,
        "unknown": labelled.unknown,
        **asked.facts(),
    }


def _detection_report(found: DetectionScores) -> dict[str, Any]:
    numbers = asdict(found)
    numbers["per_aspect"] = numbers.pop("names")
    return numbers


def _polarity_report(judged: Sequence[tuple[SentimentPrediction, str, bool]]) -> dict[str, Any]:
    rows = [[getattr(sentiment, name) for name in SENTIMENT_LABELS] for sentiment, _, _ in judged]
    found = evaluate(rows, [SENTIMENT_LABELS.index(label) for _, label, _ in judged], SENTIMENT_LABELS)
    return {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "per_class": {name: asdict(of_one) for name, of_one in found.classes.items()},
        "confusion": found.confusion,
        "ece": found.expected_calibration_error,
        "count": len(judged),
    }


def _scores(settings: Settings, asked: Asked) -> dict[int, Any]:
    """Index of each text that was read by a model that knows aspects, to its scores."""
    from models.aspect_scores import AspectScorer  # noqa: PLC0415 - torch takes seconds to import

    scores: dict[int, Any] = {}
    for model in dict.fromkeys(asked.reader_of.values()):
        if not isinstance(model, AspectScorer):
            continue
        mine = [index for index in asked.tokenised if asked.reader_of[index] is model]
        for batch in batches(settings, model, [asked.tokenised[index] for index in mine]):
            indices = [mine[place] for place in batch]
            found = model.aspect_scores([asked.tokenised[index] for index in indices])
            scores.update(zip(indices, found, strict=True))
    return dict(sorted(scores.items()))
