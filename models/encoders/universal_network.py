"""Piece vectors and windows of the Universal Sentence Encoder, and a small transformer of our own on top."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.encoders.universal_files import PieceTable

#: Length of each window of pieces, and how many of them lie before the piece itself.
_WINDOWS = ((2, 0), (3, 1), (5, 2))
_EPSILON = 1e-6
_DROPOUT = 0.2
_HEAD_WIDTH = 64
_WIDER = 4
#: Positions that the transformer tells apart; windows of texts are no longer.
MOST_TOKENS = 256


class PieceWindow(nn.Module):
    """What stands around each piece: two convolutions with residuals (Yang et al. 2019).

    Args:
        weights: of the package, by its names.
        length: pieces in a window.
        before: of them so many before the piece.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], length: int, before: int) -> None:
        super().__init__()
        self._padding = (0, 0, before, length - 1 - before)
        self._length = length
        self.first = _linear(weights[f"w1_{length}"], weights[f"b1_{length}"])
        self.second = _linear(weights[f"w2_{length}"], weights[f"b2_{length}"])

    def forward(self, projected: Tensor, is_token: Tensor) -> Tensor:
        """(rows, longest, 256) and (rows, longest, 1) of zeros and ones to (rows, longest, 256)."""
        once = functional.relu(self.first(self._around(projected * is_token))) + projected
        return functional.relu(self.second(self._around(once * is_token))) + once

    def _around(self, hidden: Tensor) -> Tensor:
        longest = hidden.shape[1]
        padded = functional.pad(hidden, self._padding)
        return torch.cat([padded[:, first : first + longest] for first in range(self._length)], dim=2)


class PieceWindows(nn.Module):
    """Windows of all lengths, side by side. One norm, over what all of them are given, as the package has it.

    Args:
        weights: of the package, by its names.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        super().__init__()
        weight, bias, scale, shift = (
            np.concatenate([weights[f"{name}{length}"] for length, _ in _WINDOWS], axis=-1)
            for name in ("proj", "proj_b", "ln_g", "ln_b")
        )
        self.project, self.norm = _linear(weight, bias), _norm(scale, shift)
        self.each = nn.ModuleList(PieceWindow(weights, *window) for window in _WINDOWS)

    def forward(self, pieces: Tensor, is_token: Tensor) -> Tensor:
        """(rows, longest, 512) and (rows, longest, 1) of zeros and ones to (rows, longest, 3 * 256)."""
        projected: Tensor = self.norm(self.project(pieces))
        parts = projected.chunk(len(self.each), dim=2)
        return torch.cat([one(part, is_token) for one, part in zip(self.each, parts, strict=True)], dim=2)


class UniversalNetwork(nn.Module):
    """Padded rows of piece ids to token vectors. The table of the pieces stays as it is.

    Args:
        table: of the package.
        weights: of the package.
        width: of the token vectors.
        layers: of the transformer.
    """

    def __init__(
        self, table: PieceTable, weights: Mapping[str, NDArray[np.float32]], *, width: int, layers: int
    ) -> None:
        super().__init__()
        # No parameter: nothing of the table is trained or shipped.
        self.register_buffer("codes", table.codes, persistent=False)
        # No buffer either: those of floats are turned into the number format of the network.
        self._scale_and_low = torch.stack([table.scale, table.low])
        self.windows = PieceWindows(weights)
        self.norm = _norm(weights["ln_g"], weights["ln_b"])
        self.narrow = nn.Linear(len(weights["ln_g"]), width)
        self.narrow_norm = nn.LayerNorm(width)
        self.positions = nn.Embedding(MOST_TOKENS, width)
        nn.init.normal_(self.positions.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            width, width // _HEAD_WIDTH, width * _WIDER, _DROPOUT, "gelu", batch_first=True, norm_first=True
        )
        self.transformer = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.output_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, token_ids: Tensor, is_token: Tensor) -> Tensor:
        """(rows, longest) ids and whether there is a token, to (rows, longest, width)."""
        return self.layers(token_ids, is_token)[1]

    def layers(self, token_ids: Tensor, is_token: Tensor) -> tuple[Tensor, Tensor]:
        """What the windows say, (rows, longest, 1280), and what `forward` gives."""
        pieces = self._vectors(token_ids)
        present = is_token.unsqueeze(2).to(pieces.dtype)
        features = self.norm(torch.cat([pieces, self.windows(pieces, present)], dim=2))
        hidden = self.narrow_norm(self.narrow(self.dropout(features)))
        hidden = hidden + self.positions.weight[: token_ids.shape[1]]
        output: Tensor = self.output_norm(self.transformer(hidden, src_key_padding_mask=~is_token))
        return features, output

    def _vectors(self, token_ids: Tensor) -> Tensor:
        scale_and_low = self._scale_and_low.to(token_ids.device)
        scale, low = scale_and_low[:, token_ids % scale_and_low.shape[1]].unsqueeze(3)
        vectors: Tensor = self.get_buffer("codes")[token_ids].float() * scale + low
        return vectors.to(self.narrow.weight.dtype)


def _linear(weight: NDArray[np.float32], bias: NDArray[np.float32]) -> nn.Linear:
    layer = nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.T.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))
    return layer


def _norm(scale: NDArray[np.float32], shift: NDArray[np.float32]) -> nn.LayerNorm:
    layer = nn.LayerNorm(len(scale), eps=_EPSILON)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(scale.copy()))
        layer.bias.copy_(torch.from_numpy(shift.copy()))
    return layer
