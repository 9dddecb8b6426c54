"""What a reader is fitted to: opinions by token, sentiment and stars by text, other sets by heads of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoders.interfaces import TextEncoder
from models.encoders.sentence_tokeniser import TokenisedText
from models.readers.batch_layout import BatchLayout
from models.readers.encoder_kinds import TrainableEncoder
from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.opinion_heads import OpinionHeads, SegmentLogits, Segments, TokenLogits, mean_by_segment
from models.training.corpora.texts import TrainingText
from models.training.fitting.token_labels import UNKNOWN, TokenLabels, token_labels

_NUMBERS: Mapping[str, int] = {label: number for number, label in enumerate(SENTIMENT_LABELS)}
#: What each question counts beside the aspect, the polarity and the sentiment, which count 1.
_BEGINS, _HOLDER, _STARS = 0.5, 0.5, 0.5


class CategoryHead(nn.Module):
    """What a set with a taxonomy of its own says of a text: which of its categories are there, and how.

    Thrown away after the training: no other head learns these labels, only the encoder does.

    Args:
        width: of the vectors.
        categories: their names.
    """

    def __init__(self, width: int, categories: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(categories)
        self.presence = nn.Linear(width, len(self.names))
        self.polarity = nn.Linear(width, len(self.names) * len(SENTIMENT_LABELS))

    def loss(self, means: Tensor, labels: Sequence[Mapping[str, str | None]]) -> Tensor:
        """Of (texts, width) mean vectors."""
        present = torch.tensor([[float(name in of_text) for name in self.names] for of_text in labels])
        polarity = torch.tensor([[_number(of_text.get(name)) for name in self.names] for of_text in labels])
        present, polarity = present.to(means.device), polarity.to(means.device)
        loss = functional.binary_cross_entropy_with_logits(self.presence(means), present)
        logits = self.polarity(means).view(-1, len(SENTIMENT_LABELS))
        return len(self.names) * loss + _mean_loss(logits, polarity.flatten())


class ReaderTrainee(nn.Module):
    """All that is fitted: the encoder's network, the heads, and a head for each source with categories."""

    def __init__(
        self, encoder: TrainableEncoder, heads: OpinionHeads, categories: Mapping[str, Sequence[str]]
    ) -> None:
        super().__init__()
        self.encoder_network, self.heads = encoder.network, heads
        self.category_heads = nn.ModuleDict(
            {source: CategoryHead(encoder.width, names) for source, names in categories.items()}
        )

    def category_head(self, source: str) -> CategoryHead | None:
        """That of a source; None where it has no categories."""
        heads = dict(self.category_heads.items())
        head = heads.get(source)
        return head if isinstance(head, CategoryHead) else None


@dataclass(frozen=True, slots=True)
class LabelledBatch:
    """Texts as the network takes them."""

    tokenised: list[TokenisedText]
    texts: list[TrainingText]
    labels: list[TokenLabels]


@dataclass(slots=True)
class ReaderTexts:
    """Training texts, tokenised once, those without a token left out."""

    tokenised: list[TokenisedText] = field(default_factory=list)
    texts: list[TrainingText] = field(default_factory=list)
    labels: list[TokenLabels] = field(default_factory=list)

    @classmethod
    def of(cls, encoder: TextEncoder, texts: Sequence[TrainingText]) -> "ReaderTexts":
        """Tokenise, and find the labels of the tokens."""
        kept = cls()
        for text, tokenised in zip(texts, encoder.tokenise([one.text for one in texts]), strict=True):
            if tokenised.sentences:
                kept.tokenised.append(tokenised)
                kept.texts.append(text)
                kept.labels.append(token_labels(tokenised, text.opinions, knows_holders=text.knows_holders))
        return kept

    def of_source(self, source: str) -> "ReaderTexts":
        """Those of one source."""
        kept = [index for index, text in enumerate(self.texts) if text.source == source]
        batch = self.batch(kept)
        return ReaderTexts(batch.tokenised, batch.texts, batch.labels)

    def batch(self, indices: Sequence[int]) -> LabelledBatch:
        """Those of these numbers."""
        return LabelledBatch(
            [self.tokenised[index] for index in indices],
            [self.texts[index] for index in indices],
            [self.labels[index] for index in indices],
        )


