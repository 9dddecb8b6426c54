"""An encoder whose token vectors are known by heart: one direction a word of the tiny tokenizer."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn

from models.encoders.interfaces import TokenStates
from models.encoders.sentence_tokeniser import SentenceTokeniser, TokenisedText
from models.readers.aspects import ASPECTS
from models.readers.interfaces import SENTIMENT_LABELS
from models.readers.opinion_heads import OpinionHeads
from schemas.vocabularies import HOLDERS
from tests.unit.models.model_files import SPECIAL, WORDS, tiny_tokenizer

VOCABULARY = [*SPECIAL, *WORDS]
#: Of `knowing_heads`: what each word is part of.
OPINIONS = {
    "good": ("quality", "positive"),
    "fine": ("quality", "neutral"),
    "broke": ("quality", "negative"),
    "loud": ("performance", "negative"),
    "works": ("performance", "positive"),
}
BEGINS = "fine"
FORMER = "kettle"
_SURE = 8.0


class FakeEncoder:
    """See `models.encoders.interfaces.TextEncoder`; `very` goes on with the word before."""

    packs = True
    masked_token = 0
    width = len(VOCABULARY)

    def __init__(self, *, window: int = 12, spaced: bool = False) -> None:
        self.network = nn.Embedding.from_pretrained(torch.eye(self.width), freeze=False)
        self.continues_word = np.array([word == "very" for word in VOCABULARY])
        self.tokenise_all = _tokeniser(window, spaced=spaced)
        self.asked: list[list[int]] = []

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        return self.tokenise_all(texts)

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        self.asked.append(list(map(len, windows)))
        states: Tensor = self.network(torch.tensor([token for window in windows for token in window]))
        return states

    def token_states(self, windows: Sequence[Sequence[int]]) -> TokenStates:
        states = self.states(windows)
        return TokenStates(states, states)


@cache
def _tokeniser(window: int, *, spaced: bool) -> SentenceTokeniser:
    return SentenceTokeniser(_spaced_tokenizer() if spaced else tiny_tokenizer(), window)


def _spaced_tokenizer() -> Tokenizer:
    """The same words and numbers; as with sentencepiece, a word's token has the space before it too."""
    pieces = ["▁", *SPECIAL[1:], *("▁" + word for word in WORDS)]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=SPECIAL.index("[UNK]")))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return tokenizer


def knowing_heads() -> OpinionHeads:
    """Heads that say of each word what OPINIONS does, and of a text and its stars what most of its opinions do."""
    heads = OpinionHeads(len(VOCABULARY))
    with torch.no_grad():
        for layer in (heads.of_token, heads.attention, heads.sentiment, heads.stars):
            layer.weight.zero_()
            layer.bias.zero_()
        polarities = 1 + len(ASPECTS) + 1
        heads.of_token.bias[0] = _SURE
        heads.of_token.bias[1 + len(ASPECTS)] = -_SURE
        heads.of_token.bias[polarities + len(SENTIMENT_LABELS)] = _SURE
        for word, (aspect, polarity) in OPINIONS.items():
            column, feeling = VOCABULARY.index(word), SENTIMENT_LABELS.index(polarity)
            heads.of_token.weight[1 + ASPECTS.index(aspect), column] = 4 * _SURE
            heads.of_token.weight[polarities + feeling, column] = _SURE
            heads.sentiment.weight[feeling, column] = _SURE
            heads.stars.weight[2 * feeling, column] = _SURE
        heads.of_token.weight[1 + len(ASPECTS), VOCABULARY.index(BEGINS)] = 4 * _SURE
        former = polarities + len(SENTIMENT_LABELS) + HOLDERS.index("former_product")
        heads.of_token.weight[former, VOCABULARY.index(FORMER)] = 4 * _SURE
    return heads.eval()
