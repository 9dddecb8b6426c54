"""Health, readiness and metrics over HTTP."""

from collections.abc import Callable

import orjson
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.errors import ConfigurationError
from streams.readiness import Readiness

log = structlog.get_logger(__name__)


class HealthServer:
    """Serves `/healthz`, `/readyz` and `/metrics`.

    `/healthz` answers as long as the event loop runs. `/readyz` is 200 only while the worker really
    works, else 503 with the reasons.
    """

    def __init__(
        self, host: str, port: int, *, readiness: Callable[[], Readiness], registry: CollectorRegistry
    ) -> None:
        self._host = host
        self._port = port
        self._readiness = readiness
        self._registry = registry
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen.

        Returns:
            The address, as a URL.

        Raises:
            ConfigurationError: the port is taken.
        """
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(
                f"http: cannot listen on {self._host}:{self._port} ({error.strerror}); "
                "set REVIEWSTREAM_HTTP__PORT to a free port, or 0 for any"
            ) from error
        host, port = self._runner.addresses[0][:2]
        url = f"http://{host}:{port}"
        log.info("health and metrics", url=url)
        return url

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _json({"status": "ok"}, 200)

    async def _readyz(self, _request: web.Request) -> web.Response:
        readiness = self._readiness()
        body = {"ready": readiness.is_ready, "reasons": readiness.reasons}
        return _json(body, 200 if readiness.is_ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
