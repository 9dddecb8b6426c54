"""The files of a trained English reader: its adapter, its heads, and how they are calibrated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from models.encoders.minilm_encoder import ENCODER_NAME, FEATURE_LAYERS
from models.errors import DamagedModelError
from models.readers.aspects import Aspect, head_aspects
from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.review_heads import AspectHead, AspectLogits, SentimentHead
from models.registry.manifest import verify_manifest

#: No transformers checkpoint has a file of this name.
WEIGHTS_NAME = "minilm-reviews.safetensors"
CONFIG_NAME = "config.json"


@dataclass(frozen=True, slots=True)
class ReviewWeights:
    """What was trained, in evaluation mode.

    Attributes:
        adapter: low-rank updates of the encoder, as `models.encoders.low_rank.adapter_weights` names them.
        sentiment_head: mean token vectors to sentiment.
        aspect_head: token vectors to aspects.
        aspects: that the head tells apart, in the order of its outputs.
        temperature: divides the sentiment's logits, so that a probability is the share of times it is right.
        aspect_temperature: the same for the sentiment towards an aspect.
        threshold: from which probability on an aspect counts as spoken of.
        encoder_sha256: of the weights it was trained on.
    """

    adapter: Mapping[str, Tensor]
    sentiment_head: SentimentHead
    aspect_head: AspectHead
    aspects: tuple[Aspect, ...]
    temperature: float
    aspect_temperature: float
    threshold: float
    encoder_sha256: str

    @torch.inference_mode()
    def sentiment_probabilities(self, means: Tensor) -> Tensor:
        """(segments, width) to (segments, 3) float64; rows sum to 1."""
        return torch.softmax(self.sentiment_head(means).double().cpu() / self.temperature, dim=1)

    @torch.inference_mode()
    def aspect_probabilities(self, logits: AspectLogits) -> tuple[Tensor, Tensor]:
        """Presence, (segments, aspects) float64, and polarity, (segments, aspects, 3) float64."""
        presence = torch.sigmoid(logits.presence.double().cpu())
        return presence, torch.softmax(logits.polarity.double().cpu() / self.aspect_temperature, dim=2)


def save_review_weights(weights: ReviewWeights, directory: Path) -> None:
    """Write the tensors, halved in precision, and the configuration."""
    tensors = {f"adapter.{name}": tensor for name, tensor in weights.adapter.items()}
    tensors |= {f"sentiment.{name}": tensor for name, tensor in weights.sentiment_head.state_dict().items()}
    tensors |= {f"aspects.{name}": tensor for name, tensor in weights.aspect_head.state_dict().items()}
    # Not save_file: it makes a file that only its owner can read, which an installed package must not hold.
    halved = {name: tensor.to(torch.float16).contiguous() for name, tensor in tensors.items()}
    (directory / WEIGHTS_NAME).write_bytes(save(halved))
    config = {
        "task": "reviews",
        "languages": ["en"],
        **_layout(),
        "aspects": list(weights.aspects),
        "temperature": weights.temperature,
        "aspect_temperature": weights.aspect_temperature,
        "aspect_threshold": weights.threshold,
        "encoder": {"name": ENCODER_NAME, "sha256": weights.encoder_sha256},
    }
    (directory / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_review_weights(directory: Path, device: str) -> ReviewWeights:
    """Read what `save_review_weights` wrote and a manifest closed.

    Raises:
        DamagedModelError: a file is not what the manifest says, or the model is of another layout.
    """
    verify_manifest(directory)
    config = json.loads((directory / CONFIG_NAME).read_text(encoding="utf-8"))
    wanted = _layout()
    found = {key: config.get(key) for key in wanted}
    if found != wanted:
        raise DamagedModelError(f"model {directory.name}: wanted {wanted}, got {found}")
    aspects = head_aspects(config["aspects"], directory.name)
    parts: dict[str, dict[str, Tensor]] = {"adapter": {}, "sentiment": {}, "aspects": {}}
    for name, tensor in load_file(directory / WEIGHTS_NAME).items():
        part, _, rest = name.partition(".")
        parts[part][rest] = tensor.float()
    width = parts["sentiment"]["hidden.weight"].shape[1]
    sentiment_head, aspect_head = SentimentHead(width), AspectHead(width, len(aspects))
    sentiment_head.load_state_dict(parts["sentiment"])
    aspect_head.load_state_dict(parts["aspects"])
    return ReviewWeights(
        adapter=parts["adapter"],
        sentiment_head=sentiment_head.to(device).eval(),
        aspect_head=aspect_head.to(device).eval(),
        aspects=aspects,
        temperature=float(config["temperature"]),
        aspect_temperature=float(config["aspect_temperature"]),
        threshold=float(config["aspect_threshold"]),
        encoder_sha256=str(config["encoder"]["sha256"]),
    )


def _layout() -> dict[str, object]:
    return {"labels": list(SENTIMENT_LABELS), "layers": list(FEATURE_LAYERS)}
