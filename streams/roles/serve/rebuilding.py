"""Fills Redis from the beginning of product-summary, beside whoever serves from it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.roles.serve.materialiser import Materialiser
from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.store import open_store
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        records: read from product-summary.
        unreadable: how many of them were skipped.
        removed: products that Redis held, and product-summary does not.
    """

    records: int
    unreadable: int
    removed: int
    seconds: float


async def rebuild(
    settings: Settings, *, report: Callable[[int, int], None] = lambda _records, _behind: None
) -> Rebuilt:
    """Forget what Redis holds below the prefix, read product-summary to its end, and remove what is left over.

    Nothing is removed before its replacement is there, so a server beside it answers all the while, and says
    `rebuilding`. It takes part in the filling: records that it read count for neither.

    Args:
        settings: where Kafka and Redis are, and the prefix.
        report: told how many records were read, and how many are known to follow.

    Raises:
        ConfigurationError: no Redis or no broker is configured, or the topic does not exist.
        RetryableError: one of them does not answer at the start.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    connection = KafkaConnection.of(settings.kafka)
    metrics = ServingMetrics()
    records = 0

    def count(read: int, behind: int) -> None:
        nonlocal records
        records = read
        report(read, behind)

    async with open_store(settings) as store:
        progress = await store.progress()
        await topic_admin.ping(connection)
        while not await store.begin_again(progress.epoch):
            progress = await store.progress()
        await Materialiser(connection, store, settings, metrics, report=count).run(until_complete=True)
        removed = await store.sweep()
    unreadable = metrics.registry.get_sample_value(
        "reviewstream_serving_records_total", {"role": "serve", "outcome": "unreadable"}
    )
    return Rebuilt(records, int(unreadable or 0), removed, loop.time() - started)
