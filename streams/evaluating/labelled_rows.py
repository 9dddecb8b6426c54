"""The rows of a labelled file; those that cannot be read are told, and counted."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from streams.importing import RowFile

_MOST_TOLD = 20


class LabelledRows:
    """Reads a file's rows.

    Attributes:
        unreadable: how many rows could not be read.

    Args:
        file: CSV, TSV, JSON, JSONL or Parquet.
        encoding: of the file; None: found.
        progress: told what was found, and which rows cannot be read.

    Raises:
        ConfigurationError: the file cannot be opened, or has no format that is known.
    """

    def __init__(self, file: Path, encoding: str | None, progress: Callable[[str], None]) -> None:
        self.unreadable = 0
        self._file = file
        self._rows = RowFile(file, encoding=encoding)
        self._progress = progress
        progress(f"{file}: {self._rows.told}")

    def __iter__(self) -> Iterator[Mapping[str, object]]:
        """The cells of each row that can be read."""
        for row in self._rows:
            if row.fields is not None:
                yield row.fields
                continue
            self.unreadable += 1
            if self.unreadable <= _MOST_TOLD:
                self._progress(f"{self._file}:{row.line}: {row.problem}")
        if self.unreadable > _MOST_TOLD:
            self._progress(f"... and {self.unreadable - _MOST_TOLD:,} more rows cannot be read")
