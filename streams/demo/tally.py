"""Counts what became of each published record, by its position: repeats and strangers do not count."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

from pydantic import ValidationError

from schemas import dead_letters
from schemas.events import Event
from schemas.reviews import ReviewEnriched
from schemas.topics import dead_letter_topic

SomeEvent = TypeVar("SomeEvent", bound=Event)

Position = tuple[int, int]


class OutputRecord(Protocol):
    """A record of an output topic."""

    @property
    def topic(self) -> str:
        """Where it was published."""

    @property
    def value(self) -> bytes | None:
        """JSON of an event; of a dead letter the bytes that were refused."""

    @property
    def headers(self) -> Iterable[tuple[str, bytes]]:
        """Of a dead letter: whence and why."""


@dataclass(slots=True)
class Tally:
    """What became of the records of one topic.

    Attributes:
        source_topic: the topic they were published to.
        fates: position to "enriched", "skipped" (passed on without a model: removals) or "dead_lettered".
        enriched: the enriched events by position.
        reasons: of dead letters, by position.
        repeats: outputs of a position that had one already.
    """

    source_topic: str
    fates: dict[Position, str] = field(default_factory=dict)
    enriched: dict[Position, ReviewEnriched] = field(default_factory=dict)
    reasons: dict[Position, str] = field(default_factory=dict)
    repeats: int = 0

    def add(self, record: OutputRecord) -> None:
        """Take note of one output record; outputs of other topics' records are ignored."""
        output = (
            _dead_letter(record)
            if record.topic == dead_letter_topic(self.source_topic)
            else _enriched(record)
        )
        if output is None or output.source_topic != self.source_topic:
            return
        if output.position in self.fates:
            self.repeats += 1
            return
        self.fates[output.position] = output.fate
        if output.reason is not None:
            self.reasons[output.position] = output.reason
        elif output.event is not None:
            self.enriched[output.position] = output.event

    def counts(self, published: Iterable[Position]) -> Counter[str]:
        """How many of these positions met each fate; those without one yet are missing."""
        return Counter(fate for position in published if (fate := self.fates.get(position)) is not None)

    def samples(self, published: Container[Position], wanted: int = 8) -> list[ReviewEnriched]:
        """Enriched events that differ from each other: a mask, each flag, each label and language, then any."""
        chosen: dict[tuple[str | None, ...], ReviewEnriched] = {}
        ours = [event for position, event in self.enriched.items() if position in published]
        for event in ours:
            if event.masked:
                chosen.setdefault(("masked",), event)
            for flag in event.flags:
                chosen.setdefault(("flag", flag.kind), event)
        for event in ours:
            label = event.sentiment.label if event.sentiment is not None else None
            language = event.language.code if event.language is not None else None
            chosen.setdefault((event.status, label, language), event)
        events = [*chosen.values(), *ours]
        distinct = list({id(event): event for event in events}.values())
        return distinct[:wanted]


def event_of(contract: type[SomeEvent], record: OutputRecord) -> SomeEvent | None:
    """What a record holds; None where it is empty, or somebody else's, and no such event."""
    if record.value is None:
        return None
    try:
        return contract.model_validate_json(record.value)
    except ValidationError:
        return None


class _Output(NamedTuple):
    """What became of the record at a position of a topic."""

    source_topic: str
    position: Position
    fate: str
    reason: str | None = None
    event: ReviewEnriched | None = None


def _dead_letter(record: OutputRecord) -> _Output:
    headers = {name: value.decode() for name, value in record.headers}
    position = (int(headers[dead_letters.SOURCE_PARTITION]), int(headers[dead_letters.SOURCE_OFFSET]))
    return _Output(
        headers[dead_letters.SOURCE_TOPIC], position, "dead_lettered", headers[dead_letters.REASON]
    )


def _enriched(record: OutputRecord) -> _Output | None:
    """An enriched review; a removal is passed on without having been read."""
    event = event_of(ReviewEnriched, record)
    if event is None:
        return None
    position = (event.source.partition, event.source.offset)
    if event.status == "removed":
        return _Output(event.source.topic, position, "skipped")
    return _Output(event.source.topic, position, "enriched", event=event)
