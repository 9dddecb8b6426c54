"""The loop: steps with a schedule, a validation after each epoch, the best weights kept, stopped early, resumed."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from models.errors import ModelConfigurationError
from models.training.fitting.batching import shuffled_batches
from models.training.fitting.options import FitOptions

_LOWEST_SHARE = 0.02
_MOMENTUM = 0.9
_YOUNG_STEPS = 10


class Objective(Protocol):
    """What is fitted, and to what."""

    @property
    def trainable(self) -> nn.Module:
        """What holds the weights; those that need no gradient stay as they are and are not kept."""
        ...

    @property
    def lengths(self) -> Sequence[int]:
        """Tokens of each training text."""
        ...

    def chosen(self, epoch: int) -> Iterable[int]:
        """Which training texts this epoch, from 0, sees."""
        ...

    def is_new(self, name: str) -> bool:
        """Whether the parameter of this name began at random."""
        ...

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Of these training texts, to be minimised; in training mode."""
        ...

    def validate(self) -> float:
        """How good the weights are on held-out texts, more is better; in evaluation mode, without gradients."""
        ...


@dataclass(frozen=True, slots=True)
class Fit:
    """How a run went: the best epoch, from 1, and the validation after each."""

    best_epoch: int
    validations: tuple[float, ...]


