"""The loop that fits: the same again, whole after a stop, the best weights kept, errors that say what to do."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.errors import ModelConfigurationError
from models.training.fitting.batching import shuffled_batches
from models.training.fitting.loop import Fit, fit, rate_share
from models.training.fitting.options import OPTIMISERS, SCHEDULES, FitOptions

OPTIONS = FitOptions(epochs=3, batch_tokens=6, learning_rate=0.05, head_learning_rate=0.05, patience=0)


class Numbers(nn.Module):
    """A layer that was trained before, dropout, and a layer that was not; one parameter is not to be trained."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.dropout, self.head = nn.Linear(4, 4), nn.Dropout(0.3), nn.Linear(4, 1)
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, numbers: Tensor) -> Tensor:
        return self.head(self.dropout(torch.tanh(self.encoder(numbers)))).squeeze(1)


@dataclass
class Sums:
    """Learn to add: twelve rows of one token each."""

    validations: Sequence[float] = ()
    spoil: Callable[[Tensor], Tensor] = lambda loss: loss
    asked: int = 0
    was_training: list[bool] = field(default_factory=list)
    seen: list[dict[str, Tensor]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            self.trainable = Numbers()
            self.rows = torch.randn(12, 4)
        self.lengths = [1] * 12

    def chosen(self, epoch: int) -> Sequence[int]:  # noqa: ARG002
        return range(12)

    def is_new(self, name: str) -> bool:
        return name.startswith("head.")

    def loss(self, indices: Sequence[int]) -> Tensor:
        self.was_training.append(self.trainable.training)
        rows = self.rows[list(indices)]
        return self.spoil(((self.trainable(rows) - rows.sum(dim=1)) ** 2).mean())

    def validate(self) -> float:
        assert not self.trainable.training
        assert not torch.is_grad_enabled()
        self.seen.append(weights(self))
        self.asked += 1
        if self.validations:
            return self.validations[self.asked - 1]
        return -float(((self.trainable(self.rows) - self.rows.sum(dim=1)) ** 2).mean())


def weights(objective: Sums) -> dict[str, Tensor]:
    return {name: one.detach().clone() for name, one in objective.trainable.named_parameters()}


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return all(torch.equal(left[name], right[name]) for name in left)


def run(objective: Sums, options: FitOptions = OPTIONS, checkpoint: Path | None = None) -> Fit:
    return fit(objective, options, progress=lambda _: None, checkpoint=checkpoint)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_same_seed_gives_the_same_weights(optimiser: str) -> None:
    """Whatever was drawn before, and nothing is drawn from whoever calls; another seed gives others."""
    options = replace(OPTIONS, optimiser=optimiser)
    first, second, third = Sums(), Sums(), Sums()
    run(first, options)
    before = torch.get_rng_state()
    run(second, options)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    run(third, replace(options, seed=8))
    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(third))
    assert not same(weights(first), weights(Sums()))


def test_it_fits() -> None:
    """The held-out value grows, the network trains in training mode, and what needs no gradient stays."""
    objective = Sums()
    got = run(objective, replace(OPTIONS, epochs=20))
    assert max(got.validations) > got.validations[0] / 2
    assert all(objective.was_training)
    assert not objective.trainable.training
    assert torch.equal(objective.trainable.frozen, torch.ones(2))


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_run_that_goes_on_gives_the_weights_of_one_that_never_stopped(
    tmp_path: Path, optimiser: str
) -> None:
    """After the first epoch, with momentum, schedule and dropout where they were."""
    options = replace(OPTIONS, optimiser=optimiser, accumulate=2)
    whole, stopped, resumed = Sums(), Sums(), Sums()
    wanted = run(whole, options)

    def stop(message: str) -> None:
        if message.startswith("epoch 2"):
            raise StoppedError

    with pytest.raises(StoppedError):
        fit(stopped, options, progress=stop, checkpoint=tmp_path / "run.pt")
    with torch.no_grad():
        resumed.trainable.head.weight.zero_()
    messages: list[str] = []
    got = fit(resumed, options, progress=messages.append, checkpoint=tmp_path / "run.pt")
    assert messages[0] == "goes on after epoch 1"
    assert len(messages) == options.epochs
    assert got == wanted
    assert same(weights(resumed), weights(whole))
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_checkpoint_of_other_options_is_refused(tmp_path: Path) -> None:
    """Half a run with one learning rate and half with another would be neither."""
    run(Sums(), OPTIONS, tmp_path / "run.pt")
    with pytest.raises(ModelConfigurationError, match=r"run\.pt.*learning_rate.*wanted 0\.01, got 0\.05"):
        run(Sums(), replace(OPTIONS, learning_rate=0.01), tmp_path / "run.pt")


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """As after another encoder was named: half of its weights would stay as they were."""
    run(Sums(), OPTIONS, tmp_path / "run.pt")
    other = Sums()
    other.trainable.encoder = nn.Linear(4, 4, bias=False)
    with pytest.raises(ModelConfigurationError, match=r"run\.pt: wanted the weights of this network"):
        run(other, OPTIONS, tmp_path / "run.pt")


