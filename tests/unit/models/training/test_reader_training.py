"""The whole of a training run, on few texts: what it writes is served, and its card says what was measured."""

import json
from pathlib import Path

import pytest

from models.errors import ModelConfigurationError
from models.readers.loading import LoadOptions, load_reader
from models.training import reader
from models.training.corpora.annotated import read_annotated
from models.training.corpora.reader_data import ANNOTATED, REVIEWS, ReaderData
from models.training.corpora.texts import TrainingText, of_annotated
from models.training.fitting.options import FitOptions
from models.training.fitting.reader_fitting import Recipe, fit_reader
from tests.unit.models.pretrained_checkpoints import write_encoder

pytestmark = [pytest.mark.model, pytest.mark.thorough]


@pytest.fixture
def few_texts() -> ReaderData:
    reviews = read_annotated(ANNOTATED / "en" / "written-2.jsonl")
    sentences = [
        TrainingText("It broke.", "kotzias", sentiment="negative", is_pole=True),
        TrainingText("The soup was hot.", "mams", categories={"taste_and_smell": "positive"}),
    ]
    training = [*(of_annotated(review, REVIEWS) for review in reviews[:36]), *sentences]
    beside = {
        "kotzias": [
            TrainingText("I love it.", "kotzias", sentiment="positive", is_pole=True),
            TrainingText("It leaks.", "kotzias", sentiment="negative", is_pole=True),
        ],
        "mams": [TrainingText("Slow waiters.", "mams", categories={"customer_service": "negative"})],
    }
    return ReaderData(
        training,
        reviews[36:40],
        reviews[40:44],
        beside,
        {"mams": 2},
        {"mams": ["taste_and_smell", "ambience"]},
    )


@pytest.mark.parametrize("encoder", ["minilm", "universal"])
def test_what_is_trained_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_texts: ReaderData, encoder: str
) -> None:
    """From the command's function to a reading; no checkpoint stays behind."""
    recipe = Recipe("reviews-en", encoder, ("en",), FitOptions(epochs=1))
    monkeypatch.setitem(reader.RECIPES, "reviews-en", (recipe, lambda _: few_texts))  # type: ignore[arg-type]
    out = tmp_path / "reviews-en"
    report = reader.train_reader("reviews-en", tmp_path, out, progress=lambda _: None)
    assert report.examples == {"reviews": 36, "kotzias": 1, "mams": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews-en"]
    assert sum(path.stat().st_size for path in out.iterdir()) < 12_000_000
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["held_out"]["reviews"], metrics["hard"]["reviews"]) == (4, 4)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| real | 4 | {metrics['held_out']['sentiment']['accuracy']:.3f} |" in card
    served = load_reader(f"path:{out}", LoadOptions(device="cpu", dtype="float32"))
    text = "The handle broke after a week. Great colour though!"
    (reading,) = served.forward(served.tokenise([text]))
    assert [text[one.start : one.end] for one in reading.sentences] == [
        "The handle broke after a week.",
        "Great colour though!",
    ]
    assert reading.stars is not None
    assert sum(reading.stars) == pytest.approx(1)
    for mention in reading.aspects:
        assert text[mention.start : mention.end].strip()


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_another_encoder_is_served_with_its_aspects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_texts: ReaderData
) -> None:
    """`--base` and `--lora`: the directory names both, and the card says how to make it again."""
    monkeypatch.setitem(reader.RECIPES, "reviews-en", (reader.RECIPES["reviews-en"][0], lambda _: few_texts))  # type: ignore[arg-type]
    base = write_encoder(tmp_path / "base", "bert")
    out = tmp_path / "trained"
    reader.train_reader("reviews-en", tmp_path, out, base=f"path:{base}", low_rank=4, progress=lambda _: None)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["encoder"] == f"path:{base}"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"--output DIRECTORY --base path:{base} --lora 4`" in card
    assert "updates of rank 4" in card
    served = load_reader(f"path:{out}", LoadOptions(device="cpu", dtype="float32"))
    (reading,) = served.forward(served.tokenise(["The handle broke. Great colour!"]))
    assert len(reading.sentences) == 2
    assert reading.stars is not None


def test_an_encoder_with_new_layers_has_no_low_rank_updates(few_texts: ReaderData) -> None:
    """Layers that begin at random must be trained themselves."""
    recipe = Recipe("tiny", "universal", ("zh",), FitOptions(epochs=1), low_rank=4)
    with pytest.raises(ModelConfigurationError, match="pretrained in all its layers, got universal"):
        fit_reader(recipe, few_texts, progress=lambda _: None)
