"""The consumer of a topic that is served: every partition, no group, from wherever Redis wants it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.errors import ConfigurationError, RetryableError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.settings import KafkaSettings

_POSITION_TIMEOUT_S = 1.0


class PositionUnknownError(RetryableError):
    """The broker has not said yet where a partition goes on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a partition was read.

    Attributes:
        position: the next offset.
        lag: records behind the end, as far as the broker said.
        polled_ms: when it last said so, since 1970 by our clock; None if it has not since the last `seek`.
        ms_since_end: how long ago `position` was the end; None if it was not, or that is not known.
        is_ahead: whether it is behind the end: the broker has fewer records than were read.
    """

    position: int
    lag: int
    polled_ms: int | None
    ms_since_end: int | None
    is_ahead: bool = False


@dataclass
class Subscription:
    """Reads all partitions of a topic. Offsets are never committed."""

    consumer: AIOKafkaConsumer
    topic: str
    partitions: int
    _sought_ms: dict[int, int] = field(default_factory=dict)

    async def fetch(self, *, timeout_ms: int, most: int) -> Mapping[int, Sequence[ConsumerRecord]]:
        """The next records by partition, at most so many together; empty if none came in time."""
        fetched = await self.consumer.getmany(timeout_ms=timeout_ms, max_records=most)
        return {name.partition: records for name, records in fetched.items()}

    def seek(self, partition: int, offset: int) -> None:
        """Go on at an offset."""
        self.consumer.seek(TopicPartition(self.topic, partition), offset)
        self._sought_ms[partition] = _now_ms()

    async def standing(self, partition: int) -> Standing:
        """How far a partition was read.

        Raises:
            PositionUnknownError: the broker has not said yet where it goes on.
        """
        name = TopicPartition(self.topic, partition)
        try:
            async with asyncio.timeout(_POSITION_TIMEOUT_S):
                position = await self.consumer.position(name)
        except TimeoutError as error:
            raise PositionUnknownError(
                f"read: partition {partition} of {self.topic} has no position yet"
            ) from error
        polled_ms = self.consumer.last_poll_timestamp(name)
        stable = self.consumer.last_stable_offset(name)
        end = stable if stable is not None and stable >= 0 else self.consumer.highwater(name)
        if polled_ms is None or end is None or polled_ms <= self._sought_ms.get(partition, 0):
            return Standing(position, 0, None, None)
        since_end_ms = max(0, _now_ms() - polled_ms) if position == end else None
        return Standing(position, max(0, end - position), polled_ms, since_end_ms, position > end)

    def has_more_partitions(self) -> bool:
        """Whether the topic has got partitions that are not read."""
        return len(self.consumer.partitions_for_topic(self.topic) or ()) > self.partitions


@asynccontextmanager
async def subscribed(
    connection: KafkaConnection, kafka: KafkaSettings, topic: str
) -> AsyncIterator[Subscription]:
    """Open a topic for reading, by its name on the broker.

    Raises:
        ConfigurationError: there is no such topic.
        BrokerUnreachableError: the broker does not answer.
        KafkaError: it went away while we connected.
    """
    described = await topic_admin.describe(connection, [topic])
    if not described:
        raise ConfigurationError(
            f"topics: there is no {topic} on {connection.bootstrap_servers}; "
            "create it with `reviewstream topics create`"
        )
    consumer = connection.consumer(fetch_bytes=kafka.fetch_max_bytes, fetch_wait_ms=kafka.fetch_wait_ms)
    try:
        await consumer.start()
        partitions = described[0].partitions
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        yield Subscription(consumer, topic, partitions)
    finally:
        await consumer.stop()


def _now_ms() -> int:
    return int(time.time() * 1000)
