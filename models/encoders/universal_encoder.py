"""The encoder for Chinese, and for the fifteen other languages whose pieces it knows: see `universal_network`."""

from collections.abc import Sequence

from tokenizers import Tokenizer
from torch import Tensor

from models.devices import ComputePlan
from models.encoders.interfaces import TokenStates
from models.encoders.padded_rows import PaddedRows
from models.encoders.sentence_tokeniser import SentenceTokeniser, TokenisedText
from models.encoders.universal_files import SPECIAL_TOKENS
from models.encoders.universal_network import MOST_TOKENS, UniversalNetwork
from models.encoders.word_starts import continues_word
from models.text.chinese_sentences import split_sentences


class UniversalEncoder:
    """See `models.encoders.interfaces.TextEncoder`.

    Args:
        network: moved to the plan's device and dtype.
        tokenizer: of the package.
        plan: device and dtype.
    """

    packs = False
    #: The unknown piece.
    masked_token = 0

    def __init__(self, network: UniversalNetwork, tokenizer: Tokenizer, plan: ComputePlan) -> None:
        self.network = network.to(plan.device, plan.dtype)
        self.width = network.narrow.out_features
        self.continues_word = continues_word(tokenizer)
        self._device = plan.device
        self._tokenise = SentenceTokeniser(
            tokenizer, MOST_TOKENS, special=SPECIAL_TOKENS, split=_sentences, in_chinese=True
        )

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        """See `TextEncoder`."""
        return self._tokenise(texts)

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """See `TextEncoder`."""
        return self.token_states(windows).last

    def token_states(self, windows: Sequence[Sequence[int]]) -> TokenStates:
        """See `TextEncoder`."""
        rows = PaddedRows.of(windows, 0, self._device)
        features, output = self.network.layers(rows.token_ids, rows.is_token)
        return TokenStates(rows.end_to_end(output).float(), rows.end_to_end(features).float())


def _sentences(text: str) -> list[tuple[int, int]]:
    return [(sentence.start, sentence.end) for sentence in split_sentences(text)]
