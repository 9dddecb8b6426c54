"""Train a sentiment head on fixed features: class-balanced, stopped early, calibrated."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.interfaces import SENTIMENT_LABELS
from models.sentiment_head import CalibratedHead, SentimentHead

_VALIDATION_SHARE = 0.1
_EPOCHS = 40
_PATIENCE_EPOCHS = 5
_BATCH = 64
_LEARNING_RATE = 5e-4
_WEIGHT_DECAY = 1.0
_WARM_UP_SHARE = 0.06
_TEMPERATURES = np.geomspace(0.25, 4.0, 161)


@dataclass(frozen=True, slots=True)
class HeadTraining:
    """A trained head and how it came about.

    Attributes:
        head: ready to use.
        epochs: after which the validation loss was lowest.
        validation_loss: that loss, class-balanced, nats.
    """

    head: CalibratedHead
    epochs: int
    validation_loss: float


def train_head(
    features: Tensor, labels: NDArray[np.int64], *, seed: int, encoder_sha256: str
) -> HeadTraining:
    """Train on nine tenths, stop and calibrate on the other tenth. The same seed gives the same weights.

    Args:
        features: (examples, width) float32, on the CPU.
        labels: (examples,) indices into SENTIMENT_LABELS.
        seed: of the split, the initial weights, the order and the dropout.
        encoder_sha256: recorded in the head.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        order = torch.randperm(len(labels))
        held_out = max(1, int(len(labels) * _VALIDATION_SHARE))
        validation, training = order[:held_out], order[held_out:]
        mean = features[training].mean(dim=0)
        deviation = features[training].std(dim=0) + 1e-6
        standardised = (features - mean) / deviation
        targets = torch.from_numpy(labels)
        network = SentimentHead(features.shape[1])
        epochs, loss = _fit(network, standardised, targets, training, validation)
        network.eval()
        with torch.no_grad():
            logits = network(standardised[validation]).double().numpy()
        network.absorb_standardisation(mean, deviation)
    temperature = fit_temperature(logits, labels[validation.numpy()])
    return HeadTraining(CalibratedHead(network, temperature, encoder_sha256), epochs, loss)


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The temperature that makes the labels likeliest (Guo et al. 2017), by trying 161 from 1/4 to 4."""
    losses = []
    for temperature in _TEMPERATURES:
        scaled = logits / temperature
        log_total = np.logaddexp.reduce(scaled, axis=1)
        losses.append(float((log_total - scaled[np.arange(len(labels)), labels]).mean()))
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _fit(
    network: SentimentHead, features: Tensor, targets: Tensor, training: Tensor, validation: Tensor
) -> tuple[int, float]:
    """Leaves the weights of the best epoch in the network; returns that epoch and its validation loss."""
    loss_of = nn.CrossEntropyLoss(weight=_class_weights(targets[training]))
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    total_steps = _EPOCHS * math.ceil(len(training) / _BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (_WARM_UP_SHARE * total_steps)) * (1.0 - step / total_steps),
    )
    best_loss, best_epoch = math.inf, 0
    best_weights = network.state_dict()
    for epoch in range(1, _EPOCHS + 1):
        network.train()
        for batch in torch.split(training[torch.randperm(len(training))], _BATCH):
            loss = loss_of(network(features[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            validation_loss = float(loss_of(network(features[validation]), targets[validation]))
        if validation_loss < best_loss:
            best_loss, best_epoch = validation_loss, epoch
            best_weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        elif epoch - best_epoch >= _PATIENCE_EPOCHS:
            break
    network.load_state_dict(best_weights)
    return best_epoch, best_loss


def _class_weights(targets: Tensor) -> Tensor:
    """Every class counts as much as the others, however few its examples."""
    counts = torch.bincount(targets, minlength=len(SENTIMENT_LABELS)).clamp(min=1)
    return len(targets) / (len(SENTIMENT_LABELS) * counts.float())
