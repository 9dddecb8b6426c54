"""Where the tokens of a batch of texts belong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.sentence_tokeniser import TokenisedText


@dataclass(frozen=True, slots=True)
class BatchLayout:
    """Content tokens are those that are not special: every window begins and ends with one that is.

    Attributes:
        content: (content tokens,) their places in the windows laid end to end.
        ids: (content tokens,) their ids.
        sentence_of: (content tokens,) the sentence of each, counted through the batch.
        review_of: (content tokens,) the text of each.
        first_token: (sentences,) the first content token of each sentence.
        sentences: how many there are.
    """

    content: Tensor
    ids: NDArray[np.int64]
    sentence_of: Tensor
    review_of: Tensor
    first_token: NDArray[np.int64]
    sentences: int

    @classmethod
    def of(cls, batch: Sequence[TokenisedText]) -> "BatchLayout":
        """Lay out texts in their order."""
        windows = [window for text in batch for window in text.windows]
        lengths = np.fromiter(map(len, windows), dtype=np.int64, count=len(windows))
        ids = np.fromiter((token for window in windows for token in window), np.int64, int(lengths.sum()))
        is_content = np.ones(len(ids), dtype=np.bool_)
        ends = lengths.cumsum()
        is_content[ends - 1] = is_content[ends - lengths] = False
        of_sentence = np.array([one.tokens for text in batch for one in text.sentences], dtype=np.int64)
        review_of_sentence = np.repeat(np.arange(len(batch)), [len(text.sentences) for text in batch])
        return cls(
            content=torch.from_numpy(np.flatnonzero(is_content)),
            ids=ids[is_content],
            sentence_of=torch.from_numpy(np.repeat(np.arange(len(of_sentence)), of_sentence)),
            review_of=torch.from_numpy(np.repeat(review_of_sentence, of_sentence)),
            first_token=of_sentence.cumsum() - of_sentence,
            sentences=len(of_sentence),
        )
