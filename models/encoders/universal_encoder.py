"""The encoder for Chinese, and for the fifteen other languages whose pieces it knows: see `universal_network`."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from models.devices import ComputePlan, to_device
from models.encoders.sentence_tokeniser import SentenceTokeniser, TokenisedText
from models.encoders.universal_files import SPECIAL_TOKENS
from models.encoders.universal_network import MOST_TOKENS, UniversalNetwork
from models.text.chinese_sentences import split_sentences


class UniversalEncoder:
    """See `models.encoders.interfaces.TextEncoder`.

    Args:
        network: moved to the plan's device and dtype.
        tokenizer: of the package.
        plan: device and dtype.
    """

    packs = False

    def __init__(self, network: UniversalNetwork, tokenizer: Tokenizer, plan: ComputePlan) -> None:
        self.network = network.to(plan.device, plan.dtype)
        self.width = network.narrow.out_features
        self.continues_word = _continues_word(tokenizer)
        self._device = plan.device
        self._tokenise = SentenceTokeniser(
            tokenizer, MOST_TOKENS, special=SPECIAL_TOKENS, split=_sentences, in_chinese=True
        )

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        """See `TextEncoder`."""
        return self._tokenise(texts)

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """See `TextEncoder`."""
        lengths = torch.tensor([len(window) for window in windows])
        is_token = torch.arange(int(lengths.max())) < lengths[:, None]
        token_ids = torch.zeros(is_token.shape, dtype=torch.long)
        token_ids[is_token] = torch.tensor([token for window in windows for token in window])
        is_token = to_device(is_token, self._device)
        states: Tensor = self.network(to_device(token_ids, self._device), is_token)
        return states[is_token].float()


def _continues_word(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Pieces of Latin letters and digits that do not begin with a space; Chinese may end an opinion anywhere."""
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda one: one[1])
    return np.array([piece.isascii() and piece.isalnum() for piece, _ in pieces], dtype=np.bool_)


def _sentences(text: str) -> list[tuple[int, int]]:
    return [(sentence.start, sentence.end) for sentence in split_sentences(text)]
