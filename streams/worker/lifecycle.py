"""How a worker's Faust app starts, runs and ends."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import faust
import stamina
import structlog

from streams.delivery.faust_driver import ChunkApp
from streams.delivery.pump import Pump
from streams.errors import ConfigurationError, FatalError, RetryableError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection

log = structlog.get_logger(__name__)

_BROKER_PATIENCE_S = 60.0
#: A broker that has just started may not know its users yet.
_REFUSAL_PATIENCE_S = 10.0


async def wait_for_broker(connection: KafkaConnection) -> None:
    """Wait, bounded: a worker that starts beside its broker is the normal case.

    Raises:
        ConfigurationError: it answers, and does not let us in; starting again would not help.
        FatalError: it did not answer in time.
    """
    started = time.monotonic()

    def may_pass(error: Exception) -> bool:
        is_refused = isinstance(error, topic_admin.BrokerRefusesError)
        has_patience = time.monotonic() - started < _REFUSAL_PATIENCE_S
        return isinstance(error, RetryableError) and (has_patience or not is_refused)

    patience = stamina.AsyncRetryingCaller(
        attempts=None, timeout=_BROKER_PATIENCE_S, wait_initial=0.5, wait_max=2.0
    )
    try:
        await patience.on(may_pass)(topic_admin.ping, connection)
    except topic_admin.BrokerRefusesError as error:
        raise ConfigurationError(str(error)) from error
    except RetryableError as error:
        raise FatalError(str(error)) from error


async def run_app(
    app: ChunkApp,
    pump: Pump,
    *,
    topics: Sequence[str],
    agent: str,
    stop: asyncio.Event,
    stop_timeout_s: float,
    background: Iterable[Coroutine[Any, Any, None]] = (),
) -> None:
    """Run the Faust app with its one agent, until told to stop or anything fails; then stop it, drained.

    Args:
        app: not started yet.
        pump: what the agent does.
        topics: what the agent reads.
        agent: the agent's name.
        stop: set it to stop.
        stop_timeout_s: how long stopping may take.
        background: run meanwhile, each without end.

    Raises:
        FatalError: the agent or the app failed; nothing of what was in flight is marked done.
    """
    failure = _add_agent(app, pump, topics, agent)
    app.in_worker = True
    starting = asyncio.ensure_future(app.start())  # waits for the first assignment, and so for the broker
    watched = [
        asyncio.ensure_future(waiting) for waiting in (stop.wait(), app.wait_until_stopped(), *background)
    ]
    try:
        await asyncio.wait([*watched, failure, starting], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            await asyncio.wait([*watched, failure], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (starting, *watched):
            task.cancel()
        await _stop(app, stop_timeout_s)
    for ended in (*watched, failure):
        if ended.done() and not ended.cancelled() and ended.exception() is not None:
            raise _as_fatal(ended.exception())
    if app.crash_reason is not None:
        raise _as_fatal(app.crash_reason)


def _add_agent(app: ChunkApp, pump: Pump, topics: Sequence[str], name: str) -> "asyncio.Future[None]":
    """Let the app's agent run the pump; returns what ends with the pump's failure."""
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    source = app.topic(*topics, value_serializer="raw", key_serializer="raw")

    @app.agent(source, name=name)  # type: ignore[untyped-decorator]
    async def carry_chunks(stream: faust.Stream) -> None:
        aiter(stream.channel)  # subscribes; the records themselves arrive as chunks
        try:
            await pump.run()
        except Exception as error:
            if not failure.done():
                failure.set_exception(error)
            raise

    return failure


async def _stop(app: ChunkApp, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await app.stop()
    except TimeoutError:
        log.error("the Faust app did not stop in time", seconds=timeout_s)  # noqa: TRY400


def _as_fatal(error: BaseException | None) -> FatalError:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, FatalError):
        return error
    fatal = FatalError(f"worker: {type(error).__name__}: {error}")
    fatal.__cause__ = error
    return fatal
