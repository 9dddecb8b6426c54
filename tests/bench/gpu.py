"""Readers, the generator and a training step on an accelerator, each beside its bare network, in one process.

The bare network of a reader is its encoder alone: the same windows in the same batches, tokenised beforehand, no heads
and no answers. That of the generator is transformers' `generate` (`tests.bench.baselines.plain_writing`); that of the
training a forward and backward pass of the encoder with the same optimiser.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.devices import ComputePlan, available_devices, has_fast_bfloat16, plan_compute
from models.encoders.interfaces import TextEncoder
from models.encoders.sentence_tokeniser import TokenisedText
from models.errors import ModelConfigurationError, ModelError
from models.generation.interfaces import PhraseRequest
from models.generation.loading import GeneratorOptions, load_generator
from models.generation.packaged import converted_directory, packaged_generator
from models.readers.encoder_kinds import EncoderKind, encoder_kind
from models.readers.interfaces import ReviewReader
from models.readers.loading import LoadOptions, load_reader
from models.readers.opinion_heads import NO_OPINION, OpinionHeads
from models.readers.opinion_loading import reader_of
from models.readers.opinion_reader import Calibration, OpinionReader
from models.readers.opinion_weights import ReaderWeights
from models.registry.checkpoints import checkpoint_directory
from models.registry.references import parse_reference
from models.training.corpora.annotated import AnnotatedOpinion
from models.training.corpora.texts import TrainingText
from models.training.fitting.batching import shuffled_batches
from models.training.fitting.options import FitOptions
from models.training.fitting.reader_fitting import ReaderObjective, Recipe
from models.training.fitting.reader_objective import ReaderTexts, ReaderTrainee
from streams.errors import ConfigurationError, FatalError
from streams.lane.lane import Lane
from streams.lane.planning import plan_batches
from streams.lane.values import Failure, LaneLimits
from streams.settings import Settings
from tests.bench.baselines.plain_writing import PROMPTS, PlainWriter
from tests.bench.enrich import machine
from tests.bench.gpu_clock import Clock, Done, Rate, timed
from tests.bench.gpu_report import GpuReport, GpuRow
from tests.bench.ours.tokens import TokenCount
from tests.bench.reviews import drawn_reviews

_KINDS = ("minilm", "universal")
_BARE = "its network alone"
_CALL = 64
_CALLS_AT_ONCE = 8
_EVIDENCE_WORDS = 12
_TRAINING_TOKENS = 4_096
_SURE = 4.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What is measured.

    Attributes:
        device: cuda, mps or cpu.
        readers: references of `load_reader`, beside one of each encoder with heads that know nothing.
        generator: a reference of `load_generator`; empty: none is measured.
        reviews: that are read, again and again.
        seconds: of every measurement, after some steps that do not count.
    """

    device: str = "cuda"
    readers: tuple[str, ...] = ()
    generator: str = ""
    reviews: int = 2_000
    seconds: float = 15.0


def run(options: Options, settings: Settings, say: Say) -> GpuReport:
    """Measure everything.

    Raises:
        ConfigurationError: the device is not there, or a model.
        FatalError: a model does not answer.
    """
    if options.device not in available_devices():
        raise ConfigurationError(
            f"bench gpu: wanted the device {options.device}, got torch {torch.__version__} with "
            f"{', '.join(sorted(available_devices()))} only: run it where nvidia-smi lists a device, "
            "or try the command itself with --device cpu"
        )
    plan = plan_compute(options.device, settings.model.dtype)
    versions = {name: version(name) for name in ("torch", "transformers")}
    facts = {"device": _device_name(plan.device), "dtype": str(plan.dtype).removeprefix("torch.")}
    runner = _Runner(options, plan, GpuReport(machine() | facts | {"versions": versions}), say)
    torch.set_num_threads(1)  # as `load_reader` does: the lane computes on as many streams as there are cores
    try:
        kinds = dict(_installed())
        for name, kind in kinds.items():
            runner.read(f"reader on {name}", _unknowing(kind, plan))
        for reference in options.readers:
            runner.read(reference, load_reader(reference, LoadOptions(plan.device, settings.model.dtype)))
        if options.generator:
            runner.write(options.generator, settings)
        for name, kind in kinds.items():
            runner.train(f"training of {name}", kind)
    except ModelError as error:
        raise ConfigurationError(f"bench gpu: {error}") from error
    return runner.report


