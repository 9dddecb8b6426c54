"""Counts what became of each published record, by its position: repeats and strangers do not count."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from schemas import dead_letters

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
    enriched: dict[Position, Mapping[str, Any]] = field(default_factory=dict)
    reasons: dict[Position, str] = field(default_factory=dict)
    repeats: int = 0

    def add(self, record: OutputRecord) -> None:
        """Take note of one output record; outputs of other topics' records are ignored."""
        if record.topic.endswith(".dlq"):
            headers = {name: value.decode() for name, value in record.headers}
            source = headers[dead_letters.SOURCE_TOPIC]
            position = (
                int(headers[dead_letters.SOURCE_PARTITION]),
                int(headers[dead_letters.SOURCE_OFFSET]),
            )
            fate, event = "dead_lettered", {"reason": headers[dead_letters.REASON]}
        else:
            event = orjson.loads(record.value or b"{}")
            source = event["source"]["topic"]
            position = (event["source"]["partition"], event["source"]["offset"])
            fate = "skipped" if event["status"] == "removed" else "enriched"
        if source != self.source_topic:
            return
        if position in self.fates:
            self.repeats += 1
            return
        self.fates[position] = fate
        if fate == "dead_lettered":
            self.reasons[position] = event["reason"]
        elif fate == "enriched":
            self.enriched[position] = event

    def counts(self, published: Iterable[Position]) -> Counter[str]:
        """How many of these positions met each fate; those without one yet are missing."""
        return Counter(fate for position in published if (fate := self.fates.get(position)) is not None)

    def samples(self, published: Container[Position], wanted: int = 8) -> list[Mapping[str, Any]]:
        """Enriched events that differ from each other: a mask, each flag, each label and language, then any."""
        chosen: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        ours = [event for position, event in self.enriched.items() if position in published]
        for event in ours:
            if event.get("masked"):
                chosen.setdefault(("masked",), event)
            for flag in event.get("flags", ()):
                chosen.setdefault(("flag", flag["kind"]), event)
        for event in ours:
            sentiment = event.get("sentiment") or {}
            language = (event.get("language") or {}).get("code")
            chosen.setdefault((event["status"], sentiment.get("label"), language), event)
        events = [*chosen.values(), *ours]
        distinct = list({id(event): event for event in events}.values())
        return distinct[:wanted]
