"""Fit the Chinese reader's network: class-balanced, stopped early, calibrated; the same seed gives the same weights."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.encoders.ngram_features import KnownNgrams
from models.evaluation import evaluate
from models.readers.aspects import ASPECTS
from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.ngram_network import ClauseLogits, NgramNetwork, NgramWeights
from models.training.calibration import fit_temperature
from models.training.chinese_corpus import NEUTRAL, NEUTRAL_WEIGHT, UNKNOWN, Batch, Corpus, known_ngrams
from models.training.chinese_data import AspectWords, ChineseExample

WIDTH: Final = 24
HIDDEN: Final = 32
EPOCHS: Final = 4
_BATCH = 64
_LEARNING_RATE = 2e-3
_WEIGHT_DECAY = 0.05
_WARM_UP_SHARE = 0.06
_AVERAGE_DECAY = 0.995
_NGRAM_DROPOUT = 0.45
# An aspect often hangs on one word.
_ASPECT_NGRAM_DROPOUT = 0.25
# The share of batches in which the aspects' own words are taken out, so that the words around them are learnt.
_WORDLESS_SHARE = 0.2
# How much of the naive Bayes log-ratios the embedding starts with.
_BAYES = 0.6
_INITIAL_DEVIATION = 0.02
# A clause without an aspect's words may still speak of it.
_WORDLESS_WEIGHT = 0.5
_CLAUSE_ASPECT_WEIGHT = 1.0
_POLARITY_WEIGHT = 2.0
_THRESHOLDS = np.linspace(0.1, 0.9, 33)


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        weights: of the epoch that was best on the validation part.
        epochs: which one that was.
        validation_score: macro-F1 of shop reviews' poles plus half the macro-F1 of our own sentences.
    """

    weights: NgramWeights
    epochs: int
    validation_score: float


def fit(
    training: Sequence[ChineseExample],
    validation: Sequence[ChineseExample],
    words: AspectWords,
    *,
    seed: int,
    progress: Callable[[str], None],
) -> Fit:
    """Train on one part, stop and calibrate on the other."""
    known = known_ngrams(training)
    unseen = Corpus(validation, known, words)
    epochs, score = 0, -math.inf
    best: dict[str, Tensor] = {}
    for epoch, network in _epochs(training, known, words, seed):
        found = _score(network, unseen)
        progress(f"epoch {epoch}: {found:.4f} on the validation part")
        if found > score:
            epochs, score = epoch, found
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(best)
    network.eval()
    return Fit(_calibrated(network, known, unseen), epochs, score)


def fit_alike(
    training: Sequence[ChineseExample],
    like: Fit,
    words: AspectWords,
    *,
    seed: int,
    progress: Callable[[str], None],
) -> Fit:
    """Train on more, for as many epochs and with the calibration of a training that could be validated."""
    known = known_ngrams(training)
    *_, (epochs, network) = islice(_epochs(training, known, words, seed), like.epochs)
    progress(f"trained for {epochs} epochs")
    return replace(like, weights=replace(like.weights, network=network.eval(), known=known))


def _epochs(
    training: Sequence[ChineseExample], known: KnownNgrams, words: AspectWords, seed: int
) -> Iterator[tuple[int, NgramNetwork]]:
    """After each epoch a moving average of the network's weights, which is better than where its last steps went."""
    corpus = Corpus(training, known, words)
    wordless = Corpus(training, known, words, wordless=True)
    random = np.random.default_rng(seed)
    network = NgramNetwork(len(known), WIDTH, HIDDEN, len(ASPECTS))
    _initialise(network, corpus)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGE_DECAY))  # type: ignore[no-untyped-call]
    optimizer, schedule = _optimizer(network, EPOCHS * math.ceil(len(corpus) / _BATCH))
    for epoch in range(1, EPOCHS + 1):
        network.train()
        order = random.permutation(len(corpus))
        for start in range(0, len(order), _BATCH):
            source = wordless if random.random() < _WORDLESS_SHARE else corpus
            loss = _loss(network, source.batch(order[start : start + _BATCH]))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
        yield epoch, cast("NgramNetwork", average.module)


