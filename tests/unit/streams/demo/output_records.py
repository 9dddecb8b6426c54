"""Records of the output topics, as the demonstration reads them."""

from dataclasses import dataclass
from typing import Any

import orjson

from schemas.dead_letters import DeadLetterReason
from streams.delivery.batches import dead_letter_output
from streams.delivery.records import DeadLetter
from streams.demo.tally import Position
from tests.fakes import FakeRecord


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
    **more: list[dict[str, Any]],
) -> OutputRecord:
    event: dict[str, Any] = {
        "status": status,
        "product_id": "lamp",
        "sentiment": {"label": label} if status == "enriched" else None,
        "language": {"code": language} if status != "removed" else None,
        "aspects": [],
        "flags": [],
        "masked": [],
        "source": {"topic": topic, "partition": position[0], "offset": position[1]},
        **more,
    }
    return OutputRecord("enriched-review", orjson.dumps(event))


def dead(position: Position, *, topic: str = "new-review") -> OutputRecord:
    source = FakeRecord(position[1], topic=topic, partition=position[0])
    output = dead_letter_output(DeadLetter(source, DeadLetterReason.NULL_VALUE, "why"))
    return OutputRecord(output.topic, output.value, output.headers)
