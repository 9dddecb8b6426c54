"""Where the CPU time of the costless pipeline goes, stage by stage, as its threads' clocks have it.

Every task of the event loop is driven through a wrapper that reads the thread's CPU clock around each of its steps
and books the difference on the stage that its coroutine belongs to. What a task does for another stage (decode,
encode, send, commit) is booked there and taken off the task's own. Other threads are booked whole. What then remains
of the loop's thread is the event loop itself: its selector, its sockets, its callbacks.
"""

import asyncio
import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaProducer

from streams.delivery import at_least_once, exactly_once
from streams.lane.lane import Lane
from streams.roles.enrich import handler as enrich
from streams.worker.metrics import WorkerMetrics

#: Parts of the path of a task's code, and the stage it belongs to. The first that fits counts.
_STAGE_OF_PATH = (
    ("/aiokafka/producer/", "send"),
    ("/aiokafka/", "acknowledge"),
    ("/faust/", "faust"),
    ("/mode/", "faust"),
    ("/faust_driver.py", "faust"),
    ("/streams/lane/", "lane"),
    ("/streams/delivery/", "pump"),
)
_STAGE_OF_THREAD = (("tokenise", "lane"), ("device", "lane"), ("prepare", "lane"), ("Thread", "fetch"))
_SNAPSHOT_EVERY_S = 0.05


class Account:
    """CPU seconds by stage, of one thread."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def run(self, stage: str, call: Callable[[], Any]) -> Any:
        """Run something and book its CPU time, less what was booked inside of it."""
        self._inner.append(0.0)
        started = time.thread_time()
        try:
            return call()
        finally:
            spent = time.thread_time() - started
            self.seconds[stage] += spent - self._inner.pop()
            self._inner[-1] += spent

    def booked(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """A function, or an asynchronous one, whose time is booked on a stage."""
        if asyncio.iscoroutinefunction(function):
            return functools.wraps(function)(
                lambda *args, **options: BookedCoroutine(function(*args, **options), stage, self)
            )
        return functools.wraps(function)(
            lambda *args, **options: self.run(stage, lambda: function(*args, **options))
        )


class BookedCoroutine(Coroutine[Any, Any, Any]):
    """A coroutine whose every step is booked on a stage; a task takes it as it takes any other."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], stage: str, account: Account) -> None:
        self._coroutine, self._stage, self._account = coroutine, stage, account
        self.__qualname__ = getattr(coroutine, "__qualname__", stage)
        self.__name__ = getattr(coroutine, "__name__", stage)

    def send(self, value: Any) -> Any:
        """One step."""
        return self._account.run(self._stage, lambda: self._coroutine.send(value))

    def throw(self, *error: Any) -> Any:
        """One step that begins with an exception."""
        return self._account.run(self._stage, lambda: self._coroutine.throw(*error))

    def close(self) -> None:
        """End it."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(self.send, None)
        while True:
            try:
                awaited = step()
            except StopIteration as end:
                return end.value
            try:
                yield awaited
                step = functools.partial(self.send, None)
            except BaseException as error:  # noqa: BLE001 - handed on to the coroutine it is meant for
                step = functools.partial(self.throw, error)


def stage_of(coroutine: Any) -> str:
    """The stage of a task, by where its code lies."""
    code = getattr(coroutine, "cr_code", None)
    path = code.co_filename.replace("\\", "/") if code is not None else ""
    return next((stage for part, stage in _STAGE_OF_PATH if part in path), "other tasks")


class Accounting:
    """Books stages, and takes stock at every delivery, so that neither start nor stop counts."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._process = psutil.Process()
        self._events = 0
        self._first: tuple[int, dict[str, float]] | None = None
        self._last: tuple[int, dict[str, float]] | None = None
        self._due = 0.0

    def delivered(self, events: int) -> None:
        """Some more events are done."""
        self._events += events
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _SNAPSHOT_EVERY_S
            self._last = self._events, self._stock()
            self._first = self._first or self._last

    def _stock(self) -> dict[str, float]:
        """CPU seconds of this process so far: `whole`, and its parts."""
        main = time.thread_time()
        stock = {"whole": time.process_time(), **self.account.seconds}
        stock["event loop"] = main - sum(self.account.seconds.values())
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        for thread in self._process.threads():
            name = names.get(thread.id, "")
            if name != threading.main_thread().name:
                stage = next((s for start, s in _STAGE_OF_THREAD if name.startswith(start)), "other threads")
                stock[stage] = stock.get(stage, 0.0) + thread.user_time + thread.system_time
        return stock

    def report(self) -> dict[str, Any]:
        """`events`, `whole_us` of CPU an event, and `stages_us`, its parts."""
        if self._first is None or self._last is None or self._first is self._last:
            return {"events": 0, "whole_us": 0.0, "stages_us": {}}
        (begin, before), (end, after) = self._first, self._last
        events = end - begin
        spent = {stage: (seconds - before.get(stage, 0.0)) / events * 1e6 for stage, seconds in after.items()}
        return {"events": events, "whole_us": spent.pop("whole"), "stages_us": spent}


@contextmanager
def accounted(file: Path, *, by_stage: bool) -> Iterator[None]:
    """Account for the CPU time of the worker that runs inside, on this loop, and write it to `file` at the end.

    Args:
        file: JSON, see `Accounting.report`.
        by_stage: book every task; costs a few per cent. Without, only the whole is right.
    """
    account = Account()
    accounting = Accounting(account)
    original = WorkerMetrics.delivered

    def delivered(self: WorkerMetrics, chunk: Any, effects: Any, publish_s: float) -> None:
        original(self, chunk, effects, publish_s)
        accounting.delivered(len(chunk.records))

    WorkerMetrics.delivered = delivered  # type: ignore[method-assign]
    if by_stage:
        _book_everything(account)
    try:
        yield
    finally:
        file.write_bytes(orjson.dumps(accounting.report()))


def _book_everything(account: Account) -> None:
    """Put the wrappers in place; for a process that does nothing else."""
    for owner, name, stage in (
        (enrich, "_decode_all", "decode"),
        (enrich.EnrichReviews, "_publish_all", "encode"),
        (Lane, "run", "lane"),
        (enrich.EnrichReviews, "_prepare", "lane"),
        (exactly_once, "enqueue", "send"),
        (at_least_once, "enqueue", "send"),
        (AIOKafkaProducer, "begin_transaction", "commit"),
        (AIOKafkaProducer, "send_offsets_to_transaction", "commit"),
        (AIOKafkaProducer, "commit_transaction", "commit"),
    ):
        setattr(owner, name, account.booked(getattr(owner, name), stage))
    new_task = asyncio.Task

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
        if threading.current_thread() is not threading.main_thread():
            return new_task(coroutine, loop=loop, **options)
        return new_task(BookedCoroutine(coroutine, stage_of(coroutine), account), loop=loop, **options)

    asyncio.get_running_loop().set_task_factory(factory)
