"""Plans batches over token lengths: pure, and knows no tensors."""

from collections.abc import Sequence
from itertools import accumulate, islice, takewhile


def next_batch(lengths: Sequence[int], *, max_tokens: int, max_reviews: int, is_padded: bool) -> list[int]:
    """The one batch of a plan that holds the review which has waited longest; see `plan_batches`.

    >>> next_batch([90, 5, 6, 4], max_tokens=100, max_reviews=8, is_padded=True)
    [0]
    >>> next_batch([90, 5, 6, 4], max_tokens=100, max_reviews=8, is_padded=False)
    [0, 1]
    """
    if not is_padded:  # the first batch in the order of arrival: no need to plan the others
        tokens = accumulate(lengths)
        count = sum(1 for _ in takewhile(lambda total: total <= max_tokens, islice(tokens, max_reviews)))
        return list(range(max(count, 1)))
    plan = plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=is_padded)
    return next(batch for batch in plan if 0 in batch)


def plan_batches(
    lengths: Sequence[int], *, max_tokens: int, max_reviews: int, is_padded: bool
) -> list[list[int]]:
    """Cut a window of waiting reviews into batches.

    Packed models pay for the sum of the lengths, so their batches keep the order of arrival. Padded
    models pay for the longest row times the rows, so theirs are sorted by length first. A review longer
    than the budget goes alone.

    Args:
        lengths: tokens of each waiting review, in the order of arrival.
        max_tokens: the budget of one forward pass, padding included.
        max_reviews: the most reviews of one forward pass.
        is_padded: whether the model pads rows to the longest.

    Returns:
        Indices into `lengths`, each exactly once.

    >>> plan_batches([5, 90, 6, 4], max_tokens=100, max_reviews=8, is_padded=False)
    [[0, 1], [2, 3]]
    >>> plan_batches([5, 90, 6, 4], max_tokens=100, max_reviews=8, is_padded=True)
    [[3, 0, 2], [1]]
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__) if is_padded else range(len(lengths))
    batches: list[list[int]] = []
    batch: list[int] = []
    tokens = 0
    for index in order:
        length = lengths[index]
        cost = length * (len(batch) + 1) if is_padded else tokens + length
        if batch and (cost > max_tokens or len(batch) == max_reviews):
            batches.append(batch)
            batch, tokens = [], 0
        batch.append(index)
        tokens += length
    if batch:
        batches.append(batch)
    return batches
