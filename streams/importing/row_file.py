"""A file of rows, whichever of the known formats and encodings it has."""

import codecs
import io
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TextIO

import orjson
import zstandard

from streams.errors import ConfigurationError
from streams.importing.byte_source import ByteSource
from streams.importing.encodings import Encoding, find_encoding, named_encoding
from streams.importing.json_documents import json_document
from streams.importing.json_lines import json_lines
from streams.importing.long_lines import TOO_LONG, bounded_lines
from streams.importing.parquet import ParquetRows
from streams.importing.rows import Row
from streams.importing.separators import SEPARATOR_NAMES, find_layout
from streams.importing.tables import TableRows

Format = Literal["table", "JSONL", "JSON", "Parquet", "lines"]
_JSON_ENDINGS, _TABLE_ENDINGS = {".jsonl", ".ndjson", ".json"}, {".csv", ".tsv", ".tab", ".txt"}
#: What people try, and what to do instead.
_OTHERS = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods", ".numbers"), "a spreadsheet; save it as CSV UTF-8"),
    **dict.fromkeys((".xml", ".html", ".htm", ".pdf", ".docx", ".doc"), "no table; export it as CSV or JSON"),
    **dict.fromkeys(
        (".zip", ".7z", ".rar", ".tar", ".bz2", ".xz"), "an archive; unpack it, or use .gz or .zst"
    ),
}
_MAGIC = {
    b"PK\x03\x04": ".zip",
    b"\xd0\xcf\x11\xe0": ".xls",
    b"%PDF": ".pdf",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
}
_SAMPLE_LINES = 50
_DAMAGE = (OSError, EOFError, zlib.error, zstandard.ZstdError)


