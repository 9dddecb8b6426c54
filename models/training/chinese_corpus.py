"""The Chinese reader's examples as its network and losses see them: n-grams by clause, weights, labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.ngram_features import HASH_BITS, KnownNgrams, ngram_hashes
from models.readers.aspects import ASPECTS, Aspect
from models.readers.interfaces import SENTIMENT_LABELS
from models.text.chinese_sentences import split_sentences
from models.training.chinese_data import AspectWords, ChineseExample

#: The class of what is not known; losses leave it out.
UNKNOWN: Final = -1
NEUTRAL: Final = SENTIMENT_LABELS.index("neutral")
#: Among the shop reviews nothing is neutral, so what is counts for more.
NEUTRAL_WEIGHT: Final = 1.5
ASAP_ASPECTS: frozenset[Aspect] = frozenset(
    {"customer_service", "price_and_value", "ambience", "taste_and_smell"}
)

_MOST_NGRAMS = 1 << 17
_LEAST_TEXTS = 2
_LEAST_WORDLESS_CHARACTERS = 4
_FEW_CLAUSES = 3.0
_WRITTEN_WEIGHT = 1.5


class Corpus:
    """Examples as the network and its losses see them."""

    def __init__(
        self,
        examples: Sequence[ChineseExample],
        known: KnownNgrams,
        words: AspectWords,
        *,
        wordless: bool = False,
    ) -> None:
        clauses = [clauses_of(one.text) for one in examples]
        flat = [clause for of_text in clauses for clause in of_text]
        shown = flat
        if wordless:
            shown = [
                _wordless(one, clause, words)
                for one, of_text in zip(examples, clauses, strict=True)
                for clause in of_text
            ]
        self._clause_ends = np.cumsum([0, *map(len, clauses)])
        self._rows, self._counts = known.rows(shown)
        self._row_ends = np.concatenate((np.zeros(1, np.int64), self._counts.cumsum()))
        self._spoken_of = np.array(
            [[aspect in found for aspect in ASPECTS] for found in map(words.aspects_of, flat)],
            dtype=np.float32,
        )
        self.labels = np.array([_class_of(one.sentiment) for one in examples])
        self.is_written = np.array([one.source == "written" for one in examples])
        self.weights = _example_weights(self.labels, self.is_written)
        self._present = np.array([_presence(one) for one in examples], dtype=np.float32)
        self._polarity = np.array(
            [[_class_of((one.aspects or {}).get(aspect)) for aspect in ASPECTS] for one in examples]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, chosen: NDArray[np.int64]) -> "Batch":
        """The examples of these numbers, in this order."""
        first, last = self._clause_ends[chosen], self._clause_ends[chosen + 1]
        clauses = np.concatenate([np.arange(*ends) for ends in zip(first, last, strict=True)])
        starts, stops = self._row_ends[first], self._row_ends[last]
        rows = np.concatenate([self._rows[start:stop] for start, stop in zip(starts, stops, strict=True)])
        text_of = torch.from_numpy(np.repeat(np.arange(len(chosen)), last - first))
        return Batch(
            rows=torch.from_numpy(rows),
            counts=torch.from_numpy(self._counts[clauses]).int(),
            text_of=text_of,
            labels=torch.from_numpy(self.labels[chosen]),
            weights=torch.from_numpy(self.weights[chosen]),
            is_written=torch.from_numpy(self.is_written[chosen]),
            spoken_of=torch.from_numpy(self._spoken_of[clauses]),
            present=torch.from_numpy(self._present[chosen]),
            polarity=torch.from_numpy(self._polarity[chosen]),
        )

    def aspect_ratios(self, ngrams: int) -> NDArray[np.float64]:
        """(n-grams, aspects): how much likelier each is in a clause with an aspect's words, as a log-ratio.

        Drawn towards 0 for n-grams of few clauses.
        """
        clause_of = np.repeat(np.arange(len(self._counts)), self._counts)
        total = np.bincount(self._rows, minlength=ngrams).astype(np.float64)
        ratios = np.zeros((ngrams, len(ASPECTS)))
        for aspect in range(len(ASPECTS)):
            spoken_of = self._spoken_of[:, aspect]
            inside = np.bincount(self._rows, weights=spoken_of[clause_of], minlength=ngrams)
            if inside.any():
                share = inside.sum() / total.sum()
                ratios[:, aspect] = np.log(
                    (inside + share) / (total - inside + 1 - share) * (1 - share) / share
                )
        return ratios * (total / (total + _FEW_CLAUSES))[:, None]

    def document_rows(self) -> list[NDArray[np.int32]]:
        """Which n-grams each text has, each once."""
        ends = self._row_ends[self._clause_ends]
        return [np.unique(self._rows[start:stop]) for start, stop in pairwise(ends)]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples. In labels and `present`, -1 is what is not known.

    Attributes:
        rows: n-grams of all clauses.
        counts: (clauses,) how many each has.
        text_of: (clauses,) which text each belongs to.
        labels: (texts,) classes.
        weights: (texts,) of the sentiment loss.
        is_written: (texts,) whether it is of ours, so that its aspects are labelled by hand.
        spoken_of: (clauses, aspects) weak labels, 0 or 1.
        present: (texts, aspects) 0 or 1.
        polarity: (texts, aspects) classes.
    """

    rows: Tensor
    counts: Tensor
    text_of: Tensor
    labels: Tensor
    weights: Tensor
    is_written: Tensor
    spoken_of: Tensor
    present: Tensor
    polarity: Tensor


