"""Scores of reviews from those of their sentences, and what finding several things at once is worth."""

import pytest
import torch

from models.evaluation import evaluate_detection
from models.readers.aspect_scores import review_scores
from models.readers.aspects import ASPECTS


def test_a_review_is_as_its_sentences() -> None:
    """Presence is the highest of a review's sentences, its sentiment their mean by presence; a review without
    sentences speaks of nothing.
    """  # noqa: D205
    presence = torch.zeros(3, len(ASPECTS))
    presence[0, 0], presence[1, 0], presence[2, 0] = 0.8, 0.2, 0.5
    polarity = torch.zeros(3, len(ASPECTS), 3)
    polarity[:, :, 0] = 1.0
    polarity[1, 0] = torch.tensor([0.0, 0.0, 1.0])
    first, second, empty = review_scores(presence, polarity, torch.tensor([0, 0, 1]), 3, ASPECTS)
    assert first["quality"].presence == pytest.approx(0.8)
    assert first["quality"].sentiment.negative == pytest.approx(0.8)
    assert second["quality"].presence == pytest.approx(0.5)
    assert second["quality"].sentiment.label == "negative"
    assert empty["quality"].presence == 0.0


def test_detection_counts_over_all_texts() -> None:
    """Micro-averaged precision and recall, and F1 by name, as one counts them on paper."""
    found = [{"a"}, {"a", "b"}, set()]
    right = [{"a"}, {"b"}, {"b"}]
    scores = evaluate_detection(found, right, ["a", "b", "c"])
    assert (scores.precision, scores.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert scores.names["a"].f1 == pytest.approx(2 / 3)
    assert scores.names["b"].f1 == pytest.approx(2 / 3)
    assert scores.names["c"].support == 0
    assert scores.macro_f1 == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="wanted as many"):
        evaluate_detection([set()], [], ["a"])
