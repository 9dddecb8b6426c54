"""Effects as record batches: one batch of bytes a topic, on the source's partition."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from schemas import dead_letters as headers
from schemas.topics import dead_letter_topic
from streams.delivery.records import DeadLetter, Effects, Output
from streams.delivery.sizes import BATCH_OVERHEAD_BYTES, DEFAULT_BYTES, TopicSizes, record_bytes
from streams.kafka.connection import MAX_BATCH_BYTES

#: A larger key and value are cut, and a header says so: a broker refuses what exceeds its message.max.bytes,
#: and what it delivered compressed may be far larger.
MAX_DEAD_LETTER_KEY_BYTES = 100 * 1024
MAX_DEAD_LETTER_VALUE_BYTES = 800 * 1024
MAX_ERROR_CHARACTERS = 1_000


def dead_letter_output(letter: DeadLetter, max_bytes: int = DEFAULT_BYTES) -> Output:
    """The record to publish for a dead letter: the raw bytes, with reason and origin in its headers.

    Args:
        letter: the record that is set aside, and why.
        max_bytes: the largest record batch that the dead-letter topic takes. Error, key and value are cut to fit.
    """
    record = letter.record
    key, value = record.key, record.value
    told = [
        (headers.REASON, str(letter.reason)),
        (headers.ERROR, _cut_text(" ".join(letter.error.split())[:MAX_ERROR_CHARACTERS], max_bytes // 4)),
        (headers.SOURCE_TOPIC, record.topic),
        (headers.SOURCE_PARTITION, str(record.partition)),
        (headers.SOURCE_OFFSET, str(record.offset)),
        (headers.SOURCE_TIMESTAMP, str(record.timestamp)),
        (headers.SCHEMA_VERSION, headers.DEAD_LETTER_VERSION),
        (headers.TRUNCATED_FROM, str(len(key or b"") + len(value or b""))),
    ]
    encoded = tuple((name, text.encode("utf-8", "replace")) for name, text in told)
    empty = Output(dead_letter_topic(record.topic), None, None, encoded)
    room = max(0, max_bytes - BATCH_OVERHEAD_BYTES - record_bytes(empty))
    cut_key = key[: min(MAX_DEAD_LETTER_KEY_BYTES, room // 2)] if key is not None else None
    room -= len(cut_key or b"")
    cut_value = value[: min(MAX_DEAD_LETTER_VALUE_BYTES, room)] if value is not None else None
    is_whole = (cut_key, cut_value) == (key, value)
    return empty._replace(key=cut_key, value=cut_value, headers=encoded[:-1] if is_whole else encoded)


def _cut_text(text: str, max_bytes: int) -> str:
    """The beginning of a text that fits in so many bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")


async def enqueue(
    producer: AIOKafkaProducer, partition: int, effects: Effects, sizes: TopicSizes
) -> "list[asyncio.Future[RecordMetadata]]":
    """Hand a chunk's effects to the producer, in batches that their topics take.

    The producer holds one batch of a topic at a time, so this waits for the broker where there are several, and
    memory stays bounded however much a delivery is.

    Returns:
        One future a batch; each is done when the broker has acknowledged it.
    """
    letters = (
        dead_letter_output(letter, sizes.limit(dead_letter_topic(letter.record.topic)))
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
