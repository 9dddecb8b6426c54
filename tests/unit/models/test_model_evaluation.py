"""Evaluation numbers against values worked out by hand."""

import json

import pytest

from models.evaluation import evaluate

NAMES = ("negative", "neutral", "positive")


def test_scores_equal_hand_computed_values() -> None:
    """Accuracy, F1, precision, recall, confusion of six examples."""
    probabilities = [
        [0.8, 0.1, 0.1],  # negative, right
        [0.2, 0.2, 0.6],  # negative, called positive
        [0.1, 0.8, 0.1],  # neutral, right
        [0.6, 0.3, 0.1],  # neutral, called negative
        [0.0, 0.2, 0.8],  # positive, right
        [0.1, 0.1, 0.8],  # positive, right
    ]
    found = evaluate(probabilities, [0, 0, 1, 1, 2, 2], NAMES)
    assert found.count == 6
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.confusion == ((1, 0, 1), (1, 1, 0), (0, 0, 2))
    assert found.classes["negative"].precision == pytest.approx(1 / 2)
    assert found.classes["negative"].recall == pytest.approx(1 / 2)
    assert found.classes["neutral"].precision == pytest.approx(1.0)
    assert found.classes["neutral"].f1 == pytest.approx(2 / 3)
    assert found.classes["positive"].precision == pytest.approx(2 / 3)
    assert found.classes["positive"].support == 2
    assert found.macro_f1 == pytest.approx((1 / 2 + 2 / 3 + 4 / 5) / 3)
    # The two of confidence .6 are both wrong, the four of confidence .8 all right.
    assert found.expected_calibration_error == pytest.approx((2 * 0.6 + 4 * 0.2) / 6)


def test_perfect_and_sure_has_no_calibration_error() -> None:
    """Confidence 1, always right: F1 is 1, the error 0, and the top bin takes confidence 1."""
    found = evaluate([[1.0, 0.0], [0.0, 1.0]], [0, 1], ("no", "yes"))
    assert (found.macro_f1, found.expected_calibration_error) == (1.0, 0.0)


def test_a_class_that_does_not_occur_is_left_out_of_the_mean() -> None:
    """Of three classes one is neither right nor predicted anywhere: macro-F1 is the mean of the other two."""
    found = evaluate([[0.9, 0.0, 0.1], [0.1, 0.0, 0.9]], [0, 2], NAMES)
    assert found.macro_f1 == 1.0
    assert found.classes["neutral"].support == 0


def test_it_can_be_written_as_json() -> None:
    """to_dict holds plain values only."""
    found = evaluate([[0.9, 0.1], [0.4, 0.6]], [0, 1], ("no", "yes"))
    assert json.loads(json.dumps(found.to_dict()))["classes"]["yes"]["support"] == 1


@pytest.mark.parametrize(("probabilities", "labels"), [([], []), ([[0.5, 0.5]], [0, 1]), ([[1.0]], [0])])
def test_shapes_that_do_not_fit_are_refused(probabilities: list[list[float]], labels: list[int]) -> None:
    """No example, or a wrong number of rows or columns, is an error."""
    with pytest.raises(ValueError, match="evaluate: wanted"):
        evaluate(probabilities, labels, ("no", "yes"))
