"""A trained reader's files: loaded they read as what was saved, and damage is named."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from models.devices import ComputePlan
from models.encoders.differences import add_difference, difference_of
from models.errors import DamagedModelError
from models.readers.interfaces import ReviewReading
from models.readers.opinion_reader import Calibration, OpinionReader
from models.readers.opinion_weights import (
    CONFIG_NAME,
    WEIGHTS_NAME,
    ReaderWeights,
    load_reader_weights,
    save_reader_weights,
)
from models.registry.manifest import write_manifest
from tests.unit.models.readers.fake_encoder import FakeEncoder, knowing_heads

TEXTS = ("the lamp is good, it broke! the kettle is loud very.", "it works", "not fine")


def trained() -> tuple[FakeEncoder, ReaderWeights]:
    """An encoder that was moved a little, and what was trained."""
    encoder = FakeEncoder()
    before = {name: one.detach().clone() for name, one in encoder.network.named_parameters()}
    with torch.no_grad():
        noise = torch.randn(encoder.network.weight.shape, generator=torch.Generator().manual_seed(1))
        encoder.network.weight += 0.05 * noise
    difference = difference_of(before, encoder.network)
    calibration = Calibration(sentiment=1.5, stars=2.0, aspect=0.9, polarity=1.1, boldness=1.25)
    return encoder, ReaderWeights("minilm", "ab" * 32, ("en", "de"), difference, knowing_heads(), calibration)


def saved(directory: Path) -> Path:
    save_reader_weights(trained()[1], directory)
    write_manifest(directory)
    return directory


def read(encoder: FakeEncoder, weights: ReaderWeights) -> list[ReviewReading]:
    made = OpinionReader(
        "tiny",
        "0",
        None,
        encoder=encoder,
        heads=weights.heads,
        calibration=weights.calibration,
        plan=ComputePlan("cpu", torch.float32),
    )
    return made.forward(made.tokenise(TEXTS))


def test_loaded_weights_read_as_the_trained_ones(tmp_path: Path) -> None:
    """The same opinions and labels; probabilities differ by what eight bits leave off."""
    encoder, weights = trained()
    loaded = load_reader_weights(saved(tmp_path))
    served = FakeEncoder()
    add_difference(served.network, loaded.difference)
    assert (served.network.weight - encoder.network.weight).abs().max() < 0.5 * 0.05 * 4 / 127
    for wanted, got in zip(read(encoder, weights), read(served, loaded), strict=True):
        assert [one._replace(confidence=0, sentiment=None) for one in got.aspects] == [
            one._replace(confidence=0, sentiment=None) for one in wanted.aspects
        ]
        assert got.sentiment == pytest.approx(wanted.sentiment, abs=0.01)
        assert got.stars == pytest.approx(wanted.stars, abs=0.01)
        for left, right in zip(got.aspects, wanted.aspects, strict=True):
            assert left.confidence == pytest.approx(right.confidence, abs=0.01)
            assert left.sentiment == pytest.approx(right.sentiment, abs=0.01)


def test_all_that_was_trained_comes_back(tmp_path: Path) -> None:
    wanted, got = trained()[1], load_reader_weights(saved(tmp_path))
    for name in ("encoder", "encoder_sha256", "languages", "calibration"):
        assert getattr(got, name) == getattr(wanted, name)
    assert not got.heads.training
    assert {name: one.dtype for name, one in got.difference.items()} == {
        "weight.codes": torch.int8,
        "weight.scales": torch.float16,
    }
    for name, one in wanted.heads.state_dict().items():
        assert torch.allclose(got.heads.state_dict()[name], one, atol=1e-3)


def test_files_can_be_read_by_all(tmp_path: Path) -> None:
    """An installed package belongs to somebody else."""
    saved(tmp_path)
    assert (tmp_path / WEIGHTS_NAME).stat().st_mode & 0o777 == (tmp_path / CONFIG_NAME).stat().st_mode & 0o777


@pytest.mark.parametrize("name", [WEIGHTS_NAME, CONFIG_NAME])
@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_damaged_files_are_named(tmp_path: Path, name: str, damage: str) -> None:
    path = saved(tmp_path) / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if damage == "cut" else content[:-9] + b"x" + content[-8:])
    with pytest.raises(DamagedModelError, match=name):
        load_reader_weights(tmp_path)


def test_a_directory_that_was_not_finished_is_refused(tmp_path: Path) -> None:
    save_reader_weights(trained()[1], tmp_path)
    with pytest.raises(DamagedModelError, match=r"manifest\.json"):
        load_reader_weights(tmp_path)


@pytest.mark.parametrize("name", ["aspects", "holders"])
def test_weights_that_tell_other_things_apart_are_refused(tmp_path: Path, name: str) -> None:
    """In another order they would give one's opinions the name of another."""
    path = saved(tmp_path) / CONFIG_NAME
    config = json.loads(path.read_text(encoding="utf-8"))
    config[name][:2] = reversed(config[name][:2])
    path.write_text(json.dumps(config), encoding="utf-8")
    write_manifest(tmp_path)
    with pytest.raises(DamagedModelError, match=f"wanted the {name} .*train it again"):
        load_reader_weights(tmp_path)


@pytest.mark.parametrize("name", ["aspects", "width", "calibration", "encoder"])
def test_a_configuration_of_another_kind_of_model_is_refused(tmp_path: Path, name: str) -> None:
    """It is whole, and its manifest too, but it is no reader's."""
    path = saved(tmp_path) / CONFIG_NAME
    config = json.loads(path.read_text(encoding="utf-8"))
    del config[name]
    path.write_text(json.dumps(config), encoding="utf-8")
    write_manifest(tmp_path)
    with pytest.raises(DamagedModelError, match=f"{CONFIG_NAME}.*{name}.*train"):
        load_reader_weights(tmp_path)


def test_weights_are_of_their_network_only() -> None:
    with pytest.raises(KeyError):
        add_difference(nn.Linear(2, 2, bias=False), {"other": torch.zeros(2)})
