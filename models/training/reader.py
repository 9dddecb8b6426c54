"""Train a reader that marks opinions: fit, calibrate, measure on texts kept apart, write weights and model card."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from models.devices import plan_compute
from models.readers.encoder_kinds import encoder_kind
from models.readers.interfaces import ReviewReading
from models.readers.opinion_loading import reader_of
from models.readers.opinion_reader import OpinionReader
from models.readers.opinion_weights import ReaderWeights, save_reader_weights
from models.similarity.sentence_directions import save_sentence_directions
from models.training.cards.reader_card import reader_card
from models.training.cards.report import TrainingReport, finish, rounded
from models.training.corpora.annotated import AnnotatedReview
from models.training.corpora.reader_data import (
    REVIEWS,
    SENTENCES,
    WRITTEN,
    ReaderData,
    chinese_data,
    english_data,
)
from models.training.fitting.category_probe import probe_categories
from models.training.fitting.loop import Fit
from models.training.fitting.options import FitOptions
from models.training.fitting.reader_fitting import Recipe, fit_reader, read_tokenised
from models.training.fitting.sentence_embedding import fit_directions
from models.training.measuring.reader_measuring import measure, measure_beside, measure_kinds

RECIPES: Final[Mapping[str, tuple[Recipe, Callable[[Path], ReaderData]]]] = {
    "reviews-en": (
        Recipe(
            "reviews-en",
            "minilm",
            ("en",),
            # Without hidden tokens, and with an average, opinions were found 3 points of F1 worse.
            FitOptions(epochs=6, hidden=0.1),
            validation_sources=(REVIEWS, SENTENCES, WRITTEN),
            validation_share=12,
        ),
        english_data,
    ),
    "reviews-zh": (
        Recipe(
            "reviews-zh",
            "universal",
            ("zh",),
            # With hidden tokens, and without an average, 2 points worse.
            FitOptions(epochs=8, average=0.998, learning_rate=2e-4, head_learning_rate=6e-4),
            category_weight=0.5,
        ),
        chinese_data,
    ),
}

#: Of an encoder of transformers: what was pretrained for long is changed slowly.
_PRETRAINED: Final = FitOptions(epochs=6, learning_rate=5e-5)


def train_reader(
    name: str,
    data: Path,
    out: Path,
    *,
    seed: int = 7,
    base: str | None = None,
    low_rank: int = 0,
    progress: Callable[[str], None],
) -> TrainingReport:
    """Train, measure and write a model directory that `load_reader` takes as `path:`.

    Takes a core half an hour. It goes on where it was if it was stopped. The same data, seed and machine give the
    same weights.

    Args:
        name: of RECIPES.
        data: a directory with the sets that the recipe's corpora name.
        out: made if it is not there; files of an earlier run are overwritten.
        seed: of everything random.
        base: an encoder of transformers, path: or hf:, in place of the recipe's.
        low_rank: see `models.training.fitting.reader_fitting.Recipe`.
        progress: told, in words for people, what is being done.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout.
        ModelConfigurationError: the encoder is not there, or cannot be trained so.
    """
    recipe, read = RECIPES[name]
    recipe = _changed(recipe, seed, base, low_rank)
    texts = read(data)
    counts = Counter(text.source for text in texts.training)
    progress(f"training on {len(texts.training)} texts")
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out.with_name(f"{out.name}.checkpoint")
    weights, how = fit_reader(recipe, texts, progress=progress, checkpoint=checkpoint)
    save_reader_weights(weights, out)
    reader = reader_of(name, "in training", weights, plan_compute())
    progress("finding the directions of sentence embeddings")
    embedding = fit_directions(
        reader,
        [text.text for text in texts.training if text.opinions is not None],
        encoder_kind(recipe.encoder).meanings,
        separator="" if "zh" in recipe.languages else " ",
        seed=seed,
    )
    save_sentence_directions(embedding.directions, out)
    metrics = rounded(
        {
            "examples": counts,
            "training": _facts(recipe, weights, how),
            **_measured(reader, texts, seed, progress),
            "embedding": {"sentences": embedding.sentences, "agreement": embedding.agreement},
        }
    )
    report = finish(metrics, reader_card(recipe, metrics), out, examples=counts, progress=progress)
    checkpoint.unlink(missing_ok=True)
    return report


def _measured(
    reader: OpinionReader, texts: ReaderData, seed: int, progress: Callable[[str], None]
) -> dict[str, object]:
    """On everything that was held out, for metrics.json."""
    progress(f"measuring on {len(texts.held_out)} real reviews and {len(texts.hard)} hard sentences")
    sets: dict[str, Sequence[AnnotatedReview]] = {"held_out": texts.held_out, "hard": texts.hard}
    readings = {kept: _read(reader, [review.text for review in reviews]) for kept, reviews in sets.items()}
    progress(f"measuring on {sum(map(len, texts.beside.values()))} texts of {', '.join(texts.beside)}")
    beside = {
        source: measure_beside(_read(reader, [one.text for one in of_source]), of_source)
        for source, of_source in texts.beside.items()
    }
    for source in texts.categories.keys() & beside.keys():
        taught = [text for text in texts.training if text.source == source]
        beside[source] |= probe_categories(reader, taught, texts.beside[source], seed=seed)
    return {
        **{kept: measure(readings[kept], reviews) for kept, reviews in sets.items()},
        "kinds": measure_kinds(readings["hard"], texts.hard),
        "beside": beside,
    }


def _read(reader: OpinionReader, texts: Sequence[str]) -> list[ReviewReading]:
    return read_tokenised(reader, reader.tokenise(texts))


def _changed(recipe: Recipe, seed: int, base: str | None, low_rank: int) -> Recipe:
    """A recipe with what the caller chose."""
    if base is not None:
        recipe = replace(recipe, encoder=encoder_kind(base).name, options=_PRETRAINED)
    return replace(recipe, options=replace(recipe.options, seed=seed), low_rank=low_rank)


def _facts(recipe: Recipe, weights: ReaderWeights, how: Fit) -> dict[str, object]:
    """Of the run, for metrics.json."""
    return {
        "seed": recipe.options.seed,
        "epochs": how.best_epoch,
        "validations": how.validations,
        "calibration": asdict(weights.calibration),
        "encoder": recipe.encoder,
        "low_rank": recipe.low_rank,
        "options": asdict(recipe.options),
    }
