"""Sentences of our own that say the same in other words, and how well a measure of likeness finds that out.

`paraphrases_LANGUAGE.tsv` has an aspect with its polarity, a point, and a sentence a line. Only sentences of the same
aspect and polarity are compared: of these pairs, a quarter make the same point.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple


class Paraphrase(NamedTuple):
    aspect: str
    point: str
    sentence: str


class Pair(NamedTuple):
    differing: int
    is_same: bool


def read_paraphrases(language: str) -> list[Paraphrase]:
    path = Path(__file__).with_name(f"paraphrases_{language}.tsv")
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [Paraphrase(*line.split("\t")) for line in lines]


def pairs_of(sentences: Sequence[Paraphrase], differing: Sequence[Sequence[int]]) -> list[Pair]:
    """Pairs within an aspect and polarity. `differing`: by the sentences' numbers."""
    return [
        Pair(differing[one][other], sentences[one].point == sentences[other].point)
        for one, other in combinations(range(len(sentences)), 2)
        if sentences[one].aspect == sentences[other].aspect
    ]


def average_precision(pairs: Sequence[Pair]) -> float:
    """Of the order by likeness; equals count together."""
    total = sum(pair.is_same for pair in pairs)
    found = seen = 0
    area = 0.0
    for bits in sorted({pair.differing for pair in pairs}):
        tied = [pair for pair in pairs if pair.differing == bits]
        right = sum(pair.is_same for pair in tied)
        found, seen = found + right, seen + len(tied)
        area += right / total * found / seen
    return area


def f1_within(pairs: Sequence[Pair], bits: int) -> float:
    """Of calling two the same that differ in at most so many bits."""
    taken = [pair for pair in pairs if pair.differing <= bits]
    right = sum(pair.is_same for pair in taken)
    return 2 * right / (len(taken) + sum(pair.is_same for pair in pairs))


def purity(sentences: Sequence[Paraphrase], differing: Sequence[Sequence[int]], bits: int) -> float:
    """Each joins the nearest leader within so many bits, or leads; the share in the commonest point of its cluster."""
    clusters: dict[int, list[int]] = {}
    for number, sentence in enumerate(sentences):
        near = [
            leader
            for leader in clusters
            if sentences[leader].aspect == sentence.aspect and differing[leader][number] <= bits
        ]
        leader = min(near, key=lambda one: differing[one][number], default=number)
        clusters.setdefault(leader, []).append(number)
    right = 0
    for members in clusters.values():
        points = [sentences[member].point for member in members]
        right += max(map(points.count, points))
    return right / len(sentences)
