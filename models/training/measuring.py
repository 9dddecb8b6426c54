"""Measure a way of training honestly: every number is of texts that the reader at hand was not trained on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from models.evaluation import evaluate, evaluate_detection
from models.readers.aspect_scores import AspectScore
from models.readers.aspects import ASPECTS, Aspect
from models.readers.interfaces import SENTIMENT_LABELS, ReviewReading, SentimentPrediction
from models.readers.minilm_reviews import MiniLmReviews
from models.training.aspect_data import read_mams
from models.training.data import read_fewsum_reviews
from models.training.examples import Example

Scores = dict[str, object]
#: What a reader says of some texts, in order.
Read = tuple[list[ReviewReading], list[dict[Aspect, AspectScore]]]

_FOLDS = 5
_BATCH = 32
_POLES = ("negative", "positive")


class Job(NamedTuple):
    """A reader to be trained on some examples, and to read others that it has not seen."""

    name: str
    training: list[Example]
    held_out: list[Example]


class Judged:
    """Held-out texts with what a reader said of them."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.sentiments: list[SentimentPrediction] = []
        self.examples: list[Example] = []
        self.found: list[set[str]] = []
        self.aspects: list[Mapping[Aspect, AspectScore]] = []

    def add(self, examples: Sequence[Example], read: Read) -> None:
        """Take note of what a reader that has not seen these texts said of them."""
        for example, reading, scores in zip(examples, *read, strict=True):
            if example.sentiment is not None:
                self.labels.append(example.sentiment)
                self.sentiments.append(reading.sentiment)
            if example.aspects is not None:
                self.examples.append(example)
                self.found.append({one.aspect for one in reading.aspects if one.aspect in example.covered})
                self.aspects.append(scores)

    def sentiment(self) -> Scores:
        """Scores of the sentiment; where there are two poles only, those against each other."""
        classes = _POLES if "neutral" not in self.labels else SENTIMENT_LABELS
        rows = np.array([[getattr(one, name) for name in classes] for one in self.sentiments])
        rows /= rows.sum(axis=1, keepdims=True)
        scores = evaluate(rows, [classes.index(label) for label in self.labels], classes).to_dict()
        neutral = sum(one.label == "neutral" for one in self.sentiments) / len(self.sentiments)
        return scores | ({"share_called_neutral": neutral} if classes == _POLES else {})

    def detection(self) -> Scores:
        """Scores of which aspects were found, and of the sentiment towards those that are there."""
        right = [set(example.aspects or ()) for example in self.examples]
        names = [name for name in ASPECTS if any(name in of_one for of_one in right)]
        found = evaluate_detection(self.found, right, names)
        pairs = [
            (scores[aspect].sentiment, label)
            for example, scores in zip(self.examples, self.aspects, strict=True)
            for aspect, label in (example.aspects or {}).items()
            if label is not None
        ]
        polarity = evaluate(
            [[getattr(sentiment, name) for name in SENTIMENT_LABELS] for sentiment, _ in pairs],
            [SENTIMENT_LABELS.index(label) for _, label in pairs],
            SENTIMENT_LABELS,
        )
        return {"texts": len(self.examples), "category": asdict(found), "polarity": polarity.to_dict()}


def read_all(reader: MiniLmReviews, texts: Sequence[str]) -> Read:
    """Everything a reader says of some texts."""
    readings: list[ReviewReading] = []
    scores: list[dict[Aspect, AspectScore]] = []
    tokenised = reader.tokenise(texts)
    for first in range(0, len(tokenised), _BATCH):
        readings += reader.forward(tokenised[first : first + _BATCH])
        scores += reader.aspect_scores(tokenised[first : first + _BATCH])
    return readings, scores


def jobs_of(examples: Sequence[Example], *, seed: int) -> list[Job]:
    """Five folds of Kotzias, OPOSUM and what we wrote; then each file of Kotzias left out, OPOSUM's categories with
    them, some with each.
    """  # noqa: D205 - what is left out takes two lines to say
    fold_of = _folds(examples, seed)
    jobs = []
    for fold in range(_FOLDS):
        held_out = {text for text, number in fold_of.items() if number == fold}
        jobs.append(
            Job(
                f"fold {fold + 1}",
                [one for one in examples if one.text not in held_out],
                [one for one in examples if one.text in held_out and _is_measured(one)],
            )
        )
    files = sorted({one.source for one in examples if one.source.startswith("kotzias/")})
    categories = sorted({_category(one) for one in examples if one.source.startswith("oposum/")})
    for number, file in enumerate(files):
        left_out = {file, *categories[number :: len(files)]}
        jobs.append(
            Job(
                f"without {' and '.join(sorted(left_out))}",
                [one for one in examples if left_out.isdisjoint((one.source, _category(one)))],
                [
                    one
                    for one in examples
                    if _is_measured(one) and not left_out.isdisjoint((one.source, _category(one)))
                ],
            )
        )
    return jobs


def scores_of(jobs: Sequence[Job], answers: Sequence[Read]) -> dict[str, Scores]:
    """What cross-validation found; `answers` are the readings of each job's held-out texts."""
    metrics: dict[str, Scores] = {}
    judged: dict[str, Judged] = defaultdict(Judged)
    for job, answer in zip(jobs, answers, strict=True):
        for example, reading, scores in zip(job.held_out, *answer, strict=True):
            group = example.source.partition("/")[0]
            if not job.name.startswith("fold"):
                whole = example.source if group == "kotzias" else "oposum/category"
                group = f"{whole.replace('/', '_')}_left_out"
            judged[group].add([example], ([reading], [scores]))
    for name, of_group in judged.items():
        if name == "written":
            metrics["written_five_folds"] = of_group.detection()
        else:
            metrics[name if name.endswith("left_out") else f"{name}_five_folds"] = of_group.sentiment()
    return metrics


def measure_elsewhere(reader: MiniLmReviews, data: Path) -> dict[str, Scores]:
    """Validation parts that are never trained on: MAMS, and FewSum's whole reviews with stars."""
    restaurants = [
        Example(one.text, one.source, None, one.aspects, one.covered)
        for one in read_mams(data / "mams" / "MAMS-ACSA_val.xml")
    ]
    stars = [
        Example(one.text, one.source, one.label)
        for one in read_fewsum_reviews(data / "fewsum", "amazon_val.csv")
    ]
    mams, reviews = Judged(), Judged()
    mams.add(restaurants, read_all(reader, [one.text for one in restaurants]))
    reviews.add(stars, read_all(reader, [one.text for one in stars]))
    return {"mams_validation": mams.detection(), "fewsum_whole_reviews": reviews.sentiment()}


def _is_measured(example: Example) -> bool:
    return example.source.startswith("written/") or example.sentiment is not None


def _folds(examples: Sequence[Example], seed: int) -> dict[str, int]:
    """Fold of every text that is measured; all variants of a written pattern lie in one."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    of_group: dict[str, int] = {}
    folds: dict[str, int] = {}
    for one in examples:
        if not _is_measured(one):
            continue
        group = one.source if one.source.startswith("written/") else one.text
        folds[one.text] = of_group.setdefault(group, random.randrange(_FOLDS))
    return folds


def _category(example: Example) -> str:
    """The OPOSUM category of an example; its aspect files are named CATEGORY-dev and CATEGORY-tst."""
    source = example.source.removesuffix("-dev").removesuffix("-tst")
    return source if source.startswith("oposum/") else ""
