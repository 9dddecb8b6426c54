"""Child processes that end with us: started in sessions of their own, stopped by pid, killed if we crash."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_GUARDIAN_FILE = Path(__file__).with_name("child_guardian.py")


class Guardian:
    """Starts children that cannot outlive this process, SIGKILL of this process included.

    A small process holds the other end of a pipe from us; when that pipe ends, it kills what is left.
    Chosen over Linux' parent-death signal, which fires when the *thread* that started the child ends, needs
    code between fork and exec in a process with threads, and does not exist elsewhere.

    Every child leads its own session and process group: Ctrl-C in the terminal reaches this process alone,
    which then stops its children in the order it wants. Leaving the context kills children that still run.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARDIAN_FILE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The guardian's own process id."""
        return self._process.pid

    def start(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None, output: IO[bytes]
    ) -> "Child":
        """Start a child that writes all its output to `output`; no `environment` means ours.

        Raises:
            OSError: the command cannot be run.
        """
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        self._tell("+", process.pid)
        return Child(process, self)

    async def spawn(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> "AsyncChild":
        """Start a child that writes where this process writes; no `environment` means ours.

        Raises:
            OSError: the command cannot be run.
        """
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )
        self._tell("+", process.pid)
        return AsyncChild(process, self)

    def forget(self, pid: int) -> None:
        """Take a child off the list: it has ended, and its pid may soon be another's."""
        self._tell("-", pid)

    def close(self) -> None:
        """Kill the children that still run, and end the guardian. Calling it again does nothing."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, sign: str, pid: int) -> None:
        if self._process.stdin is None or self._process.stdin.closed:
            return
        # A guardian that somebody killed protects no more; that is no reason to fail what it protected.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{sign}{pid}\n".encode())
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Child:
    """A running child, for synchronous callers."""

    def __init__(self, process: subprocess.Popen[bytes], guardian: Guardian) -> None:
        self._process = process
        self._guardian = guardian

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """The exit code, minus the signal's number if a signal ended it; None while it runs."""
        return self._process.poll()

    def stop(self, timeout_s: float) -> int:
        """SIGTERM, wait at most `timeout_s`, SIGKILL. Returns the exit code."""
        if self._process.poll() is None:
            _send(self.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _kill_group(self.pid)
        return self._reap()

    def kill(self) -> int:
        """SIGKILL at once, as in a crash. Returns the exit code."""
        if self._process.poll() is None:
            _kill_group(self.pid)
        return self._reap()

    def _reap(self) -> int:
        exit_code = self._process.wait()
        self._guardian.forget(self.pid)
        return exit_code


class AsyncChild:
    """A running child, for the event loop."""

    def __init__(self, process: asyncio.subprocess.Process, guardian: Guardian) -> None:
        self._process = process
        self._guardian = guardian

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for the end. Returns the exit code, minus the signal's number if a signal ended it."""
        exit_code = await self._process.wait()
        self._guardian.forget(self.pid)
        return exit_code

    async def stop(self, timeout_s: float) -> int:
        """SIGTERM, wait at most `timeout_s`, SIGKILL. Returns the exit code."""
        if self._process.returncode is None:
            _send(self.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_s):
                return await self.wait()
        except TimeoutError:
            _kill_group(self.pid)
            return await self.wait()


def _send(pid: int, number: signal.Signals) -> None:
    # Not through the process object: asyncio's would reap the child behind its own watcher's back.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_group(pid: int) -> None:
    # A child that ignored SIGTERM did not stop its own children either; it leads their group.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
