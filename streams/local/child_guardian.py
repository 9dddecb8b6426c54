"""The guardian process: kills what a process started, once that process is gone for whatever reason.

Started by `streams.local.child_process.Guardian` as a file of its own and in isolated mode, so it imports next to
nothing. Its standard input is a pipe from the process it watches over: `+PID` adds a child, `-PID` takes it
off. The end of that pipe means that the watched process has ended, be it by SIGKILL: every child still listed
is killed.
"""

import contextlib
import os
import signal
import sys


def listed_after(listed: frozenset[int], line: str) -> frozenset[int]:
    """The children listed after one line of the protocol.

    >>> sorted(listed_after(frozenset({4}), "+7"))
    [4, 7]
    >>> sorted(listed_after(frozenset({4, 7}), "-4"))
    [7]
    """
    pid = int(line[1:])
    return listed | {pid} if line.startswith("+") else listed - {pid}


def main() -> None:
    """Follow standard input to its end, then kill each listed child together with its process group."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # Whoever signals the whole tree, as systemd does, means the watched process: it still needs watching.
        signal.signal(number, signal.SIG_IGN)
    listed: frozenset[int] = frozenset()
    for line in sys.stdin:
        listed = listed_after(listed, line.strip())
    for pid in listed:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
