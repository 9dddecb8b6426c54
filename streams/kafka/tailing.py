"""Reads topics from the outside, as a subscriber would: committed records only, without a consumer group."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.errors import FatalError
from streams.kafka import topic_admin


class Tail:
    """Iterates the records of some topics, in order per partition."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def __aiter__(self) -> AsyncIterator[ConsumerRecord]:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    yield record


@asynccontextmanager
async def follow(
    client: Mapping[str, Any], topics: Sequence[str], *, from_beginning: bool, is_kafka: bool = True
) -> AsyncIterator[Tail]:
    """Open topics for reading; when this is entered, every later record will be seen.

    Args:
        client: what `client_options` returned.
        topics: their names.
        from_beginning: with what is there already, or only with what comes.
        is_kafka: False on the embedded broker, where aborted records do not exist.

    Raises:
        FatalError: the broker cannot be reached, or a topic does not exist.
    """
    consumer = AIOKafkaConsumer(
        **client,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed" if is_kafka else "read_uncommitted",
        max_partition_fetch_bytes=8 * 1024 * 1024,
        fetch_max_wait_ms=100,  # the embedded broker waits that long even if records come meanwhile
    )
    try:
        partitions = await _partitions(client, topics)
        await consumer.start()
        consumer.assign(partitions)
        if from_beginning:
            await consumer.seek_to_beginning(*partitions)
        else:
            await consumer.seek_to_end(*partitions)
            for partition in partitions:
                await consumer.position(partition)
        yield Tail(consumer)
    except KafkaError as error:
        raise FatalError(
            f"read: {client['bootstrap_servers']} cannot be read: {error}; is it running?"
        ) from error
    finally:
        await consumer.stop()


async def _partitions(client: Mapping[str, Any], topics: Sequence[str]) -> list[TopicPartition]:
    counts = {spec.name: spec.partitions for spec in await topic_admin.describe(client, topics)}
    for topic in topics:
        if topic not in counts:
            raise FatalError(
                f"read: there is no topic {topic!r} on {client['bootstrap_servers']}; "
                "create ours with `reviewstream topics create`"
            )
    return [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]
