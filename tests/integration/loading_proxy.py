"""A proxy before a broker that lets its groups be loaded for as long as a test wants."""

import asyncio
import contextlib
import struct

from tests.tcp_proxy import TcpProxy

_OFFSET_FETCH = 9
_LOADING = 14  # COORDINATOR_LOAD_IN_PROGRESS
#: OffsetFetch version 3: no throttling, no topics, the error of the group.
_LOADING_BODY = struct.pack(">iih", 0, 0, _LOADING)


class LoadingProxy(TcpProxy):
    """Answers OffsetFetch with "loading" for the group `loading`, `refused` times so far; forwards all else."""

    def __init__(self) -> None:
        super().__init__()
        self.loading = ""
        self.refused = 0

    async def pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream: asyncio.StreamReader,
        downstream: asyncio.StreamWriter,
    ) -> None:
        """See `TcpProxy`."""
        asked: set[int] = set()
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
