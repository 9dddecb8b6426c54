"""Measure a way of training honestly: every number is of texts that the head at hand was not trained on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.evaluation import Evaluation, evaluate
from models.interfaces import SENTIMENT_LABELS
from models.sentiment_head import CalibratedHead
from models.training.data import LabelledText
from models.training.head import train_head

_FOLDS = 5
_POLAR_COLUMNS = [SENTIMENT_LABELS.index("negative"), SENTIMENT_LABELS.index("positive")]


@dataclass(frozen=True, slots=True)
class LabelledFeatures:
    """Examples as the head sees them.

    Attributes:
        features: (examples, width) float32.
        labels: (examples,) indices into SENTIMENT_LABELS.
        sources: (examples,) the set and part of each.
    """

    features: Tensor
    labels: NDArray[np.int64]
    sources: NDArray[np.str_]

    @classmethod
    def of(cls, examples: list[LabelledText], features: Tensor) -> "LabelledFeatures":
        """Put examples and their features side by side."""
        return cls(
            features,
            np.array([SENTIMENT_LABELS.index(example.label) for example in examples], dtype=np.int64),
            np.array([example.source for example in examples]),
        )

    def where(self, chosen: NDArray[np.bool_]) -> "LabelledFeatures":
        """Those of the examples that are chosen."""
        return LabelledFeatures(
            self.features[torch.from_numpy(chosen)], self.labels[chosen], self.sources[chosen]
        )


@dataclass(frozen=True, slots=True)
class HeldOutPredictions:
    """Probabilities for texts not trained on, with and without calibration: (examples, classes)."""

    calibrated: NDArray[np.float64]
    uncalibrated: NDArray[np.float64]


def measure(
    data: LabelledFeatures, *, seed: int, progress: Callable[[str], None]
) -> dict[str, dict[str, object]]:
    """Cross-validate on parts of the training data; the part's name is in the key, its scores are the value."""
    metrics: dict[str, dict[str, object]] = {}
    kotzias = np.char.startswith(data.sources, "kotzias/")
    oposum = np.char.startswith(data.sources, "oposum/")

    progress("measuring: Kotzias in five folds")
    fold = np.full(len(data.labels), -1)
    fold[kotzias] = np.random.default_rng(seed).permutation(int(kotzias.sum())) % _FOLDS
    predictions = _predict_held_out(data, [fold == number for number in range(_FOLDS)], seed)
    metrics["kotzias_five_folds"] = _polar_scores(data, predictions, kotzias)

    for source in sorted(set(data.sources[kotzias])):
        progress(f"measuring: {source} held out")
        held_out = data.sources == source
        predictions = _predict_held_out(data, [held_out], seed)
        metrics[f"{source.replace('/', '_')}_held_out"] = _polar_scores(data, predictions, held_out)

    progress("measuring: each OPOSUM category held out")
    categories = sorted(set(data.sources[oposum]))
    parts = [data.sources == category for category in categories]
    predictions = _predict_held_out(data, parts, seed)
    metrics["oposum_category_held_out"] = _three_class_scores(data, predictions, oposum) | {
        "macro_f1_by_category": {
            category.partition("/")[2]: evaluate(
                predictions.calibrated[part], data.labels[part], SENTIMENT_LABELS
            ).macro_f1
            for category, part in zip(categories, parts, strict=True)
        }
    }
    return metrics


def measure_elsewhere(head: CalibratedHead, data: LabelledFeatures) -> dict[str, dict[str, object]]:
    """Score a finished head on data of another kind: all three classes, and the two poles alone."""
    predictions = HeldOutPredictions(
        head.probabilities(data.features).numpy(), _without_calibration(head, data.features)
    )
    polar = np.isin(data.labels, _POLAR_COLUMNS)
    return {
        "three_classes": _three_class_scores(data, predictions, np.full(len(data.labels), fill_value=True)),
        "poles": _polar_scores(data, predictions, polar),
    }


def _predict_held_out(
    data: LabelledFeatures, parts: list[NDArray[np.bool_]], seed: int
) -> HeldOutPredictions:
    """Predict each part with a head trained on all that is not in it; other rows stay zero."""
    calibrated = np.zeros((len(data.labels), len(SENTIMENT_LABELS)))
    uncalibrated = np.zeros_like(calibrated)
    for part in parts:
        seen, unseen = data.where(~part), data.where(part)
        head = train_head(seen.features, seen.labels, seed=seed, encoder_sha256="").head
        calibrated[part] = head.probabilities(unseen.features).numpy()
        uncalibrated[part] = _without_calibration(head, unseen.features)
    return HeldOutPredictions(calibrated, uncalibrated)


def _without_calibration(head: CalibratedHead, features: Tensor) -> NDArray[np.float64]:
    plain: NDArray[np.float64] = (
        CalibratedHead(head.network, 1.0, head.encoder_sha256).probabilities(features).numpy()
    )
    return plain


def _three_class_scores(
    data: LabelledFeatures, predictions: HeldOutPredictions, rows: NDArray[np.bool_]
) -> dict[str, object]:
    labels = data.labels[rows]
    return _with_calibration_gain(
        evaluate(predictions.calibrated[rows], labels, SENTIMENT_LABELS),
        evaluate(predictions.uncalibrated[rows], labels, SENTIMENT_LABELS),
    )


def _polar_scores(
    data: LabelledFeatures, predictions: HeldOutPredictions, rows: NDArray[np.bool_]
) -> dict[str, object]:
    """Where every text is positive or negative: those two against each other, neutral set aside."""
    labels = (data.labels[rows] == SENTIMENT_LABELS.index("positive")).astype(np.int64)
    neutral = predictions.calibrated[rows].argmax(axis=1) == SENTIMENT_LABELS.index("neutral")
    scores = [
        evaluate(_poles(probabilities[rows]), labels, ("negative", "positive"))
        for probabilities in (predictions.calibrated, predictions.uncalibrated)
    ]
    return _with_calibration_gain(*scores) | {"share_called_neutral": float(neutral.mean())}


def _poles(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    polar = probabilities[:, _POLAR_COLUMNS]
    scaled: NDArray[np.float64] = polar / polar.sum(axis=1, keepdims=True)
    return scaled


def _with_calibration_gain(calibrated: Evaluation, uncalibrated: Evaluation) -> dict[str, object]:
    return calibrated.to_dict() | {
        "expected_calibration_error_before_calibration": uncalibrated.expected_calibration_error
    }
