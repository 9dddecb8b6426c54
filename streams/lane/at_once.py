"""Batches of the lane's size without the lane: for whoever has all texts at once and may wait."""

from collections.abc import Iterator, Sequence
from typing import Any

from models.interfaces import ReviewReader, ReviewReading
from streams.lane.planning import plan_batches
from streams.settings import Settings


def read_at_once(
    settings: Settings, reader: ReviewReader[Any], tokenised: Sequence[Any]
) -> list[ReviewReading]:
    """One reading of each, in order; `tokenised` comes from `reader.tokenise`."""
    found: dict[int, ReviewReading] = {}
    for batch in batches(settings, reader, tokenised):
        readings = reader.forward([tokenised[place] for place in batch])
        found.update(zip(batch, readings, strict=True))
    return [found[place] for place in range(len(tokenised))]


def batches(settings: Settings, reader: ReviewReader[Any], tokenised: Sequence[Any]) -> Iterator[list[int]]:
    """Places in `tokenised`, batch by batch."""
    yield from plan_batches(
        [len(one) for one in tokenised],
        max_tokens=settings.lane.max_batch_tokens or reader.batch_tokens,
        max_reviews=settings.lane.max_batch_reviews,
        is_padded=not reader.packs,
    )
