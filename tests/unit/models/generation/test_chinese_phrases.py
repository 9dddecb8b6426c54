"""Training an adapter for Chinese on a tiny set: it learns, can be loaded, and its card says what was measured."""

import json
from pathlib import Path

import pytest
from generator_files import write_llama
from phrase_files import WordReader, write_fewsum

from models.generation.adapters import CONFIG_NAME
from models.generation.interfaces import PhraseRequest
from models.generation.loading import GeneratorOptions, load_generator
from models.registry.manifest import verify_manifest
from models.training import chinese_generator as chinese_phrases
from models.training.chinese_generator import train_chinese_phrases
from models.training.fitting.generator_fitting import Recipe

LINES = "灯很亮，线太短。\t亮度\t好\t灯很亮。\n锅太重 | 端不动\t重量\t差\t锅太重，端不动。\n"


def test_training_learns_chinese_and_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss falls, the adapter has no update of the outputs, and the generator writes with it."""
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(LINES, encoding="utf-8")
    monkeypatch.setattr(chinese_phrases, "TRAINING_FILE", pairs)
    monkeypatch.setattr(chinese_phrases, "HELD_OUT_FILE", pairs)
    base, out = write_llama(tmp_path / "base"), tmp_path / "out"
    report = train_chinese_phrases(
        write_fewsum(tmp_path / "data"),
        out,
        base=f"path:{base}",
        progress=lambda _: None,
        recipe=Recipe(rank=4, learning_rate=2e-2, epochs=3, batch=4),
        reader=WordReader(),
    )
    losses = report.metrics["training"]["validation_losses"]
    assert min(losses[1:]) < 0.9 * losses[0]
    assert report.examples == {"written": 2, "amazon": 5, "yelp": 5}
    verify_manifest(out)
    assert json.loads((out / CONFIG_NAME).read_text()) == {"rank": 4, "alpha": 4, "prompt": "aspect"}
    assert json.loads((out / "metrics.json").read_text()) == report.metrics
    card = (out / "README.md").read_text()
    assert "2 Chinese pairs" in card
    assert "10 English ones" in card
    options = GeneratorOptions(device="cpu", dtype="float32", adapter=out)
    generator = load_generator(f"path:{base}", options)
    request = PhraseRequest("zh", ("灯很亮，线太短。",), "亮度", "好", max_tokens=40)
    assert generator.phrase([request], deadline_s=60)[0]
    assert generator._prompt_form == "aspect"
