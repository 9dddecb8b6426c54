"""The serving role: materialises summaries and lists of reviews into Redis, and answers from it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import structlog

from streams.kafka.connection import KafkaConnection
from streams.roles.serve.feeds import Feeds
from streams.roles.serve.materialiser import Materialiser
from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.progress import Progress
from streams.roles.serve.redis_store import open_redis
from streams.roles.serve.summary_catalogue import SummaryCatalogue
from streams.settings import Settings
from streams.web.products import products_app
from streams.worker.health import add_health_pages
from streams.worker.readiness import Readiness
from streams.worker.role import Role
from streams.worker.server import WebServer

log = structlog.get_logger(__name__)
_CANCEL_AGAIN_S = 1.0


class ServeWorker:
    """Waits for a broker or a Redis that is away, and answers meanwhile as well as it can; see `Worker`.

    Args:
        role: its row in the table of roles.
        settings: of the process.
        stack: closes what it opens.
    """

    def __init__(self, role: Role, settings: Settings, stack: AsyncExitStack) -> None:
        self._port = role.port(settings.http)
        self._settings = settings
        self._stack = stack

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; requests that are under way are finished.

        Raises:
            ConfigurationError: no Redis or no broker is configured, the port is taken, or the topic does not exist.
        """
        settings, serving = self._settings, self._settings.serving
        connection = KafkaConnection.of(settings.kafka)
        metrics = ServingMetrics()
        feeds = Feeds(await self._stack.enter_async_context(open_redis(settings)), settings)
        products = Materialiser(connection, feeds.summaries, settings, metrics)
        lists = Materialiser(connection, feeds.reviews, settings, metrics)
        app = products_app(
            SummaryCatalogue(feeds.products, feeds.lists, serving, metrics),
            token=serving.token,
            max_age_s=serving.max_age_s,
            gzip_bytes=settings.http.gzip_bytes,
            cors_origins=settings.http.cors_origins,
            observe=metrics.request,
            topic=feeds.summaries.topic,
        )
        add_health_pages(
            app, readiness=lambda: readiness_of(products.progress, lists.progress), registry=metrics.registry
        )
        server = WebServer(app, settings.http.host, self._port)
        self._stack.push_async_callback(server.stop)
        log.info("products, health and metrics", url=await server.start())
        tasks: list[asyncio.Task[object]] = [
            asyncio.ensure_future(products.run()),
            asyncio.ensure_future(lists.run()),
            asyncio.ensure_future(stop.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            await _end(tasks)


async def _end(tasks: Sequence["asyncio.Task[object]"]) -> None:
    """Cancel tasks until they have ended: a client that is reconnecting at that moment may take one for a timeout."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)


def readiness_of(products: Progress | None, lists: Progress | None) -> Readiness:
    """Ready means that Redis held every product and every list when it was last asked.

    Redis or the broker being away afterwards does not end that: answers from memory, or stale ones that say so, are
    better than none, and the metrics tell.

    Args:
        products: how far the summaries were; None if Redis or the broker has not answered yet.
        lists: how far the lists of reviews were.
    """
    if products is None or lists is None:
        return Readiness(is_ready=False, reasons=("redis or the broker has not answered yet",))
    filled = {"product-summary": products.is_complete, "rolling-state": lists.is_complete}
    reasons = tuple(
        f"redis is being filled, and was not at the end of {topic} yet"
        for topic, is_complete in filled.items()
        if not is_complete
    )
    return Readiness(is_ready=not reasons, reasons=reasons)
