"""Windows of tokens as rows of one length, and their vectors end to end again."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from models.devices import to_device


class PaddedRows(NamedTuple):
    """Windows, padded behind.

    Attributes:
        token_ids: (windows, longest) int64, on the device.
        is_token: (windows, longest) bool, on the device.
        places: (tokens,) of the tokens among all places of the rows, on the device.
    """

    token_ids: Tensor
    is_token: Tensor
    places: Tensor

    @classmethod
    def of(cls, windows: Sequence[Sequence[int]], padding_id: int, device: str) -> "PaddedRows":
        """Pad on the CPU, then move."""
        lengths = torch.tensor([len(window) for window in windows])
        is_token = torch.arange(int(lengths.max())) < lengths[:, None]
        token_ids = torch.full(is_token.shape, padding_id)
        token_ids[is_token] = torch.tensor([token for window in windows for token in window])
        # Found here and not on the device, which would have to be waited for.
        places = is_token.flatten().nonzero().squeeze(1)
        return cls(*(to_device(one, device) for one in (token_ids, is_token, places)))

    def end_to_end(self, states: Tensor) -> Tensor:
        """(windows, longest, width) to (tokens, width), without what was padded."""
        return states.flatten(0, 1).index_select(0, self.places)
