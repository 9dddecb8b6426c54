"""One forward pass after the other over a batch of phrases that grow: what the decode loop sees of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens that a phrase goes on from.

    Attributes:
        tokens: of a causal model all that stands before the phrase; of a sequence-to-sequence model what its
            encoder reads.
        opening: the tokens that the phrase begins with; of a causal model a part of `tokens` too.
        samples: phrases to write.
        max_tokens: of a phrase after its opening.
    """

    tokens: tuple[int, ...]
    opening: tuple[int, ...]
    samples: int
    max_tokens: int


class Steps(Protocol):
    """A batch in the network: a row a sample, those of a prompt one after the other."""

    def start(self) -> Tensor:
        """Run the prompts; returns the outputs for the first new token, (rows, outputs)."""
        ...

    def step(self, tokens: Tensor) -> Tensor:
        """Add a token to each row, (rows,) int64; returns the outputs for the next one, (rows, outputs)."""
        ...

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone, (kept,) int64."""
        ...


class Network(Protocol):
    """A loaded network."""

    @property
    def device(self) -> str:
        """Where it is loaded, such as "cpu"."""

    @property
    def vocabulary(self) -> int:
        """How many outputs it has."""

    @property
    def positions(self) -> int | None:
        """How many tokens it has positions for; None: any number."""

    def batches(self, prompts: Sequence[Prompt], most_rows: int) -> list[list[int]]:
        """Places of the prompts, in batches of up to so many rows that suit the network."""
        ...

    def select(self, rows: Tensor | None) -> bool:
        """Compute these outputs alone, (selected,) int64; None: all. False where it can only do all."""
        ...

    def begin(self, prompts: Sequence[Prompt]) -> Steps:
        """A batch, which computes nothing yet."""
        ...


def batches_by_length(lengths: Sequence[int], samples: Sequence[int], most_rows: int) -> list[list[int]]:
    """Places sorted by length, cut into batches of up to so many samples, and of one prompt at least.

    >>> batches_by_length([7, 3, 5], [2, 2, 2], 4)
    [[1, 2], [0]]
    """
    batches: list[list[int]] = []
    rows = most_rows
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if rows + samples[place] > most_rows:
            batches.append([])
            rows = 0
        batches[-1].append(place)
        rows += samples[place]
    return batches