class _Runner:
    def __init__(self, options: Options, plan: ComputePlan, report: GpuReport, say: Say) -> None:
        self.report = report
        self._options, self._plan, self._say = options, plan, say
        self._texts = [review.text for review in drawn_reviews(options.reviews)]

    def read(self, subject: str, reader: ReviewReader[Any]) -> None:
        """A reader through the lane, as the enrich role asks it; its forward passes alone; its network alone."""
        tokenised = reader.tokenise(self._texts)
        planned = plan_batches(
            list(map(len, tokenised)),
            max_tokens=reader.batch_tokens,
            max_reviews=LaneLimits().max_batch_reviews,
            is_padded=not reader.packs,
        )
        batches = [[tokenised[index] for index in batch] for batch in planned]
        self._add(subject, "through the lane", asyncio.run(self._through_the_lane(reader, tokenised)))
        works = [("its forward passes", reader.forward)]
        if isinstance(reader, OpinionReader):
            works.append((_BARE, torch.inference_mode()(partial(_states, reader.encoder))))
        for what, work in works:
            rate = timed(batches, partial(_read, work), self._clock())
            self._add(subject, what, rate, is_bare=work is works[-1][1])

    def write(self, reference: str, settings: Settings) -> None:
        """The generator as the generate role asks it, and transformers' `generate`."""
        requests = [_request(text) for text in self._texts]
        batches = [requests[first : first + PROMPTS] for first in range(0, len(requests), PROMPTS)]
        options = GeneratorOptions(
            device=self._plan.device, dtype=settings.model.dtype, cache=settings.model.cache_directory
        )
        generator, count = load_generator(reference, options), TokenCount()
        count.start()

        def phrase(batch: Sequence[PhraseRequest]) -> Done:
            before = count.tokens
            generator.phrase(batch, deadline_s=60.0)
            return Done(0, count.tokens - before)

        try:
            self._add(f"generator {generator.name}", "phrases", timed(batches, phrase, self._clock()))
        finally:
            count.stop()
        plain = PlainWriter(_checkpoint(reference, settings), self._plan.device, settings.model.dtype)
        rate = timed(batches, lambda batch: Done(0, plain.write(batch)), self._clock())
        self._add(f"generator {generator.name}", "transformers' generate", rate, is_bare=True)

    def train(self, subject: str, kind: EncoderKind) -> None:
        """Steps as a training takes them, and of the encoder alone."""
        encoder = kind.to_train(self._plan)
        trainee = ReaderTrainee(encoder, OpinionHeads(encoder.width), {}).to(self._plan.device).train()
        texts = ReaderTexts.of(encoder, [_labelled(text) for text in self._texts])
        objective = ReaderObjective(
            trainee,
            encoder,
            kind,
            training=texts,
            rounds={},
            validation=texts,
            recipe=Recipe(kind.name, kind.name, (), FitOptions()),
            plan=self._plan,
        )
        batches = shuffled_batches(objective.lengths, objective.chosen(0), _TRAINING_TOKENS, seed=7, epoch=0)
        mixed = FitOptions().mixed_precision and has_fast_bfloat16(self._plan.device)

        def bare(batch: Sequence[int]) -> Tensor:
            with torch.autocast(self._plan.device, torch.bfloat16, enabled=mixed):
                return _states(encoder, texts.batch(batch).tokenised).pow(2).mean()

        for what, loss in (("its steps", objective.loss), (_BARE, bare)):
            step = partial(_step, _optimiser(trainee), loss, objective.lengths)
            self._add(subject, what, timed(batches, step, self._clock()), is_bare=what is _BARE)

    async def _through_the_lane(self, reader: ReviewReader[Any], tokenised: Sequence[Any]) -> Rate:
        """Several calls at a time, as of several chunks; tokenising included."""
        calls = itertools.cycle(
            plan_batches([1] * len(tokenised), max_tokens=_CALL, max_reviews=_CALL, is_padded=False)
        )
        clock = self._clock()
        async with Lane(reader, LaneLimits()) as lane:

            async def ask() -> None:
                call = next(calls)
                answers = await lane.run([self._texts[index] for index in call])
                failed = next((one.outcome for one in answers if isinstance(one.outcome, Failure)), None)
                if failed is not None:
                    raise FatalError(f"bench gpu: {reader.name} cannot read a review: {failed.error}")
                clock.add(Done(len(call), sum(len(tokenised[index]) for index in call)))

            async def go_on() -> None:
                await ask()
                while not clock.is_over():
                    await ask()

            await asyncio.gather(*(ask() for _ in range(_CALLS_AT_ONCE)))
            clock = self._clock()
            clock.start()
            await asyncio.gather(*(go_on() for _ in range(_CALLS_AT_ONCE)))
            return clock.rate()

    def _clock(self) -> Clock:
        return Clock(self._plan.device, self._options.seconds)

    def _add(self, subject: str, what: str, rate: Rate, *, is_bare: bool = False) -> None:
        self.report.rows.append(GpuRow(subject, what, *rate, is_bare=is_bare))
        self._say(f"  {subject}, {what}: {rate.tokens_per_second:,.0f} tokens/s")


