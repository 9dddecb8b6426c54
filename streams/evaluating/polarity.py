"""How well polarities are told: the numbers of a report."""

from collections.abc import Mapping
from typing import TypedDict

from models.evaluation import ClassScores, Evaluation


class ClassNumbers(TypedDict):
    """How well one class, or one aspect, is found; `support` is how many there are."""

    precision: float
    recall: float
    f1: float
    support: int


class PolarityNumbers(TypedDict):
    """How well polarities are told: `confusion[right][predicted]`; `ece`, the expected calibration error."""

    accuracy: float
    macro_f1: float
    per_class: dict[str, ClassNumbers]
    confusion: tuple[tuple[int, ...], ...]
    ece: float


def class_numbers(scores: Mapping[str, ClassScores]) -> dict[str, ClassNumbers]:
    """What a report says of each class or aspect."""
    return {
        name: {"precision": of.precision, "recall": of.recall, "f1": of.f1, "support": of.support}
        for name, of in scores.items()
    }


def polarity_numbers(evaluation: Evaluation) -> PolarityNumbers:
    """What a report says of an evaluation, ready for JSON."""
    return {
        "accuracy": evaluation.accuracy,
        "macro_f1": evaluation.macro_f1,
        "per_class": class_numbers(evaluation.classes),
        "confusion": evaluation.confusion,
        "ece": evaluation.expected_calibration_error,
    }
