"""A reader of reviews: any encoder of texts with the heads of `models.readers.opinion_heads`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.devices import ComputePlan, to_device
from models.encoders.interfaces import TextEncoder, TokenStates
from models.encoders.sentence_tokeniser import TokenisedSentence, TokenisedText
from models.readers.aspects import ASPECTS
from models.readers.batch_layout import BatchLayout
from models.readers.interfaces import (
    AspectMention,
    ReviewReading,
    SentenceReading,
    SentimentPrediction,
    predictions_of,
)
from models.readers.opinion_heads import OpinionHeads, Segments, TokenLogits, mean_by_segment
from models.readers.opinion_spans import TokenProbabilities, TokenSpan, opinion_spans
from models.similarity.sentence_directions import SentenceDirections
from schemas.vocabularies import HOLDERS

# Of a text without a single token, such as "..." in an alphabet that the tokeniser drops.
_NOTHING_READ: Final = ReviewReading(SentimentPrediction(negative=0.0, neutral=1.0, positive=0.0))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits into probabilities that are right as often as they say; fitted on held-out texts.

    Attributes:
        sentiment: temperature of the sentiment.
        stars: of the stars.
        aspect: of "is it part of an opinion, and on what".
        polarity: of the polarity.
        boldness: see `models.readers.opinion_spans.opinion_spans`.
    """

    sentiment: float = 1.0
    stars: float = 1.0
    aspect: float = 1.0
    polarity: float = 1.0
    boldness: float = 1.0


