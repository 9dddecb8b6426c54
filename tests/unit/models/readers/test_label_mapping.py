"""What the label names of checkpoints mean."""

import pytest

from models.errors import ModelConfigurationError
from models.readers.interfaces import SentimentLabel
from models.readers.label_mapping import map_labels


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["negative", "neutral", "positive"], ["negative", "neutral", "positive"]),
        (["POSITIVE", "NEGATIVE"], ["positive", "negative"]),
        (["Very Negative", "Neutral", "very_positive"], ["negative", "neutral", "positive"]),
        (
            ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
            ["negative", "negative", "neutral", "positive", "positive"],
        ),
    ],
)
def test_known_names_are_understood(names: list[str], labels: list[SentimentLabel]) -> None:
    """Names and star ratings, whatever their case and spelling."""
    assert map_labels(names) == labels


def test_unknown_names_are_refused_until_they_are_configured() -> None:
    """LABEL_0 could mean anything: the error says so, a mapping settles it."""
    names = ["LABEL_0", "LABEL_1", "LABEL_2"]
    with pytest.raises(ModelConfigurationError, match=r"LABEL_0.*map each of them"):
        map_labels(names)
    mapped = map_labels(names, {"LABEL_0": "positive", "LABEL_1": "negative", "LABEL_2": "neutral"})
    assert mapped == ["positive", "negative", "neutral"]


def test_a_mapping_wins_over_the_name() -> None:
    """A checkpoint whose names are wrong can be put right."""
    assert map_labels(["positive", "negative"], {"positive": "negative", "negative": "positive"}) == [
        "negative",
        "positive",
    ]


@pytest.mark.parametrize("names", [["positive"], ["neutral", "positive"], ["joy", "anger"]])
def test_what_is_no_sentiment_classifier_is_refused(names: list[str]) -> None:
    """Without both poles nothing useful can be said."""
    with pytest.raises(ModelConfigurationError):
        map_labels(names)
