"""The built-in Chinese reader: character n-grams of every clause, and a small network of our own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.devices import ComputePlan
from models.readers.aspect_scores import AspectScore, review_scores
from models.readers.aspects import Aspect
from models.readers.interfaces import (
    AspectMention,
    ReviewReading,
    SentenceReading,
    SentimentPrediction,
    predictions_of,
)
from models.readers.ngram_network import WEIGHTS_NAME, ClauseLogits, NgramWeights, load_ngram_weights
from models.registry.manifest import sha256_of
from models.similarity.ngram_meaning import MEANING_NAME, NgramMeaning, load_ngram_meaning
from models.text.chinese_sentences import Sentence, split_sentences, without_punctuation
from models.text.emoji import chinese_for_emoji, has_emoji

_VERSION_DIGITS = 12
# An n-gram costs so much less than a token of an encoder that a batch may have this many times more.
_NGRAMS_PER_TOKEN = 16
# Of a text that is only space.
_NOTHING_READ = SentimentPrediction(negative=0.0, neutral=1.0, positive=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class TokenisedClauses:
    """The known n-grams of one text; len() is a sixteenth of their number, at least 1.

    Attributes:
        text: what was tokenised.
        sentences: of the text, with their clauses.
        rows: of the n-grams of all clauses, one after the other.
        counts: (clauses,) how many each has.
    """

    text: str
    sentences: Sequence[Sentence]
    rows: NDArray[np.int32]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return max(1, -(-len(self.rows) // _NGRAMS_PER_TOKEN))


class NgramReviews:
    """See `models.readers.interfaces.ReviewReader`."""

    languages: frozenset[str] | None = frozenset({"zh"})
    packs = True

    def __init__(
        self,
        name: str,
        version: str,
        weights: NgramWeights,
        plan: ComputePlan,
        meaning: NgramMeaning | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.streams = plan.streams
        self.batch_tokens = plan.batch_tokens
        self._weights = weights
        self._meaning = meaning
        self._device = plan.device

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedClauses]:
        """N-grams of each text by clause, of all texts at once."""
        of_texts = [split_sentences(text) for text in texts]
        rows, counts = self._weights.known.rows(
            [clause for pair in zip(texts, of_texts, strict=True) for clause in _clauses_to_read(*pair)]
        )
        ends = [0, *counts.cumsum().tolist()]
        tokenised = []
        first = 0
        for text, sentences in zip(texts, of_texts, strict=True):
            last = first + sum(len(sentence.clauses) for sentence in sentences)
            tokenised.append(
                TokenisedClauses(text, sentences, rows[ends[first] : ends[last]], counts[first:last])
            )
            first = last
        return tokenised

    @torch.inference_mode()
    def forward(self, batch: Sequence[TokenisedClauses]) -> list[ReviewReading]:
        """One reading a review, in order."""
        if not batch:
            return []
        layout = _Layout.of(batch)
        logits = self._clauses(batch)
        network, temperature = self._weights.network, self._weights.temperature
        pooled = torch.cat(
            [
                network.together(logits, segment_of.to(self._device), segments)
                for segment_of, segments in (
                    (layout.review_of, len(batch)),
                    (layout.sentence_of, layout.sentences),
                )
            ]
        )
        feelings = predictions_of(torch.softmax(pooled.double().cpu() / temperature, dim=1).tolist())
        embeddings = self._embeddings(batch, layout)
        return _readings(batch, feelings, embeddings, self._mentions(batch, layout, logits))

    @torch.inference_mode()
    def aspect_scores(self, batch: Sequence[TokenisedClauses]) -> list[dict[Aspect, AspectScore]]:
        """See `models.readers.aspect_scores.AspectScorer`."""
        presence, polarity = self._aspects(self._clauses(batch))
        review_of = _Layout.of(batch).review_of
        return review_scores(presence, polarity, review_of, len(batch), self._weights.aspects)

    def _clauses(self, batch: Sequence[TokenisedClauses]) -> ClauseLogits:
        rows = torch.from_numpy(np.concatenate([text.rows for text in batch]))
        counts = torch.from_numpy(np.concatenate([text.counts for text in batch]))
        logits: ClauseLogits = self._weights.network(
            rows.to(self._device), counts.to(self._device, dtype=torch.int32)
        )
        return logits

    def _embeddings(self, batch: Sequence[TokenisedClauses], layout: "_Layout") -> Sequence[bytes | None]:
        if self._meaning is None or not layout.sentences:
            return [None] * layout.sentences
        rows = torch.from_numpy(np.concatenate([text.rows for text in batch]))
        of_clauses = torch.from_numpy(np.concatenate([text.counts for text in batch]))
        counts = of_clauses.new_zeros(layout.sentences).index_add(0, layout.sentence_of, of_clauses)
        return self._meaning.embeddings(rows, counts)

    def _aspects(self, logits: ClauseLogits) -> tuple[Tensor, Tensor]:
        """Probabilities on the CPU: of presence (clauses, aspects), of polarity (clauses, aspects, 3)."""
        polarity = torch.softmax(logits.polarity / self._weights.aspect_temperature, dim=2)
        return torch.sigmoid(logits.presence).cpu(), polarity.cpu()

    def _mentions(
        self, batch: Sequence[TokenisedClauses], layout: "_Layout", logits: ClauseLogits
    ) -> list[list[AspectMention]]:
        """Aspects of each review, in the order of its clauses."""
        mentions: list[list[AspectMention]] = [[] for _ in batch]
        presence = torch.sigmoid(logits.presence)
        clause, aspect = (presence >= self._weights.threshold).nonzero(as_tuple=True)
        polarity = torch.softmax(
            logits.polarity[clause, aspect].double() / self._weights.aspect_temperature, dim=1
        )
        spans = [span for text in batch for sentence in text.sentences for span in sentence.clauses]
        review_of = layout.review_of[clause.cpu()].tolist()
        found = zip(
            review_of,
            clause.tolist(),
            aspect.tolist(),
            presence[clause, aspect].tolist(),
            predictions_of(polarity.tolist()),
            strict=True,
        )
        for review, place, which, confidence, feeling in found:
            start, end = without_punctuation(batch[review].text, *spans[place])
            name = self._weights.aspects[which]
            mentions[review].append(AspectMention(name, confidence, feeling, start, end))
        return mentions


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which review and which sentence of the batch each clause lies in."""

    review_of: Tensor
    sentence_of: Tensor
    sentences: int

    @classmethod
    def of(cls, batch: Sequence[TokenisedClauses]) -> "_Layout":
        in_sentences = np.array(
            [len(sentence.clauses) for text in batch for sentence in text.sentences], dtype=np.int64
        )
        in_reviews = [len(text.counts) for text in batch]
        return cls(
            torch.from_numpy(np.repeat(np.arange(len(batch)), in_reviews)),
            torch.from_numpy(np.repeat(np.arange(len(in_sentences)), in_sentences)),
            len(in_sentences),
        )


