"""Judge class probabilities against known labels: accuracy, F1, confusion, calibration. Numpy only."""

from collections.abc import Sequence
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
    hits = int(confusion[index, index])
    predicted, support = int(confusion[:, index].sum()), int(confusion[index].sum())
    return ClassScores(
        precision=hits / predicted if predicted else 0.0,
        recall=hits / support if support else 0.0,
        f1=2 * hits / (predicted + support) if predicted + support else 0.0,
        support=support,
    )
