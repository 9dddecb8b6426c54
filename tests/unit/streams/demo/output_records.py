"""Records of the output topics, as the demonstration reads them."""

from dataclasses import dataclass
from typing import Any

import orjson

from schemas.dead_letters import DeadLetterReason
from streams.delivery.dead_letters import dead_letter_output
from streams.delivery.records import DeadLetter
from streams.demo.tally import Position
from tests.fakes import FakeRecord
from tests.histories import enriched as event_of_review


@dataclass(frozen=True)
class OutputRecord:
    topic: str
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def enriched(
    position: Position,
    *,
    status: str = "enriched",
    label: str = "positive",
    language: str = "en",
    topic: str = "new-review",
    product_id: str = "lamp",
    **more: list[dict[str, Any]],
) -> OutputRecord:
    """An enriched review of the record at a position."""
    event = event_of_review(f"r{position[1]}", 1, product_id=product_id, removed=status == "removed")
    event["source"] |= {"topic": topic, "partition": position[0], "offset": position[1]}
    if status != "removed":
        event |= {
            "status": status,
            "sentiment": None,
            "language": {"code": language, "confidence": 1.0},
            **more,
        }
    if status == "enriched":
        shares = {name: 0.8 if name == label else 0.1 for name in ("negative", "neutral", "positive")}
        event |= {"sentiment": {"label": label, **shares}, "model": {"name": "fake", "version": "1"}}
    return OutputRecord("enriched-review", orjson.dumps(event))


def opinion(aspect: str, sentiment: str) -> dict[str, Any]:
    """An aspect of an enriched review."""
    span = {"field": "text", "start": 0, "end": 7, "quote": "It does"}
    return {"aspect": aspect, "sentiment": sentiment, "score": 0.9, "confidence": 0.8, **span}


def flag(kind: str) -> dict[str, Any]:
    """A doubt about an enriched review."""
    return {"kind": kind, "score": 0.9, "reason": "It says so."}


def mask(kind: str) -> dict[str, Any]:
    """A placeholder in an enriched review."""
    return {"field": "text", "kind": kind, "start": 0, "end": 7}


def dead(position: Position, *, topic: str = "new-review") -> OutputRecord:
    source = FakeRecord(position[1], topic=topic, partition=position[0])
    output = dead_letter_output(DeadLetter(source, DeadLetterReason.NULL_VALUE, "why"))
    return OutputRecord(output.topic, output.value, output.headers)
