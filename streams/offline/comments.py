"""The comments of a file as reviews of one product, for who wants them summarised."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice
from pathlib import Path

from schemas.topics import NEW_REVIEW
from streams.errors import ConfigurationError
from streams.importing import (
    AUTO,
    NO_PRESET,
    BadRow,
    EventStream,
    ImportOptions,
    ReadyEvent,
    Row,
    RowFile,
    preset_columns,
    preset_for,
)
from streams.importing.no_reviews import why_no_review
from streams.importing.presets import Preset, present_of
from streams.importing.translations import original_text

#: What all comments of a file are about.
PRODUCT = "comments"
#: Of rows that do not say when they were written: a later row counts as a newer comment.
_WRITTEN = datetime(2020, 1, 1, tzinfo=UTC)
#: Taken from columns of these names without being asked; others can mean anything.
_TAKEN = ("text", "title", "review_id")
_LOOKED_AT = 1_000


def read_comments(
    file: Path,
    columns: Mapping[str, str],
    *,
    preset: str = AUTO,
    encoding: str | None = None,
    progress: Callable[[str], None] = lambda _line: None,
) -> tuple[list[ReadyEvent], list[BadRow]]:
    """The comments of a file as reviews of one product, and the rows that are none.

    Args:
        file: CSV, TSV, JSON, JSONL or Parquet; or .txt, a comment a line.
        columns: field of a review to column, where they differ.
        preset: whose export it is; "auto": recognised.
        encoding: of the file; None: found.
        progress: told how the file is read.

    Raises:
        ConfigurationError: there are none, or a column is not there.
    """
    with RowFile(file, encoding=encoding, is_text=True) as rows:
        iterator = iter(rows)
        first = list(islice(iterator, _LOOKED_AT))
        if not first:
            raise ConfigurationError(f"{file}: wanted comments to summarise, got none")
        present = rows.columns or tuple(dict.fromkeys(name for row in first for name in row.fields or ()))
        chosen = preset_for(preset, present)
        progress(
            f"{file}: {rows.told}{f', recognised as {chosen.name}' if chosen and preset == AUTO else ''}"
        )
        found = preset_columns(chosen, present, _TAKEN) if chosen is not None else {}
        taken = {name: name for name in _TAKEN} | found | dict(columns)
        _require(file, taken, {"text", *columns}, present)
        options = ImportOptions(constants={"product_id": PRODUCT}, preset=NO_PRESET)
        skipped: Counter[str] = Counter()
        reviews = _reviews(chain(first, iterator), chosen, present, skipped)
        named = _named(reviews, taken)
        results = list(EventStream(named, NEW_REVIEW, options, source=str(file)))
    for why, rows_skipped in skipped.items():
        progress(f"{rows_skipped:,} rows are no reviews and were skipped: {why}")
    ready = [one for one in results if isinstance(one, ReadyEvent)]
    refused = [one for one in results if isinstance(one, BadRow)]
    if not ready:
        why_none = f"row {refused[0].line}: {refused[0].problem}" if refused else "all were skipped"
        raise ConfigurationError(f"{file}: no row is a comment; {why_none}")
    return ready, refused


def _require(file: Path, taken: Mapping[str, str], needed: Set[str], present: Sequence[str]) -> None:
    """Check that the columns are there that somebody named, and that of the comments."""
    for field in taken:
        if present and field in needed and taken[field] not in present:
            advice = "; say which holds the comments with --text" if field == "text" else ""
            raise ConfigurationError(
                f"{file} has no column {taken[field]!r}; it has {', '.join(sorted(present))}{advice}"
            )


def _reviews(
    rows: Iterable[Row], preset: Preset | None, present: Sequence[str], skipped: Counter[str]
) -> Iterator[Row]:
    """Rows without those that are no reviews, with a text in the words it was written in."""
    replies = present_of(present, preset.replies) if preset is not None else ()
    statuses = present_of(present, preset.statuses) if preset is not None else ()
    texts = present_of(present, preset.columns["text"]) if preset and preset.holds_translations else ()
    for row in rows:
        cells = row.fields
        if cells is not None and (why := why_no_review(cells, replies=replies, statuses=statuses)):
            skipped[why] += 1
        elif cells is not None and texts:
            originals = {name: original_text(cells[name]) for name in texts if name in cells}
            yield row._replace(fields={**cells, **originals})
        else:
            yield row


def _ids_of(line: int) -> Iterator[str]:
    """Ids for the rows of a line, of which a JSON document may have several."""
    yield f"row-{line}"
    yield from (f"row-{line}-{number}" for number in count(2))


def _named(rows: Iterable[Row], taken: Mapping[str, str]) -> Iterator[Row]:
    """Rows with the fields that were asked for, ids that are unique, and a time."""
    known: set[str] = set()
    for row in rows:
        if row.fields is None:
            yield row
            continue
        fields = {name: row.fields[column] for name, column in taken.items() if column in row.fields}
        review_id = str(fields.get("review_id") or "").strip()
        if not review_id or review_id in known:
            review_id = next(one for one in _ids_of(row.line) if one not in known)
        known.add(review_id)
        written = (_WRITTEN + timedelta(seconds=row.line)).isoformat()
        yield Row(
            row.line, {"created_at": written} | fields | {"review_id": review_id, "product_id": PRODUCT}
        )