class OpinionReader:
    """See `models.readers.interfaces.ReviewReader`.

    Args:
        name: short, for people.
        version: of all weights; see `LoadedModel`.
        languages: that it reads.
        encoder: on the plan's device.
        heads: trained with it; moved to the plan's device.
        calibration: of the heads.
        plan: device, threads, batches.
        directions: what makes bits of a sentence's meaning; without, sentences have none.
    """

    def __init__(
        self,
        name: str,
        version: str,
        languages: frozenset[str] | None,
        *,
        encoder: TextEncoder,
        heads: OpinionHeads,
        calibration: Calibration,
        plan: ComputePlan,
        directions: SentenceDirections | None = None,
    ) -> None:
        self.name, self.version, self.languages = name, version, languages
        self.streams, self.batch_tokens, self.packs = plan.streams, plan.batch_tokens, encoder.packs
        self.encoder = encoder
        self._heads = heads.to(plan.device).eval()
        self._calibration = calibration
        self._device = plan.device
        self._directions = directions

    @property
    def embedding_version(self) -> str | None:
        """See `ReviewReader`."""
        return None if self._directions is None else f"{self.name}@{self.version}"

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        """Token ids of each text by sentence; long texts in several windows."""
        return self.encoder.tokenise(texts)

    @torch.inference_mode()
    def forward(self, batch: Sequence[TokenisedText]) -> list[ReviewReading]:
        """One reading a review, in order."""
        layout = BatchLayout.of(batch)
        if not layout.sentences:
            return [_NOTHING_READ] * len(batch)
        states = self._states(batch, layout)
        normed = self._heads.normed(states.last)
        sentences = Segments(to_device(layout.sentence_of, self._device), layout.sentences)
        tokens = self._heads.tokens(normed)
        of_sentences = self._heads.segments(normed, sentences, tokens).sentiment
        of_reviews = self._heads.segments(
            normed, Segments(to_device(layout.review_of, self._device), len(batch)), tokens
        )
        sentiments = self._sentiments(torch.cat([of_reviews.sentiment, of_sentences]))
        stars = torch.softmax(of_reviews.stars.double() / self._calibration.stars, dim=1).cpu().tolist()
        bits = self._bits(states.early, sentences)
        mentions = self._mentions(batch, layout, tokens)
        readings = []
        first = 0
        for number, text in enumerate(batch):
            if not text.sentences:
                readings.append(_NOTHING_READ)
                continue
            last = first + len(text.sentences)
            readings.append(
                ReviewReading(
                    sentiments[number],
                    tuple(
                        SentenceReading(one.start, one.end, sentiments[len(batch) + place], bits[place])
                        for place, one in enumerate(text.sentences, start=first)
                    ),
                    tuple(mentions[number]),
                    tuple(stars[number]),
                )
            )
            first = last
        return readings

    @torch.inference_mode()
    def sentence_means(self, batch: Sequence[TokenisedText]) -> Tensor:
        """(sentences, width) means of the early token vectors of all sentences of the batch, on the reader's device."""
        layout = BatchLayout.of(batch)
        sentences = Segments(to_device(layout.sentence_of, self._device), layout.sentences)
        return mean_by_segment(self._states(batch, layout).early, sentences)

    @torch.inference_mode()
    def text_means(self, batch: Sequence[TokenisedText]) -> Tensor:
        """(texts, width) mean token vectors of the texts of the batch, on the reader's device."""
        layout = BatchLayout.of(batch)
        reviews = Segments(to_device(layout.review_of, self._device), len(batch))
        return mean_by_segment(self._states(batch, layout).last, reviews)

    def _states(self, batch: Sequence[TokenisedText], layout: BatchLayout) -> TokenStates:
        """Of the content tokens."""
        states = self.encoder.token_states([window for text in batch for window in text.windows])
        content = to_device(layout.content, self._device)
        return TokenStates(*(vectors.index_select(0, content) for vectors in states))

    def _sentiments(self, logits: Tensor) -> list[SentimentPrediction]:
        return predictions_of(torch.softmax(logits.double() / self._calibration.sentiment, dim=1).tolist())

    def _bits(self, vectors: Tensor, sentences: Segments) -> Sequence[bytes | None]:
        if self._directions is None:
            return [None] * sentences.count
        return self._directions.embeddings(mean_by_segment(vectors, sentences))

    def _mentions(
        self, batch: Sequence[TokenisedText], layout: BatchLayout, logits: TokenLogits
    ) -> list[list[AspectMention]]:
        """Of each review, in the order in which they stand."""
        calibration = self._calibration
        tokens = TokenProbabilities(
            torch.softmax(logits.aspect / calibration.aspect, dim=1).cpu().numpy(),
            torch.sigmoid(logits.begins).cpu().numpy(),
            torch.softmax(logits.polarity / calibration.polarity, dim=1).cpu().numpy(),
            torch.softmax(logits.holder, dim=1).cpu().numpy(),
        )
        starts_sentence = np.zeros(len(layout.ids), dtype=np.bool_)
        # A sentence at the end may have no token.
        starts_sentence[layout.first_token[layout.first_token < len(layout.ids)]] = True
        starts_word = ~self.encoder.continues_word[layout.ids]
        owners = [(number, text, one) for number, text in enumerate(batch) for one in text.sentences]
        mentions: list[list[AspectMention]] = [[] for _ in batch]
        spans = list(opinion_spans(tokens, starts_word, starts_sentence, calibration.boldness))
        places = np.searchsorted(layout.first_token, [span.first for span in spans], side="right") - 1
        for span, place in zip(spans, places.tolist(), strict=True):
            number, text, sentence = owners[place]
            mention = _mention(span, text.text, sentence, int(layout.first_token[place]))
            if mention.start < mention.end:
                mentions[number].append(mention)
        return mentions


def _mention(span: TokenSpan, text: str, sentence: TokenisedSentence, base: int) -> AspectMention:
    """`base` is the first token of the sentence among those of the batch. Space around is none of the opinion.

    A token of sentencepiece has the space before its word; one that is nothing else makes an empty span.
    """
    start, _ = sentence.place_of(span.first - base)
    _, end = sentence.place_of(span.last - 1 - base)
    end = start + len(text[start:end].rstrip())
    start = end - len(text[start:end].lstrip())
    return AspectMention(
        ASPECTS[span.aspect],
        span.confidence,
        SentimentPrediction(*span.polarity),
        start,
        end,
        HOLDERS[span.holder],
    )
