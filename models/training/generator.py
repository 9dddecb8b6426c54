"""Train an adapter of a generator: from data sets to a finished, measured adapter directory."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Final

import torch

from models.devices import has_fast_bfloat16
from models.generation.generator import PhraseGenerator
from models.generation.loading import GeneratorOptions, load_generator, read_checkpoint
from models.generation.packaged import SMOLLM2_NAME
from models.generation.prompts import PromptForm
from models.registry.references import parse_reference
from models.training.cards.generator_card import generator_card
from models.training.cards.report import TrainingReport, finish, rounded
from models.training.corpora.phrase_alignment import PairReader
from models.training.corpora.phrase_examples import examples_of
from models.training.corpora.phrase_pairs import (
    PhrasePair,
    PhrasePairs,
    read_split,
)
from models.training.fitting.generator_fitting import Recipe, fit_facts, fit_generator, write_fit
from models.training.measuring.phrase_measuring import score, writers_of
from models.training.measuring.phrase_reader import PhraseReader

DEFAULT_BASE: Final = f"builtin:{SMOLLM2_NAME}"

#: The form of the prompt that adapters are trained with.
PROMPT: Final[PromptForm] = "short"


def train_generator(
    data: Path,
    out: Path,
    *,
    base: str = DEFAULT_BASE,
    seed: int = 7,
    progress: Callable[[str], None],
    recipe: Recipe | None = None,
    reader: PairReader | None = None,
) -> TrainingReport:
    """Train, measure and write an adapter directory that `load_generator` takes.

    Takes ten minutes on a core. The same data, seed, base and machine give the same weights. Sets torch to one thread
    an operation in this whole process: the order of additions stays the same, and beside other work two threads that
    wait for each other take longer.

    Args:
        data: a directory with fewsum/, of which amazon_ and yelp_ train.csv and val.csv are read.
        out: made if it is not there; files of an earlier run are overwritten.
        base: a reference of `load_generator`.
        seed: of everything random.
        progress: told, in words for people, what is being done.
        recipe: None: the one that the shipped adapter was trained with.
        reader: of reviews; None: the built-in English one.

    Raises:
        TrainingDataError: the data is not there, or not in the published layout, or holds no pair.
        ModelConfigurationError: there is no such base, or something is not installed.
    """
    torch.set_num_threads(1)
    recipe = recipe or Recipe()
    dtype = torch.bfloat16 if has_fast_bfloat16("cpu") else torch.float32
    checkpoint = read_checkpoint(parse_reference(base), GeneratorOptions(device="cpu").cache, dtype)
    progress("looking for sentences of summaries that reviews say too")
    reader = reader or PhraseReader()
    training, validation, read = read_split(data / "fewsum", reader)
    progress(f"training on {len(training)} pairs, stopping by {len(validation)} others")
    encoder = bool(checkpoint.network.config.is_encoder_decoder)
    examples = [
        examples_of(checkpoint.tokenizer, pairs, PROMPT, encoder=encoder) for pairs in (training, validation)
    ]
    made = fit_generator(checkpoint.network, examples[0], examples[1], recipe, seed=seed, progress=progress)
    write_fit(made, out, recipe, PROMPT)
    metrics = rounded(
        {
            "base": base,
            "pairs": {part: _counts(of_part) for part, of_part in read.items()},
            "training": fit_facts(made, recipe, seed, training, PROMPT),
            "validation": _measure(base, out, validation, reader, progress),
        }
    )
    counts = Counter(f"fewsum/{pair.source}" for pair in training)
    return finish(metrics, generator_card(metrics), out, examples=counts, progress=progress)


def _measure(
    base: str, out: Path, pairs: Sequence[PhrasePair], reader: PairReader, progress: Callable[[str], None]
) -> dict[str, object]:
    """As it is served."""

    @cache
    def load(adapter: Path | None) -> PhraseGenerator:
        return load_generator(base, GeneratorOptions(device="cpu", adapter=adapter))

    scores: dict[str, object] = {}
    for name, write in writers_of(partial(load, None), partial(load, out)).items():
        progress(f"measuring: {name}")
        scores[name] = asdict(score(pairs, write(pairs), reader))
    return scores


def _counts(pairs: PhrasePairs) -> Mapping[str, object]:
    return {
        "sentences": pairs.sentences,
        "left_out": pairs.left_out,
        "pairs": Counter(pair.source for pair in pairs.pairs),
    }
