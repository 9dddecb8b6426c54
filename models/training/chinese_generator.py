"""Train an adapter of a generator that writes Chinese: on pairs of our own, and on some English ones beside them."""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

import torch
from transformers import PreTrainedModel

from models.generation.generator import DecodingOptions, PhraseGenerator
from models.generation.loading import GeneratorOptions, load_generator, read_checkpoint
from models.generation.packaged import GEMMA
from models.generation.prompts import PromptForm
from models.generation.ranking import rank
from models.registry.references import parse_reference
from models.training.cards.chinese_phrases_card import chinese_phrases_card
from models.training.cards.report import TrainingReport, finish, rounded
from models.training.corpora.chinese_pairs import HELD_OUT_FILE, TRAINING_FILE, compare, read_chinese_pairs
from models.training.corpora.phrase_alignment import PairReader
from models.training.corpora.phrase_examples import PhraseExample, examples_of
from models.training.corpora.phrase_pairs import PhrasePair, read_split
from models.training.fitting.generator_fitting import Recipe, fit_facts, fit_generator, write_fit
from models.training.measuring.phrase_measuring import score
from models.training.measuring.phrase_reader import PhraseReader

DEFAULT_BASE: Final = f"builtin:{GEMMA.name}"

#: With the aspect, for which clause is the point depends on it.
PROMPT: Final[PromptForm] = "aspect"

# English pairs, chosen at random, so that it does not forget how to write English.
_ENGLISH, _ENGLISH_MEASURED = 120, 40

_RECIPE = Recipe(rank=8, learning_rate=3e-4, epochs=2)

# Outputs that count in the loss beside those of the pairs, as in decoding.
_COMMONEST = 2048

_SAMPLES = 4
_DEADLINE_S = 3600.0


def train_chinese_phrases(
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

    Takes two cores ten minutes. Arguments and errors as of `models.training.generator.train_generator`.
    """
    torch.set_num_threads(1)
    recipe = recipe or _RECIPE
    # In float32: in bfloat16 the gradients of Gemma's layers take several times as long on a CPU.
    checkpoint = read_checkpoint(parse_reference(base), GeneratorOptions(device="cpu").cache, torch.float32)
    chinese, held_out = read_chinese_pairs(TRAINING_FILE), read_chinese_pairs(HELD_OUT_FILE)
    progress("looking for English pairs")
    reader = reader or PhraseReader()
    english, measured = _english_pairs(data / "fewsum", reader, seed)
    training: list[PhrasePair] = [*chinese, *english]
    progress(f"training on {len(training)} pairs, stopping by {len(held_out)} others")
    examples = [
        examples_of(checkpoint.tokenizer, pairs, PROMPT, encoder=False) for pairs in (training, held_out)
    ]
    used = _narrow(checkpoint.network, [example for part in examples for example in part])
    examples = [[_narrowed(example, used) for example in part] for part in examples]
    made = fit_generator(checkpoint.network, examples[0], examples[1], recipe, seed=seed, progress=progress)
    write_fit(made, out, recipe, PROMPT)
    metrics = rounded(
        {
            "base": base,
            "training": fit_facts(made, recipe, seed, training, PROMPT),
            "held_out": _measure(base, out, held_out, measured, reader=reader, progress=progress),
        }
    )
    counts = Counter(pair.source for pair in training)
    return finish(metrics, chinese_phrases_card(metrics), out, examples=counts, progress=progress)


def _narrow(network: PreTrainedModel, examples: Sequence[PhraseExample]) -> list[int]:
    """Leave a network the outputs that occur, and the commonest; the other 250,000 would take as long as the rest.

    Returns:
        The tokens that the outputs stand for now, ascending.
    """
    table = network.get_output_embeddings().weight.detach()
    commonest = range(min(_COMMONEST, len(table)))
    used = sorted(set(commonest).union(*(example.phrase for example in examples)))
    weight = table[torch.tensor(used)]
    outputs = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    outputs.weight = torch.nn.Parameter(weight)
    network.set_output_embeddings(outputs)
    return used


def _narrowed(example: PhraseExample, used: Sequence[int]) -> PhraseExample:
    return example._replace(outputs=tuple(bisect_left(used, token) for token in example.phrase))


def _english_pairs(
    directory: Path, reader: PairReader, seed: int
) -> tuple[list[PhrasePair], list[PhrasePair]]:
    """Some to train on, and others to measure on."""
    pairs, others, _ = read_split(directory, reader)
    chooser = random.Random(seed)  # noqa: S311 - no secret
    return (
        chooser.sample(pairs, min(_ENGLISH, len(pairs))),
        chooser.sample(others, min(_ENGLISH_MEASURED, len(others))),
    )


def _measure(
    base: str,
    out: Path,
    chinese: Sequence[PhrasePair],
    english: Sequence[PhrasePair],
    *,
    reader: PairReader,
    progress: Callable[[str], None],
) -> dict[str, object]:
    """As it is served: with the words of the evidence alone, the best ranked of some samples."""
    scores: dict[str, object] = {}
    for name, adapter in (("untrained", None), ("trained", out)):
        progress(f"measuring: {name}")
        load = partial(load_generator, base, GeneratorOptions(device="cpu", adapter=adapter))
        generator = load()
        scores[f"{name}, Chinese"] = asdict(compare(chinese, _write(generator, chinese, "zh")))
        scores[f"{name}, English"] = asdict(score(english, _write(generator, english, "en"), reader))
    return scores


def _write(generator: PhraseGenerator, pairs: Sequence[PhrasePair], language: str) -> list[str | None]:
    generator.options = DecodingOptions()
    found = generator.phrase([pair.request(samples=_SAMPLES) for pair in pairs], deadline_s=_DEADLINE_S)
    ranked = [rank(phrases, pair.evidence, language) for phrases, pair in zip(found, pairs, strict=True)]
    return [phrases[0].text if phrases else None for phrases in ranked]