def test_the_best_epoch_is_kept_and_the_run_stops() -> None:
    """Two epochs without a better one are enough; of equals the first is the best."""
    objective = Sums(validations=[0.1, 0.5, 0.5, 0.4, 0.9])
    got = run(objective, replace(OPTIONS, epochs=5, patience=2))
    assert got == Fit(best_epoch=2, validations=(0.1, 0.5, 0.5, 0.4))
    assert same(weights(objective), objective.seen[1])
    assert not same(objective.seen[1], objective.seen[3])


def test_without_patience_all_epochs_are_run() -> None:
    objective = Sums(validations=[0.5, 0.4, 0.3, 0.2])
    got = run(objective, replace(OPTIONS, epochs=4, patience=0))
    assert (got.best_epoch, len(got.validations)) == (1, 4)
    assert same(weights(objective), objective.seen[0])


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_accumulated_passes_make_the_step_of_a_larger_batch(optimiser: str) -> None:
    """Twelve rows at once, or in four passes of three: the same gradient, so the same weights but for rounding."""
    options = replace(OPTIONS, optimiser=optimiser, epochs=2)
    at_once, in_passes = Sums(), Sums()
    for one in (at_once, in_passes):
        one.trainable.dropout.p = 0.0
    run(at_once, replace(options, batch_tokens=12))
    run(in_passes, replace(options, batch_tokens=3, accumulate=4))
    got = weights(in_passes)
    assert all(torch.allclose(got[name], one, atol=1e-4) for name, one in weights(at_once).items())
    assert not same(got, weights(Sums()))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_an_error(bad: float) -> None:
    """It says where, and what to change; the weights are not stepped on."""
    objective = Sums(spoil=lambda loss: loss * bad)
    with pytest.raises(
        FloatingPointError, match=r"epoch 1, batch 1: wanted a loss, got .*lower the learning"
    ):
        run(objective)
    assert same(weights(objective), weights(Sums()))


def test_a_validation_that_is_no_number_is_an_error() -> None:
    """No epoch would ever be better than it."""
    with pytest.raises(FloatingPointError, match="epoch 2: wanted a validation, got nan"):
        run(Sums(validations=[0.5, math.nan, 0.6]))


def test_gradients_are_clipped_to_their_norm() -> None:
    """With plain descent, the first step is as long as the clipped gradient; zero clips nothing."""
    lengths = {}
    for clip in (0.0, 1e-3):
        objective = Sums()
        options = FitOptions(
            epochs=1, optimiser="sgd", schedule="constant", warm_up=0, weight_decay=0, clip=clip
        )
        run(objective, replace(options, learning_rate=0.1, head_learning_rate=0.1, batch_tokens=12))
        before = weights(Sums())
        lengths[clip] = math.sqrt(
            sum(float(((one - before[name]) ** 2).sum()) for name, one in weights(objective).items())
        )
    assert lengths[1e-3] == pytest.approx(1e-4, rel=1e-2)
    assert lengths[0.0] > 10 * lengths[1e-3]


