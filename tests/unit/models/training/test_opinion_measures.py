"""How well opinions are found, against examples counted by hand."""

import pytest

from models.readers.interfaces import AspectMention, ReviewReading, SentimentPrediction
from models.training.corpora.annotated import AnnotatedOpinion
from models.training.measuring.opinion_measures import (
    Counts,
    annotated_opinions,
    counts_of,
    f1_interval,
    presence_of,
    read_opinions,
    summed,
    together,
)

FOUND = {"design": "positive", "quality": "negative", "delivery": "positive"}
ANNOTATED = {"design": "positive", "quality": "positive", "safety": "negative", "other": "neutral"}


def test_an_aspect_counts_once_with_the_polarity_of_most() -> None:
    opinions = [("design", "positive"), ("design", "positive"), ("design", "negative"), ("safety", "neutral")]
    assert together(opinions) == {"design": "positive", "safety": "neutral"}
    assert together([("design", "positive"), ("design", "negative")]) == {"design": "neutral"}
    assert together([]) == {}


def test_only_the_reviewers_own_counts() -> None:
    opinions = [
        AnnotatedOpinion("design", "positive", 0, 1, "reviewer"),
        AnnotatedOpinion("design", "negative", 0, 1, "former_product"),
        AnnotatedOpinion("safety", "negative", 0, 1, "somebody_else"),
    ]
    assert annotated_opinions(opinions) == {"design": "positive"}
    good, bad = SentimentPrediction(0.1, 0.1, 0.8), SentimentPrediction(0.8, 0.1, 0.1)
    mentions = (
        AspectMention("design", 0.9, good, 0, 1, "reviewer"),
        AspectMention("quality", 0.9, bad, 0, 1, None),
        AspectMention("safety", 0.9, bad, 0, 1, "expectation"),
    )
    assert read_opinions(ReviewReading(good, aspects=mentions)) == {
        "design": "positive",
        "quality": "negative",
    }


def test_counts_of_one_review() -> None:
    """Of three found and four annotated two share the aspect, and one of these the polarity."""
    counts = counts_of(FOUND, ANNOTATED)
    assert counts == Counts(right=1, found=3, annotated=4)
    assert counts.f1 == pytest.approx(2 / 7)
    assert presence_of(FOUND, ANNOTATED) == Counts(2, 3, 4)
    assert presence_of(FOUND, ANNOTATED).f1 == pytest.approx(4 / 7)
    assert counts_of(FOUND, ANNOTATED, "quality") == Counts(0, 1, 1)
    assert counts_of(FOUND, ANNOTATED, "safety") == Counts(0, 0, 1)
    assert counts_of(FOUND, ANNOTATED, "content") == Counts(0, 0, 0)
    assert summed(counts_of(FOUND, ANNOTATED, one) for one in {*FOUND, *ANNOTATED}) == counts


def test_reviews_are_counted_together() -> None:
    """Micro: of all opinions, not of all reviews; nothing to find and nothing found is right."""
    total = summed([Counts(1, 1, 1), Counts(0, 3, 3), Counts(0, 0, 0)])
    assert total == Counts(1, 4, 4)
    assert total.f1 == pytest.approx(0.25)
    assert Counts(0, 0, 0).f1 == 1
    assert Counts(0, 0, 2).f1 == 0


def test_the_interval_is_of_reviews_drawn_again() -> None:
    """Around the value, the same each time, narrower with more reviews, a point where all are alike."""
    few = [Counts(1, 1, 1), Counts(0, 1, 1)] * 10
    got, more = f1_interval(few), f1_interval(few * 10)
    assert got == f1_interval(few)
    assert got.low < got.value == 0.5 < got.high
    # Of twenty coins: 0.5 less and more two standard deviations of 0.112.
    assert (got.low, got.high) == (pytest.approx(0.28, abs=0.06), pytest.approx(0.72, abs=0.06))
    assert got.low < more.low < more.high < got.high
    assert f1_interval([Counts(1, 1, 1)] * 5) == (1.0, 1.0, 1.0)