def _installed() -> Iterator[tuple[str, EncoderKind]]:
    """The encoders whose packages are there."""
    for name in _KINDS:
        kind = encoder_kind(name)
        try:
            kind.sha256()
        except ModelConfigurationError:
            continue
        yield name, kind


def _unknowing(kind: EncoderKind, plan: ComputePlan) -> OpinionReader:
    """A reader of a size like a trained one's, which seldom finds an opinion."""
    torch.manual_seed(7)
    heads = OpinionHeads(kind.to_serve({}, plan).width).eval()
    with torch.no_grad():
        heads.of_token.bias[NO_OPINION] = _SURE
    weights = ReaderWeights(kind.name, kind.sha256(), (), {}, heads, Calibration())
    return reader_of(kind.name, "0", weights, plan)


def _states(encoder: TextEncoder, batch: Sequence[TokenisedText]) -> Tensor:
    return encoder.states([window for text in batch for window in text.windows])


def _read(work: Callable[[Sequence[Any]], object], batch: Sequence[Any]) -> Done:
    work(batch)
    return Done(len(batch), sum(map(len, batch)))


def _optimiser(module: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW([one for one in module.parameters() if one.requires_grad], lr=1e-6)


def _step(
    optimiser: torch.optim.Optimizer,
    loss: Callable[[Sequence[int]], Tensor],
    lengths: Sequence[int],
    batch: Sequence[int],
) -> Done:
    loss(batch).backward()
    optimiser.step()
    optimiser.zero_grad()
    return Done(len(batch), sum(lengths[index] for index in batch))


def _labelled(text: str) -> TrainingText:
    """A text whose first word is an opinion: what is learnt does not matter, only how long it takes."""
    opinion = AnnotatedOpinion("quality", "positive", 0, len(text.split(maxsplit=1)[0]), "reviewer")
    return TrainingText(
        text, "annotated", sentiment="positive", stars=5, opinions=(opinion,), knows_holders=True
    )


def _request(text: str) -> PhraseRequest:
    return PhraseRequest("en", (" ".join(text.split()[:_EVIDENCE_WORDS]),), "quality", "good")


def _checkpoint(reference: str, settings: Settings) -> Path:
    parsed = parse_reference(reference)
    if parsed.kind == "builtin":
        return converted_directory(packaged_generator(parsed.name), settings.model.cache_directory)
    return checkpoint_directory(parsed, "generator")


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else device
