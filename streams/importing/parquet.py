"""Rows of Parquet files, for which pyarrow is needed."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from streams.errors import ConfigurationError
from streams.importing.rows import Row

if TYPE_CHECKING:
    from pyarrow import RecordBatch

_BATCH_ROWS = 5_000


class ParquetRows:
    """Reads a file batch by batch.

    Attributes:
        columns: their names.

    Raises:
        ConfigurationError: pyarrow is not installed, or the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415 - an extra
            from pyarrow.parquet import ParquetFile  # noqa: PLC0415
        except ImportError as error:
            raise ConfigurationError(
                f"{path}: Parquet needs pyarrow, which is not installed: pip install 'reviewstream[parquet]'"
            ) from error
        try:
            self._file = ParquetFile(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise ConfigurationError(f"{path}: cannot be read: {error}") from error
        self.columns: tuple[str, ...] = tuple(self._file.schema_arrow.names)

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self._file.metadata.num_rows)

    def __iter__(self) -> Iterator[Row]:
        """Each row once."""
        line = 0
        for batch in self._file.iter_batches(_BATCH_ROWS):
            for fields in _in_microseconds(batch).to_pylist():
                line += 1
                try:
                    yield Row(line, {name: _plain(value) for name, value in fields.items()})
                except UnicodeDecodeError:
                    yield Row(line, None, "bytes that are not UTF-8", repr(fields))


def _in_microseconds(batch: "RecordBatch") -> "RecordBatch":
    """The batch with times that Python can hold: data frames write nanoseconds."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    schema = batch.schema
    for index, field in enumerate(schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            schema = schema.set(index, field.with_type(pa.timestamp("us", field.type.tz)))
    return batch if schema is batch.schema else batch.cast(schema, safe=False)


def _plain(value: object) -> object:
    """A value as JSON has it: times as ISO 8601, decimals as numbers, bytes as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value.decode() if isinstance(value, bytes) else value
