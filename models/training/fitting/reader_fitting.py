"""Fit a reader to annotated reviews and what lies beside them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from models.devices import ComputePlan, has_fast_bfloat16, plan_compute
from models.encoders.differences import difference_of
from models.encoders.low_rank import add_adapter, is_factor
from models.encoders.sentence_tokeniser import TokenisedText
from models.errors import ModelConfigurationError
from models.evaluation import evaluate
from models.readers.encoder_kinds import EncoderKind, TrainableEncoder, encoder_kind
from models.readers.interfaces import SENTIMENT_LABELS, ReviewReading, SentimentLabel
from models.readers.opinion_heads import OpinionHeads
from models.readers.opinion_reader import Calibration, OpinionReader
from models.readers.opinion_weights import ReaderWeights
from models.training.corpora.reader_data import REVIEWS, ReaderData
from models.training.fitting.loop import Fit, fit
from models.training.fitting.options import FitOptions
from models.training.fitting.reader_calibration import calibrate
from models.training.fitting.reader_objective import ReaderTexts, ReaderTrainee, reader_loss
from models.training.measuring.opinion_measures import annotated_opinions, counts_of, read_opinions, summed

_READ_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a reader is made of.

    Attributes:
        name: of the reader.
        encoder: see `models.readers.encoder_kinds.encoder_kind`.
        languages: that it is to read, as ISO 639-1 codes.
        options: how it is fitted.
        low_rank: of the updates that the encoder's layers learn (LoRA), at the rate of what is new; 0: the layers
            themselves are trained.
        category_weight: what other sets' categories count beside the aspect.
        validation_sources: of the annotated texts that are validated on.
        validation_share: of those so many leave one out of the training.
    """

    name: str
    encoder: str
    languages: tuple[str, ...]
    options: FitOptions
    low_rank: int = 0
    category_weight: float = 1.0
    validation_sources: tuple[str, ...] = (REVIEWS,)
    validation_share: int = 8


def fit_reader(
    recipe: Recipe,
    data: ReaderData,
    *,
    progress: Callable[[str], None],
    checkpoint: Path | None = None,
) -> tuple[ReaderWeights, Fit]:
    """Fit and calibrate. The same recipe and data on the same machine give the same weights.

    Args:
        recipe: what to make.
        data: its training texts alone are looked at.
        progress: told, in words for people, how far it is.
        checkpoint: see `models.training.fitting.loop.fit`.

    Raises:
        ModelConfigurationError: the encoder is not there, or cannot be adapted.
    """
    plan, kind = plan_compute(), encoder_kind(recipe.encoder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.options.seed)
        encoder = kind.to_train(plan)
        if recipe.low_rank:
            _adapt(encoder.network, kind, recipe.low_rank)
        trainee = ReaderTrainee(encoder, OpinionHeads(encoder.width), data.categories).to(plan.device)
    before = {
        name: parameter.detach().clone() if parameter.requires_grad else parameter.detach()
        for name, parameter in encoder.network.named_parameters()
        if not kind.is_new(name)
    }
    validation = [text for text in data.training if text.source in recipe.validation_sources]
    validation = validation[:: recipe.validation_share]
    apart = {text.text for text in validation}
    training = ReaderTexts.of(encoder, [text for text in data.training if text.text not in apart])
    objective = ReaderObjective(
        trainee,
        encoder,
        kind,
        training=training,
        rounds=data.rounds,
        validation=ReaderTexts.of(encoder, validation),
        recipe=recipe,
        plan=plan,
    )
    how = fit(objective, recipe.options, progress=progress, checkpoint=checkpoint)
    progress("calibrating")
    weights = ReaderWeights(
        kind.name,
        kind.sha256(),
        recipe.languages,
        difference_of(before, encoder.network),
        trainee.heads,
        objective.calibration(),
    )
    return weights, how


