"""How this process treats memory that it has freed."""

import ctypes
import sys

# Of malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT_BYTES, _MOST_KEPT_BYTES = 1 << 30, (1 << 31) - 1


def keep_freed_memory() -> None:
    """Let this process keep the memory of one operation for the next, instead of giving it back in between.

    An activation of some megabytes, or a chunk of events, is for glibc's defaults worth returning to the system, which
    then has to be asked for it again and zeroes it: 5 % of the time of a forward pass, and of what encoding an event
    takes four fifths. Elsewhere than on glibc nothing happens.
    """
    if sys.platform != "linux" or not hasattr(libc := ctypes.CDLL(None), "mallopt"):
        return
    libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
    libc.mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT_BYTES)
