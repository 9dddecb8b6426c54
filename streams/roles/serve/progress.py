"""How far the store is: which part of product-summary it holds, and whether that is all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.web.catalogue import Stored


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of the store at one moment.

    Attributes:
        epoch: which filling of the store it is; empty before the first record.
        age_s: seconds since that began.
        offsets: the next offset to read, by partition; missing is the beginning.
        seconds_since_end: since the end of a partition was known to be reached, by partition.
        partitions: how many the topic has; None if nobody has said so yet.
    """

    epoch: str = ""
    age_s: float = 0.0
    offsets: Mapping[int, int] = field(default_factory=dict)
    seconds_since_end: Mapping[int, float] = field(default_factory=dict)
    partitions: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the end of every partition was reached since the store was empty.

        >>> Progress("1", 9.0, {0: 5}, {0: 0.2}, partitions=2).is_complete
        False
        """
        return self.partitions is not None and all(
            number in self.seconds_since_end for number in range(self.partitions)
        )

    @property
    def behind_s(self) -> float:
        """Seconds since the end of every partition was known to be reached; since the beginning if it never was."""
        if not self.is_complete:
            return self.age_s
        return max(self.seconds_since_end.values(), default=0.0)

    def has_reached_end_after(self, partition: int, seconds_ago: float) -> bool:
        """Whether the store held all of a partition at a moment after `seconds_ago`."""
        since = self.seconds_since_end.get(partition)
        return self.is_complete and since is not None and since < seconds_ago


@dataclass(frozen=True, slots=True)
class Reading:
    """Some products, and how far the store was at the same moment."""

    progress: Progress
    products: Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class RankedProduct:
    """A product of an index, with the score that put it there."""

    stored: Stored
    score: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """A page of an index, and how far the store was at the same moment."""

    progress: Progress
    products: tuple[RankedProduct, ...]
    has_more: bool
