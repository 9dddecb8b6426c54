"""The small network over character n-grams: what it computes, and its files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from models.encoders.ngram_features import HASH_BITS, MOST_CHARACTERS, KnownNgrams
from models.errors import DamagedModelError
from models.readers.aspects import Aspect, head_aspects
from models.readers.interfaces import SENTIMENT_LABELS
from models.registry.manifest import verify_manifest

WEIGHTS_NAME = "ngram-reviews.safetensors"
CONFIG_NAME = "config.json"

_CLASSES = len(SENTIMENT_LABELS)
_NEGATIVE, _NEUTRAL, _POSITIVE = map(SENTIMENT_LABELS.index, ("negative", "neutral", "positive"))
_DROPOUT = 0.3
_LEAST_WEIGHT = 1e-3
_LARGEST_INT8 = 127


class ClauseLogits(NamedTuple):
    """What the network says of each clause.

    Attributes:
        sentiment: (clauses, 3); classes in the order of SENTIMENT_LABELS.
        weight: (clauses,) above 0: how much it counts where several are put together.
        presence: (clauses, aspects) logits of being spoken of.
        polarity: (clauses, aspects, 3) logits of the sentiment towards it.
    """

    sentiment: Tensor
    weight: Tensor
    presence: Tensor
    polarity: Tensor


class NgramNetwork(nn.Module):
    """A clause is the sum of its n-grams' vectors; a sentence or a review is the weighted sum of its clauses' logits.

    Args:
        ngrams: rows of the embedding.
        width: numbers a row.
        hidden: units of the layer behind.
        aspects: how many it tells apart.
    """

    def __init__(self, ngrams: int, width: int, hidden: int, aspects: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(ngrams, width, mode="sum")
        self.hidden = nn.Linear(width, hidden)
        self.direct = nn.Linear(width, _CLASSES, bias=False)
        self.sentiment = nn.Linear(hidden, _CLASSES)
        self.weight = nn.Linear(hidden, 1)
        self.presence = nn.Linear(hidden, aspects)
        self.direct_presence = nn.Linear(width, aspects, bias=False)
        self.polarity = nn.Linear(hidden, aspects * _CLASSES)
        self.dropout = nn.Dropout(_DROPOUT)
        # Clauses that agree make it surer, if not as much as if they were independent. Praise and blame in about
        # equal parts make it neutral.
        self.agreement = nn.Parameter(torch.tensor(0.0))
        self.tie = nn.Parameter(torch.tensor(8.0))

    def forward(self, rows: Tensor, counts: Tensor, kept: Tensor | None = None) -> ClauseLogits:
        """Read clauses.

        Args:
            rows: of the n-grams of all clauses, one after the other.
            counts: (clauses,) how many each has.
            kept: in training, a weight for each n-gram; 0 where it is dropped.
        """
        sums = self.embedding(rows, counts.cumsum(0) - counts, kept)
        bags = self.dropout(sums / counts.clamp(min=1).sqrt().unsqueeze(1))
        hidden = self.dropout(functional.gelu(self.hidden(bags)))
        sentiment = self.sentiment(hidden) + self.direct(bags)
        polarity = self.polarity(hidden).view(len(counts), self.presence.out_features, _CLASSES)
        return ClauseLogits(
            sentiment,
            functional.softplus(self.weight(hidden).squeeze(1)) + _LEAST_WEIGHT,
            self.presence(hidden) + self.direct_presence(bags),
            polarity + sentiment.unsqueeze(1),
        )

    def together(self, clauses: ClauseLogits, segment_of: Tensor, segments: int) -> Tensor:
        """Sentiment logits of sentences or reviews, (segments, 3); `segment_of` says which one each clause lies in."""
        weight = clauses.weight.unsqueeze(1)
        probabilities = torch.softmax(clauses.sentiment, dim=1)
        weighted = torch.cat((clauses.sentiment * weight, probabilities * weight, weight), dim=1)
        sums = weighted.new_zeros((segments, weighted.shape[1])).index_add(0, segment_of, weighted)
        total = sums[:, -1:].clamp(min=_LEAST_WEIGHT)
        logits = sums[:, :_CLASSES] / total ** torch.sigmoid(self.agreement)
        shares = sums[:, _CLASSES : 2 * _CLASSES] / total
        tie = self.tie * shares[:, _NEGATIVE] * shares[:, _POSITIVE]
        return logits + functional.pad(tie.unsqueeze(1), (_NEUTRAL, _CLASSES - 1 - _NEUTRAL))


@dataclass(frozen=True, slots=True)
class NgramWeights:
    """A trained network in evaluation mode, and what its numbers mean.

    Attributes:
        network: n-grams to logits.
        known: the n-grams it has rows for.
        aspects: that it tells apart, in the order of its outputs.
        temperature: divides the sentiment's logits, so that a probability is the share of times it is right.
        aspect_temperature: the same for the sentiment towards aspects.
        threshold: the presence from which on an aspect is spoken of.
    """

    network: NgramNetwork
    known: KnownNgrams
    aspects: tuple[Aspect, ...]
    temperature: float
    aspect_temperature: float
    threshold: float


def save_ngram_weights(weights: NgramWeights, directory: Path) -> None:
    """Write weights and configuration; the embedding in 8 bits, a scale a column."""
    tensors = {name: tensor.contiguous() for name, tensor in weights.network.state_dict().items()}
    embedding = tensors.pop("embedding.weight")
    scale = embedding.abs().amax(dim=0).clamp(min=1e-8) / _LARGEST_INT8
    tensors["embedding.int8"] = (embedding / scale).round().to(torch.int8)
    tensors["embedding.scale"] = scale
    tensors["ngrams"] = torch.from_numpy(weights.known.hashes)
    # Not save_file: it makes a file that only its owner can read, which an installed package must not hold.
    (directory / WEIGHTS_NAME).write_bytes(save(tensors))
    config = {
        "task": "reviews",
        "languages": ["zh"],
        "labels": list(SENTIMENT_LABELS),
        "aspects": list(weights.aspects),
        "ngrams": {"longest": MOST_CHARACTERS, "hash_bits": HASH_BITS},
        "temperature": weights.temperature,
        "aspect_temperature": weights.aspect_temperature,
        "aspect_threshold": weights.threshold,
    }
    (directory / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_ngram_weights(directory: Path, device: str) -> NgramWeights:
    """Read what `save_ngram_weights` wrote and a manifest closed; computes in float32 on every device.

    Raises:
        DamagedModelError: a file is not what the manifest says, or the network is of another layout.
    """
    verify_manifest(directory)
    config = json.loads((directory / CONFIG_NAME).read_text(encoding="utf-8"))
    layout = (config["labels"], config["ngrams"])
    wanted = (list(SENTIMENT_LABELS), {"longest": MOST_CHARACTERS, "hash_bits": HASH_BITS})
    if layout != wanted:
        raise DamagedModelError(f"model {directory.name}: wanted labels and n-grams {wanted}, got {layout}")
    aspects = head_aspects(config["aspects"], directory.name)
    tensors = load_file(directory / WEIGHTS_NAME)
    known = KnownNgrams(tensors.pop("ngrams").numpy().astype(np.int32))
    tensors["embedding.weight"] = tensors.pop("embedding.int8").float() * tensors.pop("embedding.scale")
    width, hidden = tensors["embedding.weight"].shape[1], len(tensors["hidden.bias"])
    network = NgramNetwork(len(known), width, hidden, len(aspects))
    network.load_state_dict(tensors)
    return NgramWeights(
        network=network.to(device).eval(),
        known=known,
        aspects=aspects,
        temperature=float(config["temperature"]),
        aspect_temperature=float(config["aspect_temperature"]),
        threshold=float(config["aspect_threshold"]),
    )
