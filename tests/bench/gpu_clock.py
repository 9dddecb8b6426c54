"""Work that is timed on a device which computes behind the back of whoever asks it."""

import itertools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import torch

#: Steps before those that count: what they allocate and compile is there afterwards.
_WARM_UP_STEPS = 3

Batch = TypeVar("Batch")


class Done(NamedTuple):
    """What a step did; no reviews where only tokens are counted."""

    reviews: int
    tokens: int


class Rate(NamedTuple):
    """See `tests.bench.gpu_report.GpuRow`."""

    per_second: float | None
    tokens_per_second: float
    memory_mb: float | None


class Clock:
    """From a start until some seconds are over.

    Args:
        device: cuda, mps or cpu.
        seconds: to go on for.
    """

    def __init__(self, device: str, seconds: float) -> None:
        self._device, self._seconds = device, seconds
        self._reviews = self._tokens = 0
        self._started = 0.0

    def start(self) -> None:
        """Once everything that was asked before is done."""
        if self._device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        self._wait()
        self._started = time.perf_counter()

    def add(self, done: Done) -> None:
        """A step was asked for, and perhaps done."""
        self._reviews += done.reviews
        self._tokens += done.tokens

    def is_over(self) -> bool:
        """Whether that was enough."""
        return time.perf_counter() - self._started >= self._seconds

    def rate(self) -> Rate:
        """Of all that was added, once it is done."""
        self._wait()
        seconds = time.perf_counter() - self._started
        memory = torch.cuda.max_memory_allocated() / 1e6 if self._device == "cuda" else None
        return Rate(self._reviews / seconds if self._reviews else None, self._tokens / seconds, memory)

    def _wait(self) -> None:
        if self._device != "cpu":
            getattr(torch, self._device).synchronize()


def timed(batches: Sequence[Batch], step: Callable[[Batch], Done], clock: Clock) -> Rate:
    """Steps over the batches, again and again until the time is over."""
    for batch in batches[:_WARM_UP_STEPS]:
        step(batch)
    clock.start()
    for batch in itertools.cycle(batches):
        clock.add(step(batch))
        if clock.is_over():
            break
    return clock.rate()
