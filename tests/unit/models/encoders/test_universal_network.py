"""The universal network: each row for itself, windows that end where the text does, a table read as it was stored."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from models.encoders.universal_network import PieceWindows
from tests.unit.models.universal_network_files import (
    BLOCKS,
    PIECES,
    VECTOR,
    WIDTH,
    WINDOW,
    tiny_table,
    tiny_universal_network,
    tiny_weights,
)

ROWS = ([1, 5, 9, 2], [1, 7, 2], [1, 3, 30, 12, 8, 4, 2], [1, 2])


#: Pieces in each window, and of them those before the piece.
LENGTHS = ((2, 0), (3, 1), (5, 2))


def padded(rows: Sequence[Sequence[int]], *, to: int = 0, filler: int = 0) -> tuple[Tensor, Tensor]:
    longest = max(to, *map(len, rows))
    ids = torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])
    return ids, torch.tensor([[place < len(row) for place in range(longest)] for row in rows])


@pytest.mark.parametrize("filler", [0, 17])
@torch.no_grad()
def test_a_row_does_not_depend_on_its_neighbours(filler: int) -> None:
    """Neither on how long they are nor on what stands in the padding."""
    network = tiny_universal_network()
    together = network(*padded(ROWS, to=9, filler=filler))
    for row, of_row in zip(ROWS, together, strict=True):
        alone = network(*padded([row]))[0]
        assert alone.shape == (len(row), WIDTH)
        assert torch.allclose(of_row[: len(row)], alone, atol=1e-5)


@torch.no_grad()
def test_tokens_know_their_order() -> None:
    """The transformer on top sees positions, and every token sees the others."""
    network = tiny_universal_network()
    there, back = network(*padded([[1, 5, 9, 11, 13, 15, 2]])), network(*padded([[1, 15, 13, 11, 9, 5, 2]]))
    assert not torch.allclose(there[0, 3], back[0, 3], atol=1e-3)


def looked_up(hidden: np.ndarray, place: int) -> np.ndarray:
    return hidden[place] if 0 <= place < len(hidden) else np.zeros(hidden.shape[1], dtype=hidden.dtype)


@pytest.mark.parametrize("tokens", [1, 2, 6])
@torch.no_grad()
def test_windows_are_two_convolutions_over_zeros_beyond_the_text(tokens: int) -> None:
    """Against a loop, piece by piece; the padding behind the text counts as nothing."""
    weights = tiny_weights()
    pieces = torch.randn(1, tokens + 3, VECTOR, generator=torch.Generator().manual_seed(2))
    is_token = (torch.arange(tokens + 3) < tokens).float().reshape(1, -1, 1)
    got = PieceWindows(weights)(pieces, is_token)[0, :tokens]

    projected = np.concatenate(
        [
            pieces[0, :tokens].numpy() @ weights[f"proj{length}"] + weights[f"proj_b{length}"]
            for length, _ in LENGTHS
        ],
        axis=1,
    )
    projected -= projected.mean(axis=1, keepdims=True)
    projected /= np.sqrt((projected**2).mean(axis=1, keepdims=True) + 1e-6)
    wanted = []
    for number, (length, before) in enumerate(LENGTHS):
        hidden = projected[:, WINDOW * number : WINDOW * (number + 1)]
        hidden = hidden * weights[f"ln_g{length}"] + weights[f"ln_b{length}"]
        for layer in (1, 2):
            seen = [
                np.concatenate([looked_up(hidden, place - before + step) for step in range(length)])
                for place in range(tokens)
            ]
            raised = np.array(seen) @ weights[f"w{layer}_{length}"] + weights[f"b{layer}_{length}"]
            hidden = np.maximum(raised, 0) + hidden
        wanted.append(hidden)
    assert got.shape == (tokens, 3 * WINDOW)
    assert np.allclose(got.numpy(), np.concatenate(wanted, axis=1), atol=1e-4)


@torch.no_grad()
def test_the_table_is_read_with_the_scale_of_its_block() -> None:
    """Piece n lies in block n modulo the number of blocks."""
    table, network = tiny_table(), tiny_universal_network()
    vectors = network._vectors(torch.arange(PIECES)[None])[0]
    for piece in range(PIECES):
        wanted = table.codes[piece].float() * table.scale[piece % BLOCKS] + table.low[piece % BLOCKS]
        assert torch.allclose(vectors[piece], wanted)


def test_the_table_is_neither_trained_nor_kept() -> None:
    network = tiny_universal_network()
    assert not {"codes", "scale", "low"} & {*network.state_dict(), *dict(network.named_parameters())}


def test_all_that_is_trained_gets_a_gradient() -> None:
    """Windows of the package as well as layers of our own."""
    network = tiny_universal_network()
    functional.mse_loss(network(*padded(ROWS)), torch.ones(len(ROWS), 7, WIDTH)).backward()
    silent = {name for name, one in network.named_parameters() if one.grad is None or not one.grad.any()}
    assert silent == set()
