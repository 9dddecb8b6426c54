"""What separates the cells of a table, and whether quotes enclose them."""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

#: In the order in which equally good ones are taken.
_SEPARATORS = ",;\t|"
_SAID = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
_LOOKED_AT = 50
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


class Layout(NamedTuple):
    """How the lines of a table are cut.

    Attributes:
        separator: one character.
        has_quotes: whether quotes around a cell enclose it; else they are text.
        is_said: whether the first line is `sep=`, as spreadsheets write it, and no header.
    """

    separator: str
    has_quotes: bool
    is_said: bool


def find_layout(lines: Sequence[str]) -> Layout:
    r"""Find the layout of a table by its first lines.

    The separator is the one that cuts the header into most cells, and of equal ones that which cuts most lines into as
    many. In a table of tabs a quote is text (24" screen) unless cells are enclosed as spreadsheets do.

    >>> find_layout(["id;text", '1;"a;b"']), find_layout(["sep=|", "id|text"]).separator
    (Layout(separator=';', has_quotes=True, is_said=False), '|')
    >>> find_layout(["id\ttext", '1\t"Great" he said']).has_quotes
    False
    """
    said = _SAID.match(lines[0]) if lines else None
    table = list(lines[1 if said else 0 :])[:_LOOKED_AT]
    separator = said[1] if said else max(_SEPARATORS, key=lambda one: _agreement(table, one))
    return Layout(separator, separator != "\t" or _are_enclosed(table), said is not None)


def _agreement(table: Sequence[str], separator: str) -> tuple[int, int]:
    """Cells of the header, and how many lines have as many; all in vain where there is one cell only."""
    try:
        header, *rows = csv.reader(table, delimiter=separator)
    except (csv.Error, ValueError):
        return 0, 0
    return len(header), sum(len(row) == len(header) for row in rows)


def _are_enclosed(table: Sequence[str]) -> bool:
    """Whether cells that begin with a quote end with one, as those do that a spreadsheet enclosed."""
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(table, delimiter="\t", strict=True))
    except csv.Error as error:
        # The sample may end within a cell of several lines.
        if not rows or "unexpected end" not in str(error):
            return False
    return any(line.startswith('"') or '\t"' in line for line in table)
