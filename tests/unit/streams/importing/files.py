"""Files of rows for tests, and what comes of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from schemas.topics import NEW_REVIEW, Topic
from streams.errors import ConfigurationError
from streams.importing import BadRow, EventStream, ImportOptions, ReadyEvent, Row, RowFile

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def written(directory: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file with this content."""
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows_in(path: Path, encoding: str | None = None) -> list[Row]:
    """All rows of a file."""
    return list(RowFile(path, encoding=encoding))


def cells_in(path: Path, encoding: str | None = None) -> list[list[object]]:
    """The cells of each row that can be read."""
    return [list(row.fields.values()) for row in rows_in(path, encoding) if row.fields is not None]


def stream_of(
    path: Path,
    options: ImportOptions | None = None,
    *,
    topic: Topic = NEW_REVIEW,
    encoding: str | None = None,
) -> EventStream:
    """A file's rows as events, not read yet."""
    rows = RowFile(path, encoding=encoding)
    try:
        return EventStream(
            rows, topic, options or ImportOptions(), columns=rows.columns, source=path.name, now=lambda: NOW
        )
    except ConfigurationError:
        rows.close()
        raise


def events_in(
    path: Path,
    options: ImportOptions | None = None,
    *,
    topic: Topic = NEW_REVIEW,
    encoding: str | None = None,
) -> list[ReadyEvent | BadRow]:
    """A file's rows as events."""
    return list(stream_of(path, options, topic=topic, encoding=encoding))


def bodies(items: Iterable[ReadyEvent | BadRow]) -> list[dict[str, object]]:
    """What would be published."""
    return [orjson.loads(item.value) for item in items if isinstance(item, ReadyEvent)]


def problems(items: Iterable[ReadyEvent | BadRow]) -> dict[int, str]:
    """Line to problem, of the rows that were refused."""
    return {item.line: item.problem for item in items if isinstance(item, BadRow)}
