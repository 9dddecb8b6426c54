"""Bits that stand for the meaning of a sentence: made of its projections, compared without any model."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Directions of a model's vector space that a sentence is projected onto.
DIRECTIONS: Final = 256

#: Bytes of every embedding.
EMBEDDING_BYTES: Final = DIRECTIONS // 8

#: By the language of the built-in model: up to how many differing bits two sentences that speak of the same aspect
#: with the same polarity make one point. Chosen for what is said of a point to be true of its reviews: of our own
#: paraphrases (tests/unit/models/paraphrases_*.tsv), pairs within that have F1 0.51 in English and 0.66 in Chinese,
#: where a quarter of all pairs are paraphrases; of sentences that join the nearest leader, 92 and 91 % are with their
#: like. Six bits more find more, and mix more.
SAME_POINT_BITS: Final[Mapping[str, int]] = {"en": 86, "zh": 91}


def packed(projections: NDArray[np.float32]) -> list[bytes]:
    """Signs of (sentences, DIRECTIONS) projections, 32 bytes each: a bit is set where one is above 0.

    The first direction is the most significant bit of the first byte. The share of differing bits of two estimates
    the angle between their vectors, divided by pi: Charikar, "Similarity estimation techniques from rounding
    algorithms" (2002).

    >>> packed(np.array([[1.0] + [-1.0] * 255], dtype=np.float32))[0].hex()[:4]
    '8000'

    Raises:
        ValueError: there are not that many directions.
    """
    if projections.shape[1] != DIRECTIONS:
        raise ValueError(f"wanted projections onto {DIRECTIONS} directions, got {projections.shape[1]}")
    bits = np.packbits(projections > 0, axis=1).tobytes()
    return [bits[start : start + EMBEDDING_BYTES] for start in range(0, len(bits), EMBEDDING_BYTES)]


def differing_bits(one: bytes, other: bytes) -> int:
    """In how many bits two embeddings of one model differ, 0 to 256.

    >>> differing_bits(bytes(32), bytes(31) + bytes([5]))
    2

    Raises:
        ValueError: one is no embedding: it has another length.
    """
    if not len(one) == len(other) == EMBEDDING_BYTES:
        raise ValueError(
            f"wanted embeddings of {EMBEDDING_BYTES} bytes to compare, got {len(one)} and {len(other)}"
        )
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def similarity(one: bytes, other: bytes) -> float:
    """The share of equal bits of two embeddings of one model, 0 to 1; 0.5 is what chance gives.

    >>> similarity(bytes(32), bytes(32)), similarity(bytes(32), bytes([255] * 32))
    (1.0, 0.0)

    Raises:
        ValueError: one is no embedding: it has another length.
    """
    return 1.0 - differing_bits(one, other) / DIRECTIONS
