"""Publishes events to a topic, acknowledged, in order, and at a rate if wanted."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError

from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import new_producer
from streams.rows import BadRow, ReadyEvent

_MAX_UNACKNOWLEDGED = 2_000


@dataclass(frozen=True, slots=True)
class Published:
    """What a run of `publish` did.

    Attributes:
        positions: (partition, offset) of every acknowledged record.
        bad_rows: what was not published, and why.
    """

    positions: frozenset[tuple[int, int]]
    bad_rows: tuple[BadRow, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record to publish as it is, unchecked: what a broken platform might send."""

    key: bytes | None
    value: bytes | None


async def publish(
    client: Mapping[str, Any],
    topic: str,
    items: Iterable[ReadyEvent | BadRow | RawRecord],
    *,
    rate: float | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Published:
    """Publish, and wait until every record is acknowledged.

    Args:
        client: what `client_options` returned.
        topic: where to.
        items: rows; bad ones are collected, not published.
        rate: records a second; None for as fast as the broker takes them.
        progress: told how many were handed over so far.

    Raises:
        FatalError: the topic does not exist, or the broker does not take a record.
        RetryableError: the broker does not answer.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    if not await topic_admin.describe(client, [topic]):
        raise FatalError(
            f"publish: there is no topic {topic} at {client['bootstrap_servers']}; "
            "create it with `reviewstream topics create`"
        )
    producer = new_producer(dict(client), is_idempotent=False)
    bad: list[BadRow] = []
    positions: set[tuple[int, int]] = set()
    pending: deque[asyncio.Future[Any]] = deque()

    async def acknowledge_one() -> None:
        told = await pending.popleft()
        positions.add((told.partition, told.offset))

    try:
        await producer.start()
        count = 0
        for item in items:
            if isinstance(item, BadRow):
                bad.append(item)
                continue
            if rate is not None:
                await asyncio.sleep(max(0.0, started + count / rate - loop.time()))
            pending.append(await producer.send(topic, item.value, key=item.key))
            count += 1
            progress(count)
            while len(pending) > _MAX_UNACKNOWLEDGED or (pending and pending[0].done()):
                await acknowledge_one()
        await producer.flush()
        while pending:
            await acknowledge_one()
    except KafkaError as error:
        raise FatalError(
            f"publish: {topic} at {client['bootstrap_servers']} does not take records ({error}); "
            "is the broker running, and does the topic exist (`reviewstream topics check`)?"
        ) from error
    finally:
        await producer.stop()
    return Published(frozenset(positions), tuple(bad), loop.time() - started)
