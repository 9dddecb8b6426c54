"""The files of a trained reader: what it changed in its encoder, its heads, and how they are calibrated."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor

from models.errors import DamagedModelError
from models.readers.aspects import ASPECTS
from models.readers.opinion_heads import OpinionHeads
from models.readers.opinion_reader import Calibration
from models.registry.manifest import verify_manifest
from schemas.vocabularies import HOLDERS

WEIGHTS_NAME = "opinion-reader.safetensors"
CONFIG_NAME = "config.json"
_ENCODER, _HEADS = "encoder.", "heads."
_SETTINGS = {"encoder", "encoder_sha256", "languages", "aspects", "holders", "width", "calibration"}


@dataclass(frozen=True, slots=True)
class ReaderWeights:
    """What was trained.

    Attributes:
        encoder: name of what it was trained on, of `models.readers.encoder_kinds`; may be a reference.
        encoder_sha256: of the weights that it had before.
        languages: that it reads, as ISO 639-1 codes.
        difference: of the encoder's weights; see `models.encoders.differences`.
        heads: in evaluation mode.
        calibration: of the heads.
    """

    encoder: str
    encoder_sha256: str
    languages: tuple[str, ...]
    difference: Mapping[str, Tensor]
    heads: OpinionHeads
    calibration: Calibration


def save_reader_weights(weights: ReaderWeights, directory: Path) -> None:
    """Write tensors and configuration; whoever calls closes the directory with a manifest."""
    tensors = {_ENCODER + name: tensor.contiguous() for name, tensor in weights.difference.items()}
    tensors |= {
        _HEADS + name: tensor.half().contiguous() for name, tensor in weights.heads.state_dict().items()
    }
    # Not save_file: it makes a file that only its owner can read, which an installed package must not hold.
    (directory / WEIGHTS_NAME).write_bytes(save(tensors))
    config = {
        "encoder": weights.encoder,
        "encoder_sha256": weights.encoder_sha256,
        "languages": list(weights.languages),
        "aspects": list(ASPECTS),
        "holders": list(HOLDERS),
        "width": weights.heads.norm.normalized_shape[0],
        "calibration": asdict(weights.calibration),
    }
    (directory / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_reader_weights(directory: Path) -> ReaderWeights:
    """Read what `save_reader_weights` wrote and a manifest closed.

    Raises:
        DamagedModelError: a file is missing or not the one that was written, it is of another kind of model, or
            it tells other aspects apart.
    """
    verify_manifest(directory)
    config: dict[str, Any] = json.loads((directory / CONFIG_NAME).read_text(encoding="utf-8"))
    missing = _SETTINGS - config.keys()
    if missing:
        raise DamagedModelError(
            f"model {directory.name}: {CONFIG_NAME} has no {', '.join(sorted(missing))}, so it is not of such a "
            "reader: train or fetch the model again"
        )
    for name, known in (("aspects", ASPECTS), ("holders", HOLDERS)):
        if tuple(config[name]) != known:
            raise DamagedModelError(
                f"model {directory.name}: wanted the {name} {', '.join(known)}, got "
                f"{', '.join(config[name])}: train it again"
            )
    tensors = load_file(directory / WEIGHTS_NAME)
    heads = OpinionHeads(config["width"])
    heads.load_state_dict(
        {
            name.removeprefix(_HEADS): tensor.float()
            for name, tensor in tensors.items()
            if name.startswith(_HEADS)
        }
    )
    return ReaderWeights(
        config["encoder"],
        config["encoder_sha256"],
        tuple(config["languages"]),
        {
            name.removeprefix(_ENCODER): tensor
            for name, tensor in tensors.items()
            if name.startswith(_ENCODER)
        },
        heads.eval(),
        Calibration(**config["calibration"]),
    )
