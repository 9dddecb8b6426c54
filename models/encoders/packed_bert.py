"""BERT without padding: the sequences of a batch lie end to end in one row, each attending to itself.

Devlin et al. 2019 (BERT). Linear layers see one (tokens, width) matrix; attention runs sequence by sequence. On
a CPU, with 256 to 2,048 tokens a batch, that was 1.1 to 2.7 times as fast as a block-diagonal mask and 1.1 to
2.1 times as fast as stacking sequences of equal length, in float32 and in bfloat16. An accelerator, where a hundred
small calls cost more than some padding, gets one call a layer over padded rows; only attention is padded there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.errors import ModelConfigurationError


@dataclass(frozen=True, slots=True)
class BertShape:
    """The numbers of a BERT that its weights do not tell."""

    heads: int
    layers: int
    layer_norm_epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> "BertShape":
        """Read a decoded config.json.

        Raises:
            ModelConfigurationError: the network is not a plain BERT encoder.
        """
        for key, wanted in (("model_type", "bert"), ("hidden_act", "gelu")):
            if config.get(key) != wanted:
                raise ModelConfigurationError(
                    f"packed BERT: {key} must be {wanted!r}, got {config.get(key)!r}"
                )
        return cls(
            heads=int(str(config["num_attention_heads"])),
            layers=int(str(config["num_hidden_layers"])),
            layer_norm_epsilon=float(str(config["layer_norm_eps"])),
        )


class PackedBert(nn.Module):
    """The encoder of a BERT.

    Args:
        shape: heads, layers, epsilon.
        weights: tensors by the names transformers gives them, such as
            "encoder.layer.0.output.dense.weight"; others are ignored.
    """

    def __init__(self, shape: BertShape, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.words = _embedding(weights, "embeddings.word_embeddings")
        self.positions = _embedding(weights, "embeddings.position_embeddings")
        self.segments = _embedding(weights, "embeddings.token_type_embeddings")
        self.norm = _layer_norm(weights, "embeddings.LayerNorm", shape.layer_norm_epsilon)
        self.layers = nn.ModuleList(
            PackedLayer(shape, weights, f"encoder.layer.{index}") for index in range(shape.layers)
        )

    def forward(self, token_ids: Tensor, lengths: Sequence[int]) -> list[Tensor]:
        """Hidden states after the embeddings and after every layer.

        Args:
            token_ids: (tokens,) int64, the sequences end to end.
            lengths: of the sequences; their sum is tokens.

        Returns:
            layers + 1 tensors, (tokens, width) each, in the dtype of the weights.
        """
        positions = torch.cat([torch.arange(length) for length in lengths]).to(token_ids.device)
        embedded = self.words(token_ids) + self.positions(positions) + self.segments.weight[0]
        states: list[Tensor] = [self.norm(embedded)]
        attention: Attention = (
            SequenceAttention(lengths)
            if token_ids.device.type == "cpu"
            else PaddedAttention(lengths, token_ids.device)
        )
        for layer in self.layers:
            states.append(layer(states[-1], attention))
        return states


class Attention(Protocol):
    """Self-attention within each sequence of a packed row."""

    def __call__(self, packed: Tensor) -> Tensor:
        """(tokens, 3, heads, head width), query, key and value, to (tokens, width)."""
        ...


class SequenceAttention:
    """Sequence by sequence."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._lengths = list(lengths)

    def __call__(self, packed: Tensor) -> Tensor:
        """See `Attention`."""
        return torch.cat([_attend(sequence) for sequence in torch.split(packed, self._lengths)])


class PaddedAttention:
    """All sequences at once, in rows padded to the longest: windows, so at most 256 tokens."""

    def __init__(self, lengths: Sequence[int], device: torch.device) -> None:
        longest = max(lengths)
        rows = [torch.arange(length) + row * longest for row, length in enumerate(lengths)]
        self._places = torch.cat(rows).to(device)  # of each token in the padded rows, end to end
        self._shape = (len(lengths), longest)
        is_token = torch.arange(longest) < torch.tensor(lengths)[:, None]
        self._mask = is_token[:, None, None, :].to(device)

    def __call__(self, packed: Tensor) -> Tensor:
        """See `Attention`."""
        rows, longest = self._shape
        padded = packed.new_zeros((rows * longest, *packed.shape[1:])).index_copy_(0, self._places, packed)
        query, key, value = padded.view(rows, longest, *packed.shape[1:]).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=self._mask)
        return attended.transpose(1, 2).reshape(rows * longest, -1).index_select(0, self._places)


class PackedLayer(nn.Module):
    """Attention and the two linear layers after it, each with its residual and its norm."""

    def __init__(self, shape: BertShape, weights: Mapping[str, Tensor], name: str) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query_key_value = _linear(
            weights, *(f"{name}.attention.self.{part}" for part in ("query", "key", "value"))
        )
        self.attention_output = _linear(weights, f"{name}.attention.output.dense")
        self.attention_norm = _layer_norm(
            weights, f"{name}.attention.output.LayerNorm", shape.layer_norm_epsilon
        )
        self.widen = _linear(weights, f"{name}.intermediate.dense")
        self.narrow = _linear(weights, f"{name}.output.dense")
        self.output_norm = _layer_norm(weights, f"{name}.output.LayerNorm", shape.layer_norm_epsilon)
        self.dropout = nn.Dropout(0.0)  # who trains it may want some

    def forward(self, hidden: Tensor, attention: Attention) -> Tensor:
        """(tokens, width) to (tokens, width)."""
        tokens, width = hidden.shape
        packed = self.query_key_value(hidden).view(tokens, 3, self.heads, width // self.heads)
        hidden = self.attention_norm(self.dropout(self.attention_output(attention(packed))) + hidden)
        changed = self.dropout(self.narrow(functional.gelu(self.widen(hidden))))
        output: Tensor = self.output_norm(changed + hidden)
        return output


def _attend(sequence: Tensor) -> Tensor:
    """Self-attention in one sequence: (tokens, 3, heads, head width) to (tokens, width)."""
    query, key, value = sequence.permute(1, 2, 0, 3).unsqueeze(1)
    attended = functional.scaled_dot_product_attention(query, key, value)
    return attended.squeeze(0).transpose(0, 1).flatten(1)


def _linear(weights: Mapping[str, Tensor], *names: str) -> nn.Linear:
    """One linear layer; several named ones that read the same input become one, output by output."""
    weight = torch.cat([weights[f"{name}.weight"] for name in names])
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight = nn.Parameter(weight, requires_grad=False)
    layer.bias = nn.Parameter(torch.cat([weights[f"{name}.bias"] for name in names]), requires_grad=False)
    return layer


def _embedding(weights: Mapping[str, Tensor], name: str) -> nn.Embedding:
    weight = weights[f"{name}.weight"]
    layer = nn.Embedding(weight.shape[0], weight.shape[1])
    layer.weight = nn.Parameter(weight, requires_grad=False)
    return layer


def _layer_norm(weights: Mapping[str, Tensor], name: str, epsilon: float) -> nn.LayerNorm:
    weight = weights[f"{name}.weight"]
    layer = nn.LayerNorm(weight.shape[0], eps=epsilon)
    layer.weight = nn.Parameter(weight, requires_grad=False)
    layer.bias = nn.Parameter(weights[f"{name}.bias"], requires_grad=False)
    return layer
