"""The built-in English reader: one pass of the MiniLM encoder, then heads of our own for sentiment and aspects."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from models.devices import ComputePlan, to_device
from models.encoders.low_rank import merge_adapter
from models.encoders.minilm_encoder import (
    MiniLmEncoder,
    encoder_directory,
    encoder_tokeniser,
    load_packed_bert,
)
from models.encoders.sentence_tokeniser import SentenceTokeniser, TokenisedText
from models.errors import DamagedModelError
from models.readers.aspect_scores import AspectScore, review_scores
from models.readers.aspects import Aspect
from models.readers.interfaces import (
    AspectMention,
    ReviewReading,
    SentenceReading,
    SentimentPrediction,
    predictions_of,
)
from models.readers.review_heads import AspectLogits, mean_by_segment
from models.readers.review_weights import WEIGHTS_NAME, ReviewWeights, load_review_weights
from models.registry.manifest import sha256_of
from models.similarity.sentence_directions import (
    DIRECTIONS_NAME,
    SentenceDirections,
    load_sentence_directions,
)
from models.text.sentences import Span, clause_around

_VERSION_DIGITS = 12
# Of a text without a single word, such as "..." in an alphabet the tokeniser drops.
_NOTHING_READ = SentimentPrediction(negative=0.0, neutral=1.0, positive=0.0)


class MiniLmReviews:
    """See `models.readers.interfaces.ReviewReader`."""

    languages: frozenset[str] | None = frozenset({"en"})
    packs = True

    def __init__(
        self,
        name: str,
        version: str,
        *,
        encoder: MiniLmEncoder,
        tokenise: SentenceTokeniser,
        weights: ReviewWeights,
        plan: ComputePlan,
        directions: SentenceDirections | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.streams = plan.streams
        self.batch_tokens = plan.batch_tokens
        self._encoder = encoder
        self._tokenise = tokenise
        self._weights = weights
        self._directions = directions
        self._device = plan.device

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        """Token ids of each text by sentence; long texts in several windows."""
        return self._tokenise(texts)

    @torch.inference_mode()
    def forward(self, batch: Sequence[TokenisedText]) -> list[ReviewReading]:
        """One reading a review, in order."""
        if not batch:
            return []
        layout = _Layout.of(batch)
        tokens, sentence_of = self._content(batch, layout)
        review_of = to_device(layout.review_of, self._device)
        heads = self._weights
        means = torch.cat(
            [
                mean_by_segment(tokens, review_of, len(batch)),
                mean_by_segment(tokens, sentence_of, layout.sentences),
            ]
        )
        sentiments = predictions_of(heads.sentiment_probabilities(means).tolist())
        mentions = self._mentions(batch, layout, heads.aspect_head(tokens, sentence_of, layout.sentences))
        return _readings(batch, sentiments, self._embeddings(means[len(batch) :]), mentions)

    @torch.inference_mode()
    def sentence_means(self, batch: Sequence[TokenisedText]) -> Tensor:
        """(sentences, width) mean token vectors of all sentences of the batch, on the reader's device."""
        layout = _Layout.of(batch)
        tokens, sentence_of = self._content(batch, layout)
        return mean_by_segment(tokens, sentence_of, layout.sentences)

    @torch.inference_mode()
    def aspect_scores(self, batch: Sequence[TokenisedText]) -> list[dict[Aspect, AspectScore]]:
        """See `models.readers.aspect_scores.AspectScorer`."""
        layout = _Layout.of(batch)
        tokens, sentence_of = self._content(batch, layout)
        logits = self._weights.aspect_head(tokens, sentence_of, layout.sentences)
        presence, polarity = self._weights.aspect_probabilities(logits)
        return review_scores(presence, polarity, layout.review_of_sentence, len(batch), self._weights.aspects)

    def _embeddings(self, means: Tensor) -> Sequence[bytes | None]:
        return [None] * len(means) if self._directions is None else self._directions.embeddings(means)

    def _content(self, batch: Sequence[TokenisedText], layout: "_Layout") -> tuple[Tensor, Tensor]:
        """Vectors of the sentences' tokens, (tokens, width), and the sentence of each."""
        states = self._encoder.states([window for text in batch for window in text.windows])
        tokens = states.index_select(0, to_device(layout.content, self._device))
        return tokens, to_device(layout.sentence_of, self._device)

    def _mentions(
        self, batch: Sequence[TokenisedText], layout: "_Layout", logits: AspectLogits
    ) -> list[list[AspectMention]]:
        """Aspects of each sentence of the batch."""
        presence, polarity = self._weights.aspect_probabilities(logits)
        attention = logits.attention.cpu().numpy()
        mentions: list[list[AspectMention]] = [[] for _ in range(layout.sentences)]
        number_of, aspect_of = (presence >= self._weights.threshold).nonzero(as_tuple=True)
        found = zip(
            number_of.tolist(),
            aspect_of.tolist(),
            presence[number_of, aspect_of].tolist(),
            predictions_of(polarity[number_of, aspect_of].tolist()),
            strict=True,
        )
        sentences = [(text, sentence) for text in batch for sentence in text.sentences]
        for number, aspect, confidence, sentiment in found:
            text, sentence = sentences[number]
            first = layout.first_token[number]
            peak = int(attention[first : first + sentence.tokens, aspect].argmax())
            start, end = _span(text.text, (sentence.start, sentence.end), sentence.place_of(peak))
            name = self._weights.aspects[aspect]
            mentions[number].append(AspectMention(name, confidence, sentiment, start, end))
        return mentions


