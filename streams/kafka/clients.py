"""aiokafka's clients, which close all that they opened, wherever their start or their end is cut off.

aiokafka leaves open what it had when it was cut off. Four ways, all of version 0.14:

- `AIOKafkaClient.bootstrap` does not close its connection if it is cancelled while it waits for metadata.
- A `start` that fails or is cancelled leaves what it had started: the caller has to `stop`.
- A `stop` that is cancelled goes no further, and a second one does nothing: tasks and connections stay.
- `AIOKafkaClient.close` takes a cancellation of its caller for that of its own task, and swallows it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from contextvars import ContextVar
from typing import Any

import aiokafka.client
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaError, ProducerClosed

from streams.kafka.record_batches import guard_batches

log = structlog.get_logger(__name__)

#: For each step of an end.
_STOP_S = 5.0
#: What ends a part of aiokafka before its end. Where a task has not begun yet when it is cancelled, that is a
#: cancellation of nobody's.
_CUT_OFF = (KafkaError, OSError, asyncio.CancelledError)


class Connections:
    """The connections that a client and its tasks have opened, each until it is closed."""

    def __init__(self) -> None:
        self._open: set[AIOKafkaConnection] = set()

    def add(self, connection: AIOKafkaConnection) -> None:
        """Keep one that has just been opened."""
        self._open.add(connection)
        connection._closed_fut.add_done_callback(lambda _: self._open.discard(connection))  # noqa: SLF001

    async def close(self) -> None:
        """Close all that are open, and wait until their sockets are."""
        await close_connections(self._open)


async def close_connections(connections: Collection[AIOKafkaConnection]) -> None:
    """Close connections, and wait until their sockets are: with TLS, both sides say goodbye first."""
    closing = [connection.close() for connection in connections]
    if closing:
        await asyncio.wait(closing, timeout=_STOP_S)


#: Of the client that is being started, and of the tasks that it starts.
_opening: ContextVar[Connections | None] = ContextVar("opening", default=None)


async def _create_conn(*args: Any, **options: Any) -> AIOKafkaConnection:
    """As aiokafka's; the client that is started keeps the connection."""
    connection = await create_conn(*args, **options)
    connections = _opening.get()
    if connections is not None:
        connections.add(connection)
    return connection


# There is no other way to a connection that only `bootstrap` knows of.
aiokafka.client.create_conn = _create_conn


@contextlib.asynccontextmanager
async def _starting(connections: Connections, stop: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Keep what is opened meanwhile; if it comes to nothing, stop."""
    token = _opening.set(connections)
    try:
        yield
    except BaseException:
        await stop()
        raise
    finally:
        _opening.reset(token)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Wait for work that takes seconds at most, also if cancelled meanwhile; that is raised when the work is done."""
    task = asyncio.create_task(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancellation = error
    task.result()
    if cancellation is not None:
        raise cancellation


class BatchConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer without a group whose `getmany` raises `UndecodableBatchError` for what cannot be decoded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._connections = Connections()

    async def start(self) -> None:
        """Connect; what fails or is cancelled is closed."""
        async with _starting(self._connections, self.stop):
            await super().start()
            guard_batches(self._fetcher)

    async def stop(self) -> None:
        """Disconnect, to the end also if cancelled."""
        is_closed: bool = self._closed
        if not is_closed:
            await _to_its_end(self._end())

    async def _end(self) -> None:
        self._closed = True
        # As aiokafka does, and the next part also where one is cut off.
        for part in (self._coordinator, self._fetcher, self._client):
            if part is not None:
                with contextlib.suppress(*_CUT_OFF):
                    async with asyncio.timeout(_STOP_S):
                        await part.close()
        await self._connections.close()


class Producer(AIOKafkaProducer):  # type: ignore[misc]
    """A producer that may be stopped while its broker is away."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._connections = Connections()

    async def start(self) -> None:
        """Connect; what fails or is cancelled is closed."""
        async with _starting(self._connections, self.stop):
            await super().start()

    async def stop(self) -> None:
        """Send what can be sent within seconds; then tasks and connections end, also if cancelled."""
        await _to_its_end(self._end())

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(_STOP_S):
                await super().stop()
        except _CUT_OFF as error:
            log.debug("a producer did not stop cleanly", error=repr(error))
            await self._cut_off()
        await self._connections.close()

    async def _cut_off(self) -> None:
        """End what a `stop` that was given up leaves behind: aiokafka waits for its last batches without end."""
        sending = self._sender.sender_task
        if sending is not None:
            sending.cancel()
        await self.client.close()
        self._message_accumulator.fail_all(ProducerClosed())
        if sending is not None:
            await asyncio.wait({sending}, timeout=_STOP_S)


class Admin(AIOKafkaAdminClient):  # type: ignore[misc]
    """A client that asks about topics, groups and the cluster, and makes topics."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._connections = Connections()

    async def start(self) -> None:
        """Connect; what fails or is cancelled is closed."""
        async with _starting(self._connections, self.close):
            await super().start()

    async def close(self) -> None:
        """Disconnect, to the end also if cancelled."""
        if not self._closed:
            await _to_its_end(self._end())

    async def _end(self) -> None:
        with contextlib.suppress(*_CUT_OFF):
            async with asyncio.timeout(_STOP_S):
                await super().close()
        await self._connections.close()
