"""Character n-grams as numbers: the same on every machine and in every process, many texts at once."""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

MOST_CHARACTERS = 4
HASH_BITS = 22

_PLANE = 0x10000
_EDGE, _SPACE = 0, 0x20
# Odd and without a pattern in their bits (Knuth's multiplicative hashing, on 64 bits).
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)


def ngram_hashes(clauses: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The n-grams of 1 to 4 characters of each clause, hashed; a clause's edges count as characters.

    Width, case, and which digit it is make no difference; space is left out. No n-gram reaches into another clause.

    Returns:
        hashes: below 2 to the power of HASH_BITS, of all clauses, one after the other, as they stand in the text.
        counts: (clauses,) how many each has; 0 where it is only space.

    >>> hashes, counts = ngram_hashes(["好", "ＯＫ１", "ok 7", " "])
    >>> counts.tolist(), hashes[4:16].tolist() == hashes[16:].tolist()
    ([4, 12, 12, 0], True)
    """
    if not clauses:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    # An edge before every clause, and one after the last.
    joined = "\0" + "\0".join(clause.replace("\0", " ") for clause in clauses) + "\0"
    codes = _plain(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32))
    length = len(codes) - 1
    starts = np.flatnonzero(codes[:-1] == _EDGE)
    codes = np.concatenate((codes, np.zeros(MOST_CHARACTERS, np.uint64)))
    hashes, wanted = _hashes(codes, length)
    return hashes[wanted], np.add.reduceat(wanted.sum(axis=1), starts)


class KnownNgrams:
    """The n-grams that a network has a row for; others are left out.

    Args:
        hashes: ascending; the first has row 0.
    """

    def __init__(self, hashes: NDArray[np.int32]) -> None:
        self.hashes = hashes
        self._row_of = np.full(1 << HASH_BITS, -1, np.int32)
        self._row_of[hashes] = np.arange(len(hashes), dtype=np.int32)

    def __len__(self) -> int:
        return len(self.hashes)

    def rows(self, clauses: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Rows of the known n-grams of all clauses, one after the other, and how many each clause has."""
        hashes, counts = ngram_hashes(clauses)
        rows = self._row_of[hashes]
        known = rows >= 0
        until = np.concatenate((np.zeros(1, np.int64), known.cumsum()))
        ends = counts.cumsum()
        return rows[known], until[ends] - until[ends - counts]


def _hashes(codes: NDArray[np.uint64], length: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """(length, orders): the hash of the n-gram of each order from each place on, and whether it is one."""
    inner = codes != _EDGE
    hashes = np.empty((length, MOST_CHARACTERS), np.int32)
    wanted = np.empty((length, MOST_CHARACTERS), np.bool_)
    # Two edges that touch are an empty clause; no other n-gram may have an edge inside.
    wanted[:, 0] = inner[:length]
    wanted[:, 1] = inner[:length] | inner[1 : length + 1]
    unbroken = np.ones(length, np.bool_)
    rolling = codes[:length] + _STEP
    for order in range(MOST_CHARACTERS):
        if order:
            rolling = rolling * _STEP + codes[order : order + length]
        if order >= 2:
            unbroken &= inner[order - 1 : order - 1 + length]
            wanted[:, order] = unbroken
        hashes[:, order] = (rolling * _MIX) >> np.uint64(64 - HASH_BITS)
    return hashes, wanted


def _plain(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Code points as the network knows them, without space."""
    in_plane = codes < _PLANE
    plain = np.where(in_plane, _plain_table()[np.where(in_plane, codes, 0)], codes)
    kept: NDArray[np.uint64] = plain[plain != _SPACE].astype(np.uint64)
    return kept


@cache
def _plain_table() -> NDArray[np.uint32]:
    """What each code point of the basic plane counts as; a length must stay, so only what maps to one does."""
    table = np.arange(_PLANE, dtype=np.uint32)
    for code in range(1, _PLANE):
        table[code] = _plain_code(code)
    return table


def _plain_code(code: int) -> int:
    plain = unicodedata.normalize("NFKC", chr(code)).lower()
    if plain.isspace() or not plain.strip("\x00\ufeff\u200b"):
        return _SPACE
    if plain.isdecimal():
        return ord("0")
    return ord(plain) if len(plain) == 1 else code
