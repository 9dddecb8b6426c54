"""Judge class probabilities against known labels: accuracy, F1, confusion, calibration. Numpy only."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well one class is found; 0.0 where a ratio has no denominator."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        count: number of examples.
        accuracy: share of examples whose likeliest class is the right one.
        macro_f1: mean F1 of the classes that occur among the labels or the predictions.
        classes: scores by class name.
        confusion: counts, confusion[right][predicted], in the order of `classes`.
        expected_calibration_error: mean gap of confidence and accuracy, 0 to 1, weighted by bin.
    """

    count: int
    accuracy: float
    macro_f1: float
    classes: dict[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]
    expected_calibration_error: float

    def to_dict(self) -> dict[str, object]:
        """Plain values, as JSON takes them."""
        return asdict(self)


def evaluate(probabilities: ArrayLike, labels: ArrayLike, class_names: Sequence[str]) -> Evaluation:
    """Evaluate predictions.

    Args:
        probabilities: (examples, classes), rows sum to 1.
        labels: (examples,) indices into class_names.
        class_names: in the order of the columns.

    Raises:
        ValueError: the shapes do not fit, or there is no example.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    right = np.asarray(labels, dtype=np.int64)
    if not len(right) or scores.shape != (len(right), len(class_names)):
        raise ValueError(
            f"evaluate: wanted probabilities of shape ({len(right)} > 0, {len(class_names)}), got {scores.shape}"
        )
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((len(class_names),) * 2, dtype=np.int64)
    np.add.at(confusion, (right, predicted), 1)
    per_class = [_class_scores(confusion, index) for index in range(len(class_names))]
    occurring = (confusion.sum(axis=0) + confusion.sum(axis=1)) > 0
    return Evaluation(
        count=len(right),
        accuracy=float((predicted == right).mean()),
        macro_f1=float(np.mean([s.f1 for s, occurs in zip(per_class, occurring, strict=True) if occurs])),
        classes=dict(zip(class_names, per_class, strict=True)),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        expected_calibration_error=expected_calibration_error(scores, right),
    )


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """How well something is found that may be there or not, any number of them a text.

    Attributes:
        precision: of all findings together; micro-averaged, as recall and f1 are.
        recall: of all that was there.
        f1: of both.
        macro_f1: mean F1 of the names that occur among the labels.
        names: scores by name.
    """

    precision: float
    recall: float
    f1: float
    macro_f1: float
    names: dict[str, ClassScores]


def evaluate_detection(
    found: Sequence[Collection[str]], right: Sequence[Collection[str]], names: Sequence[str]
) -> DetectionScores:
    """Compare sets of names, text by text.

    Raises:
        ValueError: there are not as many findings as labels, or no name to look for.
    """
    if len(found) != len(right) or not names:
        raise ValueError(f"evaluate: wanted as many findings as labels ({len(right)}), got {len(found)}")
    counts = {
        name: (
            sum(name in f and name in r for f, r in zip(found, right, strict=True)),
            sum(name in f for f in found),
            sum(name in r for r in right),
        )
        for name in names
    }
    of_name = {name: _ratios(*of_one) for name, of_one in counts.items()}
    total = _ratios(*(sum(column) for column in zip(*counts.values(), strict=True)))
    occurring = [scores.f1 for scores in of_name.values() if scores.support]
    macro = float(np.mean(occurring)) if occurring else 0.0
    return DetectionScores(total.precision, total.recall, total.f1, macro, of_name)


def expected_calibration_error(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = 10
) -> float:
    """Guo et al. 2017: |accuracy - mean confidence| over equally wide bins of confidence, weighted by size."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = [
        abs(is_right[members].mean() - confidence[members].mean()) * members.sum()
        for members in (bin_of == index for index in range(bins))
        if members.any()
    ]
    return float(sum(gaps) / len(labels))


def _class_scores(confusion: NDArray[np.int64], index: int) -> ClassScores:
    return _ratios(int(confusion[index, index]), int(confusion[:, index].sum()), int(confusion[index].sum()))


def _ratios(hits: int, predicted: int, support: int) -> ClassScores:
    return ClassScores(
        precision=hits / predicted if predicted else 0.0,
        recall=hits / support if support else 0.0,
        f1=2 * hits / (predicted + support) if predicted + support else 0.0,
        support=support,
    )
