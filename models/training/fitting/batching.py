"""Batches of texts of similar length, in an order that the seed and the epoch alone decide."""

from collections.abc import Iterable, Sequence
from random import Random

# So many texts are drawn at a time and sorted by length: enough for little padding, few enough for batches to differ.
_POOL = 128


def shuffled_batches(
    lengths: Sequence[int], chosen: Iterable[int], batch_tokens: int, *, seed: int, epoch: int
) -> list[list[int]]:
    """The chosen indices into `lengths`; a batch has at most `batch_tokens` padded tokens, or one text.

    >>> sorted(sum(shuffled_batches([3, 9, 4, 2], [0, 1, 3], 8, seed=1, epoch=0), []))
    [0, 1, 3]
    """
    random = Random(f"{seed} {epoch}")  # noqa: S311 - nothing secret is drawn
    order = list(chosen)
    random.shuffle(order)
    batches: list[list[int]] = []
    for first in range(0, len(order), _POOL):
        batch: list[int] = []
        for index in sorted(order[first : first + _POOL], key=lambda index: lengths[index]):
            if batch and (len(batch) + 1) * lengths[index] > batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(index)
        batches.append(batch)
    random.shuffle(batches)
    return batches
