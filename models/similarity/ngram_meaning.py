"""What character n-grams mean: a vector for each of the commonest, their sum over a sentence as bits, their file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save
from torch import Tensor
from torch.nn import functional

from models.similarity.sentence_bits import packed

MEANING_NAME = "ngram-meaning.safetensors"

_LARGEST_INT4 = 7


@dataclass(frozen=True, slots=True, eq=False)
class NgramMeaning:
    """A map of n-grams to bits.

    Attributes:
        vector_of: (known n-grams,) int64: which vector each has; those without one share the last, which is zero.
        vectors: (n-grams + 1, width), float32.
        directions: (width, 256), float32.
    """

    vector_of: Tensor
    vectors: Tensor
    directions: Tensor

    @torch.inference_mode()
    def embeddings(self, rows: Tensor, counts: Tensor) -> list[bytes | None]:
        """32 bytes for each sentence; None where it has no n-gram with a vector.

        Args:
            rows: of the known n-grams of all sentences, one after the other, on the CPU or the vectors' device.
            counts: (sentences,) how many each has.
        """
        device = self.vectors.device
        starts = (counts.cumsum(0) - counts).to(device)
        sums = functional.embedding_bag(self.vector_of[rows.to(device)], self.vectors, starts, mode="sum")
        read = sums.any(dim=1).tolist()
        bits = packed((sums @ self.directions).cpu().numpy())
        return [one if is_read else None for one, is_read in zip(bits, read, strict=True)]


def meaning_of(
    rows: NDArray[np.int32], vectors: NDArray[np.float32], directions: NDArray[np.float32], known: int
) -> dict[str, NDArray[np.generic]]:
    """The tensors that are stored: vectors in 4 bits, a scale each.

    Args:
        rows: of the n-grams that have a vector.
        vectors: (n-grams, width), width even.
        directions: (width, 256).
        known: n-grams of the network.
    """
    if len(rows) and rows.max() >= known:
        raise ValueError(f"wanted rows below {known}, got {rows.max()}")
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-8) / _LARGEST_INT4
    steps = (np.round(vectors / scales[:, None]) + _LARGEST_INT4).astype(np.uint8)
    return {
        "rows": rows.astype(np.int32),
        "vectors.int4": steps[:, 0::2] << np.uint8(4) | steps[:, 1::2],
        "vectors.scale": scales.astype(np.float32),
        "directions": directions.astype(np.float16),
    }


def save_ngram_meaning(tensors: dict[str, NDArray[np.generic]], directory: Path) -> None:
    """Write what `meaning_of` made."""
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # Not save_file: it makes a file that only its owner can read, which an installed package must not hold.
    (directory / MEANING_NAME).write_bytes(save(contiguous))


def load_ngram_meaning(directory: Path, known: int, device: str) -> NgramMeaning | None:
    """Read what `save_ngram_meaning` wrote and a manifest closed; None where a model has no such file."""
    path = directory / MEANING_NAME
    if not path.is_file():
        return None
    tensors = load_file(path)
    halves = tensors["vectors.int4"]
    steps = np.empty((len(halves) + 1, 2 * halves.shape[1]), np.float32)
    steps[:-1, 0::2] = halves >> np.uint8(4)
    steps[:-1, 1::2] = halves & np.uint8(15)
    steps[:-1] = (steps[:-1] - _LARGEST_INT4) * tensors["vectors.scale"][:, None]
    steps[-1] = 0.0
    vector_of = np.full(known, len(halves), np.int64)
    vector_of[tensors["rows"]] = np.arange(len(halves))
    return NgramMeaning(
        torch.from_numpy(vector_of).to(device),
        torch.from_numpy(steps).to(device),
        torch.from_numpy(tensors["directions"].astype(np.float32)).to(device),
    )
