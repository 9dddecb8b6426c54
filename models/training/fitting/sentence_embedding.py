"""Find a trained reader's directions of sentence embeddings: nothing is trained again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.readers.opinion_reader import OpinionReader
from models.similarity.sentence_directions import SentenceDirections
from models.training.fitting.frames import drawn_directions

Matrix = NDArray[np.float64]

# How many sentences stand together in a text: what a token is depends on its neighbours, and must not.
_COMPANY: Final = (1, 1, 2, 3, 4, 5)
_AT_ONCE = 32
_HELD_OUT = 10
_MOST_SENTENCES = 24_000
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
        agreement: mean cosine of what the map says and what is meant, of sentences that were held out.
    """

    directions: SentenceDirections
    sentences: int
    agreement: float


def fit_directions(
    reader: OpinionReader,
    texts: Sequence[str],
    meanings: Callable[[Sequence[str]], Matrix],
    *,
    separator: str,
    seed: int,
) -> DirectionsFit:
    """Learn to tell from a reader's mean token vector of a sentence in company what the sentence means alone.

    Training turns an encoder's vectors towards sentiment and aspects; a ridge regression turns them back. Its
    outputs' principal directions without the first, rotated at random, are the directions.

    Args:
        reader: trained.
        texts: any; their sentences are used, each once.
        meanings: of sentences, (sentences, any width), by what knows more of meaning than the reader.
        separator: what stands between sentences of one text.
        seed: of the company and of the rotation.
    """
    means, alone = _in_company(reader, _groups(reader, texts, seed), separator)
    meant = meanings(alone)
    meant = meant / np.linalg.norm(meant, axis=1, keepdims=True)
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


def _groups(reader: OpinionReader, texts: Sequence[str], seed: int) -> list[list[str]]:
    """Sentences, each once, put together at random."""
    sentences = {
        one.text[sentence.start : sentence.end].strip()
        for one in reader.tokenise(texts)
        for sentence in one.sentences
        if "\n" not in one.text[sentence.start : sentence.end].strip()
    }
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    shuffled = random.sample(sorted(sentences), min(len(sentences), _MOST_SENTENCES))
    groups = []
    while shuffled:
        size = random.choice(_COMPANY)
        groups.append(shuffled[:size])
        shuffled = shuffled[size:]
    return groups


def _in_company(
    reader: OpinionReader, groups: Sequence[Sequence[str]], separator: str
) -> tuple[Matrix, list[str]]:
    """(sentences, width) means of the sentences as they stand in their groups, and these sentences.

    Groups that are cut otherwise than they were put together are left out.
    """
    means, kept = [], []
    for start in range(0, len(groups), _AT_ONCE):
        some = groups[start : start + _AT_ONCE]
        batch = reader.tokenise([separator.join(group) for group in some])
        found = reader.sentence_means(batch).double().cpu().numpy()
        fits = [len(text.sentences) == len(group) for text, group in zip(batch, some, strict=True)]
        means.append(found[np.repeat(fits, [len(text.sentences) for text in batch])])
        kept += [one for group, fit in zip(some, fits, strict=True) if fit for one in group]
    return np.concatenate(means), kept


def _mean_cosine(ones: Matrix, others: Matrix) -> float:
    lengths = np.linalg.norm(ones, axis=1) * np.linalg.norm(others, axis=1)
    return float(((ones * others).sum(axis=1) / lengths).mean())
