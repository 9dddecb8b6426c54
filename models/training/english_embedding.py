"""Complete a trained English reader with directions for sentence embeddings: nothing is trained again."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.devices import ComputePlan
from models.encoders.minilm_encoder import FEATURE_LAYERS
from models.readers.minilm_reviews import MiniLmReviews, new_minilm_reviews
from models.readers.review_weights import ReviewWeights, load_review_weights
from models.similarity.sentence_directions import SentenceDirections, save_sentence_directions
from models.text.sentences import split_sentences
from models.training.english_card import english_card
from models.training.examples import Example, read_examples
from models.training.frames import drawn_directions
from models.training.report import METRICS_NAME, TrainingReport, finish, rounded

_LEAST_WORDS, _MOST_WORDS = 2, 40
# How many sentences stand together in a text: what a token is depends on its neighbours, and must not.
_COMPANY: Final = (1, 1, 2, 3, 4, 5)
_BATCH = 32
_HELD_OUT = 10
# Of the mean variance; the scores of paraphrases hardly change between a hundredth and ten times of it.
_RIDGE = 0.01
# Most pairs of sentences are alike in the first direction. Those behind the last carry little but noise, and
# a bit of each would count as much as any other.
_FIRST, _LAST = 1, 129


@dataclass(frozen=True, slots=True)
class DirectionsFit:
    """What was found.

    Attributes:
        directions: to be saved.
        sentences: that it was found with.
        agreement: mean cosine of what the map says and what the encoder without the adapter says, of sentences
            that were held out.
    """

    directions: SentenceDirections
    sentences: int
    agreement: float


def complete_english(
    data: Path, directory: Path, *, seed: int = 7, progress: Callable[[str], None]
) -> TrainingReport:
    """Find the directions of a finished reader, and write them, metrics, card and manifest into its directory.

    Takes one core for two minutes. The same data, seed, weights and machine give the same bytes.

    Args:
        data: what the reader was trained on, see `models.training.english.train_english`.
        directory: of the reader.
        seed: of everything random.
        progress: told, in words for people, what is being done.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout.
        DamagedModelError: the directory holds no finished reader.
        ModelConfigurationError: the encoder's package is not installed.
    """
    weights = load_review_weights(directory, "cpu")
    progress("finding the directions of sentence embeddings")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = fit_directions(weights, read_examples(data, seed=seed), seed=seed)
    finally:
        torch.set_num_threads(threads)
    metrics = json.loads((directory / METRICS_NAME).read_text(encoding="utf-8"))
    metrics["embedding"] = {"seed": seed, "sentences": found.sentences, "agreement": found.agreement}
    metrics = rounded(metrics)
    save_sentence_directions(found.directions, directory)
    examples: Mapping[str, int] = metrics["examples"]  # type: ignore[assignment]
    return finish(metrics, english_card(metrics), directory, examples=examples, progress=progress)


def fit_directions(weights: ReviewWeights, examples: Sequence[Example], *, seed: int) -> DirectionsFit:
    """Learn to tell from an adapted mean token vector, in company, what the encoder says of the sentence alone.

    The adapter turns vectors towards sentiment and aspects; a ridge regression turns them back. Its outputs'
    principal directions without the first, rotated at random, are the directions.
    """
    plan = ComputePlan("cpu", torch.float32)
    adapted = new_minilm_reviews("adapted", "0", weights, plan)
    plain = new_minilm_reviews("plain", "0", replace(weights, adapter={}), plan)
    means, alone = _in_company(adapted, _groups(examples, seed))
    last_layer = slice(-(means.shape[1] // len(FEATURE_LAYERS)), None)
    meant = _means(plain, [[one] for one in alone])[0][:, last_layer]
    meant /= np.linalg.norm(meant, axis=1, keepdims=True)
    learnt = len(means) - len(means) // _HELD_OUT
    centre, level = means[:learnt].mean(axis=0), meant[:learnt].mean(axis=0)
    inputs = means[:learnt] - centre
    covariance = inputs.T @ inputs
    covariance += np.eye(len(covariance)) * (_RIDGE * np.trace(covariance) / len(covariance))
    mapped = np.linalg.solve(covariance, inputs.T @ (meant[:learnt] - level))
    outputs = inputs @ mapped
    principal = np.linalg.eigh(outputs.T @ outputs)[1][:, ::-1][:, _FIRST:_LAST]
    directions = mapped @ principal @ drawn_directions(principal.shape[1], seed)
    agreement = _mean_cosine((means[learnt:] - centre) @ mapped, meant[learnt:] - level)
    made = SentenceDirections(
        torch.from_numpy(directions).float().contiguous(), torch.from_numpy(centre @ directions).float()
    )
    return DirectionsFit(made, learnt, agreement)


def _groups(examples: Sequence[Example], seed: int) -> list[list[str]]:
    """Sentences, each once, put together at random."""
    sentences = {
        example.text[start:end].strip()
        for example in examples
        for start, end in split_sentences(example.text)
        if _LEAST_WORDS <= len(example.text[start:end].split()) <= _MOST_WORDS
    }
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    shuffled = sorted(sentences)
    random.shuffle(shuffled)
    groups = []
    while shuffled:
        size = random.choice(_COMPANY)
        groups.append(shuffled[:size])
        shuffled = shuffled[size:]
    return groups


def _in_company(
    reader: MiniLmReviews, groups: Sequence[Sequence[str]]
) -> tuple[NDArray[np.float64], list[str]]:
    """Means of the sentences as they stand in their groups, and these sentences."""
    means, kept = _means(reader, groups)
    return means, [one for group, is_kept in zip(groups, kept, strict=True) if is_kept for one in group]


def _means(reader: MiniLmReviews, groups: Sequence[Sequence[str]]) -> tuple[NDArray[np.float64], list[bool]]:
    """(sentences, width) of the groups that are cut as they were put together, and which groups these are."""
    means, kept = [], []
    for start in range(0, len(groups), _BATCH):
        some = groups[start : start + _BATCH]
        batch = reader.tokenise(["\n".join(group) for group in some])
        found = reader.sentence_means(batch).double().numpy()
        fits = [len(text.sentences) == len(group) for text, group in zip(batch, some, strict=True)]
        means.append(found[np.repeat(fits, [len(text.sentences) for text in batch])])
        kept += fits
    return np.concatenate(means), kept


def _mean_cosine(ones: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    lengths = np.linalg.norm(ones, axis=1) * np.linalg.norm(others, axis=1)
    return float(((ones * others).sum(axis=1) / lengths).mean())
