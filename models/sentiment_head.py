"""The small network that reads a sentiment out of a review's features, and its files."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from models.errors import DamagedModelError
from models.interfaces import SENTIMENT_LABELS
from models.manifest import verify_manifest
from models.minilm_encoder import ENCODER_NAME, FEATURE_LAYERS

WEIGHTS_NAME = "head.safetensors"
CONFIG_NAME = "config.json"

_HIDDEN_WIDTH = 128
_DROPOUT = 0.5


class SentimentHead(nn.Module):
    """Features to logits, (reviews, width) to (reviews, 3), float32; classes in the order of SENTIMENT_LABELS."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, _HIDDEN_WIDTH)
        self.output = nn.Linear(_HIDDEN_WIDTH, len(SENTIMENT_LABELS))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, features: Tensor) -> Tensor:
        """Uncalibrated logits."""
        hidden = nn.functional.gelu(self.hidden(self.dropout(features)))
        logits: Tensor = self.output(self.dropout(hidden))
        return logits

    def absorb_standardisation(self, mean: Tensor, deviation: Tensor) -> None:
        """Rewrite the first layer so that it takes raw features where it took (raw - mean) / deviation."""
        with torch.no_grad():
            self.hidden.weight.div_(deviation)
            self.hidden.bias.sub_(self.hidden.weight @ mean)


@dataclass(frozen=True, slots=True)
class CalibratedHead:
    """A trained head in evaluation mode.

    Attributes:
        network: features to logits.
        temperature: divides the logits, so that a probability is the share of times it is right.
        encoder_sha256: of the weights whose features it was trained on.
    """

    network: SentimentHead
    temperature: float
    encoder_sha256: str

    @torch.inference_mode()
    def probabilities(self, features: Tensor) -> Tensor:
        """(reviews, width) to (reviews, 3) float64; rows sum to 1."""
        return torch.softmax(self.network(features).double().cpu() / self.temperature, dim=1)


def save_head(head: CalibratedHead, directory: Path) -> None:
    """Write the weights and the configuration."""
    weights = {name: tensor.contiguous() for name, tensor in head.network.state_dict().items()}
    # Not save_file: it makes a file that only its owner can read, which an installed package must not hold.
    (directory / WEIGHTS_NAME).write_bytes(save(weights))
    config = {
        "task": "sentiment",
        "labels": list(SENTIMENT_LABELS),
        "languages": ["en"],
        "pooling": {"kind": "mean", "layers": list(FEATURE_LAYERS)},
        "temperature": head.temperature,
        "encoder": {"name": ENCODER_NAME, "sha256": head.encoder_sha256},
    }
    (directory / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_head(directory: Path, device: str) -> CalibratedHead:
    """Read a head that `save_head` wrote and a manifest closed.

    Raises:
        DamagedModelError: a file is not what the manifest says, or the head is of another layout.
    """
    verify_manifest(directory)
    config = json.loads((directory / CONFIG_NAME).read_text(encoding="utf-8"))
    layout = (config["labels"], config["pooling"]["layers"])
    wanted = (list(SENTIMENT_LABELS), list(FEATURE_LAYERS))
    if layout != wanted:
        raise DamagedModelError(f"head {directory.name}: wanted labels and layers {wanted}, got {layout}")
    weights = load_file(directory / WEIGHTS_NAME)
    network = SentimentHead(weights["hidden.weight"].shape[1])
    network.load_state_dict(weights)
    return CalibratedHead(
        network=network.to(device).eval(),
        temperature=float(config["temperature"]),
        encoder_sha256=str(config["encoder"]["sha256"]),
    )
