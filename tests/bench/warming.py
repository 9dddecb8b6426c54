"""Lets a broker that has just started compile its code: within 3,000 transactions one costs it half of the time.

A broker in production has run for weeks. Without this, who comes first in a run pays for the compiler.
"""

import asyncio
import contextlib
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from streams.kafka.connection import KafkaConnection

_SECONDS = 15.0
_TOPIC = "bench-warm-up"
_PRODUCERS = 4
_VALUE = b"x" * 2_000


async def warm_up(client: KafkaConnection) -> None:
    """Some seconds of transactions, plain sends and fetches.

    Args:
        client: the connection.
    """
    admin = client.admin()
    await admin.start()
    try:
        await admin.create_topics([NewTopic(_TOPIC, _PRODUCERS, 1)])
    finally:
        await admin.close()
    until = time.monotonic() + _SECONDS
    async with AIOKafkaConsumer(_TOPIC, **client.options, isolation_level="read_committed") as consumer:
        reading = asyncio.create_task(_read(consumer))
        await asyncio.gather(*(_write(client, number, until) for number in range(_PRODUCERS)))
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def _read(consumer: AIOKafkaConsumer) -> None:
    while True:
        await consumer.getmany(timeout_ms=500)


async def _write(client: KafkaConnection, number: int, until: float) -> None:
    name = f"{_TOPIC}-{number}"
    written = 0
    plain = AIOKafkaProducer(**client.options)
    async with plain, AIOKafkaProducer(**client.options, transactional_id=name) as producer:
        while time.monotonic() < until:
            written += 1
            async with producer.transaction():
                await producer.send_and_wait(_TOPIC, _VALUE, partition=number)
                offsets = {TopicPartition(_TOPIC, number): written}
                await producer.send_offsets_to_transaction(offsets, name)
            await plain.send_and_wait(_TOPIC, _VALUE, partition=number)
