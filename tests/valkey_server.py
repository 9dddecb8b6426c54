"""A Valkey for tests that can be killed, and comes back empty at the same address."""

import os
import signal
import time
from pathlib import Path
from typing import Self

import redis

from streams.local.child_process import Child, Guardian
from streams.local.embedded import free_port
from streams.local.embedded_servers import HOST, REDIS

_START_TIMEOUT_S = 20.0


class Valkey:
    """One Valkey server on loopback that keeps nothing on disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._guardian = Guardian()
        self._child: Child | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def client(self) -> redis.Redis:
        """A synchronous client, to look inside."""
        return redis.Redis(HOST, self.port)

    def start(self) -> None:
        """Start it, empty, and return once it answers."""
        with (self._directory / "valkey.log").open("ab") as output:
            command = REDIS.command(self.port, self._directory)
            self._child = self._guardian.start(command, environment={}, output=output)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                REDIS.ask(self.port)
            except (OSError, redis.RedisError):
                assert time.monotonic() < deadline, "Valkey does not answer"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """SIGKILL: what it held is gone."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def pause(self) -> None:
        """SIGSTOP: it keeps its connections, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._child is not None
        os.kill(self._child.pid, number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._guardian.close()
