"""Batches of the lane's size without the lane: for whoever has all texts at once and may wait."""

from collections.abc import Iterator, Sequence
from itertools import chain

from models.readers.interfaces import ReviewReader, ReviewReading, Tokenised
from streams.lane.planning import plan_batches
from streams.settings import Settings


def read_at_once(
    settings: Settings, reader: ReviewReader[Tokenised], tokenised: Sequence[Tokenised]
) -> list[ReviewReading]:
    """One reading of each, in order; `tokenised` comes from `reader.tokenise`."""
    planned = list(batches(settings, reader, tokenised))
    readings = chain.from_iterable(reader.forward([tokenised[index] for index in batch]) for batch in planned)
    by_index = dict(zip(chain.from_iterable(planned), readings, strict=True))
    return [by_index[index] for index in range(len(tokenised))]


def batches(
    settings: Settings, reader: ReviewReader[Tokenised], tokenised: Sequence[Tokenised]
) -> Iterator[list[int]]:
    """Indices into `tokenised`, batch by batch."""
    yield from plan_batches(
        list(map(len, tokenised)),
        max_tokens=settings.lane.max_batch_tokens or reader.batch_tokens,
        max_reviews=settings.lane.max_batch_reviews,
        is_padded=not reader.packs,
    )
