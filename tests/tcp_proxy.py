"""A proxy on loopback that stands between a broker and whoever talks to it, and can refuse connections."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, Self

_READ_BYTES = 65_536
_FLUSH_S = 1.0


class TcpProxy:
    """Forwards a port of loopback to another. Runs in a thread of its own, so that a test may block.

    Attributes:
        target: asked for the port behind it at each connection.
        port: its own.
    """

    def __init__(self) -> None:
        self.target: Callable[[], int] = lambda: 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self) -> None:
        """Take connections, at the first port that was free or at the same one again."""
        self._run(self._accept())

    def refuse(self) -> None:
        """Refuse connections, and cut off those that stand."""
        self._run(self._refuse())

    async def pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream: asyncio.StreamReader,
        downstream: asyncio.StreamWriter,
    ) -> None:
        """Forward both directions of a connection until one of them ends."""
        directions = [_copy(reader, downstream), _copy(upstream, writer)]
        tasks = [asyncio.create_task(direction) for direction in directions]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self._server = await asyncio.start_server(self._serve, sock=listener)
        self.port = listener.getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        async with _cut(writer):
            with contextlib.suppress(OSError, asyncio.CancelledError):
                upstream, downstream = await asyncio.open_connection("127.0.0.1", self.target())
                async with _cut(downstream):
                    await self.pass_on(reader, writer, upstream, downstream)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextlib.asynccontextmanager
async def _cut(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection at the end, also if the other side does not take what is still on its way."""
    try:
        yield
    finally:
        writer.close()
        try:
            async with asyncio.timeout(_FLUSH_S):
                await writer.wait_closed()
        except OSError:  # a TimeoutError is one
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()
