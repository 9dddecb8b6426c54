"""Directions drawn at random, the same for a seed, that cover a space evenly."""

import numpy as np
from numpy.typing import NDArray

from models.similarity.sentence_bits import DIRECTIONS

Matrix = NDArray[np.float64]


def drawn_directions(width: int, seed: int) -> Matrix:
    """(width, 256): as many whole orthonormal bases of the space as fit, and a part of another.

    Orthogonal directions estimate angles with less variance than independent ones: Ji et al., "Super-bit
    locality-sensitive hashing" (2012).
    """
    random = np.random.default_rng(seed)
    bases = -(-DIRECTIONS // width)
    drawn = [np.linalg.qr(random.standard_normal((width, width)))[0] for _ in range(bases)]
    return np.concatenate(drawn, axis=1)[:, :DIRECTIONS]