def test_what_is_new_has_its_own_rate() -> None:
    """A rate of nearly nothing leaves what was pretrained where it was."""
    objective = Sums()
    run(objective, replace(OPTIONS, learning_rate=1e-12, head_learning_rate=0.05))
    before, after = weights(Sums()), weights(objective)
    assert torch.allclose(before["encoder.weight"], after["encoder.weight"], atol=1e-8)
    assert not torch.allclose(before["head.weight"], after["head.weight"], atol=1e-3)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_rises_then_follows_its_schedule(schedule: str) -> None:
    options = FitOptions(schedule=schedule, warm_up=0.2)
    shares = [rate_share(step, 100, options) for step in range(120)]
    assert shares[:20] == pytest.approx([(step + 1) / 20 for step in range(20)])
    assert shares[20:] == sorted(shares[20:], reverse=True)
    middle, end = {"linear": (0.5, 0.02), "cosine": (0.5, 0.02), "constant": (1.0, 1.0)}[schedule]
    assert shares[59] == pytest.approx(middle, abs=1e-6)
    assert shares[99:] == [end] * 21
    quarter = {"linear": 0.75, "cosine": (1 + math.sqrt(0.5)) / 2, "constant": 1.0}[schedule]
    assert shares[39] == pytest.approx(quarter, abs=1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_run_of_one_step_has_a_rate(schedule: str) -> None:
    assert rate_share(0, 1, FitOptions(schedule=schedule, warm_up=0)) == 1.0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("epochs", 0),
        ("batch_tokens", 0),
        ("accumulate", 0),
        ("patience", -1),
        ("learning_rate", 0.0),
        ("learning_rate", math.nan),
        ("head_learning_rate", 1.0),
        ("warm_up", 1.0),
        ("weight_decay", -0.1),
        ("clip", -1.0),
        ("optimiser", "adam"),
        ("schedule", "step"),
    ],
)
def test_an_option_out_of_its_bounds_is_named(setting: str, value: object) -> None:
    with pytest.raises(ModelConfigurationError, match=rf"^{setting}: wanted .*got .*{value}"):
        FitOptions(**{setting: value})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=300), st.integers(1, 200), st.integers(0, 3))
def test_batches_hold_each_text_once_within_the_budget(lengths: list[int], budget: int, epoch: int) -> None:
    """Padded tokens, that is; a text that is too long for it is alone, and who was not chosen is not there."""
    chosen = range(0, len(lengths), 2)
    batches = shuffled_batches(lengths, chosen, budget, seed=3, epoch=epoch)
    assert sorted(index for batch in batches for index in batch) == list(chosen)
    for batch in batches:
        assert batch
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= budget


def test_the_order_of_the_batches_is_that_of_the_seed_and_the_epoch() -> None:
    lengths = [1 + number % 9 for number in range(60)]
    first = shuffled_batches(lengths, range(60), 20, seed=3, epoch=0)
    assert first == shuffled_batches(lengths, range(60), 20, seed=3, epoch=0)
    assert first != shuffled_batches(lengths, range(60), 20, seed=3, epoch=1)
    assert first != shuffled_batches(lengths, range(60), 20, seed=4, epoch=0)


def test_an_average_of_the_weights_is_validated_and_kept() -> None:
    """Each step is as it would be; what is judged and kept lags behind it."""
    plain, averaged = Sums(), Sums()
    run(plain, OPTIONS)
    run(averaged, replace(OPTIONS, average=0.9))
    assert not same(plain.seen[0], averaged.seen[0])
    assert any(same(weights(averaged), one) for one in averaged.seen)


def test_a_run_with_an_average_is_resumed(tmp_path: Path) -> None:
    """The average too is as if nobody had stopped it."""
    options = replace(OPTIONS, average=0.9)
    whole, stopped, resumed = Sums(), Sums(validations=[0.1, math.nan]), Sums()
    run(whole, options)
    with pytest.raises(FloatingPointError):
        run(stopped, options, tmp_path / "run")
    run(resumed, options, tmp_path / "run")
    assert resumed.asked < whole.asked
    assert same(whole.seen[-1], resumed.seen[-1])