def _adapt(network: nn.Module, kind: EncoderKind, rank: int) -> None:
    """Freeze a network but for low-rank updates of its layers."""
    if any(kind.is_new(name) for name, _ in network.named_parameters()):
        raise ModelConfigurationError(
            f"low-rank updates: wanted an encoder that is pretrained in all its layers, got {kind.name}: "
            "train all of it, or name another"
        )
    network.requires_grad_(requires_grad=False)
    if not add_adapter(network, rank):
        raise ModelConfigurationError(
            f"low-rank updates: wanted an encoder with linear layers, got {kind.name}: train all of it"
        )


class ReaderObjective:
    """See `models.training.fitting.loop.Objective`."""

    def __init__(
        self,
        trainee: ReaderTrainee,
        encoder: TrainableEncoder,
        kind: EncoderKind,
        *,
        training: ReaderTexts,
        rounds: Mapping[str, int],
        validation: ReaderTexts,
        recipe: Recipe,
        plan: ComputePlan,
    ) -> None:
        self.trainable = trainee
        self.lengths = list(map(len, training.tokenised))
        self._encoder, self._kind, self._plan = encoder, kind, plan
        self._training, self._validation, self._rounds = training, validation, rounds
        self._recipe = recipe
        self._mixed_precision = recipe.options.mixed_precision and has_fast_bfloat16(plan.device)

    def chosen(self, epoch: int) -> Iterator[int]:
        """All of most sources; of a larger one another part each epoch."""
        seen: Counter[str] = Counter()
        for index, text in enumerate(self._training.texts):
            rounds = self._rounds.get(text.source, 1)
            if (seen[text.source] + epoch) % rounds == 0:
                yield index
            seen[text.source] += 1

    def is_new(self, name: str) -> bool:
        """Heads are new, and what the encoder has on top of what was pretrained."""
        part, _, rest = name.partition(".")
        return part != "encoder_network" or is_factor(rest) or self._kind.is_new(rest)

    def loss(self, indices: Sequence[int]) -> Tensor:
        """See `models.training.fitting.reader_objective.reader_loss`."""
        return reader_loss(
            self.trainable,
            self._encoder,
            self._training.batch(indices),
            device=self._plan.device,
            mixed_precision=self._mixed_precision,
            hidden=self._recipe.options.hidden,
            category_weight=self._recipe.category_weight,
        )

    def validate(self) -> float:
        """The mean of the opinions' micro-F1 and the sentiment's macro-F1."""
        texts = self._validation.texts
        readings = self._read(self._validation, Calibration())
        counts = summed(
            counts_of(read_opinions(reading), annotated_opinions(text.opinions or ()))
            for reading, text in zip(readings, texts, strict=True)
        )
        known = [text.sentiment or "neutral" for text in texts]
        return (counts.f1 + sentiment_f1(readings, known)) / 2

    def calibration(self) -> Calibration:
        """Fitted to the real reviews of the validation: as long and as mixed as what is read once it is trained."""
        texts = self._validation.of_source(REVIEWS)
        return calibrate(
            self.trainable.heads.eval(), self._encoder, texts, partial(self._read, texts), self._plan.device
        )

    def _read(self, texts: ReaderTexts, calibration: Calibration) -> list[ReviewReading]:
        """By the weights as they are."""
        reader = OpinionReader(
            "in training",
            "0",
            None,
            encoder=self._encoder,
            heads=self.trainable.heads,
            calibration=calibration,
            plan=self._plan,
        )
        return read_tokenised(reader, texts.tokenised)


def read_tokenised(reader: OpinionReader, texts: Sequence[TokenisedText]) -> list[ReviewReading]:
    """One reading of each, in order."""
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    readings: dict[int, ReviewReading] = {}
    for first in range(0, len(order), _READ_AT_ONCE):
        batch = order[first : first + _READ_AT_ONCE]
        readings |= dict(zip(batch, reader.forward([texts[index] for index in batch]), strict=True))
    return [readings[index] for index in range(len(texts))]


def sentiment_f1(readings: Sequence[ReviewReading], known: Sequence[SentimentLabel]) -> float:
    """Macro-F1 over the three classes."""
    labels = [SENTIMENT_LABELS.index(one) for one in known]
    return evaluate([tuple(one.sentiment) for one in readings], labels, SENTIMENT_LABELS).macro_f1
