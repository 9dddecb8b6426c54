"""A tiny network of the Universal Sentence Encoder's shape, and its tokenizer's file, made up."""

import struct
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.encoders.universal_files import PieceTable
from models.encoders.universal_network import UniversalNetwork

PIECES = 34
BLOCKS = 17
VECTOR, WINDOW, WIDTH = 8, 6, 64


def tiny_table() -> PieceTable:
    """Random codes; scales and lows differ from block to block."""
    generator = torch.Generator().manual_seed(3)
    codes = torch.randint(0, 256, (PIECES, VECTOR), generator=generator, dtype=torch.uint8)
    return PieceTable(codes, torch.linspace(0.01, 0.02, BLOCKS), torch.linspace(-2.0, -1.0, BLOCKS))


def tiny_weights() -> dict[str, NDArray[np.float32]]:
    """All arrays that the network takes, by the package's names."""
    random = np.random.default_rng(5)
    features = VECTOR + 3 * WINDOW
    weights = {"ln_g": random.normal(1.0, 0.1, features), "ln_b": random.normal(0.0, 0.1, features)}
    for length in (2, 3, 5):
        weights |= {
            f"proj{length}": random.normal(0.0, 0.5, (VECTOR, WINDOW)),
            f"proj_b{length}": random.normal(0.0, 0.5, WINDOW),
            f"ln_g{length}": random.normal(1.0, 0.1, WINDOW),
            f"ln_b{length}": random.normal(0.0, 0.1, WINDOW),
        }
        for number in (1, 2):
            weights[f"w{number}_{length}"] = random.normal(0.0, 0.5, (length * WINDOW, WINDOW))
            weights[f"b{number}_{length}"] = random.normal(0.0, 0.5, WINDOW)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def tiny_universal_network() -> UniversalNetwork:
    """In evaluation mode, always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        return UniversalNetwork(tiny_table(), tiny_weights(), width=WIDTH, layers=1).eval()


def piece_model(pieces: Sequence[tuple[str, float]], characters: bytes) -> bytes:
    """A sentencepiece model as a protocol buffer: pieces with scores, and a trainer with a table of characters."""
    written = b"".join(
        _field(1, _field(1, piece.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", score))
        for piece, score in pieces
    )
    return written + _field(3, _field(2, characters))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _length(len(content)) + content


def _length(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + _length(value >> 7)
