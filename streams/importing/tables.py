"""Rows of tables: CSV with any separator, and tabs, with quotes as spreadsheets write them."""

import csv
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from streams.importing.rows import Row
from streams.importing.separators import SEPARATOR_NAMES, Layout

#: A row of more lines, or of more characters, has a quote that is never closed.
_MAX_ROW_LINES = 1_000
_MAX_ROW_CHARACTERS = 512 * 1024
_SHOWN_COLUMNS = 60


class _UnclosedError(csv.Error):
    """A row goes on and on."""


class TableRows:
    """Reads a table; what cannot be a row is one without fields, with its first line and the reason.

    A quote that is never closed costs its own line only: the lines behind it are read anew.

    Attributes:
        columns: the names in the header. One that stands twice has its number behind it.

    Args:
        text: the whole table, undivided line ends and all.
        layout: how its lines are cut.
        advice: what to say of characters that could not be decoded.
    """

    def __init__(self, text: TextIO, layout: Layout, advice: str) -> None:
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        self._lines = _Lines(text)
        self._layout = layout
        self._advice = advice
        if layout.is_said:
            next(self._lines, None)
        self.columns: tuple[str, ...] = ()
        self._header_problem = ""
        try:
            header = next(filter(None, self._reader()), [])
            self.columns = _distinct(header)
        except csv.Error as error:
            self._header_problem = f"the header is not readable: {error}"

    def __iter__(self) -> Iterator[Row]:
        """Each row once."""
        if self._header_problem:
            yield Row(self._lines.first, None, self._header_problem, self._lines.raw)
            return
        self._lines.begin_row()
        reader = self._reader()
        while True:
            try:
                for cells in reader:
                    row = self._row(cells) if cells else None
                    if row is not None and row.fields is None and self._lines.give_back():
                        reader = self._reader()
                    self._lines.begin_row()
                    if row is not None:
                        yield row
            except csv.Error as error:
                problem = self._unreadable(error)
                row = Row(self._lines.first, None, problem, self._lines.raw_first)
                self._lines.give_back()
                self._lines.begin_row()
                reader = self._reader()
                yield row
            else:
                return

    def _reader(self) -> "Iterator[list[str]]":
        return csv.reader(
            self._lines,
            delimiter=self._layout.separator,
            quoting=csv.QUOTE_MINIMAL if self._layout.has_quotes else csv.QUOTE_NONE,
            strict=True,
        )

    def _row(self, cells: list[str]) -> Row:
        width = len(self.columns)
        if len(cells) > width:
            if any(cells[width:]):
                return self._refused(
                    f"{len(cells)} cells for the {width} columns{self._names()}; a cell that holds "
                    f"{SEPARATOR_NAMES.get(self._layout.separator, self._layout.separator)} needs quotes around it"
                )
            del cells[width:]
        text = "".join(cells)
        if not text.isascii() and not _is_whole(text):
            return self._refused(self._advice)
        if '="' in text:
            cells = list(map(_unwrapped, cells))
        return Row(self._lines.first, dict(zip(self.columns, cells, strict=False)))

    def _refused(self, problem: str) -> Row:
        return Row(self._lines.first, None, problem, self._lines.raw_first)

    def _names(self) -> str:
        names = ", ".join(self.columns)
        return f" ({names})" if len(names) <= _SHOWN_COLUMNS else ""

    def _unreadable(self, error: csv.Error) -> str:
        if self._lines.taken_lines > 1 or isinstance(error, _UnclosedError) or "unexpected end" in str(error):
            return "a quote is opened and not closed before the next cell or row; double the quotes within a cell"
        return f"not a row of a table: {error}; quotes within a cell are to be doubled, and the cell enclosed in quotes"


class _Lines:
    """The lines of a text, of which those of the last row can be given back.

    Attributes:
        first: the number of the first line of this row; the header has 1.
    """

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._characters = 0
        self.first = 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        taken = self._taken
        taken.append(line)
        self._characters += len(line)
        if len(taken) > _MAX_ROW_LINES or self._characters > _MAX_ROW_CHARACTERS:
            raise _UnclosedError("a row without an end")
        return line

    @property
    def taken_lines(self) -> int:
        """How many lines this row has so far."""
        return len(self._taken)

    @property
    def raw(self) -> str:
        """This row as it stands in the file."""
        return "".join(self._taken).rstrip("\r\n")

    @property
    def raw_first(self) -> str:
        """The first line of this row as it stands in the file."""
        return "".join(self._taken[:1]).rstrip("\r\n")

    def begin_row(self) -> None:
        """Forget the lines of the last row."""
        self.first += len(self._taken)
        self._taken.clear()
        self._characters = 0

    def give_back(self) -> bool:
        """Read all lines of this row but the first again; tells whether there are any."""
        again = self._taken[1:]
        del self._taken[1:]
        self._again.extendleft(reversed(again))
        return bool(again)


def _distinct(header: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    for cell in header:
        name = _unwrapped(cell.strip())
        names.append(name if name not in names or not name else f"{name} ({header.count(cell)})")
    return tuple(names)


def _unwrapped(cell: str) -> str:
    """A cell that a spreadsheet keeps from becoming a number: ="007"."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell


def _is_whole(text: str) -> bool:
    """Whether all bytes could be decoded: what could not stands in the text as half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
