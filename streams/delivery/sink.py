"""What makes a chunk's effects real, whatever the guarantee."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Partition

#: Names the points of delivery; a test passes one that kills the process there.
Checkpoint = Callable[[str], None]
#: By topic, the offset of the first record published in one delivery.
FirstOffsets = Mapping[str, int]


def pass_by(_name: str) -> None:
    """The checkpoint of production: does nothing."""


class Sink(Protocol):
    """Delivers effects. One for the life of a worker; calls of one partition never overlap."""

    #: Whether the consumer has to commit `done`; a transaction does it by itself.
    is_committed_by_consumer: bool
    #: The longest to gather effects: from the start of one delivery of a partition to the start of its next.
    pause_s: float
    checkpoint: Checkpoint

    async def start(self) -> None:
        """Connect what has to be connected before partitions come."""
        ...

    async def acquire(self, partitions: Collection[Partition]) -> None:
        """Prepare for these partitions, after their assignment and before their first fetch."""

    async def restore(self, partitions: Collection[Partition]) -> None:
        """Bring what is kept of these partitions up to date, after `acquire` and before their first fetch.

        May take long, and may be cancelled.
        """

    async def deliver(self, chunk: Chunk, effects: Effects) -> FirstOffsets:
        """Return once the broker has acknowledged every effect.

        Connectivity trouble only makes it take longer.

        Returns:
            The offset of the first record of each topic, as far as it is known.

        Raises:
            LeaseLostError: the chunk's lease is not held any more.
            FatalError: waiting cannot help.
        """

    async def stop(self) -> None:
        """Send what is buffered, and disconnect."""
        ...
