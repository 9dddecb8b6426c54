"""What `publish` and `demo --input` share: a user's file as events, and what is told of it."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import typer

from schemas.topics import INPUTS, Topic, topic_named
from streams.cli.console import err
from streams.errors import ConfigurationError
from streams.importing import (
    PRESET_NAMES,
    BadRow,
    EventStream,
    ImportOptions,
    ReadyEvent,
    Refusals,
    RowFile,
    parse_assignments,
)

_MAX_BAD_ROWS_SHOWN = 20
_MAX_BAD_ROWS_IN_JSON = 1_000
FORMATS = "CSV, TSV, JSON, JSONL or Parquet, also .gz or .zst; - is standard input"

InputFile = Annotated[
    Path | None, typer.Option("--input", help=f"Reviews of one's own: {FORMATS}.", dir_okay=False)
]
Columns = Annotated[
    str, typer.Option("--map", metavar="FIELD=COLUMN,...", help="Where the file's columns have other names.")
]
Constants = Annotated[
    str, typer.Option("--set", metavar="FIELD=VALUE,...", help="The same value for every row that has none.")
]
PresetName = Annotated[
    str,
    typer.Option(
        "--preset", metavar="NAME", help=f"Whose export it is: {', '.join(PRESET_NAMES)}. --map comes on top."
    ),
]
EncodingName = Annotated[
    str | None,
    typer.Option("--encoding", help="Of the file, e.g. gb18030; without it, it is found and named."),
]
DayFirst = Annotated[
    bool | None, typer.Option("--day-first/--month-first", help="Whether 04/05/2021 is in May or in April.")
]
TimezoneName = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        help="Of times that do not say theirs, e.g. Europe/Berlin; else the preset's, or UTC.",
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        "--rating-scale",
        help="Of ratings, where it is not 0 to 5: 10, percent, or 1-5, where 0 means not rated.",
    ),
]
Rejects = Annotated[
    Path | None,
    typer.Option(
        "--rejects", metavar="FILE", help="Write refused rows there: line, reason, row.", dir_okay=False
    ),
]


def options_of(
    columns: str,
    constants: str,
    preset: str,
    day_first: bool | None,
    timezone: str | None,
    rating_scale: str | None,
) -> ImportOptions:
    """What a command was told of a file's rows; `columns` and `constants` as `a=b,c=d`.

    Raises:
        ConfigurationError: they are not in that form.
    """
    mapped, given = parse_assignments(columns, "--map"), parse_assignments(constants, "--set")
    return ImportOptions(mapped, given, preset, day_first, timezone, rating_scale)


class FileImport:
    """Reads a file's rows as events; says on standard error what it found, and which rows are refused.

    Args:
        file: what to read.
        topic_name: of the topic whose events it holds.
        options: what the user says of the rows.
        encoding: of the file; None: found.
        rejects: where refused rows are written; None: nowhere.
        tells_all: whether every refused row is shown, and kept for JSON.

    Raises:
        ConfigurationError: the file, the mapping or the topic is not usable.
    """

    def __init__(
        self,
        file: Path,
        topic_name: str,
        options: ImportOptions,
        *,
        encoding: str | None,
        rejects: Path | None,
        tells_all: bool = False,
    ) -> None:
        topic = _input_named(topic_name)
        self._rows = RowFile(file, encoding=encoding)
        try:
            self._stream = EventStream(
                self._rows, topic, options, columns=self._rows.columns, source=str(file)
            )
            _require_input(file, self._stream, rejects)
            self._refusals = Refusals(
                rejects,
                show=self._show_bad,
                most_shown=None if tells_all else _MAX_BAD_ROWS_SHOWN,
                most_kept=None if tells_all else _MAX_BAD_ROWS_IN_JSON,
            )
        except BaseException:
            self._rows.close()
            raise
        self._file = file
        self._rejects = rejects
        preset = self._stream.preset
        called = f", recognised as {preset.name}" if preset and preset.name != options.preset else ""
        err.print(f"{file}: {self._rows.told}{called}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
        self._refusals.close()

    @property
    def refused(self) -> int:
        """How many rows were refused so far."""
        return self._refusals.count

    def events(self) -> Iterator[ReadyEvent]:
        """The good rows, once."""
        return self._refusals.good(self._stream)

    def share(self, count: int) -> float | None:
        """How much of the file is read, given how many rows; None: not known, as of a pipe."""
        size, position = self._rows.size, self._rows.position
        return (count if position is None else position) / size if size else None

    def tell_end(self) -> None:
        """Say what was not taken from the rows, and how many were refused without being shown."""
        if more := self._refusals.more:
            err.print(
                f"... and {more:,} more rows were refused{'' if self._rejects else '; --rejects FILE keeps them'}"
            )
        for why, count in self._stream.skipped.items():
            err.print(f"{count:,} rows are no reviews and were skipped: {why}")
        if made := self._stream.made_ids:
            err.print(
                f"no review_id in {made:,} rows: it is made of what the row says, the same whenever it is read"
            )
        if dated := self._stream.dated_now:
            err.print(f"no created_at in {dated:,} rows: the present time stands in for it")
        if left_out := self._stream.left_out:
            err.print(f"columns left out: {', '.join(left_out)}")

    def to_dict(self) -> dict[str, object]:
        """What was found, ready for JSON."""
        preset = self._stream.preset
        return {
            "refused": self.refused,
            "read_as": self._rows.told,
            "preset": preset.name if preset else None,
            "made_ids": self._stream.made_ids,
            "dated_now": self._stream.dated_now,
            "skipped": dict(self._stream.skipped),
            "columns_left_out": list(self._stream.left_out),
            "bad_rows": [{"line": bad.line, "problem": bad.problem} for bad in self._refusals.kept],
        }

    def _show_bad(self, bad: BadRow) -> None:
        show_bad_row(self._file, bad)


def show_bad_row(file: Path, bad: BadRow) -> None:
    """Say on standard error which row was refused, and why."""
    err.print(f"{file}:{bad.line}: {bad.problem}")


def _require_input(file: Path, stream: EventStream, rejects: Path | None) -> None:
    if stream.is_empty:
        raise ConfigurationError(f"{file}: wanted rows to publish, got none")
    if rejects is not None and rejects.exists() and file.exists() and rejects.samefile(file):
        raise ConfigurationError("--rejects: wanted another file than the one that is read")


def _input_named(name: str) -> Topic:
    try:
        topic = topic_named(name)
    except ValueError as error:
        raise ConfigurationError(f"publish: {error}") from error
    if topic not in INPUTS:
        wanted = ", ".join(one.name for one in INPUTS)
        raise ConfigurationError(f"publish: {topic.name} is written by this project; wanted one of {wanted}")
    return topic