class RowFile:
    """Reads rows from a file or, for `-`, from standard input; in memory that does not grow with the file.

    Attributes:
        path: as it was named.
        format: which was found. "lines" is a text a line, in a column `text`.
        told: what was found, for people: format, separator, encoding, compression.
        columns: names in the header; None where each row has its own.

    Args:
        path: what to read.
        encoding: its encoding; None: found from its bytes.
        is_text: whether a .txt holds a text a line, and no table.

    Raises:
        ConfigurationError: it cannot be opened, or has no format that is known here.

    Use it as a context manager, or read it to its end, so that the file is closed.
    """

    def __init__(self, path: Path, *, encoding: str | None = None, is_text: bool = False) -> None:
        named = named_encoding(encoding) if encoding is not None else None
        self.path = path
        self._source = ByteSource(path)
        self.columns: tuple[str, ...] | None = None
        if self._source.sample.startswith(b"PAR1"):
            self._open_parquet()
            return
        try:
            self._open_text(named, is_text=is_text)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _open_text(self, named: Encoding | None, *, is_text: bool) -> None:
        self._refuse_others()
        found = named or find_encoding(self._source.sample, is_whole=self._source.is_sample_whole)
        sample = self._source.sample.decode(found.name, "replace")
        self.format: Format = _format_of(self._source, sample, is_text=is_text)
        told: list[str] = ["a text a line" if self.format == "lines" else self.format]
        if self.format == "table":
            self._open_table(found, sample, told)
        else:
            self._rows: Iterable[Row] = self._read_text(found)
        told.append(found.told)
        if self._source.compression:
            told.append(self._source.compression)
        self.told = ", ".join(told)

    @property
    def size(self) -> int | None:
        """Bytes on disk, or rows of Parquet; None: not known."""
        return self._rows.rows if isinstance(self._rows, ParquetRows) else self._source.size

    @property
    def position(self) -> int | None:
        """How much of `size` is read; None: as many as the rows that were taken."""
        return None if isinstance(self._rows, ParquetRows) else self._source.position

    def __iter__(self) -> Iterator[Row]:
        """Each row once. Where the file is damaged, a last row says so."""
        line = 0
        try:
            for row in self._rows:
                line = row.line
                yield row
        except (*_DAMAGE, UnicodeDecodeError) as error:
            problem = f"the file is damaged after this line: {error}; what comes after it cannot be read"
            yield Row(max(line, 1), None, problem)
        finally:
            self.close()

    def _open_parquet(self) -> None:
        self.close()
        if self._source.is_standard_input or self._source.compression:
            raise ConfigurationError(
                f"{self.path}: Parquet is read from a file only, and not from a compressed one"
            )
        self.format = "Parquet"
        self.told = "Parquet"
        self._rows = rows = ParquetRows(self.path)
        self.columns = rows.columns

    def _open_table(self, encoding: Encoding, sample: str, told: list[str]) -> None:
        layout = find_layout(sample.splitlines(keepends=True)[:_SAMPLE_LINES])
        table = TableRows(self._text(encoding), layout, encoding.advice)
        self._rows, self.columns = table, table.columns
        told.append(f"separated by {SEPARATOR_NAMES.get(layout.separator, repr(layout.separator))}")

    def _read_text(self, encoding: Encoding) -> Iterator[Row]:
        if self.format == "lines":
            return _text_lines(self._text(encoding), encoding.advice)
        if self.format == "JSON":
            return json_document(self._text(encoding))
        if encoding.name == "utf-8-sig":
            stream = self._source.stream()
            if stream.peek(3).startswith(codecs.BOM_UTF8):
                stream.read(3)
            return json_lines(stream, encoding.advice)
        return json_lines(self._text(encoding, newline="\n"), encoding.advice)

    def _text(self, encoding: Encoding, newline: str = "") -> io.TextIOWrapper:
        # Bytes that cannot be decoded stand in the text as half a surrogate pair, and their row is refused.
        errors = "strict" if encoding.name.startswith(("utf-16", "utf-32")) else "surrogateescape"
        return io.TextIOWrapper(self._source.stream(), encoding.name, errors, newline=newline)

    def _refuse_others(self) -> None:
        magic = next((end for head, end in _MAGIC.items() if self._source.sample.startswith(head)), "")
        ending = self._source.suffix if self._source.suffix in _OTHERS else magic
        if ending:
            raise ConfigurationError(
                f"{self.path}: wanted CSV, TSV, JSON, JSONL or Parquet, also as .gz or .zst; got {_OTHERS[ending]}"
            )


def _format_of(source: ByteSource, sample: str, *, is_text: bool) -> Format:
    """The format that the name says, or the beginning."""
    if is_text and source.suffix == ".txt":
        return "lines"
    start = sample.lstrip("\ufeff \t\r\n")[:1]
    if source.suffix in _TABLE_ENDINGS or (source.suffix not in _JSON_ENDINGS and start not in {"[", "{"}):
        return "table"
    if start == "[" and source.suffix not in {".jsonl", ".ndjson"}:
        return "JSON"
    return "JSON" if start == "{" and _is_document(sample, source.suffix) else "JSONL"


def _is_document(sample: str, suffix: str) -> bool:
    """Whether an object is the whole document, and not the first of an object a line."""
    lines = [
        line for line in sample.lstrip("\ufeff").split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES] if line.strip()
    ]
    objects = [value for value in map(_object_of, lines) if value is not None]
    if suffix in {".jsonl", ".ndjson"}:
        return False
    if len(lines) == 1 and objects:
        return any(isinstance(one, list) and one and isinstance(one[0], dict) for one in objects[0].values())
    return not objects


def _object_of(line: str) -> dict[str, object] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _text_lines(text: TextIO, advice: str) -> Iterator[Row]:
    for line, content, is_too_long in bounded_lines(text):
        stripped = str(content).strip()
        if not stripped:
            continue
        if is_too_long:
            yield Row(line, None, TOO_LONG)
        elif any("\ud800" <= character <= "\udfff" for character in stripped):
            yield Row(line, None, advice, stripped.encode("utf-8", "replace").decode())
        else:
            yield Row(line, {"text": stripped})