def reader_loss(
    trainee: ReaderTrainee,
    encoder: TrainableEncoder,
    batch: LabelledBatch,
    *,
    device: str,
    mixed_precision: bool,
    hidden: float = 0.0,
    category_weight: float = 1.0,
) -> Tensor:
    """The sum of what each question that has labels in the batch costs, in nats.

    Args:
        trainee: in training mode.
        encoder: its encoder.
        batch: what to learn.
        device: of the trainee.
        mixed_precision: compute the encoder in bfloat16.
        hidden: share of the tokens that are hidden.
        category_weight: what other sets' categories count beside the aspect.
    """
    layout = BatchLayout.of(batch.tokenised)
    with torch.autocast(device, torch.bfloat16, enabled=mixed_precision):
        states = encoder.states(
            [
                _masked(window, encoder.masked_token, hidden)
                for text in batch.tokenised
                for window in text.windows
            ]
        )
    vectors = states.index_select(0, layout.content.to(device)).float()
    reviews = Segments(layout.review_of.to(device), len(batch.texts))
    heads = trainee.heads
    normed = heads.normed(vectors)
    tokens = heads.tokens(normed)
    loss = _token_loss(tokens, batch.labels, device)
    loss = loss + _text_loss(heads.segments(normed, reviews, tokens), batch.texts, device)
    means = mean_by_segment(normed, reviews) if trainee.category_heads else normed
    for source in trainee.category_heads:
        head = trainee.category_head(source)
        rows = [row for row, text in enumerate(batch.texts) if text.source == source]
        if head is not None and rows:
            known = [batch.texts[row].categories or {} for row in rows]
            loss = loss + category_weight * len(rows) / len(batch.texts) * head.loss(means[rows], known)
    return loss


def _masked(window: Sequence[int], masked_token: int, share: float) -> Sequence[int]:
    """The window with some tokens hidden, so that none is learnt by heart; never the special ones at its ends."""
    if not share:
        return window
    hidden = (torch.rand(len(window)) < share).tolist()
    hidden[0] = hidden[-1] = False
    return [masked_token if is_hidden else token for token, is_hidden in zip(window, hidden, strict=True)]


def _token_loss(logits: TokenLogits, labels: Sequence[TokenLabels], device: str) -> Tensor:
    columns = {
        name: torch.cat([torch.from_numpy(getattr(one, name)) for one in labels]).to(device)
        for name in ("aspect", "begins", "polarity", "holder")
    }
    loss = _mean_loss(logits.aspect, columns["aspect"]) + _mean_loss(logits.polarity, columns["polarity"])
    loss = loss + _HOLDER * _mean_loss(logits.holder, columns["holder"])
    known = columns["begins"] != UNKNOWN
    if known.any():
        loss = loss + _BEGINS * functional.binary_cross_entropy_with_logits(
            logits.begins[known], columns["begins"][known].float()
        )
    return loss


def _text_loss(logits: SegmentLogits, texts: Sequence[TrainingText], device: str) -> Tensor:
    sentiment = torch.tensor([_number(text.sentiment) for text in texts], device=device)
    is_pole = torch.tensor([text.is_pole for text in texts], device=device)
    of_sentiment = logits.sentiment.clone()
    # Who chose between two classes never said that a text is not of the third.
    of_sentiment[is_pole, SENTIMENT_LABELS.index("neutral")] = -torch.inf
    stars = torch.tensor([UNKNOWN if text.stars is None else text.stars - 1 for text in texts], device=device)
    return _mean_loss(of_sentiment, sentiment) + _STARS * _mean_loss(logits.stars, stars)


def _mean_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean cross-entropy of the known labels; nothing known costs nothing."""
    known = labels != UNKNOWN
    if not known.any():
        return logits.new_zeros(())
    return functional.cross_entropy(logits[known], labels[known])


def _number(sentiment: str | None) -> int:
    return UNKNOWN if sentiment is None else _NUMBERS[sentiment]
