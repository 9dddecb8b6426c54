"""Threads that own a device, each of which can be given up when a call never returns."""

import asyncio
import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from streams.errors import FatalError

Result = TypeVar("Result")

_MAX_ABANDONED = 16
#: Long enough for a thread that is starved to have had a turn.
_LOOK_EVERY_S = 5.0
#: So that one look at which it had none, or a pause of the process, is no hang yet.
_LEAST_LOOKS = 4
#: Of the time between two looks: a thread that has computed less waits, for a device or for ever.
_LEAST_COMPUTED = 0.001
#: A call that computes a little now and then, and so long for each second of its own, hangs all the same.
_MOST_WALL = 10
#: A computing thread gives way to whoever has a moment's work to do: the event loop, the tokeniser, the broker.
_NICENESS = 5


class HungError(Exception):
    """A call did not return in time; its thread was given up, and a new one took its place."""


class CallTime:
    """The time that a call has had, which is less than has passed where others keep its thread from the cores.

    A look at which the thread has computed since the one before counts what it computed, one at which it has not
    (it waits for a device, or for ever) counts the clock. Of a pause of the whole process, in which nobody looked,
    no more counts than one look.

    Args:
        longest_look_s: seconds between two looks, as planned.

    >>> time = CallTime(1.0)
    >>> for clock, computed in ((0.0, 0.0), (1.0, 0.1), (2.0, 0.1), (42.0, 0.1)):
    ...     time.look(clock, computed)
    >>> round(time.had_s, 3), time.passed_s
    (2.1, 3.0)
    """

    def __init__(self, longest_look_s: float) -> None:
        self._longest_look_s = longest_look_s
        self._last: tuple[float, float] | None = None
        self.had_s = 0.0
        self.passed_s = 0.0

    @property
    def is_begun(self) -> bool:
        """Whether somebody has looked."""
        return self._last is not None

    def look(self, clock_s: float, computed_s: float) -> None:
        """Count what is new: the clock, and what the thread has computed so far."""
        if self._last is not None:
            passed_s = min(clock_s - self._last[0], self._longest_look_s)
            new_s = computed_s - self._last[1]
            self.passed_s += passed_s
            self.had_s += min(new_s, passed_s) if new_s > _LEAST_COMPUTED * passed_s else passed_s
        self._last = clock_s, computed_s


@dataclass(slots=True)
class _Job:
    call: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    thread: threading.Thread | None = None
    started: float | None = None
    clock: int | None = None
    computed_before_s: float = 0.0
    seconds: float = 0.0
    is_finished: bool = False
    is_abandoned: bool = False


class DeviceThreads:
    """Runs calls in order on threads of its own: one after the other, or so many side by side.

    Threads cannot be stopped from outside. A hung one is left to itself and takes no further call; it
    is a daemon, so it does not keep the process from ending.
    """

    def __init__(self, name: str, count: int = 1) -> None:
        self._name = name
        self._count = count
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._abandoned: list[threading.Thread] = []
        self._gave_up: FatalError | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the threads."""
        for _ in range(self._count):
            self._start_one()

    def stop(self) -> None:
        """Let the threads end after the calls handed over so far."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _start_one(self) -> None:
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    async def run(self, call: Callable[[], Result], timeout_s: float) -> tuple[Result, float, float]:
        """Run a call on the first thread that is free.

        Args:
            call: what to run.
            timeout_s: how long it may take once it has started, in its own time (`CallTime`); waiting for its turn,
                and for a core that others use, does not count.

        Returns:
            Its result, the moment it started (`time.monotonic`) and the seconds it took.

        Raises:
            HungError: it took longer than `timeout_s`.
            FatalError: too many threads hang already.
        """
        loop = asyncio.get_running_loop()
        job = _Job(call, loop, loop.create_future())
        self._jobs.put(job)
        look_s = min(timeout_s / _LEAST_LOOKS, _LOOK_EVERY_S)
        time_of_call = CallTime(look_s)
        while True:
            if self._gave_up is not None:
                raise self._gave_up
            done, _ = await asyncio.wait({job.future}, timeout=look_s)
            if done:
                result = job.future.result()
                return result, job.started or 0.0, job.seconds
            if job.started is None:
                continue
            if not time_of_call.is_begun:
                time_of_call.look(job.started, job.computed_before_s)
            time_of_call.look(time.monotonic(), _computed_s(job.clock))
            is_hung = time_of_call.had_s >= timeout_s or time_of_call.passed_s >= _MOST_WALL * timeout_s
            if is_hung and self._abandon(job):
                raise HungError(f"no answer from the device within {timeout_s:g} s")

    def _abandon(self, job: _Job) -> bool:
        """Give the thread of a call up; False if the call has just finished, and its result is on the way."""
        with self._lock:
            if job.is_finished:
                return False
            job.is_abandoned = True
        job.future.cancel()
        if job.thread is not None:
            self._abandoned.append(job.thread)
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        if len(self._abandoned) > _MAX_ABANDONED:
            self._gave_up = FatalError(
                f"device: {len(self._abandoned)} calls hang, at most {_MAX_ABANDONED} are borne; this worker "
                "ends and starts anew. If it happens again, look at the model and at forward_timeout_s"
            )
            raise self._gave_up
        self._start_one()
        return True

    def _work(self) -> None:
        give_way()
        while (job := self._jobs.get()) is not None:
            job.thread = threading.current_thread()
            job.clock = _thread_clock()
            job.computed_before_s = _computed_s(job.clock)
            job.started = time.monotonic()
            result: Any = None
            error: BaseException | None = None
            try:
                result = job.call()
            except Exception as raised:  # noqa: BLE001 - whatever it is belongs to the caller
                error = raised
            except BaseException as raised:  # noqa: BLE001 - a panic of native code, which would end the loop
                error = as_error(raised)
            with self._lock:
                job.seconds = time.monotonic() - job.started
                job.is_finished = True
                if job.is_abandoned:
                    return
            if not job.loop.is_closed():
                job.loop.call_soon_threadsafe(_settle, job.future, result, error)


def give_way(niceness: int = _NICENESS) -> None:
    """Let others compute first: the calling thread's niceness, 0 to 19."""
    if sys.platform == "linux":  # elsewhere it is the process, not the thread, that has a niceness
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def _thread_clock() -> int | None:
    """The clock of what the calling thread computes; None where threads have none."""
    if sys.platform != "linux":
        return None
    return time.pthread_getcpuclockid(threading.get_ident())


def _computed_s(clock: int | None) -> float:
    """What a thread has computed so far; 0 if it is not known, or the thread has just ended."""
    if clock is None:
        return 0.0
    try:
        return time.clock_gettime(clock)
    except OSError:
        return 0.0


def as_error(panic: BaseException) -> RuntimeError:
    """What native code raises past `Exception`, such as a panic in Rust, as an ordinary error."""
    error = RuntimeError(f"{type(panic).__name__}: {panic}")
    error.__cause__ = panic
    return error


def _settle(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
