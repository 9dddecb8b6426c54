"""Any sequence-classification checkpoint, loaded from a directory."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from models.errors import ModelConfigurationError
from models.readers.interfaces import SentimentPrediction
from models.readers.loading import LoadOptions, load_reader
from models.readers.sequence_classifier import SequenceClassifier
from tests.unit.models.model_files import change_json, write_checkpoint

TEXTS = ["the lamp is good", "bad", "it works not very loud the kettle broke", "fine kettle"]


@pytest.fixture(autouse=True)
def _keep_thread_count() -> object:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def load(directory: Path, **options: object) -> SequenceClassifier:
    return load_reader(f"path:{directory}", LoadOptions(device="cpu", dtype="float32", **options))


def predict(classifier: SequenceClassifier, texts: list[str]) -> list[SentimentPrediction]:
    return [reading.sentiment for reading in classifier.forward(classifier.tokenise(texts))]


def as_row(prediction: SentimentPrediction) -> tuple[float, float, float]:
    return prediction.negative, prediction.neutral, prediction.positive


def test_star_ratings_are_summed_into_sentiments(tmp_path: Path) -> None:
    """Five outputs give three probabilities that equal the sums of transformers' own."""
    directory = write_checkpoint(tmp_path / "stars", ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"])
    classifier = load(directory)
    network = AutoModelForSequenceClassification.from_pretrained(directory).eval()
    for text, prediction in zip(TEXTS, predict(classifier, TEXTS), strict=True):
        [review] = classifier.tokenise([text])
        with torch.inference_mode():
            stars = torch.softmax(network(torch.tensor(review.windows)).logits[0].double(), dim=0)
        wanted = (float(stars[:2].sum()), float(stars[2]), float(stars[3:].sum()))
        assert as_row(prediction) == pytest.approx(wanted, abs=1e-5)
    assert not classifier.packs


def test_two_labels_never_say_neutral(tmp_path: Path) -> None:
    """A checkpoint with two poles gives neutral exactly 0, in whichever order its labels stand."""
    plain = predict(load(write_checkpoint(tmp_path / "a", ["NEGATIVE", "POSITIVE"])), TEXTS)
    turned = predict(load(write_checkpoint(tmp_path / "b", ["POSITIVE", "NEGATIVE"])), TEXTS)
    for one, other in zip(plain, turned, strict=True):
        assert one.neutral == other.neutral == 0.0
        assert one.negative == pytest.approx(other.positive)
        assert one.negative + one.positive == pytest.approx(1.0)


def test_company_and_order_change_nothing(tmp_path: Path) -> None:
    """A review's probabilities do not depend on the others in the batch, within 1e-5."""
    classifier = load(write_checkpoint(tmp_path / "m", ["negative", "neutral", "positive"]))
    alone = [as_row(predict(classifier, [text])[0]) for text in TEXTS]
    together = [as_row(prediction) for prediction in predict(classifier, TEXTS)]
    turned = [as_row(prediction) for prediction in predict(classifier, TEXTS[::-1])][::-1]
    for one, two, three in zip(alone, together, turned, strict=True):
        assert two == pytest.approx(one, abs=1e-5)
        assert three == pytest.approx(one, abs=1e-5)


def test_a_long_text_is_the_mean_of_its_windows_by_length(tmp_path: Path) -> None:
    """More text than positions: two windows, 40 and 12 tokens long, weighted 40 to 12."""
    classifier = load(write_checkpoint(tmp_path / "m", ["negative", "neutral", "positive"]))
    first, second = " ".join(["good"] * 38), " ".join(["broke"] * 10)
    [review] = classifier.tokenise([f"{first} {second}"])
    assert [len(window) for window in review.windows] == [40, 12]
    [whole], [one], [two] = (predict(classifier, [text]) for text in (f"{first} {second}", first, second))
    wanted = [(40 * a + 12 * b) / 52 for a, b in zip(as_row(one), as_row(two), strict=True)]
    assert as_row(whole) == pytest.approx(wanted, abs=1e-5)
    assert as_row(one) != pytest.approx(as_row(two), abs=1e-3)


def test_an_empty_batch_gives_nothing(tmp_path: Path) -> None:
    """No reviews, no predictions, no error."""
    assert load(write_checkpoint(tmp_path / "m", ["negative", "positive"])).forward([]) == []


def test_the_version_is_of_the_weights(tmp_path: Path) -> None:
    """Equal weights have equal versions wherever they lie; other weights have another."""
    labels = ["negative", "positive"]
    first = load(write_checkpoint(tmp_path / "first", labels))
    again = load(write_checkpoint(tmp_path / "again", labels))
    other = load(write_checkpoint(tmp_path / "other", labels, seed=1))
    assert first.version == again.version != other.version
    assert len(first.version) == 12
    assert (first.name, first.languages) == ("first", None)


def test_unnamed_labels_need_a_mapping(tmp_path: Path) -> None:
    """LABEL_0 and the like are refused, and accepted with `labels`."""
    directory = write_checkpoint(tmp_path / "m", ["LABEL_0", "LABEL_1"])
    with pytest.raises(ModelConfigurationError, match="LABEL_0"):
        load(directory)
    load(directory, labels={"LABEL_0": "negative", "LABEL_1": "positive"})


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    """A checkpoint with pickled weights only is refused with the reason."""
    directory = write_checkpoint(tmp_path / "m", ["negative", "positive"])
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    with pytest.raises(ModelConfigurationError, match="pickled weights are not loaded"):
        load(directory)


def test_other_checkpoints_are_refused_by_name(tmp_path: Path) -> None:
    """A directory transformers cannot read is a configuration error that names it."""
    directory = write_checkpoint(tmp_path / "mine", ["negative", "positive"])
    change_json(directory / "config.json", model_type="no-such-network")
    with pytest.raises(ModelConfigurationError, match=r"mine.*not a sequence-classification checkpoint"):
        load(directory)


@pytest.mark.parametrize("reference", ["path:/no/such/directory", "builtin:no-such-model"])
def test_a_missing_model_is_refused(reference: str) -> None:
    """What is not there is named."""
    with pytest.raises(ModelConfigurationError, match=r"no-such-model|/no/such/directory"):
        load_reader(reference, LoadOptions(device="cpu"))
