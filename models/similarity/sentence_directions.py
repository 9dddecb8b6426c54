"""The directions onto which the English reader projects what it made of a sentence, and their file."""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from models.similarity.sentence_bits import packed

DIRECTIONS_NAME = "sentence-directions.safetensors"


@dataclass(frozen=True, slots=True)
class SentenceDirections:
    """A map of mean token vectors to bits.

    Attributes:
        directions: (width, 256), float32.
        offset: (256,), float32: the projections of the mean over many sentences, which is taken away.
    """

    directions: Tensor
    offset: Tensor

    @torch.inference_mode()
    def embeddings(self, means: Tensor) -> list[bytes]:
        """(sentences, width) mean token vectors, on the device of the directions, to 32 bytes each."""
        return packed((means @ self.directions - self.offset).cpu().numpy())


def save_sentence_directions(made: SentenceDirections, directory: Path) -> None:
    """Write the directions, halved in precision, and the offset."""
    tensors = {
        "directions": made.directions.to(torch.float16).contiguous(),
        "offset": made.offset.contiguous(),
    }
    # Not save_file: it makes a file that only its owner can read, which an installed package must not hold.
    (directory / DIRECTIONS_NAME).write_bytes(save(tensors))


def load_sentence_directions(directory: Path, device: str) -> SentenceDirections | None:
    """Read what `save_sentence_directions` wrote and a manifest closed; None where a model has no such file."""
    path = directory / DIRECTIONS_NAME
    if not path.is_file():
        return None
    tensors = {name: tensor.float().to(device) for name, tensor in load_file(path).items()}
    return SentenceDirections(tensors["directions"], tensors["offset"])
