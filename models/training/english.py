"""Train the built-in English reader: from data sets to a finished, measured model directory."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from models.devices import plan_compute, usable_cores
from models.encoders.minilm_encoder import encoder_directory
from models.readers.minilm_reviews import MiniLmReviews, new_minilm_reviews
from models.readers.review_weights import save_review_weights
from models.registry.manifest import sha256_of
from models.training.adapting import RANK, Fit, fit
from models.training.english_card import english_card
from models.training.english_embedding import complete_english
from models.training.examples import Example, read_examples
from models.training.measuring import Job, Read, jobs_of, measure_elsewhere, read_all, scores_of
from models.training.report import TrainingReport, finish, rounded


def train_english(data: Path, out: Path, *, seed: int = 7, progress: Callable[[str], None]) -> TrainingReport:
    """Train, measure and write a model directory that `load_reader` takes as `path:`.

    Takes two cores for half an hour, of which the shipped weights are an eighth; the rest is cross-validation. The
    same data, seed and machine give the same bytes.

    Args:
        data: a directory with kotzias/, oposum/, mams/ and fewsum/.
        out: made if it is not there; files of an earlier run are overwritten.
        seed: of everything random.
        progress: told, in words for people, what is being done.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout.
        ModelConfigurationError: the encoder's package is not installed.
    """
    examples = read_examples(data, seed=seed)
    jobs = jobs_of(examples, seed=seed)
    # One thread each: the order of additions stays the same, and the threads of one fit need not wait for each other.
    with ProcessPoolExecutor(
        usable_cores(), get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        progress(
            f"training on all {len(examples)} texts, and {len(jobs)} times without those to be measured on"
        )
        everything = pool.submit(_fit, examples, seed)
        answers = [pool.submit(_answer, job, seed) for job in jobs]
        waiting: list[Future[Any]] = [everything, *answers]
        for done, _ in enumerate(as_completed(waiting), start=1):
            progress(f"{done} of {len(jobs) + 1} trained")
    made = everything.result()
    scores: dict[str, object] = dict(measure_elsewhere(reader_of(made), data))
    scores |= scores_of(jobs, [answer.result() for answer in answers])
    counts = Counter(f"{one.source.partition('/')[0]} {one.sentiment or 'aspects'}" for one in examples)
    metrics = rounded({"examples": counts, "training": _facts(made, seed), "held_out": scores})
    out.mkdir(parents=True, exist_ok=True)
    save_review_weights(made.weights, out)
    finish(metrics, english_card(metrics), out, examples=counts, progress=progress)
    return complete_english(data, out, seed=seed, progress=progress)


def _facts(made: Fit, seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "rank": RANK,
        "epochs": made.epochs,
        "validation_loss": made.validation_loss,
        "temperature": made.weights.temperature,
        "aspect_temperature": made.weights.aspect_temperature,
        "aspect_threshold": made.weights.threshold,
        "aspects": list(made.weights.aspects),
    }


def _fit(examples: list[Example], seed: int) -> Fit:
    return fit(examples, seed=seed, encoder_sha256=sha256_of(encoder_directory() / "model.safetensors"))


def _answer(job: Job, seed: int) -> Read:
    """Train, and read what was held out; in a process of its own."""
    return read_all(reader_of(_fit(job.training, seed)), [example.text for example in job.held_out])


def reader_of(made: Fit) -> MiniLmReviews:
    """As it is served."""
    return new_minilm_reviews("in training", "0", made.weights, plan_compute("cpu"))
