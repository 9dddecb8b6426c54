"""Embeddings as bits: made of projections, compared without torch."""

import subprocess
import sys

import numpy as np
import pytest

from models.similarity.sentence_bits import EMBEDDING_BYTES, differing_bits, packed, similarity


def test_likeness_is_the_angle() -> None:
    """The share of equal bits is 1 less the angle between two vectors, divided by pi."""
    random = np.random.default_rng(3)
    directions = random.standard_normal((64, 256))
    one = random.standard_normal(64)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        across = random.standard_normal(64)
        across -= one * (across @ one) / (one @ one)
        across *= np.linalg.norm(one) / np.linalg.norm(across)
        other = np.cos(share * np.pi) * one + np.sin(share * np.pi) * across
        first, second = packed((np.stack((one, other)) @ directions).astype(np.float32))
        assert similarity(first, second) == pytest.approx(1 - share, abs=0.1)


def test_the_first_direction_is_the_most_significant_bit() -> None:
    """As the contract says; zero is no bit."""
    projections = np.zeros((2, 256), np.float32)
    projections[0, [0, 255]] = 1.0
    projections[1, 8] = 0.5
    assert packed(projections) == [b"\x80" + bytes(30) + b"\x01", b"\x00\x80" + bytes(30)]
    assert packed(np.zeros((0, 256), np.float32)) == []


def test_what_is_no_embedding_is_refused() -> None:
    """Other lengths are named."""
    with pytest.raises(ValueError, match="got 32 and 31"):
        differing_bits(bytes(EMBEDDING_BYTES), bytes(31))
    with pytest.raises(ValueError, match="256 directions, got 128"):
        packed(np.zeros((1, 128), np.float32))


def test_no_torch_is_needed() -> None:
    """A process that only compares does not load it."""
    code = "import sys, models.similarity.sentence_bits; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
