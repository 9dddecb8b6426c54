"""Effects as record batches: one batch of bytes a topic, on the source's partition."""

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from schemas import dead_letters as headers
from schemas.topics import dead_letter_topic
from streams.delivery.records import DeadLetter, Effects, Output
from streams.kafka.connection import MAX_BATCH_BYTES

#: A larger key and value are cut, and a header says so: a broker refuses what exceeds its message.max.bytes,
#: and what it delivered compressed may be far larger.
MAX_DEAD_LETTER_KEY_BYTES = 100 * 1024
MAX_DEAD_LETTER_VALUE_BYTES = 800 * 1024
MAX_ERROR_CHARACTERS = 1_000


def dead_letter_output(letter: DeadLetter) -> Output:
    """The record to publish for a dead letter: the raw bytes, with reason and origin in its headers."""
    record = letter.record
    key, value = record.key, record.value
    told = [
        (headers.REASON, str(letter.reason)),
        (headers.ERROR, " ".join(letter.error.split())[:MAX_ERROR_CHARACTERS]),
        (headers.SOURCE_TOPIC, record.topic),
        (headers.SOURCE_PARTITION, str(record.partition)),
        (headers.SOURCE_OFFSET, str(record.offset)),
        (headers.SOURCE_TIMESTAMP, str(record.timestamp)),
        (headers.SCHEMA_VERSION, headers.DEAD_LETTER_VERSION),
    ]
    if len(key or b"") > MAX_DEAD_LETTER_KEY_BYTES or len(value or b"") > MAX_DEAD_LETTER_VALUE_BYTES:
        told.append((headers.TRUNCATED_FROM, str(len(key or b"") + len(value or b""))))
        key = key[:MAX_DEAD_LETTER_KEY_BYTES] if key is not None else None
        value = value[:MAX_DEAD_LETTER_VALUE_BYTES] if value is not None else None
    encoded = tuple((name, text.encode("utf-8", "replace")) for name, text in told)
    return Output(dead_letter_topic(record.topic), key, value, encoded)


async def enqueue(
    producer: AIOKafkaProducer, partition: int, effects: Effects
) -> "list[asyncio.Future[RecordMetadata]]":
    """Hand a chunk's effects to the producer.

    Returns:
        One future a batch; each is done when the broker has acknowledged it.
    """
    outputs = [*effects.outputs, *map(dead_letter_output, effects.dead_letters)]
    futures: list[asyncio.Future[RecordMetadata]] = []
    for topic in dict.fromkeys(output.topic for output in outputs):
        of_topic = [output for output in outputs if output.topic == topic]
        futures += await _enqueue_topic(producer, topic, partition, of_topic)
    return futures


def first_offsets(published: Iterable[RecordMetadata]) -> dict[str, int]:
    """By topic, the offset of the first record, from what the broker acknowledged."""
    firsts: dict[str, int] = {}
    for batch in published:
        firsts[batch.topic] = min(batch.offset, firsts.get(batch.topic, batch.offset))
    return firsts


async def _enqueue_topic(
    producer: AIOKafkaProducer, topic: str, partition: int, outputs: Sequence[Output]
) -> "list[asyncio.Future[RecordMetadata]]":
    futures = []
    for part in _parts(outputs):
        batch = producer.create_batch()
        for output in part:
            batch.append(key=output.key, value=output.value, timestamp=None, headers=list(output.headers))
        futures.append(await producer.send_batch(batch, topic, partition=partition))
    return futures


def _parts(outputs: Sequence[Output], max_bytes: int = MAX_BATCH_BYTES) -> Iterable[list[Output]]:
    """Cut outputs into runs that fit a batch; one that is larger than a batch stands alone.

    >>> small, large = Output("t", None, b"x" * 200), Output("t", None, b"x" * 5000)
    >>> [len(part) for part in _parts([small, small, large, small], max_bytes=1000)]
    [2, 1, 1]
    """
    part: list[Output] = []
    size = 0
    for output in outputs:
        weight = _weight(output)
        if part and size + weight > max_bytes:
            yield part
            part, size = [], 0
        part.append(output)
        size += weight
    if part:
        yield part


def _weight(output: Output) -> int:
    """An upper bound of a record's bytes in a batch: varints, lengths and headers included."""
    weight = len(output.key or b"") + len(output.value or b"") + 64
    if output.headers:
        weight += sum(len(name) + len(value) + 10 for name, value in output.headers)
    return weight
