"""Rows that were refused: counted, shown, and kept in a file where one is named."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from streams.errors import ConfigurationError
from streams.importing.events import BadRow, ReadyEvent

_AS_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


class Refusals:
    """Takes the bad rows out of what is read.

    The file has a JSON object a line: `line`, `reason`, and `row`: the cells, or the text of a row that has none.

    Attributes:
        count: how many rows were refused.
        kept: the first of them.

    Args:
        path: the file; None: none is written.
        show: told each of the first `most_shown`; None: of all.
        most_kept: how many are kept; None: all.

    Raises:
        ConfigurationError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        show: Callable[[BadRow], None],
        most_shown: int | None = None,
        most_kept: int | None = 0,
    ) -> None:
        self.count = 0
        self.kept: list[BadRow] = []
        self._show = show
        self._most_shown = most_shown
        self._most_kept = most_kept
        try:
            self._file: BinaryIO | None = path.open("wb") if path is not None else None
        except OSError as error:
            raise ConfigurationError(f"--rejects: {path} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    @property
    def more(self) -> int:
        """How many were refused and not shown."""
        return 0 if self._most_shown is None else max(0, self.count - self._most_shown)

    def good(self, items: Iterable[ReadyEvent | BadRow]) -> Iterator[ReadyEvent]:
        """The events; the bad rows among them are taken note of."""
        for item in items:
            if isinstance(item, BadRow):
                self.add(item)
            else:
                yield item

    def add(self, bad: BadRow) -> None:
        """Take note of one."""
        if self._most_shown is None or self.count < self._most_shown:
            self._show(bad)
        if self._most_kept is None or len(self.kept) < self._most_kept:
            self.kept.append(bad)
        self.count += 1
        if self._file is not None:
            told = {"line": bad.line, "reason": bad.problem, "row": bad.row}
            self._file.write(orjson.dumps(told, default=str, option=_AS_LINE))
