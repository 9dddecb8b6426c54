"""Fine-tune the English reader: a low-rank adapter of the encoder and its heads, all questions at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.devices import has_fast_bfloat16
from models.encoders.low_rank import adapter_weights, add_adapter
from models.encoders.minilm_encoder import (
    FEATURE_LAYERS,
    encoder_directory,
    encoder_tokeniser,
    feature_states,
    load_packed_bert,
)
from models.encoders.sentence_tokeniser import TokenisedText
from models.readers.aspects import ASPECTS
from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.review_heads import AspectHead, AspectLogits, SentimentHead, mean_by_segment
from models.readers.review_weights import ReviewWeights
from models.training.calibration import fit_temperature
from models.training.examples import Example, sentiment_index

RANK = 8
_EPOCHS = 3
_BATCH = 32
_ADAPTER_LEARNING_RATE = 1e-3
_HEAD_LEARNING_RATE = 1e-3
_WEIGHT_DECAY = 0.01
_WARM_UP_SHARE = 0.06
_VALIDATION_SHARE = 0.08
_PATIENCE_EPOCHS = 2
_COMPANY = 3
_WINDOW_TOKENS = 256
#: Presence is decided for all aspects at a time, sentiment once; this brings their losses to one size.
_PRESENCE_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A trained reader's weights and how they came about.

    Attributes:
        weights: ready to be saved or merged.
        epochs: after which the validation loss was lowest.
        validation_loss: that loss, nats.
    """

    weights: ReviewWeights
    epochs: int
    validation_loss: float


class Trainee(nn.Module):
    """The encoder with an adapter, and the heads; float32."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = load_packed_bert(encoder_directory())
        width = self.bert.words.weight.shape[1] * len(FEATURE_LAYERS)
        self.bert.requires_grad_(requires_grad=False)
        self.adapter = add_adapter(self.bert, RANK)
        self.sentiment_head, self.aspect_head = SentimentHead(width), AspectHead(width, len(ASPECTS))

    def forward(self, texts: Sequence[TokenisedText], company: int = 1) -> tuple[Tensor, AspectLogits]:
        """Logits of each text, each taken for one sentence: (texts, 3), and those of the aspects.

        Args:
            texts: to be read.
            company: so many short texts in a row share a window, as the sentences of a review do.
        """
        windows, owners = _windows(texts, company)
        lengths = [len(window) for window in windows]
        states = feature_states(
            self.bert, torch.tensor([token for window in windows for token in window]), lengths
        )
        tokens = torch.cat([window[1:-1] for window in torch.split(states, lengths)])
        owner = torch.tensor(owners)
        means = mean_by_segment(tokens, owner, len(texts))
        return self.sentiment_head(means), self.aspect_head(tokens, owner, len(texts))


def _windows(texts: Sequence[TokenisedText], company: int) -> tuple[list[list[int]], list[int]]:
    """Windows of token ids, and which text each token that is not special belongs to."""
    windows: list[list[int]] = []
    owners: list[int] = []
    room = 0
    for number, text in enumerate(texts):
        for window in map(list, text.windows):
            inner = window[1:-1]
            if room > 0 and len(windows[-1]) + len(inner) <= _WINDOW_TOKENS:
                windows[-1][-1:-1] = inner
                room -= 1
            else:
                windows.append(window)
                room = company - 1
            owners += [number] * len(inner)
    return windows, owners


@dataclass(frozen=True, slots=True)
class _Batch:
    """Examples as the network takes them; -1 where a class is not known."""

    texts: list[TokenisedText]
    sentiment: Tensor
    present: Tensor
    covered: Tensor
    polarity: Tensor

    @classmethod
    def of(cls, examples: Sequence[tuple[TokenisedText, Example]]) -> "_Batch":
        shape = (len(examples), len(ASPECTS))
        present, covered = torch.zeros(shape), torch.zeros(shape)
        polarity = torch.full(shape, -1)
        for row, (_, example) in enumerate(examples):
            for column, aspect in enumerate(ASPECTS):
                covered[row, column] = aspect in example.covered
                if example.aspects is not None and aspect in example.aspects:
                    present[row, column] = covered[row, column] = 1.0
                    polarity[row, column] = sentiment_index(example.aspects[aspect])
        sentiment = torch.tensor([sentiment_index(example.sentiment) for _, example in examples])
        return cls([text for text, _ in examples], sentiment, present, covered, polarity)


def fit(examples: Sequence[Example], *, seed: int, encoder_sha256: str) -> Fit:
    """Train, stop early, calibrate. The same examples, seed and machine give the same weights.

    AdamW (Loshchilov and Hutter 2019), linear warm-up and decay; classes of sentiment weigh the same however many
    examples they have. Runs the encoder in bfloat16 where the CPU has it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tokenised = encoder_tokeniser(encoder_directory())([example.text for example in examples])
        pairs = [pair for pair in zip(tokenised, examples, strict=True) if pair[0].sentences]
        order = torch.randperm(len(pairs)).tolist()
        held_out = max(1, int(len(pairs) * _VALIDATION_SHARE))
        validation = [pairs[index] for index in order[:held_out]]
        training = [pairs[index] for index in order[held_out:]]
        trainee = Trainee()
        weights = _class_weights(training)
        best = _optimise(trainee, training, validation, weights)
        trainee.eval()
        sentiment_logits, polarity_logits, presence = _logits(trainee, validation)
    batch = _Batch.of(validation)
    known, spoken = batch.sentiment >= 0, batch.polarity >= 0
    return Fit(
        ReviewWeights(
            adapter=adapter_weights(trainee.bert),
            sentiment_head=trainee.sentiment_head,
            aspect_head=trainee.aspect_head,
            aspects=ASPECTS,
            temperature=fit_temperature(sentiment_logits[known.numpy()], batch.sentiment[known].numpy()),
            aspect_temperature=fit_temperature(
                polarity_logits[spoken.numpy()], batch.polarity[spoken].numpy()
            ),
            threshold=_threshold(presence, batch),
            encoder_sha256=encoder_sha256,
        ),
        *best,
    )


