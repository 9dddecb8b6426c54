"""As much of a broker as a client meets when it starts: it tells its versions and that it is alone, on loopback."""

import asyncio
import contextlib
import struct
from typing import Self

from aiokafka.protocol.admin import ApiVersionResponse_v0
from aiokafka.protocol.metadata import MetadataResponse_v0

from streams.kafka.connection import KafkaConnection

_METADATA, _VERSIONS = 3, 18


class GreetingBroker:
    """Answers each request from the test's own loop.

    Attributes:
        connections: how many are open.
        is_silent: whether it answers nothing but its versions, as one that is frozen.
    """

    def __init__(self) -> None:
        self.connections = 0
        self.is_silent = False
        self._port = 0
        self._server: asyncio.Server | None = None

    @property
    def client(self) -> KafkaConnection:
        """The way to it."""
        return KafkaConnection(f"127.0.0.1:{self._port}", admin_timeout_ms=30_000)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                key, _, correlation = struct.unpack_from(">hhi", await reader.readexactly(size))
                if key == _METADATA and self.is_silent:
                    continue
                answer = struct.pack(">i", correlation) + self._answer(key)
                writer.write(struct.pack(">i", len(answer)) + answer)
        self.connections -= 1

    def _answer(self, key: int) -> bytes:
        if key == _VERSIONS:
            return bytes(ApiVersionResponse_v0(0, [(_METADATA, 0, 0), (_VERSIONS, 0, 0)]).encode())
        return bytes(MetadataResponse_v0([(1, "127.0.0.1", self._port)], []).encode())

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
