"""What an encoder makes of whole texts: the mean of their token vectors."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.encoders.interfaces import TextEncoder
from models.readers.batch_layout import BatchLayout
from models.readers.opinion_heads import Segments, mean_by_segment

_AT_ONCE = 32


@torch.inference_mode()
def mean_states(encoder: TextEncoder, texts: Sequence[str]) -> NDArray[np.float64]:
    """(texts, width), of an encoder on the CPU; zero where a text has no token."""
    means = []
    for first in range(0, len(texts), _AT_ONCE):
        batch = encoder.tokenise(texts[first : first + _AT_ONCE])
        states = encoder.states([window for text in batch for window in text.windows])
        layout = BatchLayout.of(batch)
        vectors = states.index_select(0, layout.content)
        means.append(mean_by_segment(vectors, Segments(layout.review_of, len(batch))))
    return torch.cat(means).double().numpy()
