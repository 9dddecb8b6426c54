"""A directory of a worker's own: workers on one machine never share a store, and find their old one again."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.errors import ConfigurationError

_MOST_WORKERS = 256


class WorkerDirectory:
    """The first numbered directory below `base` that no living worker holds, as a context manager.

    The lock is the kernel's, so a killed worker's directory is free at once, with what is in it.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._lock = -1
        self.path = base

    def __enter__(self) -> Self:
        """Claim one.

        Raises:
            ConfigurationError: none can be made or locked.
        """
        try:
            for number in range(_MOST_WORKERS):
                path = self._base / str(number)
                path.mkdir(parents=True, exist_ok=True)
                lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(lock)
                else:
                    self.path, self._lock = path, lock
                    return self
        except OSError as error:
            raise ConfigurationError(
                f"state: cannot use the directory {self._base} ({error.strerror}); "
                "set REVIEWSTREAM_STATE__DIRECTORY to one that can be written"
            ) from error
        raise ConfigurationError(
            f"state: {_MOST_WORKERS} workers hold directories in {self._base}; set REVIEWSTREAM_STATE__DIRECTORY"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)
