"""Measure the finished Chinese reader on texts that it was not trained on, beside simpler ways."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from models.encoders.ngram_features import KnownNgrams
from models.evaluation import evaluate
from models.readers.aspect_scores import AspectScore
from models.readers.aspects import Aspect
from models.readers.interfaces import SENTIMENT_LABELS, ReviewReading
from models.readers.ngram_reviews import NgramReviews
from models.training.chinese_corpus import clauses_of
from models.training.chinese_data import AspectWords, ChineseExample

_NEUTRAL = SENTIMENT_LABELS.index("neutral")
_POLES = [SENTIMENT_LABELS.index("negative"), SENTIMENT_LABELS.index("positive")]
_BATCH = 64
# Characters of a short, a middling and a long review; shorter ones are mostly single lines of a review.
_LENGTHS = ((0, 20), (20, 80), (80, 1 << 20))
_LINEAR_EPOCHS = 5


def shop_scores(
    reader: NgramReviews, examples: Sequence[ChineseExample], temperature: float
) -> dict[str, object]:
    """Negative against positive, and how many were called neutral instead."""
    probabilities, labels = _probabilities(reader, examples), _labels(examples)
    lengths = np.array([len(one.text) for one in examples])
    scores = _poles(probabilities, labels)
    return scores | {
        "share_called_neutral": float((probabilities.argmax(axis=1) == _NEUTRAL).mean()),
        "three_class_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "expected_calibration_error_before_calibration": _poles(
            _hardened(probabilities, temperature), labels
        )["expected_calibration_error"],
        "macro_f1_by_characters": {
            f"{least} to {most - 1}" if most < _LENGTHS[-1][1] else f"{least} and more": {
                "count": int(within.sum()),
                "macro_f1": _poles(probabilities[within], labels[within])["macro_f1"],
            }
            for least, most in _LENGTHS
            if (within := (lengths >= least) & (lengths < most)).any()
        },
    }


def three_class_scores(
    reader: NgramReviews, examples: Sequence[ChineseExample], temperature: float
) -> dict[str, object]:
    """Negative, neutral and positive."""
    probabilities, labels = _probabilities(reader, examples), _labels(examples)
    before = evaluate(_hardened(probabilities, temperature), labels, SENTIMENT_LABELS)
    return evaluate(probabilities, labels, SENTIMENT_LABELS).to_dict() | {
        "expected_calibration_error_before_calibration": before.expected_calibration_error
    }


def aspect_scores(
    reader: NgramReviews,
    examples: Sequence[ChineseExample],
    covered: Sequence[Aspect],
    threshold: float,
    words: AspectWords,
) -> dict[str, object]:
    """Of whole texts: is an aspect spoken of, and how; beside the word list that gave the weak labels."""
    scores = _aspects(reader, [one.text for one in examples])
    wanted = [one.aspects or {} for one in examples]
    found = [{aspect for aspect in covered if of_text[aspect].presence >= threshold} for of_text in scores]
    listed = [words.aspects_of(one.text) & set(covered) for one in examples]
    presence = {aspect: _presence(found, wanted, aspect) for aspect in covered}
    judged = [
        (of_text[aspect].sentiment, SENTIMENT_LABELS.index(label))
        for of_text, labels in zip(scores, wanted, strict=True)
        for aspect, label in labels.items()
        if aspect in covered
    ]
    polarity = evaluate(
        [[one.negative, one.neutral, one.positive] for one, _ in judged],
        [label for _, label in judged],
        SENTIMENT_LABELS,
    )
    return {
        "texts": len(examples),
        "presence_macro_f1": float(np.mean([one["f1"] for one in presence.values()])),
        "presence_macro_f1_of_the_word_list": float(
            np.mean([_presence(listed, wanted, aspect)["f1"] for aspect in covered])
        ),
        "presence": presence,
        "polarity": polarity.to_dict(),
    }


def wordless_scores(
    reader: NgramReviews, examples: Sequence[ChineseExample], threshold: float, words: AspectWords
) -> dict[str, object]:
    """Clauses that hold a word of the list: how many of its aspects are still found when the words are taken out."""
    clauses = [clause for one in examples for clause in clauses_of(one.text) if len(clause) >= 6]
    clauses = [clause for clause in clauses if words.aspects_of(clause) and len(words.without(clause)) >= 4]
    whole = _aspects(reader, clauses)
    wordless = _aspects(reader, [words.without(clause) for clause in clauses])
    labels = [words.aspects_of(clause) for clause in clauses]
    return {
        "clauses": len(clauses),
        "with_words": _micro(whole, labels, threshold),
        "without_words": _micro(wordless, labels, threshold),
    }


def linear_baseline(
    training: Sequence[ChineseExample], held_out: Sequence[ChineseExample], known: KnownNgrams, *, seed: int
) -> dict[str, object]:
    """Negative against positive by one weight an n-gram of the whole text (logistic regression)."""
    bags = [_bag(one, known) for one in training if one.sentiment != "neutral"]
    targets = torch.tensor(
        [float(one.sentiment == "positive") for one in training if one.sentiment != "neutral"]
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = torch.zeros(len(known), requires_grad=True)
        optimizer = torch.optim.AdamW([weights], lr=0.01)
        for _ in range(_LINEAR_EPOCHS):
            for chosen in torch.split(torch.randperm(len(bags)), _BATCH):
                logits = _sum_of_weights(weights, [bags[number] for number in chosen.tolist()])
                loss = functional.binary_cross_entropy_with_logits(logits, targets[chosen])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        with torch.no_grad():
            positive = torch.sigmoid(
                _sum_of_weights(weights, [_bag(one, known) for one in held_out])
            ).double()
    probabilities = torch.stack((1 - positive, positive), dim=1).numpy()
    labels = (_labels(held_out) == _POLES[1]).astype(np.int64)
    return evaluate(probabilities, labels, ("negative", "positive")).to_dict()


def _sum_of_weights(weights: torch.Tensor, bags: Sequence[NDArray[np.int32]]) -> torch.Tensor:
    counts = torch.tensor([len(bag) for bag in bags])
    text_of = torch.repeat_interleave(torch.arange(len(bags)), counts)
    chosen = weights[torch.from_numpy(np.concatenate(bags)).long()]
    return torch.zeros(len(bags)).index_add(0, text_of, chosen) / counts.clamp(min=1).sqrt()


def _bag(example: ChineseExample, known: KnownNgrams) -> NDArray[np.int32]:
    return np.unique(known.rows(clauses_of(example.text))[0])


def _readings(reader: NgramReviews, texts: Sequence[str]) -> list[ReviewReading]:
    batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
    return [reading for batch in batches for reading in reader.forward(reader.tokenise(batch))]


def _aspects(reader: NgramReviews, texts: Sequence[str]) -> list[dict[Aspect, AspectScore]]:
    batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
    return [scores for batch in batches for scores in reader.aspect_scores(reader.tokenise(batch))]


def _probabilities(reader: NgramReviews, examples: Sequence[ChineseExample]) -> NDArray[np.float64]:
    sentiments = [reading.sentiment for reading in _readings(reader, [one.text for one in examples])]
    return np.array([[one.negative, one.neutral, one.positive] for one in sentiments])


def _labels(examples: Sequence[ChineseExample]) -> NDArray[np.int64]:
    return np.array([SENTIMENT_LABELS.index(one.sentiment) for one in examples if one.sentiment is not None])


def _hardened(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """What they were before they were divided by the temperature."""
    raised = probabilities**temperature
    before: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return before


def _poles(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, object]:
    """Negative against positive, neutral set aside."""
    polar = np.isin(labels, _POLES)
    two = probabilities[polar][:, _POLES]
    right = (labels[polar] == _POLES[1]).astype(np.int64)
    return evaluate(two / two.sum(axis=1, keepdims=True), right, ("negative", "positive")).to_dict()


def _presence(
    found: Sequence[set[Aspect] | frozenset[Aspect]], wanted: Sequence[Mapping[Aspect, str]], aspect: Aspect
) -> dict[str, float]:
    pairs = [(aspect in one, aspect in other) for one, other in zip(found, wanted, strict=True)]
    return _f1(pairs)


def _micro(
    scores: Sequence[Mapping[Aspect, AspectScore]], labels: Sequence[frozenset[Aspect]], threshold: float
) -> dict[str, float]:
    return _f1(
        [
            (score.presence >= threshold, aspect in wanted)
            for of_text, wanted in zip(scores, labels, strict=True)
            for aspect, score in of_text.items()
        ]
    )


def _f1(pairs: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    hits = sum(found and right for found, right in pairs)
    found, right = sum(one for one, _ in pairs), sum(one for _, one in pairs)
    return {
        "precision": hits / found if found else 0.0,
        "recall": hits / right if right else 0.0,
        "f1": 2 * hits / (found + right) if found + right else 0.0,
        "support": float(right),
    }
