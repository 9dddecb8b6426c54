"""Any encoder of transformers (BERT, RoBERTa, XLM-R, DeBERTa, ModernBERT, or a decoder's last states)."""

from collections.abc import Sequence

from torch import Tensor
from transformers import PreTrainedModel

from models.devices import ComputePlan
from models.encoders.interfaces import TokenStates
from models.encoders.padded_rows import PaddedRows
from models.encoders.pretrained_files import PretrainedText
from models.encoders.sentence_tokeniser import SentenceTokeniser, TokenisedText
from models.encoders.word_starts import continues_word
from models.text import chinese_sentences
from models.text.scripts import dominant_script

_LIKE_CHINESE = frozenset({"han", "kana"})


class PretrainedEncoder:
    """See `models.encoders.interfaces.TextEncoder`. A text's script says how its sentences and emoji are read.

    Args:
        network: moved to the plan's device and dtype.
        text: how texts become windows.
        plan: device and dtype.
    """

    packs = False

    def __init__(self, network: PreTrainedModel, text: PretrainedText, plan: ComputePlan) -> None:
        self.network = network.to(plan.device, plan.dtype)
        self.width = int(network.config.hidden_size)
        self.masked_token = text.masked_id
        self.continues_word = continues_word(text.tokenizer)
        self._device, self._padding_id = plan.device, text.padding_id
        self._spaced = SentenceTokeniser(text.tokenizer, text.window_tokens, special=text.special)
        self._unspaced = SentenceTokeniser(
            text.tokenizer, text.window_tokens, special=text.special, split=_sentences, in_chinese=True
        )

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedText]:
        """See `TextEncoder`."""
        is_unspaced = [dominant_script(text) in _LIKE_CHINESE for text in texts]
        by_script = {
            unspaced: iter(
                tokenise([text for text, is_so in zip(texts, is_unspaced, strict=True) if is_so == unspaced])
            )
            for unspaced, tokenise in ((True, self._unspaced), (False, self._spaced))
        }
        return [next(by_script[unspaced]) for unspaced in is_unspaced]

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """See `TextEncoder`."""
        rows = PaddedRows.of(windows, self._padding_id, self._device)
        output = self.network(input_ids=rows.token_ids, attention_mask=rows.is_token.long())
        return rows.end_to_end(output.last_hidden_state).float()

    def token_states(self, windows: Sequence[Sequence[int]]) -> TokenStates:
        """See `TextEncoder`; which of its layers training leaves alone, nobody knows of every encoder."""
        last = self.states(windows)
        return TokenStates(last, last)


def _sentences(text: str) -> list[tuple[int, int]]:
    return [(sentence.start, sentence.end) for sentence in chinese_sentences.split_sentences(text)]
