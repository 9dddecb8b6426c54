"""Fills Redis from the beginning of the topics that are served, beside whoever serves from it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.roles.serve.feeds import Feeds
from streams.roles.serve.materialiser import ChangeT, Feed, Materialiser
from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.redis_store import open_redis
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        records: read from the topics that are served.
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
    """Forget what Redis holds below the prefix, read the topics to their ends, and remove what is left over.

    No product is removed before its replacement is there, so a server beside it answers all the while, and says
    `rebuilding`; lists of reviews are not known until they are filled again. It takes part in the filling: records
    that it read count for neither.

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
    counted: dict[str, tuple[int, int]] = {}

    async def fill(feed: Feed[ChangeT]) -> int:
        def count(read: int, behind: int) -> None:
            counted[feed.topic] = (read, behind)
            report(*(sum(numbers) for numbers in zip(*counted.values(), strict=True)))

        progress = await feed.store.progress()
        await topic_admin.ping(connection)
        while not await feed.store.begin_again(progress.epoch):
            progress = await feed.store.progress()
        await Materialiser(connection, feed, settings, metrics, report=count).run(until_complete=True)
        return await feed.store.sweep()

    async with open_redis(settings) as redis:
        feeds = Feeds(redis, settings)
        removed = await fill(feeds.summaries)
        await fill(feeds.reviews)
    records = sum(read for read, _ in counted.values())
    return Rebuilt(records, metrics.unreadable_records, removed, loop.time() - started)
