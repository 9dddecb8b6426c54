"""Reads topics from the outside, as a subscriber would: committed records only, without a consumer group."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection


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
    connection: KafkaConnection,
    topics: Sequence[str],
    *,
    from_beginning: bool,
) -> AsyncIterator[Tail]:
    """Open topics for reading; when this is entered, every later record will be seen.

    Args:
        connection: to the broker.
        topics: their names.
        from_beginning: with what is there already, or only with what comes.

    Raises:
        FatalError: the broker cannot be reached, or a topic does not exist.
    """
    consumer = connection.consumer()
    try:
        partitions = await _partitions(connection, topics)
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
            f"read: {connection.bootstrap_servers} cannot be read: {error}; is it running?"
        ) from error
    finally:
        await consumer.stop()


async def _partitions(connection: KafkaConnection, topics: Sequence[str]) -> list[TopicPartition]:
    counts = {spec.name: spec.partitions for spec in await topic_admin.describe(connection, topics)}
    for topic in topics:
        if topic not in counts:
            raise FatalError(
                f"read: there is no topic {topic!r} on {connection.bootstrap_servers}; "
                "create ours with `reviewstream topics create`"
            )
    return [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]
