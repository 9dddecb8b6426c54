"""What a trained encoder still knows of a set with a taxonomy of its own: a linear head on its vectors says it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.evaluation import evaluate_detection
from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.opinion_reader import OpinionReader
from models.training.corpora.texts import TrainingText
from models.training.fitting.reader_objective import CategoryHead

_AT_ONCE = 32
_STEPS, _RATE, _DECAY = 300, 0.02, 1e-3
_IS_THERE = 0.5


def probe_categories(
    reader: OpinionReader, training: Sequence[TrainingText], held_out: Sequence[TrainingText], *, seed: int
) -> dict[str, float]:
    """Fit a head to a set's training part, the reader's vectors as they are, and measure it on texts held out.

    The reader's own aspects are others than the set's: a set may count a dish that is only named, and a reader that
    was taught to mark judgements passes it over.

    Args:
        reader: trained.
        training: of one set, with categories.
        held_out: of the same set.
        seed: of the head.

    Returns:
        Micro-F1 of the categories found, and the share of labelled polarities that are right, found or not.
    """
    names = sorted({name for text in training for name in text.categories or ()})
    vectors = _means(reader, training)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = CategoryHead(vectors.shape[1], names)
        optimiser = torch.optim.AdamW(head.parameters(), _RATE, weight_decay=_DECAY)
        for _ in range(_STEPS):
            optimiser.zero_grad()
            head.loss(vectors, [text.categories or {} for text in training]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    vectors = _means(reader, held_out)
    with torch.no_grad():
        present = torch.sigmoid(head.presence(vectors)).numpy() >= _IS_THERE
        polarity = head.polarity(vectors).view(len(held_out), len(names), -1).argmax(dim=2).numpy()
    found = [{name for name, is_there in zip(names, row, strict=True) if is_there} for row in present]
    known = [{name for name in text.categories or () if name in names} for text in held_out]
    judged = [
        SENTIMENT_LABELS[polarity[row][names.index(name)]] == label
        for row, text in enumerate(held_out)
        for name, label in (text.categories or {}).items()
        if name in names and label is not None
    ]
    return {
        "categories_found_f1": evaluate_detection(found, known, names).f1,
        "polarity_of_categories": sum(judged) / len(judged) if judged else 0.0,
    }


def _means(reader: OpinionReader, texts: Sequence[TrainingText]) -> Tensor:
    """(texts, width), float32, on the CPU; zero of a text without a token."""
    tokenised = reader.tokenise([text.text for text in texts])
    means = torch.cat(
        [
            reader.text_means(tokenised[first : first + _AT_ONCE]).float().cpu()
            for first in range(0, len(texts), _AT_ONCE)
        ]
    ).clone()
    return torch.nn.functional.layer_norm(means, means.shape[1:])
