"""The key-value cache of the decode loop: with room for what is to come, and no copy of what all rows share."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

from models.generation.attention import LayerStates


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer in a buffer with room for what is to come, which `torch.cat` has not.

    Args:
        room: tokens to make room for; more are taken in too, at a copy.
        elsewhere: tokens before them, which `attention.shared_prefix` holds.
    """

    def __init__(self, room: int, elsewhere: int = 0) -> None:
        super().__init__()
        self.is_initialized: bool = False
        self._room = room
        self._elsewhere = elsewhere
        self._length = 0
        self._key_buffer = torch.empty(0)
        self._value_buffer = torch.empty(0)
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: object, **_options: object
    ) -> LayerStates:
        """Take in new tokens, (rows, key heads, new tokens, head width); returns all but those elsewhere."""
        end = self._length + key_states.shape[2]
        if not self.is_initialized or end > self._key_buffer.shape[2]:
            room = max(end, self._room)
            self._key_buffer = self._roomier(self._key_buffer, key_states, room)
            self._value_buffer = self._roomier(self._value_buffer, value_states, room)
            self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
        self._key_buffer[:, :, self._length : end] = key_states
        self._value_buffer[:, :, self._length : end] = value_states
        return self._show(end)

    def get_seq_length(self) -> int:
        """Tokens of a row, those before it among them."""
        return self._elsewhere + self._length

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
    """A cache whose rows all begin with the same prefix, copied for each.

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


def cache_beside(prefix: Sequence[LayerStates], room: int, layers: int) -> Cache:
    """A cache of what comes after a prefix that `attention.shared_prefix` holds; arguments as of `roomy_cache`."""
    elsewhere = prefix[0][0].shape[2] if prefix else 0
    return Cache(layers=[RoomyLayer(room - elsewhere, elsewhere) for _ in range(layers)])
