"""Measure a reader on annotated reviews: sentiment, opinions, stars, whose opinions; by aspect and by hard kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from models.evaluation import evaluate
from models.readers.aspects import ASPECTS, Aspect, aspect_of
from models.readers.interfaces import SENTIMENT_LABELS, ReviewReading, SentimentLabel
from models.training.corpora.annotated import AnnotatedReview
from models.training.corpora.texts import TrainingText
from models.training.measuring.opinion_measures import (
    Counts,
    annotated_opinions,
    counts_of,
    f1_interval,
    presence_of,
    read_opinions,
    summed,
)
from schemas.vocabularies import HOLDERS

Scores = dict[str, object]
_LEAST_CONFIDENCE: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_POLES: Final[tuple[SentimentLabel, ...]] = ("negative", "positive")
#: What other sets have for the whole, or for what fits nowhere, is no opinion of ours.
_WHOLE: Final = "other"


def measure(readings: Sequence[ReviewReading], reviews: Sequence[AnnotatedReview]) -> Scores:
    """All that a card says of one set of reviews, as plain values.

    Args:
        readings: of the reviews, in their order.
        reviews: annotated, and not trained on.
    """
    found = [read_opinions(reading) for reading in readings]
    known = [annotated_opinions(review.opinions) for review in reviews]
    pairs = list(zip(found, known, strict=True))
    counts = [counts_of(*pair) for pair in pairs]
    judged = evaluate(
        [tuple(reading.sentiment) for reading in readings],
        [SENTIMENT_LABELS.index(review.sentiment) for review in reviews],
        SENTIMENT_LABELS,
    )
    return {
        "reviews": len(reviews),
        "sentiment": {
            "accuracy": judged.accuracy,
            "macro_f1": judged.macro_f1,
            "ece": judged.expected_calibration_error,
            "f1": {name: scores.f1 for name, scores in judged.classes.items()},
        },
        "aspects_found_f1": summed(presence_of(*pair) for pair in pairs).f1,
        "opinions": _of_counts(counts),
        "confidence": [_confident(readings, known, least) for least in _LEAST_CONFIDENCE],
        "by_aspect": {aspect: _of_counts([counts_of(*pair, aspect) for pair in pairs]) for aspect in ASPECTS},
        "holders": _holders(readings, reviews),
        "stars": _stars(readings, reviews),
    }


def _confident(
    readings: Sequence[ReviewReading], known: Sequence[Mapping[Aspect, SentimentLabel]], least: float
) -> Scores:
    """What is left if opinions of less confidence are not counted."""
    kept = [
        replace(reading, aspects=tuple(one for one in reading.aspects if one.confidence >= least))
        for reading in readings
    ]
    total = summed(
        counts_of(read_opinions(reading), annotated) for reading, annotated in zip(kept, known, strict=True)
    )
    return {
        "least": least,
        "precision": total.right / total.found if total.found else 1.0,
        "recall": total.right / total.annotated if total.annotated else 0.0,
        "f1": total.f1,
    }


def measure_kinds(
    readings: Sequence[ReviewReading], reviews: Sequence[AnnotatedReview]
) -> dict[str, Mapping[str, float]]:
    """Of the texts of each hard kind: how many, share with the right sentiment, micro-F1 of the opinions."""
    by_kind: dict[str, list[tuple[ReviewReading, AnnotatedReview]]] = {}
    for reading, review in zip(readings, reviews, strict=True):
        for kind in sorted(review.kinds):
            by_kind.setdefault(kind, []).append((reading, review))
    return {
        kind: {
            "texts": len(of_kind),
            "sentiment": float(
                np.mean([reading.sentiment.label == review.sentiment for reading, review in of_kind])
            ),
            "opinions": summed(
                counts_of(read_opinions(reading), annotated_opinions(review.opinions))
                for reading, review in of_kind
            ).f1,
        }
        for kind, of_kind in sorted(by_kind.items())
    }


def measure_beside(readings: Sequence[ReviewReading], texts: Sequence[TrainingText]) -> Scores:
    """What the texts of another set say by that set's own labels: sentiment, and its categories as our aspects.

    Args:
        readings: of the texts, in their order.
        texts: of one set, and not trained on.
    """
    scores: Scores = {"texts": len(texts)}
    labelled = [
        (reading.sentiment, text.sentiment)
        for reading, text in zip(readings, texts, strict=True)
        if text.sentiment is not None
    ]
    if labelled:
        classes = _POLES if all(text.is_pole for text in texts) else SENTIMENT_LABELS
        rows = np.array([[getattr(sentiment, name) for name in classes] for sentiment, _ in labelled])
        rows /= rows.sum(axis=1, keepdims=True)
        judged = evaluate(rows, [classes.index(label) for _, label in labelled], classes)
        scores |= {
            "accuracy": judged.accuracy,
            "macro_f1": judged.macro_f1,
            "ece": judged.expected_calibration_error,
        }
    if any(text.categories is not None for text in texts):
        scores |= _categories(readings, texts)
    return scores


def _categories(readings: Sequence[ReviewReading], texts: Sequence[TrainingText]) -> Scores:
    """Found and judged by review, over the aspects that the set has; what it leaves open is not judged."""
    covered = {name for text in texts for name in text.categories or ()} - {_WHOLE}
    found = [
        {aspect: label for aspect, label in read_opinions(reading).items() if aspect in covered}
        for reading in readings
    ]
    known = [
        {aspect_of(name): label for name, label in (text.categories or {}).items() if name in covered}
        for text in texts
    ]
    pairs = list(zip(found, known, strict=True))
    judged = [
        (one[aspect], label)
        for one, labels in pairs
        for aspect, label in labels.items()
        if aspect in one and label is not None
    ]
    return {
        "aspects_found_f1": summed(presence_of(*pair) for pair in pairs).f1,
        "polarity_of_found": float(np.mean([one == label for one, label in judged])) if judged else 0.0,
    }


def _of_counts(counts: Sequence[Counts]) -> Scores:
    total = summed(counts)
    return {
        "precision": total.right / total.found if total.found else 0.0,
        "recall": total.right / total.annotated if total.annotated else 0.0,
        "f1": f1_interval(counts)._asdict(),
        "annotated": total.annotated,
    }


def _holders(readings: Iterable[ReviewReading], reviews: Iterable[AnnotatedReview]) -> Mapping[str, Scores]:
    """F1 of the judgements that are not the reviewer's: found where a span of that holder shares a character."""
    right, found, known = (dict.fromkeys(HOLDERS[1:], 0) for _ in range(3))
    for reading, review in zip(readings, reviews, strict=True):
        if not review.knows_holders:
            continue
        for mention in reading.aspects:
            if mention.holder in found:
                found[mention.holder] += 1
        for opinion in review.opinions:
            if opinion.holder in known:
                known[opinion.holder] += 1
                right[opinion.holder] += any(
                    mention.holder == opinion.holder
                    and mention.start < opinion.end
                    and mention.end > opinion.start
                    for mention in reading.aspects
                )
    return {
        holder: {"f1": Counts(right[holder], found[holder], known[holder]).f1, "annotated": known[holder]}
        for holder in known
    }


def _stars(readings: Sequence[ReviewReading], reviews: Sequence[AnnotatedReview]) -> Scores:
    """Mean error of the expected stars, and the share whose likeliest is within one."""
    rated = [
        (np.array(reading.stars), review.rating)
        for reading, review in zip(readings, reviews, strict=True)
        if reading.stars is not None and review.rating is not None
    ]
    if not rated:
        return {"texts": 0}
    expected = [float(stars @ np.arange(1, 6)) for stars, _ in rated]
    likeliest = [int(stars.argmax()) + 1 for stars, _ in rated]
    ratings = np.array([rating for _, rating in rated])
    return {
        "texts": len(rated),
        "mean_error": float(np.abs(np.array(expected) - ratings).mean()),
        "within_one": float((np.abs(np.array(likeliest) - ratings) <= 1).mean()),
    }
