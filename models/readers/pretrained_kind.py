"""Any encoder of transformers as a reader's: named by where its checkpoint is, trained in all its layers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.devices import ComputePlan
from models.encoders.differences import add_difference
from models.encoders.pretrained_encoder import PretrainedEncoder
from models.encoders.pretrained_files import load_pretrained, sha256_of_checkpoint
from models.errors import ModelConfigurationError
from models.readers.mean_states import mean_states
from models.registry.checkpoints import checkpoint_directory
from models.registry.references import ModelReference


class Pretrained:
    """See `models.readers.encoder_kinds.EncoderKind`. Its embeddings are not trained, as those of MiniLM are not.

    Args:
        reference: path: or hf:.
    """

    def __init__(self, reference: ModelReference) -> None:
        if reference.kind == "path":
            reference = ModelReference("path", str(Path(reference.name).expanduser().resolve()))
        self.name = str(reference)
        self._reference = reference

    def sha256(self) -> str:
        """See `EncoderKind`."""
        return sha256_of_checkpoint(self._directory(), self.name)

    def is_new(self, name: str) -> bool:  # noqa: ARG002
        """See `EncoderKind`."""
        return False

    def to_train(self, plan: ComputePlan) -> PretrainedEncoder:
        """See `EncoderKind`."""
        network, text = load_pretrained(self._directory(), self.name)
        for module in network.modules():
            if isinstance(module, nn.Embedding):
                module.requires_grad_(requires_grad=False)
        return PretrainedEncoder(network, text, replace(plan, dtype=torch.float32))

    def to_serve(self, difference: Mapping[str, Tensor], plan: ComputePlan) -> PretrainedEncoder:
        """See `EncoderKind`."""
        network, text = load_pretrained(self._directory(), self.name)
        add_difference(network, difference)
        return PretrainedEncoder(network.requires_grad_(requires_grad=False), text, plan)

    def meanings(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """See `EncoderKind`."""
        network, text = load_pretrained(self._directory(), self.name)
        return mean_states(PretrainedEncoder(network, text, ComputePlan("cpu", torch.float32)), texts)

    def _directory(self) -> Path:
        try:
            return checkpoint_directory(self._reference, "encoder")
        except ModelConfigurationError as error:
            raise ModelConfigurationError(
                f"{error}; a reader that was trained on it also takes a copy of the checkpoint in its own directory, "
                "named encoder"
            ) from error