def _optimizer(
    network: NgramNetwork, total_steps: int
) -> tuple[torch.optim.AdamW, torch.optim.lr_scheduler.LambdaLR]:
    matrices = [one for one in network.parameters() if one.ndim > 1]
    others = [one for one in network.parameters() if one.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": _WEIGHT_DECAY},
            {"params": others, "weight_decay": 0.0, "lr": 10 * _LEARNING_RATE},
        ],
        lr=_LEARNING_RATE,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (_WARM_UP_SHARE * total_steps)) * (1.0 - step / total_steps),
    )
    return optimizer, schedule


def _loss(network: NgramNetwork, batch: Batch) -> Tensor:
    texts = len(batch.labels)
    clauses = network(batch.rows, batch.counts, _kept(len(batch.rows), _NGRAM_DROPOUT))
    sentiment = network.together(clauses, batch.text_of, texts)
    known = batch.labels != UNKNOWN
    of_sentiment = functional.cross_entropy(sentiment[known], batch.labels[known], reduction="none")
    clauses = network(batch.rows, batch.counts, _kept(len(batch.rows), _ASPECT_NGRAM_DROPOUT))
    return (of_sentiment * batch.weights[known]).sum() / texts + _aspect_loss(clauses, batch)


def _kept(ngrams: int, dropped: float) -> Tensor:
    return (torch.rand(ngrams) > dropped).float() / (1 - dropped)


def _aspect_loss(clauses: ClauseLogits, batch: Batch) -> Tensor:
    """Weak labels by clause where a text is not ours, and what is known of whole texts."""
    texts = len(batch.labels)
    by_clause = functional.binary_cross_entropy_with_logits(
        clauses.presence, batch.spoken_of, reduction="none"
    )
    trust = torch.where(batch.spoken_of > 0, 1.0, _WORDLESS_WEIGHT) * ~batch.is_written[batch.text_of, None]
    highest, polarity = _aspects_of_texts(clauses, batch.text_of, texts)
    present = functional.binary_cross_entropy_with_logits(
        highest, batch.present.clamp(min=0), reduction="none"
    )
    judged = batch.polarity != UNKNOWN
    chosen = polarity[judged].gather(1, batch.polarity[judged].unsqueeze(1))
    return (
        _CLAUSE_ASPECT_WEIGHT * (by_clause * trust).sum() / len(trust)
        + (present * (batch.present >= 0)).sum() / texts
        - _POLARITY_WEIGHT
        * (torch.log(chosen[:, 0] + 1e-9) * _polarity_weights(batch.polarity[judged])).sum()
        / texts
    )


def _polarity_weights(labels: Tensor) -> Tensor:
    return torch.where(labels == NEUTRAL, NEUTRAL_WEIGHT, 1.0)


def _aspects_of_texts(clauses: ClauseLogits, text_of: Tensor, texts: int) -> tuple[Tensor, Tensor]:
    """Presence logits of the clause where it is highest; polarity probabilities, weighted by presence."""
    places = text_of.unsqueeze(1).expand_as(clauses.presence)
    lowest = clauses.presence.new_full((texts, len(ASPECTS)), -30.0)
    highest = lowest.scatter_reduce(0, places, clauses.presence, "amax")
    weighted = torch.softmax(clauses.polarity, dim=2) * (torch.sigmoid(clauses.presence).unsqueeze(2) + 1e-6)
    sums = weighted.new_zeros((texts, *weighted.shape[1:])).index_add(0, text_of, weighted)
    return highest, sums / sums.sum(dim=2, keepdim=True).clamp(min=1e-9)


