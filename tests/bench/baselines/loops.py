"""The consumer loop that the aiokafka baselines share: poll, classify, publish, commit.

Choices: manual commits after the acknowledgements, so at least once, like ours; up to 256 records a poll, so that
an engine that sorts by length has something to sort; sends are gathered, not awaited one by one.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.baselines import Task, result

LABELS = ("negative", "neutral", "positive")
Classify = Callable[[list[str]], Awaitable[list[list[float]]]]


async def consume(task: Task, classify: Classify) -> None:
    """Run until SIGTERM.

    Args:
        task: where from and where to.
        classify: probabilities of each text, in the order of LABELS.
    """
    consumer = consumer_of(task)
    producer = AIOKafkaProducer(bootstrap_servers=task.bootstrap_servers, acks="all")
    await consumer.start()
    await producer.start()
    working = asyncio.ensure_future(_work(consumer, producer, task.output, classify))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await working
    await consumer.stop()
    await producer.stop()


def consumer_of(task: Task) -> AIOKafkaConsumer:
    """A consumer of the task's source that commits when it is told to, however long that takes."""
    return AIOKafkaConsumer(
        task.source,
        bootstrap_servers=task.bootstrap_servers,
        group_id=task.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_interval_ms=600_000,
    )


async def _work(
    consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, output: str, classify: Classify
) -> None:
    while True:
        polled = await consumer.getmany(timeout_ms=500, max_records=256)
        reviews = [orjson.loads(record.value) for records in polled.values() for record in records]
        if not reviews:
            continue
        rows = await classify([review["text"] for review in reviews])
        sent = []
        for review, scores in zip(reviews, rows, strict=True):
            value = orjson.dumps(result(review, LABELS[scores.index(max(scores))], scores))
            sent.append(await producer.send(output, value, key=review["product_id"].encode()))
        await asyncio.gather(*sent)
        await consumer.commit()