def fit(
    objective: Objective,
    options: FitOptions,
    *,
    progress: Callable[[str], None],
    checkpoint: Path | None = None,
) -> Fit:
    """Fit, and leave the best weights in the objective.

    Args:
        objective: what is fitted.
        options: how.
        progress: told, in words for people, how far it is.
        checkpoint: written after each epoch; if it is there, the run goes on from it, and gives the same weights.

    Raises:
        FloatingPointError: the loss or the validation is no number any more; says what to change.
        ModelConfigurationError: the checkpoint is of a run with other options, or of another network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        return _Run(objective, options, progress, checkpoint).to_the_end()


class _Run:
    def __init__(
        self,
        objective: Objective,
        options: FitOptions,
        progress: Callable[[str], None],
        checkpoint: Path | None,
    ) -> None:
        self._objective, self._options = objective, options
        self._progress, self._checkpoint = progress, checkpoint
        self._optimiser = _optimiser(objective, options)
        steps = sum(
            math.ceil(len(self._batches(epoch)) / options.accumulate) for epoch in range(options.epochs)
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser, lambda step: rate_share(step, steps, options)
        )
        self._validations: list[float] = []
        self._best_epoch, self._best = 0, dict[str, Tensor]()
        self._steps = 0
        self._average = _trained(objective.trainable) if options.average else {}

    def to_the_end(self) -> Fit:
        if self._checkpoint is not None and self._checkpoint.is_file():
            self._resume(self._checkpoint)
        while len(self._validations) < self._options.epochs and not self._is_enough():
            self._epoch(len(self._validations))
        self._objective.trainable.load_state_dict(self._best, strict=False)
        self._objective.trainable.eval()
        return Fit(self._best_epoch, tuple(self._validations))

    def _epoch(self, epoch: int) -> None:
        trainable, options = self._objective.trainable, self._options
        trainable.train()
        batches = self._batches(epoch)
        total = 0.0
        for number, indices in enumerate(batches, start=1):
            loss = self._objective.loss(indices)
            value = float(loss.detach())
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"fitting, epoch {epoch + 1}, batch {number}: wanted a loss, got {value}: "
                    "lower the learning rate, or turn mixed precision off"
                )
            total += value
            (loss / options.accumulate).backward()  # type: ignore[no-untyped-call]
            if number % options.accumulate == 0 or number == len(batches):
                self._step()
        trainable.eval()
        last = _trained(trainable) if self._average else {}
        trainable.load_state_dict(self._average, strict=False)
        with torch.no_grad():
            validation = self._objective.validate()
        if math.isnan(validation):
            raise FloatingPointError(
                f"fitting, epoch {epoch + 1}: wanted a validation, got {validation}: lower the learning rate"
            )
        if validation > max(self._validations, default=-math.inf):
            self._best_epoch, self._best = epoch + 1, _trained(trainable)
        trainable.load_state_dict(last, strict=False)
        self._validations.append(validation)
        self._progress(
            f"epoch {epoch + 1} of {options.epochs}: loss {total / len(batches):.3f}, held out {validation:.4f}"
        )
        if self._checkpoint is not None:
            self._save(self._checkpoint)

    def _step(self) -> None:
        if self._options.clip:
            nn.utils.clip_grad_norm_(_parameters(self._objective.trainable), self._options.clip)
        self._optimiser.step()
        self._schedule.step()
        self._optimiser.zero_grad()
        self._steps += 1
        # Young, it would else remember the beginning for long.
        share = 1 - min(self._options.average, self._steps / (_YOUNG_STEPS + self._steps))
        parameters = dict(self._objective.trainable.named_parameters())
        for name, average in self._average.items():
            average.lerp_(parameters[name].detach(), share)

    def _is_enough(self) -> bool:
        late = len(self._validations) - self._best_epoch
        return bool(self._options.patience) and late >= self._options.patience

    def _batches(self, epoch: int) -> list[list[int]]:
        options = self._options
        objective = self._objective
        return shuffled_batches(
            objective.lengths,
            objective.chosen(epoch),
            options.batch_tokens,
            seed=options.seed,
            epoch=epoch,
        )

    def _save(self, path: Path) -> None:
        state = {
            "weights": _trained(self._objective.trainable),
            "best": self._best,
            "steps": self._steps,
            "average": self._average,
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
            "validations": self._validations,
            "best_epoch": self._best_epoch,
            "random": torch.get_rng_state(),
            "options": asdict(self._options),
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def _resume(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        for name, wanted in asdict(self._options).items():
            if state["options"][name] != wanted:
                raise ModelConfigurationError(
                    f"checkpoint {path.name}: {name}: wanted {wanted}, got {state['options'][name]}: "
                    "remove it, or choose the options it was made with"
                )
        trained = _trained(self._objective.trainable)
        if _shapes(state["weights"]) != _shapes(trained):
            raise ModelConfigurationError(
                f"checkpoint {path.name}: wanted the weights of this network, got those of another: remove it, or "
                "train the network that it was made with"
            )
        self._objective.trainable.load_state_dict(state["weights"], strict=False)
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self._validations, self._best_epoch = list(state["validations"]), state["best_epoch"]
        self._best, self._steps, self._average = state["best"], state["steps"], state["average"]
        torch.set_rng_state(state["random"])
        self._progress(f"goes on after epoch {len(self._validations)}")


def rate_share(step: int, steps: int, options: FitOptions) -> float:
    """The share of the learning rate at a step: up during the warm-up, then down as the schedule says."""
    warm_up = max(1.0, options.warm_up * steps)
    if step + 1 < warm_up:
        return (step + 1) / warm_up
    if options.schedule == "constant":
        return 1.0
    done = min(1.0, (step + 1 - warm_up) / max(1.0, steps - warm_up))
    left = 1.0 - done if options.schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))
    return max(_LOWEST_SHARE, left)


def _optimiser(objective: Objective, options: FitOptions) -> torch.optim.Optimizer:
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in objective.trainable.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((objective.is_new(name), parameter.ndim > 1), []).append(parameter)
    parameters = [
        {
            "params": members,
            "lr": options.head_learning_rate if is_new else options.learning_rate,
            "weight_decay": options.weight_decay if is_matrix else 0.0,
        }
        for (is_new, is_matrix), members in groups.items()
    ]
    if options.optimiser == "adamw":
        return torch.optim.AdamW(parameters)
    if options.optimiser == "adafactor":
        return torch.optim.Adafactor(parameters)
    return torch.optim.SGD(parameters, lr=options.learning_rate, momentum=_MOMENTUM)


def _parameters(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def _trained(module: nn.Module) -> dict[str, Tensor]:
    return {
        name: parameter.detach().clone()
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }


def _shapes(weights: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in weights.items()}
