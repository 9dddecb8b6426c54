"""A packed BERT for inference in bfloat16 on a CPU: fewer, larger operations than `models.packed_bert`.

Same network, same weights; three things are done another way, since they are what a small encoder spends its time
on besides matrix products. Weights lie in the layout of the multiplication and GELU is computed where the product
still is in registers (oneDNN, through the operators that torch's compiler emits). Attention is computed for groups
of sequences of similar length. All numbers of rows are rounded up, for every new shape costs a compiled kernel.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.devices import ComputePlan
from models.packed_bert import PackedBert, PackedLayer

# Lengths and numbers of tokens are multiples of this.
_ROUNDED_TO = 16
# A group takes sequences down to this share of its longest: padding costs arithmetic, a further group costs calls.
_SHORTEST_OF_GROUP = 0.75
_LENGTH_OF_ANY = 32


class FusedBert(nn.Module):
    """See `PackedBert`, whose weights it takes over.

    Args:
        bert: in bfloat16 on the CPU, adapter merged; not to be used after.
    """

    def __init__(self, bert: PackedBert) -> None:
        super().__init__()
        self.words, self.positions, self.segments = bert.words, bert.positions, bert.segments
        self.norm = bert.norm
        self.layers = nn.ModuleList(
            _FusedLayer(layer) for layer in bert.layers if isinstance(layer, PackedLayer)
        )

    def forward(self, token_ids: Tensor, lengths: Sequence[int]) -> list[Tensor]:
        """See `PackedBert.forward`."""
        tokens = len(token_ids)
        positions = torch.cat([torch.arange(length) for length in lengths])
        room = (0, _rounded(tokens) - tokens)
        token_ids, positions = functional.pad(token_ids, room), functional.pad(positions, room)
        embedded = self.words(token_ids) + self.positions(positions) + self.segments.weight[0]
        states: list[Tensor] = [self.norm(embedded)]
        attention = GroupedAttention(lengths)
        for layer in self.layers:
            states.append(layer(states[-1], attention))
        return [state[:tokens] for state in states]


class _Group(NamedTuple):
    """Sequences that are computed together, in rows padded to one length.

    Attributes:
        rows: how many.
        length: of each row.
        places: (rows * length,) which token stands there; any one for padding.
        mask: (rows, 1, 1, length) to add to scores: 0 for a token, -inf for padding, in bfloat16.
    """

    rows: int
    length: int
    places: Tensor
    mask: Tensor


class GroupedAttention:
    """Self-attention within each sequence of a packed row, in bfloat16.

    Args:
        lengths: of the sequences, which lie end to end.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        starts = torch.tensor([0, *lengths]).cumsum(0).tolist()
        self._groups: list[_Group] = []
        # The row of the padded result that each token of the packed row is in.
        self._result_of = torch.zeros(_rounded(starts[-1]), dtype=torch.long)
        self._padded_rows = 0
        for length, members in _grouped(lengths):
            places = torch.zeros((len(members), length), dtype=torch.long)
            mask = torch.full((len(members), length), -torch.inf, dtype=torch.bfloat16)
            for row, sequence in enumerate(members):
                start, end = starts[sequence], starts[sequence + 1]
                places[row, : end - start] = torch.arange(start, end)
                mask[row, : end - start] = 0
                first = self._padded_rows + row * length
                self._result_of[start:end] = torch.arange(first, first + end - start)
            self._groups.append(_Group(len(members), length, places.flatten(), mask[:, None, None]))
            self._padded_rows += len(members) * length

    def __call__(self, packed: Tensor) -> Tensor:
        """(tokens, 3, heads, head width), query scaled, to (tokens, width); tokens rounded up."""
        _tokens, _, heads, width = packed.shape
        result = packed.new_empty((self._padded_rows, heads, width))
        first = 0
        for group in self._groups:
            last = first + group.rows * group.length
            _attend(packed, group, result[first:last])
            first = last
        return result.view(-1, heads * width).index_select(0, self._result_of)


def can_fuse(plan: ComputePlan) -> bool:
    """Whether `FusedBert` is for this plan; in float32 its attention would be slower, not faster."""
    return plan.device == "cpu" and plan.dtype is torch.bfloat16 and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]


def _attend(packed: Tensor, group: _Group, result: Tensor) -> None:
    """Attention of one group into its rows of the result, (rows * length, heads, width)."""
    _, _, heads, width = packed.shape
    rows, length = group.rows, group.length
    chosen = packed.index_select(0, group.places).view(rows, length, 3, heads, width)
    query, key, value = chosen.permute(2, 0, 3, 1, 4).reshape(3, rows * heads, length, width)
    scores = torch.bmm(query, key.transpose(1, 2))
    scores.view(rows, heads, length, length).add_(group.mask)
    attended = torch.bmm(scores.softmax(-1), value).view(rows, heads, length, width)
    result.view(rows, length, heads, width).copy_(attended.transpose(1, 2))


def _grouped(lengths: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Put sequences of similar length together.

    Returns:
        The rounded length of each group, and its sequences.

    >>> _grouped([5, 100, 30, 96, 70])
    [(112, [1, 3]), (80, [4]), (32, [2, 0])]
    """
    groups: list[tuple[int, list[int]]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if groups:
            longest, members = groups[-1]
            if longest <= _LENGTH_OF_ANY or lengths[index] >= _SHORTEST_OF_GROUP * longest:
                members.append(index)
                continue
        groups.append((_rounded(lengths[index]), [index]))
    return groups


class _FusedLayer(nn.Module):
    def __init__(self, layer: PackedLayer) -> None:
        super().__init__()
        self.heads = layer.heads
        self.query_key_value = _FusedLinear(_with_scaled_query(layer.query_key_value, layer.heads))
        self.attention_output = _FusedLinear(layer.attention_output)
        self.attention_norm = layer.attention_norm
        self.widen = _FusedLinear(layer.widen, then="gelu")
        self.narrow = _FusedLinear(layer.narrow)
        self.output_norm = layer.output_norm

    def forward(self, hidden: Tensor, attention: GroupedAttention) -> Tensor:
        """(tokens, width) to (tokens, width)."""
        tokens, width = hidden.shape
        packed = self.query_key_value(hidden).view(tokens, 3, self.heads, width // self.heads)
        hidden = self.attention_norm(self.attention_output(attention(packed)) + hidden)
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
        self._weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)  # noqa: SLF001
        self._bias = layer.bias.detach()
        self._then = then

    def forward(self, rows: Tensor) -> Tensor:
        """(tokens, width) to (tokens, width of the output)."""
        output: Tensor = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001 - what torch's compiler emits
            rows, self._weight, self._bias, self._then, [], "none"
        )
        return output


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
