"""What goes in and comes out of a handler: raw records, and the effects they have."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from schemas.dead_letters import DeadLetterReason


class Partition(NamedTuple):
    """One partition of one topic (equal to, and hashed like, the named tuples of aiokafka and Faust)."""

    topic: str
    partition: int


class Record(Protocol):
    """A record as the consumer hands it over (`aiokafka.ConsumerRecord` fits)."""

    @property
    def topic(self) -> str:
        """The topic it was published to."""
        ...

    @property
    def partition(self) -> int:
        """The partition's number."""
        ...

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """When it was published, in milliseconds since 1970."""
        ...

    @property
    def key(self) -> bytes | None:
        """What it belongs to; None without."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event as it was published; None where it says that its key is gone."""
        ...


class Output(NamedTuple):
    """One record to publish, on the same partition number as its source, so that keys keep their order."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record set aside: unreadable, or impossible for the model."""

    record: Record
    reason: DeadLetterReason
    error: str


@dataclass(frozen=True, slots=True)
class Effects:
    """All that processing a chunk does to the world, in the order of its records."""

    outputs: Sequence[Output] = field(default_factory=tuple)
    dead_letters: Sequence[DeadLetter] = field(default_factory=tuple)


#: Decides what the passing of time means for a partition, between two of its chunks.
TickHandler = Callable[[Partition], Awaitable[Effects]]


class Handler(Protocol):
    """Decides what a chunk's records mean. Publishes nothing itself.

    An exception is a broken worker, not a broken record: it ends the process, with nothing done.
    """

    def __call__(self, records: Sequence[Record]) -> Awaitable[Effects]:
        """Decide about consecutive records of one partition."""
        ...
