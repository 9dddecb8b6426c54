"""`evaluate sentiment`: polarity of whole texts against their labels."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streams.errors import ConfigurationError
from streams.offline.asking import ask
from streams.rows import read_rows
from streams.settings import Settings

LABELS = ("negative", "neutral", "positive")


def evaluate_sentiment(
    settings: Settings,
    file: Path,
    *,
    text_column: str,
    label_column: str,
    label_names: Mapping[str, str],
    language: str | None,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Run the models over a file and compare.

    Where the file knows positive and negative only, these two are compared with each other, and how many texts
    the model would have called neutral is told beside it.

    Args:
        settings: which models, on what.
        file: JSONL, CSV or TSV.
        text_column: where the text is.
        label_column: where the label is.
        label_names: what the file's labels mean, where they are not the three names themselves.
        language: of all texts; None: each one's own.
        progress: told what happens.

    Returns:
        The numbers, ready for JSON: accuracy, macro_f1, per_class, confusion (right by predicted, in the
        order of labels), labels, share_called_neutral, ece (expected calibration error), reviews, skipped,
        unsupported_language, seconds, reviews_per_second and models.

    Raises:
        ConfigurationError: the file holds nothing to measure on.
    """
    from models.evaluation import evaluate  # noqa: PLC0415 - numpy and torch take seconds to import

    unknown = set(label_names.values()) - set(LABELS)
    if unknown:
        raise ConfigurationError(
            f"--map: wanted labels among {', '.join(LABELS)}, got {', '.join(sorted(unknown))}"
        )
    texts, truth, skipped = _read(file, text_column, label_column, label_names)
    progress(f"{len(texts)} labelled reviews in {file}")
    asked = ask(settings, texts, language=language, progress=progress)
    if not asked.reader_of:
        raise ConfigurationError(
            f"{file}: wanted texts in a language that a model reads, got none; name a model for it with "
            "REVIEWSTREAM_MODEL__READERS, or say with --language what they are in"
        )
    pairs = [
        (reading.sentiment, label)
        for reading, label in zip(asked.readings, truth, strict=True)
        if reading is not None
    ]
    classes = [name for name in LABELS if any(label == name for _, label in pairs)]
    if classes != ["negative", "positive"]:
        classes = list(LABELS)
    rows = [[getattr(sentiment, name) for name in classes] for sentiment, _ in pairs]
    rows = [[share / (sum(row) or 1.0) for share in row] for row in rows]
    found = evaluate(rows, [classes.index(label) for _, label in pairs], classes)
    return {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "per_class": {name: asdict(scores) for name, scores in found.classes.items()},
        "confusion": found.confusion,
        "labels": classes,
        "share_called_neutral": sum(sentiment.label == "neutral" for sentiment, _ in pairs) / len(pairs),
        "ece": found.expected_calibration_error,
        "skipped": skipped,
        **asked.facts(),
    }


def _read(
    file: Path, text_column: str, label_column: str, label_names: Mapping[str, str]
) -> tuple[list[str], list[str], int]:
    texts: list[str] = []
    truth: list[str] = []
    skipped = 0
    columns: set[str] = set()
    found: set[str] = set()
    for row in read_rows(file):
        fields = row.fields or {}
        columns |= fields.keys()
        text, label = fields.get(text_column), fields.get(label_column)
        name = label_names.get(str(label), str(label))
        found.add(str(label)[:40])
        if isinstance(text, str) and text.strip() and name in LABELS:
            texts.append(text)
            truth.append(name)
        else:
            skipped += 1
    if not texts and {text_column, label_column} <= columns:
        raise ConfigurationError(
            f"{file}: wanted labels {', '.join(LABELS)} in {label_column!r}, got {', '.join(sorted(found)[:10])}; "
            "say with --map what they mean, e.g. --map 0=negative,1=positive"
        )
    if not texts:
        raise ConfigurationError(
            f"{file}: wanted rows with a text in {text_column!r} and a label in {label_column!r}; its columns are "
            f"{', '.join(sorted(columns)) or 'none'}. Use --text, --label, and --map for the labels' names"
        )
    return texts, truth, skipped
