"""Effects as record batches: one batch of bytes a topic, on the source's partition."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from schemas.topics import dead_letter_topic
from streams.delivery.dead_letters import DeadLetterWriter, dead_letter_output
from streams.delivery.records import Effects, Output
from streams.delivery.sizes import BATCH_OVERHEAD_BYTES, DEFAULT_BYTES, TopicSizes, record_bytes
from streams.kafka.connection import MAX_BATCH_BYTES


async def enqueue(
    producer: AIOKafkaProducer,
    partition: int,
    effects: Effects,
    sizes: TopicSizes,
    write_dead_letter: DeadLetterWriter = dead_letter_output,
) -> "list[asyncio.Future[RecordMetadata]]":
    """Hand a chunk's effects to the producer, in batches that their topics take.

    The producer holds one batch of a topic at a time, so this waits for the broker where there are several, and
    memory stays bounded however much a delivery is.

    Returns:
        One future a batch; each is done when the broker has acknowledged it.
    """
    letters = (
        write_dead_letter(letter, sizes.limit(dead_letter_topic(letter.record.topic)))
        for letter in effects.dead_letters
    )
    by_topic: defaultdict[str, list[Output]] = defaultdict(list)
    for output in (*effects.outputs, *letters):
        by_topic[output.topic].append(output)
    futures: list[asyncio.Future[RecordMetadata]] = []
    for topic, outputs in by_topic.items():
        futures += await _enqueue_topic(producer, topic, partition, _parts(outputs, sizes.limit(topic)))
    return futures


def first_offsets(published: Iterable[RecordMetadata]) -> dict[str, int]:
    """By topic, the offset of the first record, from what the broker acknowledged."""
    firsts: dict[str, int] = {}
    for batch in published:
        firsts[batch.topic] = min(batch.offset, firsts.get(batch.topic, batch.offset))
    return firsts


async def _enqueue_topic(
    producer: AIOKafkaProducer, topic: str, partition: int, parts: Iterable[Sequence[Output]]
) -> "list[asyncio.Future[RecordMetadata]]":
    futures = []
    for part in parts:
        batch = producer.create_batch()
        for output in part:
            batch.append(key=output.key, value=output.value, timestamp=None, headers=list(output.headers))
        futures.append(await producer.send_batch(batch, topic, partition=partition))
    return futures


def _parts(outputs: Sequence[Output], limit: int = DEFAULT_BYTES) -> Iterable[list[Output]]:
    """Cut outputs into runs that fit a batch, whose topic takes `limit` bytes; what is larger stands alone.

    >>> small, large = Output("t", None, b"x" * 200), Output("t", None, b"x" * 5000)
    >>> [len(part) for part in _parts([small, small, large, small], limit=1000)]
    [2, 1, 1]
    """
    room = min(MAX_BATCH_BYTES, limit) - BATCH_OVERHEAD_BYTES
    part: list[Output] = []
    size = 0
    for output in outputs:
        weight = record_bytes(output)
        if part and size + weight > room:
            yield part
            part, size = [], 0
        part.append(output)
        size += weight
    if part:
        yield part
