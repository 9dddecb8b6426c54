"""What an encoder of texts is: all that a reader knows of it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.sentence_tokeniser import TokenisedText


class TokenStates(NamedTuple):
    """Vectors of tokens, float32.

    Attributes:
        last: (tokens, width): what heads read.
        early: (tokens, another width): from where training hardly changes what a sentence means.
    """

    last: Tensor
    early: Tensor


class TextEncoder(Protocol):
    """Texts to tokens, tokens to vectors that know their neighbours.

    Attributes:
        width: of the vectors.
        packs: cost grows with the sum of lengths; False: with the longest row of a batch, for rows are padded.
        continues_word: (vocabulary,), true for tokens that go on with the word of the token before.
    """

    @property
    def width(self) -> int: ...  # noqa: D102

    @property
    def packs(self) -> bool: ...  # noqa: D102

    @property
    def continues_word(self) -> NDArray[np.bool_]: ...  # noqa: D102

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        """Token ids by sentence; on the CPU, from any thread. Nothing is cut off a long text."""
        ...

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """The windows' token vectors end to end, special tokens included: (tokens, width), on the device."""
        ...

    def token_states(self, windows: Sequence[Sequence[int]]) -> TokenStates:
        """The same, and vectors of an earlier layer from the same pass."""
        ...
