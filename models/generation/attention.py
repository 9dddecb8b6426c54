"""The attention and the key-value cache of the decode loop: nothing is copied that only one new token reads."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.cache_utils import Cache, DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ATTENTION_NAME = "reviewstream_grouped"

#: Keys and values of one layer, each (rows, key heads, tokens, head width).
LayerStates = tuple[Tensor, Tensor]


def grouped_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: object,
) -> tuple[Tensor, None]:
    """Attention where heads share keys (Ainslie et al. 2023), without repeating the keys for a single new token.

    The heads of a group take the place of query positions: all of them may see the same keys.

    Args:
        module: the layer.
        query: (rows, heads, new tokens, head width).
        key: (rows, key heads, tokens, head width).
        value: like `key`.
        attention_mask: True where a token may be seen: (rows, 1, new tokens, tokens).
        options: of transformers: `scaling`, `is_causal` and so on.

    Returns:
        (rows, new tokens, heads, head width), and no weights.
    """
    rows, heads, new_tokens, width = query.shape
    key_heads = key.shape[1]
    if new_tokens != 1 or heads == key_heads:
        outputs, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
        return outputs, None
    scaling = options.get("scaling")
    grouped = functional.scaled_dot_product_attention(
        query.view(rows, key_heads, heads // key_heads, width),
        key,
        value,
        attn_mask=attention_mask,
        scale=scaling if isinstance(scaling, float) else None,
    )
    return grouped.reshape(rows, 1, heads, width), None


def register_attention() -> None:
    """Make ATTENTION_NAME known to transformers; again does no harm."""
    AttentionInterface.register(ATTENTION_NAME, grouped_attention)
    AttentionMaskInterface.register(ATTENTION_NAME, sdpa_mask)


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer in a buffer with room for what is to come, which `torch.cat` has not.

    Args:
        room: tokens to make room for; more are taken in too, at a copy.
    """

    def __init__(self, room: int) -> None:
        super().__init__()
        self.is_initialized: bool = False
        self._room = room
        self._length = 0
        self._key_buffer = torch.empty(0)
        self._value_buffer = torch.empty(0)
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: object, **_options: object
    ) -> LayerStates:
        """Take in new tokens, (rows, key heads, new tokens, head width); returns all of them."""
        end = self._length + key_states.shape[2]
        if not self.is_initialized or end > self._key_buffer.shape[2]:
            room = max(end, self._room)
            self._key_buffer = self._roomier(self._key_buffer, key_states, room)
            self._value_buffer = self._roomier(self._value_buffer, value_states, room)
            self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
        self._key_buffer[:, :, self._length : end] = key_states
        self._value_buffer[:, :, self._length : end] = value_states
        return self._show(end)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows, in this order; a row may come several times."""
        self._key_buffer, self._value_buffer = self._key_buffer[indices], self._value_buffer[indices]
        self._show(self._length)

    def _roomier(self, buffer: Tensor, like: Tensor, room: int) -> Tensor:
        roomier = like.new_empty((*like.shape[:2], room, like.shape[3]))
        if self._length:
            roomier[:, :, : self._length] = buffer[:, :, : self._length]
        return roomier

    def _show(self, length: int) -> LayerStates:
        self._length = length
        keys, values = self._key_buffer[:, :, :length], self._value_buffer[:, :, :length]
        self.keys, self.values = keys, values
        return keys, values


def roomy_cache(prefix: Sequence[LayerStates], rows: int, room: int, layers: int) -> Cache:
    """A cache whose rows all begin with the same prefix.

    Args:
        prefix: of each layer, of one row; or none.
        rows: of the batch.
        room: tokens of a row, the prefix among them.
        layers: of the network.
    """
    cache = Cache(layers=[RoomyLayer(room) for _ in range(layers)])
    for index, (keys, values) in enumerate(prefix):
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), index)
    return cache
