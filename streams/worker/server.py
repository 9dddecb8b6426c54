"""Listens for HTTP requests, and says it clearly where it cannot."""

from aiohttp import web

from streams.errors import ConfigurationError

#: How long requests may take to finish when the server stops.
_FINISH_S = 1.0


class WebServer:
    """Serves an application on one address.

    Args:
        app: what answers.
        host: where to listen.
        port: 0 for any free one.
    """

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen.

        Returns:
            The address, as a URL.

        Raises:
            ConfigurationError: the port is taken.
        """
        # Bodies stay as they are sent: nobody makes us inflate one before we know who it is.
        self._runner = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=_FINISH_S, auto_decompress=False
        )
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
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