def _optimise(
    trainee: Trainee,
    training: Sequence[tuple[TokenisedText, Example]],
    validation: Sequence[tuple[TokenisedText, Example]],
    class_weights: Tensor,
) -> tuple[int, float]:
    """Leaves the weights of the best epoch in the network; returns that epoch and its validation loss."""
    heads = [*trainee.sentiment_head.parameters(), *trainee.aspect_head.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": trainee.adapter, "lr": _ADAPTER_LEARNING_RATE},
            {"params": heads, "lr": _HEAD_LEARNING_RATE},
        ],
        weight_decay=_WEIGHT_DECAY,
    )
    total_steps = _EPOCHS * math.ceil(len(training) / _BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (_WARM_UP_SHARE * total_steps)) * (1.0 - step / total_steps),
    )
    best_epoch, best_loss, best_state = 0, math.inf, _trained_state(trainee)
    for epoch in range(1, _EPOCHS + 1):
        trainee.train()
        order = torch.randperm(len(training)).tolist()
        for first in range(0, len(order), _BATCH):
            batch = _Batch.of([training[index] for index in order[first : first + _BATCH]])
            # Every other batch the texts have company, so that none takes its neighbour's aspects for its own.
            company = _COMPANY if first // _BATCH % 2 else 1
            loss = _loss(trainee, batch, class_weights, company)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        trainee.eval()
        with torch.no_grad():
            losses = [
                float(_loss(trainee, _Batch.of(validation[first : first + _BATCH]), class_weights))
                for first in range(0, len(validation), _BATCH)
            ]
        validation_loss = float(np.mean(losses))
        if validation_loss < best_loss:
            best_epoch, best_loss, best_state = epoch, validation_loss, _trained_state(trainee)
        elif epoch - best_epoch >= _PATIENCE_EPOCHS:
            break
    trainee.load_state_dict(best_state, strict=False)
    return best_epoch, best_loss


def _loss(trainee: Trainee, batch: _Batch, class_weights: Tensor, company: int = 1) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16("cpu")):
        sentiment, aspects = trainee(batch.texts, company)
    loss = torch.zeros(())
    if (batch.sentiment >= 0).any():
        loss = loss + functional.cross_entropy(
            sentiment.float(), batch.sentiment, weight=class_weights, ignore_index=-1
        )
    if batch.covered.any():
        each = functional.binary_cross_entropy_with_logits(
            aspects.presence.float(), batch.present, reduction="none"
        )
        loss = loss + _PRESENCE_WEIGHT * (each * batch.covered).sum() / batch.covered.sum()
    if (batch.polarity >= 0).any():
        loss = loss + functional.cross_entropy(
            aspects.polarity.float().flatten(0, 1), batch.polarity.flatten(), ignore_index=-1
        )
    return loss


@torch.no_grad()
def _logits(
    trainee: Trainee, pairs: Sequence[tuple[TokenisedText, Example]]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Tensor]:
    """Of the sentiment, (texts, 3); of the polarity, (texts, aspects, 3); and of the presence, (texts, aspects)."""
    outputs = [
        trainee([text for text, _ in pairs[first : first + _BATCH]]) for first in range(0, len(pairs), _BATCH)
    ]
    return (
        torch.cat([sentiment for sentiment, _ in outputs]).double().numpy(),
        torch.cat([aspects.polarity for _, aspects in outputs]).double().numpy(),
        torch.cat([aspects.presence for _, aspects in outputs]),
    )


def _threshold(presence: Tensor, batch: _Batch) -> float:
    """The probability from which calling an aspect present gives the best F1."""
    known = batch.covered > 0
    probabilities, right = torch.sigmoid(presence[known]), batch.present[known] > 0
    scores: dict[float, float] = {}
    for threshold in np.arange(0.3, 0.71, 0.05).round(2).tolist():
        found = probabilities >= threshold
        scores[threshold] = float(2 * (found & right).sum() / max(1, int(found.sum() + right.sum())))
    return max(scores, key=lambda threshold: scores[threshold])


def _class_weights(pairs: Sequence[tuple[TokenisedText, Example]]) -> Tensor:
    """Every class of sentiment counts as much as the others, however few its examples."""
    known = [sentiment_index(example.sentiment) for _, example in pairs if example.sentiment is not None]
    counts = torch.bincount(torch.tensor(known), minlength=len(SENTIMENT_LABELS)).clamp(min=1)
    return len(known) / (len(SENTIMENT_LABELS) * counts.float())


def _trained_state(trainee: Trainee) -> dict[str, Tensor]:
    """What training changes: the adapter and the heads."""
    return {
        name: tensor.clone()
        for name, tensor in trainee.state_dict().items()
        if name.endswith((".down", ".up")) or not name.startswith("bert.")
    }
