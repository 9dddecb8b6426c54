"""Draw tokens from a network's outputs, the same ones for the same seed whatever else is in the batch."""

import hashlib

import torch
from torch import Tensor


def draws_of(seed: int, request: str, samples: int, steps: int) -> Tensor:
    """Uniform numbers, (samples, steps) float64 in [0, 1): a function of the seed and the request alone."""
    digest = hashlib.sha256(f"{seed}\n{request}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return torch.rand((samples, steps), dtype=torch.float64, generator=generator)


def choose(scores: Tensor, draws: Tensor, temperature: float) -> Tensor:
    """A column of each row, by inverting the cumulative distribution at the row's draw.

    So the choice does not depend on how many forbidden columns stand beside the others.

    Args:
        scores: (rows, columns) float32 logits, -inf where forbidden; one of each row is allowed.
        draws: (rows,) float64 in [0, 1).
        temperature: 0: the likeliest.

    Returns:
        (rows,) int64.
    """
    if temperature == 0:
        return scores.argmax(dim=1)
    cumulative = torch.softmax(scores.double() / temperature, dim=1).cumsum(dim=1)
    # A hair below the sum, which rounding may have left below 1.
    wanted = draws[:, None] * cumulative[:, -1:] * (1.0 - 1e-12)
    return torch.searchsorted(cumulative, wanted, right=True)[:, 0]
