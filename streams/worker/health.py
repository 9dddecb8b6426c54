"""Health, readiness and metrics over HTTP."""

from collections.abc import Callable

import orjson
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.worker.readiness import Readiness
from streams.worker.server import WebServer

log = structlog.get_logger(__name__)

#: The pages of every role.
HEALTH_PATHS = ("/healthz", "/readyz", "/metrics")


def add_health_pages(
    app: web.Application, *, readiness: Callable[[], Readiness], registry: CollectorRegistry
) -> None:
    """Let an application answer `/healthz`, `/readyz` and `/metrics`.

    `/healthz` answers as long as the event loop runs. `/readyz` is 200 only while the worker really
    works, else 503 with the reasons.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return _json({"status": "ok"}, 200)

    async def readyz(_request: web.Request) -> web.Response:
        verdict = readiness()
        body: dict[str, object] = {"ready": verdict.is_ready, "reasons": verdict.reasons}
        if verdict.delivery is not None:
            body["delivery"] = verdict.delivery
        return _json(body, 200 if verdict.is_ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    for path, page in zip(HEALTH_PATHS, (healthz, readyz, metrics), strict=True):
        app.router.add_get(path, page)


class HealthServer:
    """Serves the health pages alone."""

    def __init__(
        self, host: str, port: int, *, readiness: Callable[[], Readiness], registry: CollectorRegistry
    ) -> None:
        app = web.Application()
        add_health_pages(app, readiness=readiness, registry=registry)
        self._server = WebServer(app, host, port)

    async def start(self) -> str:
        """Listen.

        Returns:
            The address, as a URL.

        Raises:
            ConfigurationError: the port is taken.
        """
        url = await self._server.start()
        log.info("health and metrics", url=url)
        return url

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
