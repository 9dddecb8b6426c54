"""`bench gpu` on a CPU, with tiny networks: every row is there, and none is measured where the device is not."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from models.devices import ComputePlan
from models.readers.encoder_kinds import encoder_kind
from models.readers.opinion_heads import OpinionHeads
from models.readers.opinion_reader import Calibration
from models.readers.opinion_weights import ReaderWeights, save_reader_weights
from models.registry.manifest import write_manifest
from streams import settings
from streams.cli import app
from streams.cli.console import MISUSED
from tests.bench import gpu
from tests.bench.gpu_report import GpuReport, GpuRow
from tests.unit.models.generation.generator_files import write_llama
from tests.unit.models.pretrained_checkpoints import write_encoder

WHATS = ("through the lane", "its forward passes", "its network alone")


def write_reader(directory: Path, base: Path) -> str:
    """A reader that knows nothing, as a training leaves one behind."""
    kind = encoder_kind(f"path:{base}")
    heads = OpinionHeads(kind.to_train(ComputePlan("cpu", torch.float32)).width)
    directory.mkdir()
    save_reader_weights(ReaderWeights(kind.name, kind.sha256(), ("en",), {}, heads, Calibration()), directory)
    write_manifest(directory)
    return f"path:{directory}"


def test_every_row_is_measured_beside_its_bare_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers, the generator, training steps; rates are of tokens, and the table has a line for each."""
    base = write_encoder(tmp_path / "base", "bert")
    monkeypatch.setattr(gpu, "_KINDS", (f"path:{base}",))
    trained = write_reader(tmp_path / "trained", base)
    generator = f"path:{write_llama(tmp_path / 'llama')}"
    options = gpu.Options("cpu", (trained,), generator, reviews=6, seconds=0.05)
    report = gpu.run(options, settings.load(), lambda _: None)
    wanted = [(subject, what) for subject in (f"reader on path:{base}", trained) for what in WHATS]
    wanted += [("generator llama", "phrases"), ("generator llama", "transformers' generate")]
    wanted += [(f"training of path:{base}", what) for what in ("its steps", "its network alone")]
    assert [(row.subject, row.what) for row in report.rows] == wanted
    assert all(row.tokens_per_second > 0 for row in report.rows if row.what != "phrases")
    assert [report.ratio(row) is None for row in report.rows] == [row.is_bare for row in report.rows]
    assert all(row.memory_mb is None for row in report.rows)
    assert report.to_markdown().count("\n| ") == 1 + len(wanted)


def test_without_the_device_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, with the status of what does not fit, before anything is loaded."""
    monkeypatch.setattr(gpu, "available_devices", lambda: frozenset({"cpu"}))
    monkeypatch.setattr(gpu, "_Runner", None)
    found = CliRunner().invoke(app, ["bench", "gpu"])
    assert found.exit_code == MISUSED
    assert "wanted the device cuda, got torch" in " ".join(found.output.split())
    assert "--device cpu" in found.output


def test_the_table_names_what_was_not_measured_by_an_empty_cell() -> None:
    rows = [
        GpuRow("reader", "through the lane", 1_200.4, 80_000, 512.3),
        GpuRow("reader", "its network alone", None, 100_000, None, is_bare=True),
    ]
    facts = {"device": "A card", "dtype": "bfloat16", "date": "2026-11-30", "versions": {"torch": "2.13.0"}}
    report = GpuReport(facts, rows)
    assert report.to_markdown().splitlines()[-2:] == [
        "| reader | through the lane | 1,200 | 80,000 | 0.80 | 512 |",
        "| reader | its network alone |  | 100,000 |  |  |",
    ]
    assert report.to_dict()["rows"][0]["of_bare"] == pytest.approx(0.8)
