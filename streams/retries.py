"""Retries: which errors are tried again, and after what pauses. They have no end, grow, and differ between workers."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import stamina

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

#: Whether an error is tried again; a number is the pause in seconds.
Judge = Callable[[Exception], bool | float]

_LONGEST_PAUSE_S = 5.0


def retried(
    on: type[Exception] | tuple[type[Exception], ...] | Judge,
    *,
    attempts: int | None = None,
    first_pause_s: float = 0.1,
) -> Callable[[Callable[Parameters, Returned]], Callable[Parameters, Returned]]:
    """A decorator that calls a function again after these errors, a coroutine's too.

    Each pause is twice the one before, at most five seconds. A part of the first comes on top by chance, so that
    workers that lost the same broker do not come back at the same moment. `logs` says how each failed try is told.

    Args:
        on: errors that waiting may mend; any other ends the tries, and so does a cancellation.
        attempts: tries at most; None for no end.
        first_pause_s: the first pause.
    """
    return stamina.retry(
        on=on,
        attempts=attempts,
        timeout=None,
        wait_initial=first_pause_s,
        wait_max=_LONGEST_PAUSE_S,
        wait_jitter=first_pause_s,
    )