@torch.no_grad()
def _initialise(network: NgramNetwork, corpus: Corpus) -> None:
    """Start from naive Bayes: how much likelier each n-gram is in one class (Wang and Manning 2012)."""
    counts = np.ones((len(SENTIMENT_LABELS), network.embedding.num_embeddings))
    for label, rows in zip(corpus.labels, corpus.document_rows(), strict=True):
        if label != UNKNOWN:
            counts[label, rows] += 1
    negative, neutral, positive = np.log(counts / counts.sum(axis=1, keepdims=True))
    network.embedding.weight.normal_(0.0, _INITIAL_DEVIATION)
    network.embedding.weight[:, 0] = torch.from_numpy(_BAYES * (positive - negative)).float()
    network.embedding.weight[:, 1] = torch.from_numpy(
        _BAYES / 2 * (neutral - (positive + negative) / 2)
    ).float()
    aspects = slice(2, 2 + len(ASPECTS))
    network.embedding.weight[:, aspects] = torch.from_numpy(
        _BAYES * corpus.aspect_ratios(len(counts[0]))
    ).float()
    network.direct_presence.weight.zero_()
    network.direct_presence.weight[:, aspects].fill_diagonal_(1.0)
    network.direct.weight.zero_()
    network.direct.weight[:, 0] = torch.tensor([-1.0, 0.0, 1.0])
    network.direct.weight[:, 1] = torch.tensor([0.0, 1.0, 0.0])


@torch.no_grad()
def _predict(network: NgramNetwork, corpus: Corpus) -> tuple[NDArray[np.float64], Tensor, Tensor]:
    """Of all texts: sentiment logits, presence probabilities, polarity probabilities."""
    network.eval()
    parts = []
    for start in range(0, len(corpus), 256):
        batch = corpus.batch(np.arange(start, min(start + 256, len(corpus))))
        clauses = network(batch.rows, batch.counts)
        texts = len(batch.labels)
        highest, polarity = _aspects_of_texts(clauses, batch.text_of, texts)
        sentiment = network.together(clauses, batch.text_of, texts)
        parts.append((sentiment, torch.sigmoid(highest), polarity))
    sentiments, presence, polarity = (torch.cat(part) for part in zip(*parts, strict=True))
    return sentiments.double().numpy(), presence, polarity


def _score(network: NgramNetwork, corpus: Corpus) -> float:
    logits, _, _ = _predict(network, corpus)
    probabilities = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    shop, ours = ~corpus.is_written, corpus.is_written
    score = 0.0
    if shop.any():
        poles = probabilities[shop][:, [0, 2]]
        labels = (corpus.labels[shop] == 2).astype(np.int64)
        score += evaluate(poles / poles.sum(axis=1, keepdims=True), labels, ("negative", "positive")).macro_f1
    if ours.any():
        score += evaluate(probabilities[ours], corpus.labels[ours], SENTIMENT_LABELS).macro_f1 / 2
    return score


def _calibrated(network: NgramNetwork, known: KnownNgrams, unseen: Corpus) -> NgramWeights:
    logits, presence, polarity = _predict(network, unseen)
    whole = unseen.batch(np.arange(len(unseen)))
    judged = whole.polarity != UNKNOWN
    return NgramWeights(
        network=network,
        known=known,
        aspects=ASPECTS,
        temperature=fit_temperature(logits, unseen.labels),
        aspect_temperature=fit_temperature(
            torch.log(polarity[judged].double() + 1e-9).numpy(), whole.polarity[judged].numpy()
        ),
        threshold=_best_threshold(presence.numpy(), whole.present.numpy()),
    )


def _best_threshold(presence: NDArray[np.float32], labels: NDArray[np.float32]) -> float:
    """The one with the highest F1 over all texts and aspects of which presence is known."""
    known = labels >= 0
    scores, right = presence[known], labels[known] > 0
    found = [
        2
        * int((right & (scores >= threshold)).sum())
        / max(1, int(right.sum() + (scores >= threshold).sum()))
        for threshold in _THRESHOLDS
    ]
    return float(_THRESHOLDS[int(np.argmax(found))])
