"""Calibrate a reader: temperatures that make held-out labels likeliest, and how boldly to look for opinions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.interfaces import TextEncoder
from models.readers.batch_layout import BatchLayout
from models.readers.interfaces import SENTIMENT_LABELS, ReviewReading
from models.readers.opinion_heads import OpinionHeads, Segments
from models.readers.opinion_reader import Calibration
from models.training.fitting.calibration import fit_temperature
from models.training.fitting.reader_objective import LabelledBatch, ReaderTexts
from models.training.fitting.token_labels import UNKNOWN
from models.training.measuring.opinion_measures import annotated_opinions, counts_of, read_opinions, summed

_AT_ONCE = 16
_BOLDNESS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0)


class _Said(NamedTuple):
    """Logits (rows, classes) and labels (rows,) of one question."""

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]


def calibrate(
    heads: OpinionHeads,
    encoder: TextEncoder,
    texts: ReaderTexts,
    read: Callable[[Calibration], list[ReviewReading]],
    device: str,
) -> Calibration:
    """Fit a calibration to texts that were not trained on.

    Args:
        heads: in evaluation mode.
        encoder: likewise.
        texts: annotated.
        read: reads these texts with a calibration.
        device: of heads and encoder.
    """
    answers: dict[str, list[_Said]] = {}
    for batch in _batches(texts):
        for question, said in _answers(heads, encoder, batch, device).items():
            answers.setdefault(question, []).append(said)
    fitted = Calibration(**{question: _temperature(said) for question, said in answers.items()})
    f1_of = {
        boldness: summed(
            counts_of(read_opinions(reading), annotated_opinions(text.opinions or ()))
            for reading, text in zip(read(replace(fitted, boldness=boldness)), texts.texts, strict=True)
        ).f1
        for boldness in _BOLDNESS
    }
    return replace(fitted, boldness=max(f1_of, key=lambda boldness: f1_of[boldness]))


def _batches(texts: ReaderTexts) -> Iterator[LabelledBatch]:
    for first in range(0, len(texts.texts), _AT_ONCE):
        yield texts.batch(range(first, min(first + _AT_ONCE, len(texts.texts))))


@torch.no_grad()
def _answers(
    heads: OpinionHeads, encoder: TextEncoder, batch: LabelledBatch, device: str
) -> dict[str, _Said]:
    layout = BatchLayout.of(batch.tokenised)
    states = encoder.states([window for text in batch.tokenised for window in text.windows])
    normed = heads.normed(states.index_select(0, layout.content.to(device)))
    tokens = heads.tokens(normed)
    reviews = heads.segments(normed, Segments(layout.review_of.to(device), len(batch.texts)), tokens)
    sentiment = [
        UNKNOWN if text.sentiment is None else SENTIMENT_LABELS.index(text.sentiment) for text in batch.texts
    ]
    stars = [UNKNOWN if text.stars is None else text.stars - 1 for text in batch.texts]
    return {
        "sentiment": _said(reviews.sentiment, np.array(sentiment)),
        "stars": _said(reviews.stars, np.array(stars)),
        "aspect": _said(tokens.aspect, np.concatenate([one.aspect for one in batch.labels])),
        "polarity": _said(tokens.polarity, np.concatenate([one.polarity for one in batch.labels])),
    }


def _said(logits: Tensor, labels: NDArray[np.int64]) -> _Said:
    known = labels != UNKNOWN
    return _Said(logits.double().cpu().numpy()[known], labels[known])


def _temperature(said: list[_Said]) -> float:
    return fit_temperature(
        np.concatenate([one.logits for one in said]), np.concatenate([one.labels for one in said])
    )
