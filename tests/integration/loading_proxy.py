"""A proxy before a broker that lets its groups be loaded for as long as a test wants."""

import asyncio
import contextlib
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_OFFSET_FETCH = 9
_LOADING = 14  # COORDINATOR_LOAD_IN_PROGRESS
#: OffsetFetch version 3: no throttling, no topics, the error of the group.
_LOADING_BODY = struct.pack(">iih", 0, 0, _LOADING)


class LoadingProxy:
    """Forwards a port of loopback to another; OffsetFetch is answered with "loading" for the group `loading`.

    Runs in a thread of its own, so that a test may block. `target` is asked for the port at each connection.
    """

    def __init__(self) -> None:
        self.loading = ""
        self.refused = 0
        self.target: Callable[[], int] = lambda: 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result(10)
        self._server = server
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        asked: set[int] = set()
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            upstream, downstream = await asyncio.open_connection("127.0.0.1", self.target())
            with contextlib.closing(downstream):
                async with asyncio.TaskGroup() as group:
                    answers = group.create_task(self._answers(upstream, writer, asked))
                    await self._requests(reader, downstream, asked)
                    answers.cancel()

    async def _requests(
        self, reader: asyncio.StreamReader, downstream: asyncio.StreamWriter, asked: set[int]
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                frame = await _frame(reader)
                key, version, correlation = struct.unpack_from(">hhi", frame)
                if key == _OFFSET_FETCH and self.loading and _group(frame) == self.loading:
                    assert version == 3
                    asked.add(correlation)
                downstream.write(struct.pack(">i", len(frame)) + frame)
                await downstream.drain()

    async def _answers(
        self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: set[int]
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                frame = await _frame(upstream)
                (correlation,) = struct.unpack_from(">i", frame)
                if correlation in asked:
                    asked.discard(correlation)
                    self.refused += 1
                    frame = frame[:4] + _LOADING_BODY
                writer.write(struct.pack(">i", len(frame)) + frame)
                await writer.drain()
        writer.close()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


def _group(frame: bytes) -> str:
    """The first field of a request's body."""
    (client_bytes,) = struct.unpack_from(">h", frame, 8)
    body = 10 + client_bytes
    (group_bytes,) = struct.unpack_from(">h", frame, body)
    return frame[body + 2 : body + 2 + group_bytes].decode()
