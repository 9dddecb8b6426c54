"""All roles on one machine: the embedded stack where nothing is configured, the topics, and the supervised roles."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from pydantic import SecretStr

from streams.app import ROLES, planned_topics, ports
from streams.errors import FatalError, StoppedError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.local.child_process import Guardian
from streams.local.embedded import EmbeddedStack
from streams.local.embedded_servers import EmbeddedStackError
from streams.local.liveness import answers, until_silent
from streams.local.supervisor import SupervisorEvent, supervise
from streams.settings import PREFIX, Settings
from streams.worker.stop_times import process_stop_s

log = structlog.get_logger(__name__)
_EMBEDDED_SESSION_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Stack:
    """Where broker and Redis are.

    Attributes:
        settings: with the addresses of what was started.
        is_embedded_broker: whether the broker is ours.
        raise_if_ended: raises EmbeddedStackError if a server that we started has ended by itself.
    """

    settings: Settings
    is_embedded_broker: bool
    raise_if_ended: Callable[[], None]


@contextmanager
def local_stack(settings: Settings) -> Iterator[Stack]:
    """Start the embedded broker and Valkey, each only if none is configured; stop them at the end.

    Raises:
        FatalError: one of them does not start.
    """
    needs_broker = settings.kafka.bootstrap_servers is None
    needs_redis = settings.redis.url is None
    with (
        tempfile.TemporaryDirectory(prefix="reviewstream-state-") as directory,
        EmbeddedStack(broker=needs_broker, redis=needs_redis) as embedded,
    ):
        kafka, redis, state = settings.kafka, settings.redis, settings.state
        if needs_broker:
            kafka = kafka.model_copy(
                update={
                    "bootstrap_servers": embedded.bootstrap_servers,
                    # A join takes half of the session timeout on this broker.
                    "session_timeout_s": min(kafka.session_timeout_s, _EMBEDDED_SESSION_TIMEOUT_S),
                }
            )
            # What an in-memory broker held is gone with it, and so must be the tables.
            state = state.model_copy(update={"directory": Path(directory)})
        if needs_redis:
            redis = redis.model_copy(update={"url": SecretStr(embedded.redis_url)})
        updated = settings.model_copy(update={"kafka": kafka, "redis": redis, "state": state})
        yield Stack(updated, needs_broker, embedded.raise_if_ended)


async def prepare_topics(stack: Stack) -> None:
    """Create the topics on an embedded broker. On a broker of the user's own that is the user's decision."""
    if stack.is_embedded_broker:
        kafka = stack.settings.kafka
        await topic_admin.create(KafkaConnection.of(kafka), planned_topics(kafka))


class Roles:
    """All roles under a supervisor.

    Attributes:
        urls: the workers' addresses for health and metrics.
    """

    def __init__(self, urls: Mapping[str, str], task: "asyncio.Task[int]", stop: asyncio.Event) -> None:
        self._task = task
        self._stop = stop
        self.urls = urls

    def raise_if_down(self) -> None:
        """Do nothing while the roles are up.

        Raises:
            StoppedError: they were asked to stop.
            FatalError: one was given up.
        """
        if self._stop.is_set():
            raise StoppedError
        if self._task.done():
            raise FatalError("a role was given up; its log above says why")

    async def exit_code(self) -> int:
        """Wait for the supervisor's end."""
        return await self._task


@asynccontextmanager
async def running_roles(
    stack: Stack, *, stop: asyncio.Event, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Roles]:
    """Run every role as a supervised child process; they are stopped, drained, at the end.

    Args:
        stack: where broker and Redis are.
        stop: set it to stop them.
        environment: added to what the children get.
    """
    commands = {role: [sys.executable, "-m", "streams.cli", "worker", role] for role in ROLES}
    children = {**os.environ, **_addresses(stack), **(environment or {})}
    urls = _urls(stack.settings)

    async def until_hung(role: str) -> None:
        await until_silent(partial(answers, f"{urls[role]}/healthz"))

    with Guardian() as guardian:
        supervising = asyncio.create_task(
            supervise(
                commands,
                spawn=guardian.spawn,
                stop=stop,
                report=_log_event,
                environment=children,
                stop_timeout_s=process_stop_s(stack.settings.chunk),
                until_hung=until_hung,
            )
        )
        watching = asyncio.create_task(_watch_stack(stack, stop))
        try:
            yield Roles(urls, supervising, stop)
        finally:
            stop.set()
            await asyncio.wait({supervising, watching})
    watching.result()


async def _watch_stack(stack: Stack, stop: asyncio.Event) -> None:
    """Stop the roles when the embedded broker or Valkey has ended: what it held in memory is gone.

    Raises:
        EmbeddedStackError: one has.
    """
    while not stop.is_set():
        try:
            stack.raise_if_ended()
        except EmbeddedStackError:
            stop.set()
            raise
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=1)


def _urls(settings: Settings) -> dict[str, str]:
    """Where the pages of each role are."""
    return {role: f"http://{settings.http.host}:{port}" for role, port in ports(settings).items()}


def _addresses(stack: Stack) -> dict[str, str]:
    kafka, redis = stack.settings.kafka, stack.settings.redis
    return {
        f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers or "",
        f"{PREFIX}REDIS__URL": redis.url.get_secret_value() if redis.url is not None else "",
        f"{PREFIX}KAFKA__SESSION_TIMEOUT_S": str(kafka.session_timeout_s),
        f"{PREFIX}HTTP__PORT": str(stack.settings.http.port),
        f"{PREFIX}STATE__DIRECTORY": str(stack.settings.state.directory),
    }


def _log_event(event: SupervisorEvent) -> None:
    say: Callable[..., None] = log.info if event.kind in {"started", "stopped"} else log.warning
    if event.kind == "gave_up":
        log.error(
            "role given up",
            supervised=event.role,
            failed_starts=event.failed_starts,
            exit_code=event.exit_code,
            what_to_do="its last lines above say why; `reviewstream doctor` examines the installation",
        )
        return
    details = {
        name: value
        for name in ("pid", "exit_code", "delay_s", "failed_starts")
        if (value := getattr(event, name)) is not None
    }
    say(f"role {event.kind.replace('_', ' ')}", supervised=event.role, **details)
