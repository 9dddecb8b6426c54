"""One row of a file, whatever the file's format."""

from collections.abc import Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One row of a file: its fields, or why it could not be read.

    Attributes:
        line: where it begins, from 1 as an editor counts; of Parquet the row.
        fields: column to cell; None: it could not be read.
        problem: why not.
        raw: what stands there, where there are no fields.
    """

    line: int
    fields: Mapping[str, object] | None
    problem: str = ""
    raw: str = ""
