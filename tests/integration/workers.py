"""Workers that run inside the test, with doubles for the models, and what came out of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from schemas import dead_letters
from schemas.reviews import ReviewEnriched
from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW, dead_letter_topic
from streams.app import run_role
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.kafka.tailing import follow
from streams.settings import Settings
from streams.worker.role import Role
from tests.roles import enrich_role, topics

CREATED_AT = "2026-10-01T12:00:00Z"


def review(number: int, text: str = "a fine thing", *, products: int = 7, **more: object) -> RawRecord:
    """A valid review, keyed by its product."""
    product_id = f"p{number % products}"
    fields: dict[str, object] = {
        "review_id": f"r{number}",
        "product_id": product_id,
        "text": text,
        "created_at": CREATED_AT,
    }
    return RawRecord(product_id.encode(), orjson.dumps(fields | more))


def make_settings(
    bootstrap_servers: str, group: str, *, delivery: str = "auto", **sections: Mapping[str, Any]
) -> Settings:
    """Settings of a worker under test: short session timeout, any free port for its pages."""
    ours: dict[str, Mapping[str, Any]] = {
        "kafka": {"bootstrap_servers": bootstrap_servers, "group_prefix": group, "session_timeout_s": 6},
        "http": {"port": 0},
    }
    merged = {name: {**ours.get(name, {}), **sections.get(name, {})} for name in (*ours, *sections)}
    return Settings.model_validate({"delivery": delivery, **merged})


@contextlib.asynccontextmanager
async def running(settings: Settings, role: Role | None = None) -> AsyncIterator["asyncio.Task[None]"]:
    """A worker as a task; stopped in good order at the end. If it fails before, the test does at once."""
    stop = asyncio.Event()
    test = asyncio.current_task()
    assert test is not None
    task = asyncio.create_task(run_role(role or enrich_role(), settings, stop=stop))

    def interrupt(worker: "asyncio.Task[None]") -> None:
        if not stop.is_set() and not worker.cancelled() and worker.exception() is not None:
            test.cancel()

    task.add_done_callback(interrupt)
    try:
        yield task
    finally:
        if not stop.is_set() and task.done():
            test.uncancel()
        stop.set()
        await asyncio.wait_for(task, 60)


@dataclass
class Outcome:
    """What a reader of committed records saw, in order."""

    enriched: list[ReviewEnriched]
    dead: list[tuple[bytes | None, dict[str, str]]]
    keys_and_partitions: list[tuple[bytes | None, int]]

    @property
    def ids(self) -> list[str]:
        return [event.review_id for event in self.enriched]

    @property
    def reasons(self) -> list[str]:
        return [headers[dead_letters.REASON] for _, headers in self.dead]


async def read(
    bootstrap_servers: str,
    wanted: int,
    *,
    timeout_s: float = 60,
    linger_s: float = 0.5,
    client: KafkaConnection | None = None,
) -> Outcome:
    """Read both output topics from the beginning until `wanted` records were seen, and a little longer."""
    outcome = Outcome([], [], [])
    topics = [ENRICHED_REVIEW.name, dead_letter_topic(NEW_REVIEW.name)]
    deadline = asyncio.get_running_loop().time() + timeout_s
    client = client or KafkaConnection(bootstrap_servers)
    async with follow(client, topics, from_beginning=True) as tail:
        records = aiter(tail)
        while True:
            count = len(outcome.enriched) + len(outcome.dead)
            patience = deadline - asyncio.get_running_loop().time() if count < wanted else linger_s
            try:
                async with asyncio.timeout(patience):
                    record = await anext(records)
            except TimeoutError:
                assert count >= wanted, f"{count} of {wanted} came out: {outcome.reasons}"
                return outcome
            if record.topic == ENRICHED_REVIEW.name:
                outcome.enriched.append(ReviewEnriched.model_validate_json(record.value))
                outcome.keys_and_partitions.append((record.key, record.partition))
            else:
                headers = {name: value.decode() for name, value in record.headers}
                outcome.dead.append((record.value, headers))


async def prepare(bootstrap_servers: str) -> KafkaConnection:
    """Create the topics; returns the connection."""
    client = KafkaConnection(bootstrap_servers)
    await topic_admin.create(client, topics())
    return client


async def put(bootstrap_servers: str, records: Iterable[RawRecord]) -> None:
    """Publish to `new-review`, acknowledged."""
    await publish(KafkaConnection(bootstrap_servers), NEW_REVIEW.name, records)
