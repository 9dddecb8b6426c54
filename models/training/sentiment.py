"""Train the built-in sentiment classifier's head: from data sets to a finished, measured model directory."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.devices import ComputePlan
from models.interfaces import SENTIMENT_LABELS, TokenisedReview
from models.manifest import sha256_of, write_manifest
from models.minilm_encoder import MiniLmEncoder, encoder_directory
from models.sentiment_head import save_head
from models.training.data import read_fewsum_reviews, read_kotzias, read_oposum
from models.training.head import HeadTraining, train_head
from models.training.measuring import LabelledFeatures, measure, measure_elsewhere
from models.training.model_card import sentiment_model_card

_BATCH_TOKENS = 1_024

METRICS_NAME = "metrics.json"
CARD_NAME = "README.md"


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training run left behind.

    Attributes:
        directory: the finished model.
        examples: texts trained on, by "source label".
        metrics: what metrics.json holds.
    """

    directory: Path
    examples: dict[str, int]
    metrics: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Plain values, as JSON takes them."""
        return {"directory": str(self.directory), "examples": self.examples, "metrics": self.metrics}


def train_sentiment(
    data: Path, out: Path, *, seed: int = 7, progress: Callable[[str], None]
) -> TrainingReport:
    """Train, measure and write a model directory that `load_sentiment` takes as `path:`.

    Takes one core for a minute or two. The same data, seed and machine give the same bytes.

    Args:
        data: a directory with kotzias/ and oposum/; with fewsum/ as well, whole reviews are measured too.
        out: made if it is not there; files of an earlier run are overwritten.
        seed: of everything random.
        progress: told, in words for people, what is being done.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout.
        ModelConfigurationError: the encoder's package is not installed.
    """
    examples = read_kotzias(data / "kotzias") + read_oposum(data / "oposum")
    reviews = read_fewsum_reviews(data / "fewsum") if (data / "fewsum").is_dir() else []
    encoder_files = encoder_directory()
    encoder_sha256 = sha256_of(encoder_files / "model.safetensors")
    with _one_thread():
        progress("loading the encoder")
        encoder = MiniLmEncoder(encoder_files, ComputePlan("cpu", torch.float32))
        progress(f"reading {len(examples)} texts")
        labelled = LabelledFeatures.of(examples, encode_all(encoder, [example.text for example in examples]))
        scores: dict[str, object] = dict(measure(labelled, seed=seed, progress=progress))
        progress("training the head on everything")
        trained = train_head(labelled.features, labelled.labels, seed=seed, encoder_sha256=encoder_sha256)
        if reviews:
            progress("measuring: whole reviews with stars")
            features = encode_all(encoder, [review.text for review in reviews])
            scores["fewsum_whole_reviews"] = measure_elsewhere(
                trained.head, LabelledFeatures.of(reviews, features)
            )
    counts = Counter(f"{example.source} {example.label}" for example in examples)
    metrics = _rounded({"examples": counts, "training": _training_facts(trained, seed), "held_out": scores})
    _write(trained, metrics, out)
    progress(f"wrote {out}")
    return TrainingReport(out, dict(counts), metrics)


def encode_all(encoder: MiniLmEncoder, texts: Sequence[str]) -> Tensor:
    """Features of many texts, (texts, width) float32, a batch of bounded size at a time."""
    # Cloned out of inference mode, so that autograd may use them as inputs.
    return torch.cat([encoder.encode(batch) for batch in _batches(encoder.tokenise(texts))]).clone()


def _batches(reviews: Sequence[TokenisedReview]) -> Iterator[list[TokenisedReview]]:
    batch: list[TokenisedReview] = []
    tokens = 0
    for review in reviews:
        if batch and tokens + len(review) > _BATCH_TOKENS:
            yield batch
            batch, tokens = [], 0
        batch.append(review)
        tokens += len(review)
    if batch:
        yield batch


def _write(trained: HeadTraining, metrics: dict[str, object], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    save_head(trained.head, out)
    (out / METRICS_NAME).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    (out / CARD_NAME).write_text(sentiment_model_card(metrics), encoding="utf-8")
    write_manifest(out)


def _training_facts(trained: HeadTraining, seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "labels": list(SENTIMENT_LABELS),
        "epochs": trained.epochs,
        "validation_loss": trained.validation_loss,
        "temperature": trained.head.temperature,
    }


def _rounded(values: dict[str, object]) -> dict[str, object]:
    """Four decimals: more would pretend to a precision that these sets do not give."""
    rounded: dict[str, object] = json.loads(
        json.dumps(values), parse_float=lambda digits: round(float(digits), 4)
    )
    return rounded


@contextmanager
def _one_thread() -> Iterator[None]:
    """The order of additions, and with it the last bits, depends on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