def _clauses_to_read(text: str, sentences: Sequence[Sentence]) -> list[str]:
    clauses = [text[start:end] for sentence in sentences for start, end in sentence.clauses]
    return [chinese_for_emoji(clause) for clause in clauses] if has_emoji(text) else clauses


def _readings(
    batch: Sequence[TokenisedClauses],
    feelings: Sequence[SentimentPrediction],
    embeddings: Sequence[bytes | None],
    mentions: Sequence[Sequence[AspectMention]],
) -> list[ReviewReading]:
    """Put together what belongs to one review; `feelings` are of all reviews, then of all sentences."""
    readings = []
    first = len(batch)
    for number, text in enumerate(batch):
        last = first + len(text.sentences)
        of_sentences = slice(first - len(batch), last - len(batch))
        sentences = tuple(
            SentenceReading(sentence.start, sentence.end, feeling, embedding)
            for sentence, feeling, embedding in zip(
                text.sentences, feelings[first:last], embeddings[of_sentences], strict=True
            )
        )
        readings.append(
            ReviewReading(
                feelings[number] if sentences else _NOTHING_READ, sentences, tuple(mentions[number])
            )
        )
        first = last
    return readings


def load_ngram_reviews(directory: Path, plan: ComputePlan) -> NgramReviews:
    """Load the network from its directory.

    Raises:
        DamagedModelError: a file is not the one the model was trained or shipped with.
    """
    weights = load_ngram_weights(directory, plan.device)
    meaning = load_ngram_meaning(directory, len(weights.known), plan.device)
    files = [directory / WEIGHTS_NAME] + ([] if meaning is None else [directory / MEANING_NAME])
    return NgramReviews(directory.name, sha256_of(*files)[:_VERSION_DIGITS], weights, plan, meaning)
