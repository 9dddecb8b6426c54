"""A packed BERT for inference on a CPU: fewer, larger operations than `models.encoders.packed_bert`.

Same network, same weights; what a small encoder spends its time on besides matrix products is done another way.
Weights lie in the layout of the multiplication, and GELU is computed where the product still is in registers
(oneDNN, through the operators that torch's compiler emits). Attention is computed for groups of sequences of similar
length. Numbers of rows are rounded up, for every new shape costs a compiled kernel. The layers run as TorchScript:
Python's lock is then taken once a pass and not once an operation, so passes side by side and the event loop do not
wait for each other. torch 2.13 calls TorchScript deprecated; what it names instead needs a C++ compiler where it runs.

On the benchmark's reviews 286 a second where it were 245 in bfloat16, and in float32 nearly twice as many.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoders.packed_bert import PackedBert, PackedLayer

# Lengths and numbers of tokens are multiples of this.
_ROUNDED_TO = 16
# A group takes sequences down to this share of its longest: padding costs arithmetic, a further group costs calls.
_SHORTEST_OF_GROUP = 0.75
_LENGTH_OF_ANY = 32


def can_fuse(device: str) -> bool:
    """Whether `FusedBert` is for this device: a CPU whose torch has oneDNN."""
    return device == "cpu" and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


class FusedBert(nn.Module):
    """See `PackedBert`, whose weights it takes over.

    Args:
        bert: on the CPU, in bfloat16 or float32, adapter merged; not to be used after.
    """

    def __init__(self, bert: PackedBert) -> None:
        super().__init__()
        self.words, self.positions, self.segments = bert.words, bert.positions, bert.segments
        self.norm = bert.norm
        layers = _FusedLayers([layer for layer in bert.layers if isinstance(layer, PackedLayer)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._layers = torch.jit.script(layers.eval())

    def forward(self, token_ids: Tensor, lengths: Sequence[int]) -> list[Tensor]:
        """See `PackedBert.forward`."""
        tokens = len(token_ids)
        positions = torch.cat([torch.arange(length) for length in lengths])
        room = (0, _rounded(tokens) - tokens)
        token_ids, positions = functional.pad(token_ids, room), functional.pad(positions, room)
        embedded = self.words(token_ids) + self.positions(positions) + self.segments.weight[0]
        states = self._layers(self.norm(embedded), *AttentionGroups.of(lengths, embedded.dtype))
        return [state[:tokens] for state in states]


class AttentionGroups(NamedTuple):
    """Which sequences of a packed row are computed together, in rows padded to one length.

    Attributes:
        places: by group, (rows * length,): which token stands there; any one for padding.
        masks: by group, (rows, 1, 1, length), to add to scores: 0 for a token, -inf for padding.
        result_of: (tokens,) rounded up: where in the groups' rows, one group after the other, each token stands.
    """

    places: list[Tensor]
    masks: list[Tensor]
    result_of: Tensor

    @classmethod
    def of(cls, lengths: Sequence[int], dtype: torch.dtype) -> "AttentionGroups":
        """Group sequences that lie end to end and have these lengths; `dtype` is that of what attends.

        >>> [tuple(mask.shape) for mask in AttentionGroups.of([5, 100, 30, 96, 70], torch.float32).masks]
        [(2, 1, 1, 112), (1, 1, 1, 80), (2, 1, 1, 32)]
        """
        starts = torch.tensor([0, *lengths]).cumsum(0).tolist()
        groups = cls([], [], torch.zeros(_rounded(starts[-1]), dtype=torch.long))
        padded_rows = 0
        for length, members in _grouped(lengths):
            places = torch.zeros((len(members), length), dtype=torch.long)
            mask = torch.full((len(members), length), -torch.inf, dtype=dtype)
            for row, sequence in enumerate(members):
                start, end = starts[sequence], starts[sequence + 1]
                places[row, : end - start] = torch.arange(start, end)
                mask[row, : end - start] = 0
                first = padded_rows + row * length
                groups.result_of[start:end] = torch.arange(first, first + end - start)
            groups.places.append(places.flatten())
            groups.masks.append(mask[:, None, None])
            padded_rows += len(members) * length
        return groups


def grouped_attention(
    packed: Tensor, heads: int, places: list[Tensor], masks: list[Tensor], result_of: Tensor
) -> Tensor:
    """Self-attention within each sequence of a packed row.

    Args:
        packed: (tokens, 3 * width): query, scaled already, key and value; tokens rounded up.
        heads: how many.
        places: see `AttentionGroups`.
        masks: likewise.
        result_of: likewise.

    Returns:
        (tokens, width).
    """
    width = packed.shape[1] // 3
    attended: list[Tensor] = []
    for place, mask in zip(places, masks):  # noqa: B905 - TorchScript knows no strict
        rows, length = mask.shape[0], mask.shape[3]
        chosen = packed.index_select(0, place).view(rows, length, 3, heads, width // heads)
        query, key, value = (
            chosen.permute(2, 0, 3, 1, 4).reshape(3, rows * heads, length, width // heads).unbind(0)
        )
        scores = torch.bmm(query, key.transpose(1, 2))
        scores.view(rows, heads, length, length).add_(mask)
        summed = torch.bmm(scores.softmax(-1), value).view(rows, heads, length, width // heads)
        attended.append(summed.transpose(1, 2).reshape(rows * length, width))
    return torch.cat(attended).index_select(0, result_of)


class _FusedLayers(nn.Module):
    def __init__(self, layers: Sequence[PackedLayer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(map(_FusedLayer, layers))

    def forward(
        self, hidden: Tensor, places: list[Tensor], masks: list[Tensor], result_of: Tensor
    ) -> list[Tensor]:
        """The input of the first layer, and the output of each: (tokens, width), tokens rounded up."""
        states = [hidden]
        for layer in self.layers:
            states.append(layer(states[-1], places, masks, result_of))
        return states


class _FusedLayer(nn.Module):
    def __init__(self, layer: PackedLayer) -> None:
        super().__init__()
        self.heads: int = layer.heads
        self.query_key_value = _FusedLinear(_with_scaled_query(layer.query_key_value, layer.heads))
        self.attention_output = _FusedLinear(layer.attention_output)
        self.attention_norm = layer.attention_norm
        self.widen = _FusedLinear(layer.widen, then="gelu")
        self.narrow = _FusedLinear(layer.narrow)
        self.output_norm = layer.output_norm

    def forward(self, hidden: Tensor, places: list[Tensor], masks: list[Tensor], result_of: Tensor) -> Tensor:
        """(tokens, width) to (tokens, width)."""
        packed = self.query_key_value(hidden)
        attended = grouped_attention(packed, self.heads, places, masks, result_of)
        hidden = self.attention_norm(self.attention_output(attended) + hidden)
        output: Tensor = self.output_norm(self.narrow(self.widen(hidden)) + hidden)
        return output


class _FusedLinear(nn.Module):
    """A linear layer, its weight in oneDNN's own layout, followed by nothing or by GELU.

    Args:
        layer: its weights.
        then: "none" or "gelu".
    """

    def __init__(self, layer: nn.Linear, then: str = "none") -> None:
        super().__init__()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)  # noqa: SLF001
        self.bias = layer.bias.detach()
        self.then: str = then

    def forward(self, rows: Tensor) -> Tensor:
        """(tokens, width) to (tokens, width of the output)."""
        output: Tensor = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001 - what torch's compiler emits
            rows, self.weight, self.bias, self.then, [], "none"
        )
        return output


def _grouped(lengths: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Put sequences of similar length together: the rounded length of each group, and its sequences."""
    groups: list[tuple[int, list[int]]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if groups:
            longest, members = groups[-1]
            if longest <= _LENGTH_OF_ANY or lengths[index] >= _SHORTEST_OF_GROUP * longest:
                members.append(index)
                continue
        groups.append((_rounded(lengths[index]), [index]))
    return groups


def _with_scaled_query(layer: nn.Linear, heads: int) -> nn.Linear:
    """The layer with the scale of attention in the query's weights."""
    width = layer.in_features
    scale = torch.ones(layer.out_features)
    scale[:width] = (width // heads) ** -0.5
    scaled = nn.Linear(width, layer.out_features, dtype=layer.weight.dtype)
    scaled.weight.data = (layer.weight.float() * scale[:, None]).to(layer.weight.dtype)
    scaled.bias.data = (layer.bias.float() * scale).to(layer.bias.dtype)
    return scaled


def _rounded(count: int) -> int:
    return -(-count // _ROUNDED_TO) * _ROUNDED_TO