class _Layout(NamedTuple):
    """Where the tokens of a batch belong. `content` leaves out the windows' special tokens."""

    content: Tensor
    sentence_of: Tensor
    review_of: Tensor
    review_of_sentence: Tensor
    first_token: list[int]
    sentences: int

    @classmethod
    def of(cls, batch: Sequence[TokenisedText]) -> "_Layout":
        lengths = torch.tensor([len(window) for text in batch for window in text.windows])
        places = torch.arange(int(lengths.sum()))
        ends = lengths.cumsum(0)
        is_special = torch.zeros(len(places), dtype=torch.bool)
        is_special[ends - 1] = True
        is_special[ends - lengths] = True
        of_sentence = torch.tensor([one.tokens for text in batch for one in text.sentences], dtype=torch.long)
        review_of_sentence = torch.repeat_interleave(
            torch.arange(len(batch)), torch.tensor([len(text.sentences) for text in batch])
        )
        return cls(
            content=places[~is_special],
            sentence_of=torch.repeat_interleave(torch.arange(len(of_sentence)), of_sentence),
            review_of=torch.repeat_interleave(review_of_sentence, of_sentence),
            review_of_sentence=review_of_sentence,
            first_token=(of_sentence.cumsum(0) - of_sentence).tolist(),
            sentences=len(of_sentence),
        )


def _span(text: str, sentence: Span, token: Span) -> Span:
    """The clause of the sentence around a token."""
    base = sentence[0]
    start, end = clause_around(text[base : sentence[1]], token[0] - base, token[1] - base)
    return base + start, base + end


def _readings(
    batch: Sequence[TokenisedText],
    sentiments: Sequence[SentimentPrediction],
    embeddings: Sequence[bytes | None],
    mentions: Sequence[Sequence[AspectMention]],
) -> list[ReviewReading]:
    readings = []
    first = 0
    of_sentences = sentiments[len(batch) :]
    for text, sentiment in zip(batch, sentiments, strict=False):
        last = first + len(text.sentences)
        readings.append(
            ReviewReading(
                sentiment if text.sentences else _NOTHING_READ,
                tuple(
                    SentenceReading(sentence.start, sentence.end, feeling, embedding)
                    for sentence, feeling, embedding in zip(
                        text.sentences, of_sentences[first:last], embeddings[first:last], strict=True
                    )
                ),
                tuple(mention for of_sentence in mentions[first:last] for mention in of_sentence),
            )
        )
        first = last
    return readings


def load_minilm_reviews(directory: Path, plan: ComputePlan) -> MiniLmReviews:
    """Load adapter and heads from their directory, and the encoder they belong to from its package.

    Raises:
        ModelConfigurationError: the encoder's package is not installed.
        DamagedModelError: a file is not the one the model was trained or shipped with.
    """
    weights = load_review_weights(directory, plan.device)
    encoder_weights = encoder_directory() / "model.safetensors"
    if (found := sha256_of(encoder_weights)) != weights.encoder_sha256:
        raise DamagedModelError(
            f"model {directory.name}: it was trained on encoder weights {weights.encoder_sha256}, the installed "
            f"package has {found}: install the package's pinned version, or train the model again"
        )
    directions = load_sentence_directions(directory, plan.device)
    files = [encoder_weights, directory / WEIGHTS_NAME]
    files += [] if directions is None else [directory / DIRECTIONS_NAME]
    version = sha256_of(*files)[:_VERSION_DIGITS]
    return new_minilm_reviews(directory.name, version, weights, plan, directions)


def new_minilm_reviews(
    name: str,
    version: str,
    weights: ReviewWeights,
    plan: ComputePlan,
    directions: SentenceDirections | None = None,
) -> MiniLmReviews:
    """Put a reader together from the encoder's package and what was trained; without directions no embeddings."""
    files = encoder_directory()
    bert = load_packed_bert(files)
    merge_adapter(bert, weights.adapter)
    encoder, tokenise = MiniLmEncoder(bert, plan), encoder_tokeniser(files)
    return MiniLmReviews(
        name, version, encoder=encoder, tokenise=tokenise, weights=weights, plan=plan, directions=directions
    )
