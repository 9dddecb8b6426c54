"""Readers on encoders of transformers: trained in full or by low-rank updates, saved, loaded, and read the same."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.devices import ComputePlan, plan_compute
from models.encoders.differences import add_difference, difference_of
from models.encoders.low_rank import add_adapter
from models.errors import DamagedModelError, ModelConfigurationError
from models.readers.encoder_kinds import encoder_kind
from models.readers.interfaces import ReviewReading
from models.readers.loading import LoadOptions, load_reader
from models.readers.opinion_loading import reader_of
from models.readers.opinion_weights import ReaderWeights, save_reader_weights
from models.registry.manifest import write_manifest
from models.training.fitting.options import FitOptions
from models.training.fitting.reader_fitting import Recipe, fit_reader
from tests.unit.models.annotated_texts import two_languages
from tests.unit.models.pretrained_checkpoints import KINDS, write_encoder

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

PLAN = ComputePlan("cpu", torch.float32)
#: At these rates a tiny random network learns quickly.
OPTIONS = FitOptions(
    epochs=8,
    learning_rate=5e-3,
    head_learning_rate=2e-2,
    batch_tokens=150,
    patience=0,
    mixed_precision=False,
)
FEW = FitOptions(epochs=1, batch_tokens=1_500, mixed_precision=False)
TEXTS = (
    "😍 The lamp is a lovely colour 😍, but my kettle broke after a week!",
    "𠮷 杯子质量太差了😡。这个书包的颜色很漂亮👍",
    "Nobody answered me about the scarf",
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Beside other work two threads of a tiny network wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fitted(
    encoder: Path | str, options: FitOptions = OPTIONS, *, low_rank: int = 0
) -> tuple[ReaderWeights, list[float]]:
    """What was trained, and the loss of each epoch."""
    said: list[str] = []
    reference = encoder if isinstance(encoder, str) else f"path:{encoder}"
    recipe = Recipe("tiny", reference, ("en", "zh"), options, low_rank=low_rank)
    weights, _ = fit_reader(recipe, two_languages(), progress=said.append)
    return weights, [float(found[1]) for line in said if (found := re.search(r"loss ([\d.]+)", line))]


def saved(weights: ReaderWeights, directory: Path) -> Path:
    directory.mkdir()
    save_reader_weights(weights, directory)
    write_manifest(directory)
    return directory


def said(reading: ReviewReading, text: str) -> list[tuple[str, str, str]]:
    return [(text[one.start : one.end], one.aspect, one.sentiment.label) for one in reading.aspects]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("low_rank", [0, 8])
def test_it_learns_and_reads_the_same_once_it_is_loaded(tmp_path: Path, kind: str, low_rank: int) -> None:
    """The loss falls by a third; loaded as `path:` it finds the same spans as before."""
    weights, losses = fitted(write_encoder(tmp_path / "base", kind), low_rank=low_rank)
    assert losses[-1] < 0.7 * losses[0]
    assert {name.endswith((".down", ".up")) for name in weights.difference} == {low_rank > 0}
    # So bold that it finds many: few texts taught it little.
    weights = replace(weights, calibration=replace(weights.calibration, boldness=30.0))
    before = reader_of("tiny", "0", weights, plan_compute("cpu", "float32"))
    wanted = before.forward(before.tokenise(TEXTS))
    served = load_reader(
        f"path:{saved(weights, tmp_path / 'reader')}", LoadOptions(device="cpu", dtype="float32")
    )
    got = served.forward(served.tokenise(TEXTS))
    assert [said(*pair) for pair in zip(got, TEXTS, strict=True)] == [
        said(*pair) for pair in zip(wanted, TEXTS, strict=True)
    ]
    assert all(reading.aspects for reading in got)
    for left, right in zip(got, wanted, strict=True):
        assert left.sentiment == pytest.approx(right.sentiment, abs=0.01)
    assert served.languages == {"en", "zh"}


@pytest.mark.parametrize("kind", ["bert", "qwen2"])
@pytest.mark.parametrize("low_rank", [0, 4])
def test_what_is_served_is_what_was_trained(tmp_path: Path, kind: str, low_rank: int) -> None:
    """Vector by vector, up to rounding, with updates of either form."""
    made = encoder_kind(f"path:{write_encoder(tmp_path, kind)}")
    trained = made.to_train(PLAN)
    if low_rank:
        trained.network.requires_grad_(requires_grad=False)
        assert add_adapter(trained.network, low_rank)
    before = {name: one.detach().clone() for name, one in trained.network.named_parameters()}
    with torch.no_grad():
        for parameter in trained.network.parameters():
            if parameter.requires_grad:
                parameter.add_(
                    0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
                )
    trained.network.eval()
    windows = [list(one.windows[0]) for one in trained.tokenise(TEXTS)]
    served = made.to_serve(difference_of(before, trained.network), PLAN)
    with torch.inference_mode():
        wanted, got = trained.states(windows), served.states(windows)
        plain = made.to_serve({}, PLAN).states(windows)
    assert (got - wanted).abs().max() < 0.05 * wanted.abs().max()
    assert (plain - wanted).abs().max() > 0.1 * wanted.abs().max()


def test_embeddings_stay_as_they_are(tmp_path: Path) -> None:
    """The words of few texts would move away from all others."""
    weights, _ = fitted(write_encoder(tmp_path, "bert"), FEW)
    assert weights.difference
    assert not [name for name in weights.difference if "embeddings.weight" in name]


def test_filters_of_a_convolution_are_kept_too() -> None:
    layer = torch.nn.Conv1d(4, 6, 3)
    before = {name: one.detach().clone() for name, one in layer.named_parameters()}
    with torch.no_grad():
        layer.weight += torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(1))
    served = torch.nn.Conv1d(4, 6, 3)
    served.load_state_dict(before)
    add_difference(served, difference_of(before, layer))
    assert torch.allclose(served.weight, layer.weight, atol=0.02)


def test_another_base_is_refused(tmp_path: Path) -> None:
    """Other weights under the same name would read nonsense."""
    base = write_encoder(tmp_path / "base", "bert")
    directory = saved(fitted(base, FEW)[0], tmp_path / "reader")
    write_encoder(base, "bert", initializer_range=0.3)
    with pytest.raises(
        DamagedModelError, match=rf"reader: wanted the encoder path:{base} with the sha256 .* got "
    ):
        load_reader(f"path:{directory}", LoadOptions(device="cpu"))


def test_a_base_that_is_gone_can_lie_within(tmp_path: Path) -> None:
    """The message says so, and so it is; the copy is held against the sha256 too."""
    base = write_encoder(tmp_path / "base", "bert")
    directory = saved(fitted(base, FEW)[0], tmp_path / "reader")
    base.rename(tmp_path / "elsewhere")
    with pytest.raises(ModelConfigurationError, match=r"base is not a directory; .* named encoder"):
        load_reader(f"path:{directory}", LoadOptions(device="cpu"))
    (tmp_path / "elsewhere").rename(directory / "encoder")
    assert load_reader(f"path:{directory}", LoadOptions(device="cpu")).name == "reader"
    write_encoder(directory / "encoder", "bert", initializer_range=0.3)
    with pytest.raises(DamagedModelError, match="put back the checkpoint"):
        load_reader(f"path:{directory}", LoadOptions(device="cpu"))


def test_a_reference_is_kept_wherever_the_process_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_encoder(tmp_path / "base", "bert")
    monkeypatch.chdir(tmp_path)
    assert fitted("path:base", FEW)[0].encoder == f"path:{tmp_path / 'base'}"
