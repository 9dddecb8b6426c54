"""The serving role: materialises product-summary into Redis, and answers from it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import structlog

from schemas.topics import PRODUCT_SUMMARY
from streams.kafka.connection import KafkaConnection
from streams.roles.serve.materialiser import Materialiser
from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.store import open_store
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
        store = await self._stack.enter_async_context(open_store(settings))
        materialiser = Materialiser(connection, store, settings, metrics)
        app = products_app(
            SummaryCatalogue(store, serving, metrics),
            token=serving.token,
            max_age_s=serving.max_age_s,
            gzip_bytes=settings.http.gzip_bytes,
            cors_origins=settings.http.cors_origins,
            observe=metrics.request,
            topic=settings.kafka.names(PRODUCT_SUMMARY.name),
        )
        add_health_pages(app, readiness=lambda: readiness_of(materialiser), registry=metrics.registry)
        server = WebServer(app, settings.http.host, self._port)
        self._stack.push_async_callback(server.stop)
        log.info("products, health and metrics", url=await server.start())
        tasks: list[asyncio.Task[object]] = [
            asyncio.ensure_future(materialiser.run()),
            asyncio.ensure_future(stop.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
        finally:
            await _end(tasks)


async def _end(tasks: Sequence["asyncio.Task[object]"]) -> None:
    """Cancel tasks until they have ended: a client that is reconnecting at that moment may take one for a timeout."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)


def readiness_of(materialiser: Materialiser) -> Readiness:
    """Ready means that Redis held every product when it was last asked.

    Redis or the broker being away afterwards does not end that: answers from memory, or stale ones that say so, are
    better than none, and the metrics tell.
    """
    progress = materialiser.progress
    if progress is None:
        return Readiness(is_ready=False, reasons=("redis or the broker has not answered yet",))
    if not progress.is_complete:
        return Readiness(
            is_ready=False, reasons=("redis is being filled, and was not at the end of product-summary yet",)
        )
    return Readiness(is_ready=True, reasons=())
