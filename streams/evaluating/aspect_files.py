"""Texts with labelled aspects from a user's file, whichever of the usual layouts it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from models.readers.aspects import ASPECTS, Aspect, aspect_named
from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel
from streams.errors import ConfigurationError
from streams.evaluating.labelled_rows import LabelledRows

#: What numbers mean in most sets; everything else in a column of its own means "not mentioned".
_MARKS: Mapping[str, SentimentLabel] = {"1": "positive", "0": "neutral", "-1": "negative"}

Labelled = dict[Aspect, SentimentLabel | None]


class _Columns(NamedTuple):
    text: str
    aspect: str
    label: str


@dataclass(slots=True)
class AspectFile:
    """What a file holds.

    Attributes:
        texts: each once, in order, with its aspects; None: spoken of, and labelled with more than one polarity.
        skipped: rows without a text or with a label that cannot be told.
        unknown: names of aspects, or labels, that are none of ours, and how often.
    """

    texts: dict[str, Labelled] = field(default_factory=dict)
    skipped: int = 0
    unknown: dict[str, int] = field(default_factory=dict)

    def add(self, text: str, aspect: Aspect | None, sentiment: SentimentLabel | None) -> None:
        """Note that a text speaks of an aspect; None: only that there is the text."""
        aspects = self.texts.setdefault(text, {})
        if aspect is not None:
            aspects[aspect] = sentiment if aspects.get(aspect, sentiment) == sentiment else None


def read_aspect_file(
    file: Path,
    *,
    text_column: str,
    aspect_column: str,
    label_column: str,
    names: Mapping[str, str],
    encoding: str | None = None,
    progress: Callable[[str], None] = lambda _line: None,
) -> AspectFile:
    """Read texts with aspects.

    A row holds one aspect (`aspect`, `label`), or all of them (`aspects`: an object of polarities by aspect, or a
    list of objects), or a column for each aspect. A file of MAMS-ACSA (.xml) is read as it is published.

    Args:
        file: CSV, TSV, JSON, JSONL, Parquet or XML.
        text_column: where the text is.
        aspect_column: where the aspect is, in rows of one.
        label_column: where its polarity is.
        names: what the file's aspects and polarities are called here.
        encoding: of the file; None: found.
        progress: told which rows cannot be read.

    Raises:
        ConfigurationError: nothing in it can be measured on.
    """
    found = AspectFile()
    wrong = sorted(name for name in names.values() if name not in (*ASPECTS, *SENTIMENT_LABELS, "none"))
    if wrong:
        raise ConfigurationError(
            f"--map: wanted {', '.join((*ASPECTS, *SENTIMENT_LABELS))}, or none, got {', '.join(wrong)}"
        )
    if file.suffix.lower() == ".xml":
        _read_mams(file, found)
    else:
        rows = LabelledRows(file, encoding, progress)
        _read_table(rows, found, _Columns(text_column, aspect_column, label_column), names)
    if not any(found.texts.values()):
        unknown = ", ".join(sorted(found.unknown)[:10])
        raise ConfigurationError(
            f"{file}: wanted rows with a text in {text_column!r} and aspects in {aspect_column!r} and "
            f"{label_column!r}, in an object 'aspects', or in a column each"
            + (f"; these are no aspects or labels known here: {unknown}" if unknown else "")
            + ". Use --text, --aspect, --label, and --map for their names"
        )
    return found


def _read_mams(file: Path, found: AspectFile) -> None:
    from models.errors import TrainingDataError  # noqa: PLC0415
    from models.training.corpora.mams import read_mams  # noqa: PLC0415

    try:
        for text, aspects in read_mams(file):
            found.texts.setdefault(text, {}).update(aspects)
    except TrainingDataError as error:
        raise ConfigurationError(str(error)) from error


def _read_table(rows: LabelledRows, found: AspectFile, columns: "_Columns", names: Mapping[str, str]) -> None:
    for fields in rows:
        text = fields.get(columns.text)
        if not isinstance(text, str) or not text.strip():
            found.skipped += 1
            continue
        found.add(text, None, None)
        for name, label in _labels_of(fields, columns, names):
            aspect, sentiment = _aspect(str(name), names), _label(label, names)
            if aspect is None or (sentiment is None and label not in {None, ""}):
                unknown = str(name if aspect is None else label)[:40]
                if names.get(unknown) != "none":
                    found.unknown[unknown] = found.unknown.get(unknown, 0) + 1
                continue
            found.add(text, aspect, sentiment)
    found.skipped += rows.unreadable


def _labels_of(
    fields: Mapping[str, Any], columns: "_Columns", names: Mapping[str, str]
) -> list[tuple[Any, Any]]:
    """Aspects of a row and their labels, as they are called in the file."""
    if columns.aspect in fields:
        return [(fields[columns.aspect], fields.get(columns.label))]
    if "aspects" in fields:
        return _listed(fields["aspects"], columns)
    return [
        (column, cell)
        for column, cell in fields.items()
        if column and column != columns.text and _aspect(column, names) and _label(cell, names)
    ]


def _listed(value: Any, columns: "_Columns") -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    listed = value if isinstance(value, list) else [value]
    return [
        (one.get(columns.aspect), one.get(columns.label, one.get("sentiment", one.get("polarity"))))
        if isinstance(one, Mapping)
        else (one, None)
        for one in listed
    ]


def _aspect(name: str, names: Mapping[str, str]) -> Aspect | None:
    # Sets such as ASAP put the group before the name: service_waiters_attitude.
    mapped = names.get(name, name)
    return aspect_named(mapped) or (aspect_named(mapped.partition("_")[0]) if name not in names else None)


def _label(value: Any, names: Mapping[str, str]) -> SentimentLabel | None:
    text = str(value).strip()
    mapped = names.get(text, _MARKS.get(text, text.lower()))
    return mapped if mapped in SENTIMENT_LABELS else None
