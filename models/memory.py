"""How this process treats memory that it has freed."""

import ctypes
import sys
from collections.abc import Mapping

# Of malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_POOLS = 2
_LARGEST_KEPT_BYTES, _MOST_KEPT_BYTES = 1 << 30, (1 << 31) - 1


def keep_freed_memory() -> None:
    """Let this process keep the memory of one operation for the next, instead of giving it back in between.

    An activation of some megabytes, or a chunk of events, is for glibc's defaults worth returning to the system, which
    then has to be asked for it again and zeroes it: 5 % of the time of a forward pass, and of what encoding an event
    takes four fifths. Elsewhere than on glibc nothing happens.
    """
    _set({_M_MMAP_THRESHOLD: _LARGEST_KEPT_BYTES, _M_TRIM_THRESHOLD: _MOST_KEPT_BYTES})


def share_freed_memory() -> None:
    """Let the threads of this process take memory from two pools, instead of one each.

    For those that write tables on threads of their own: what one thread frees, another then uses, where by glibc's
    defaults it waits in the pool of its thread. Over 200,000 events a rolling worker grew by 30 MiB, and so by 9. To
    be called before the threads begin. Elsewhere than on glibc nothing happens.
    """
    _set({_M_ARENA_MAX: _POOLS})


def _set(options: Mapping[int, int]) -> None:
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for option, value in options.items():
            libc.mallopt(option, value)
