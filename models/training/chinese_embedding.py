"""Complete a trained Chinese reader with n-gram vectors for sentence embeddings: nothing is trained again."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.ngram_features import KnownNgrams
from models.readers.ngram_network import load_ngram_weights
from models.similarity.ngram_meaning import MEANING_NAME, meaning_of, save_ngram_meaning
from models.training.chinese_card import chinese_card
from models.training.chinese_corpus import clauses_of
from models.training.chinese_data import ChineseExample, part_of, read_asap
from models.training.chinese_shop_reviews import read_shop_reviews
from models.training.chinese_written import VARIANTS, WRITTEN, read_written
from models.training.frames import Matrix, drawn_directions
from models.training.report import METRICS_NAME, TrainingReport, finish, rounded

_MOST_NGRAMS = 1 << 14
_WIDTH = 128
# In the factorised texts and in the sums: a rare n-gram says more of what a sentence is about.
_RARITY_POWER = 2.0
_EXTRA_COLUMNS, _POWER_ITERATIONS = 20, 3
# How much of the mean variance is added to that within patterns, which few of them show.
_WITHIN_RIDGE = 0.1

Rows = NDArray[np.int64]


def complete_chinese(
    data: Path,
    directory: Path,
    *,
    seed: int = 7,
    variants: int = VARIANTS,
    progress: Callable[[str], None],
) -> TrainingReport:
    """Find the n-gram vectors of a finished reader, and write them, metrics, card and manifest into its directory.

    Takes one core for half a minute. The same data, seed, weights and machine give the same bytes. What the reader
    holds out of its training is held out here too.

    Args:
        data: what the reader was trained on, see `models.training.chinese.train_chinese`.
        directory: of the reader.
        seed: of everything random.
        variants: texts of each written pattern.
        progress: told, in words for people, what is being done.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout.
        DamagedModelError: the directory holds no finished reader.
    """
    known = load_ngram_weights(directory, "cpu").known
    shop = [one for one in read_shop_reviews(data) if part_of(one.group) != "held out"]
    written = read_written(WRITTEN, seed=seed, variants=variants)
    asap = read_asap(data / "asap" / "train_sample.csv")
    progress("finding the vectors of sentence embeddings")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        tensors = fit_meaning([*shop, *asap, *written], known, seed=seed)
    finally:
        torch.set_num_threads(threads)
    save_ngram_meaning(tensors, directory)
    metrics = json.loads((directory / METRICS_NAME).read_text(encoding="utf-8"))
    metrics["embedding"] = {
        "seed": seed,
        "texts": len(shop) + len(asap) + len(written),
        "ngrams": len(tensors["rows"]),
        "width": len(tensors["directions"]),
        "bytes": (directory / MEANING_NAME).stat().st_size,
    }
    metrics = rounded(metrics)
    examples: Mapping[str, int] = metrics["examples"]  # type: ignore[assignment]
    return finish(metrics, chinese_card(metrics), directory, examples=examples, progress=progress)


def fit_meaning(
    examples: Sequence[ChineseExample], known: KnownNgrams, *, seed: int
) -> dict[str, NDArray[np.generic]]:
    """Vectors such that n-grams of the same reviews are alike, in 4 bits; see `similarity.ngram_meaning`.

    Latent semantic analysis (Deerwester et al. 1990). Our sentences know more: what the texts of one pattern differ
    in does not matter, and is drawn together (within-class covariance normalisation, Hatch et al. 2006).
    """
    texts = [_rows_of(one.text, known) for one in examples]
    counts = np.bincount(np.concatenate([np.unique(rows) for rows in texts]), minlength=len(known))
    chosen = np.sort(np.argsort(-counts, kind="stable")[:_MOST_NGRAMS])
    chosen = chosen[counts[chosen] > 0]
    vector_of = np.full(len(known), -1)
    vector_of[chosen] = np.arange(len(chosen))
    texts = [vector_of[rows][vector_of[rows] >= 0] for rows in texts]
    rarity = np.log(len(texts) / counts[chosen]).clip(min=0.0) ** _RARITY_POWER
    vectors = _factors(texts, rarity, seed) * rarity[:, None]
    vectors = vectors @ _drawn_together(examples, texts, vectors)
    directions = drawn_directions(vectors.shape[1], seed)
    return meaning_of(
        chosen.astype(np.int32), vectors.astype(np.float32), directions.astype(np.float32), len(known)
    )


def _rows_of(text: str, known: KnownNgrams) -> Rows:
    return known.rows(clauses_of(text))[0].astype(np.int64)


def _factors(texts: Sequence[Rows], rarity: Matrix, seed: int) -> Matrix:
    """(n-grams, width): right singular vectors of the normalised texts, by the square root of their values.

    Randomised: Halko et al., "Finding structure with randomness" (2011).
    """
    matrix = _matrix(texts, rarity)
    turned = matrix.t()
    width = min(_WIDTH, min(matrix.shape) // 2 * 2)
    columns = min(width + _EXTRA_COLUMNS, *matrix.shape)
    drawn = np.random.default_rng(seed).standard_normal((len(rarity), columns))
    basis = torch.from_numpy(drawn).float()
    for _ in range(_POWER_ITERATIONS):
        basis = torch.linalg.qr(torch.sparse.mm(turned, torch.sparse.mm(matrix, basis)))[0]
    _, values, right = torch.linalg.svd(torch.sparse.mm(matrix, basis), full_matrices=False)
    factors = (basis @ right.T)[:, :width] / values[:width].clamp(min=1e-6).sqrt()
    found: Matrix = factors.double().numpy()
    return found


def _matrix(texts: Sequence[Rows], rarity: Matrix) -> Tensor:
    """(texts, n-grams), sparse: the rarity of each n-gram a text has; rows of length 1."""
    once = [np.unique(rows) for rows in texts]
    columns = np.concatenate(once)
    lengths = np.array([np.linalg.norm(rarity[rows]) for rows in once]).clip(min=1e-6)
    text_of = np.repeat(np.arange(len(once)), list(map(len, once)))
    places = torch.from_numpy(np.stack((text_of, columns)))
    values = torch.from_numpy(rarity[columns] / lengths[text_of]).float()
    return torch.sparse_coo_tensor(
        places, values, (len(once), len(rarity)), check_invariants=True, is_coalesced=True
    )


def _drawn_together(examples: Sequence[ChineseExample], texts: Sequence[Rows], vectors: Matrix) -> Matrix:
    """(width, width): what makes the scatter within patterns even."""
    of_pattern: dict[str, list[Matrix]] = defaultdict(list)
    for example, rows in zip(examples, texts, strict=True):
        total = vectors[rows].sum(axis=0)
        if example.source == "written" and total.any():
            of_pattern[example.group].append(total / np.linalg.norm(total))
    width = vectors.shape[1]
    within = np.zeros((width, width))
    for totals in of_pattern.values():
        around = np.array(totals) - np.mean(totals, axis=0)
        within += around.T @ around
    scatter = np.trace(within)
    if scatter <= 0.0:
        return np.eye(width)
    # Of unit size, so that the ridge and the vectors' scale do not depend on how many texts there are.
    within *= width / scatter
    return np.linalg.cholesky(np.linalg.inv(within + _WITHIN_RIDGE * np.eye(width)))
