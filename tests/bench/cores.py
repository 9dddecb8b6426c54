"""Which cores somebody runs on: a worker beside everything else, or on cores of its own."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Split(NamedTuple):
    """The cores of this machine in two parts."""

    worker: frozenset[int]
    rest: frozenset[int]


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def split_cores() -> Split | None:
    """Half of the cores for the worker, the others for the rest; None where they cannot be told apart."""
    if not hasattr(os, "sched_setaffinity") or cores() < 2:
        return None
    every = sorted(os.sched_getaffinity(0))
    middle = len(every) // 2
    return Split(frozenset(every[:middle]), frozenset(every[middle:]))


@contextmanager
def confined(to: Collection[int] | None) -> Iterator[None]:
    """Threads and processes that this thread starts meanwhile run on these cores, as it does; None for all."""
    if to is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