def clauses_of(text: str) -> list[str]:
    """The clauses of a text, as the reader cuts it."""
    return [text[start:end] for sentence in split_sentences(text) for start, end in sentence.clauses]


def known_ngrams(examples: Sequence[ChineseExample]) -> KnownNgrams:
    """The n-grams that stand in two texts or more; of too many, those in most texts."""
    texts = np.zeros(1 << HASH_BITS, np.int32)
    for example in examples:
        texts[np.unique(ngram_hashes(clauses_of(example.text))[0])] += 1
    frequent = np.flatnonzero(texts >= _LEAST_TEXTS)
    chosen = frequent[np.argsort(-texts[frequent], kind="stable")[:_MOST_NGRAMS]]
    return KnownNgrams(np.sort(chosen).astype(np.int32))


def _wordless(example: ChineseExample, clause: str, words: AspectWords) -> str:
    """The clause without its aspects' words, where enough is left; ours are too short for that."""
    if example.source == "written":
        return clause
    rest = words.without(clause)
    return rest if len(rest) >= _LEAST_WORDLESS_CHARACTERS else clause


def _class_of(label: str | None) -> int:
    return UNKNOWN if label is None else SENTIMENT_LABELS.index(label)


def _presence(example: ChineseExample) -> list[float]:
    if example.aspects is None:
        return [float(UNKNOWN)] * len(ASPECTS)
    covered = ASAP_ASPECTS if example.source.startswith("asap") else frozenset(ASPECTS)
    return [float(aspect in example.aspects) if aspect in covered else float(UNKNOWN) for aspect in ASPECTS]


def _example_weights(labels: NDArray[np.int64], is_written: NDArray[np.bool_]) -> NDArray[np.float32]:
    """One for reviews; ours count more, and each class of them as much as the others."""
    weights = np.ones(len(labels), np.float32)
    if is_written.any():
        counts = np.bincount(labels[is_written], minlength=len(SENTIMENT_LABELS)).clip(min=1)
        share = is_written.sum() / len(SENTIMENT_LABELS) / counts
        weights[is_written] = _WRITTEN_WEIGHT * share[labels[is_written]]
    weights[labels == NEUTRAL] *= NEUTRAL_WEIGHT
    return weights
