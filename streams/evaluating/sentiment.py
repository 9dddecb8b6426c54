"""`evaluate sentiment`: polarity of whole texts against their labels."""

from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path

from models.evaluation import Evaluation, evaluate
from models.readers.interfaces import SENTIMENT_LABELS, SentimentPrediction
from streams.errors import ConfigurationError
from streams.evaluating.labelled_rows import LabelledRows
from streams.evaluating.polarity import PolarityNumbers, polarity_numbers
from streams.offline.asking import ReadingFacts, ask
from streams.settings import Settings


class SentimentReport(PolarityNumbers, ReadingFacts):
    """What `evaluate sentiment` measured; `labels` are those of the confusion, in its order."""

    labels: Sequence[str]
    share_called_neutral: float
    skipped: int


def evaluate_sentiment(
    settings: Settings,
    file: Path,
    *,
    text_column: str,
    label_column: str,
    label_names: Mapping[str, str],
    language: str | None,
    encoding: str | None = None,
    progress: Callable[[str], None],
) -> SentimentReport:
    """Run the models over a file and compare.

    Where the file knows positive and negative only, these two are compared with each other, and how many texts
    the model would have called neutral is told beside it.

    Args:
        settings: which models, on what.
        file: CSV, TSV, JSON, JSONL or Parquet.
        text_column: where the text is.
        label_column: where the label is.
        label_names: what the file's labels mean, where they are not the three names themselves.
        language: of all texts; None: each one's own.
        encoding: of the file; None: found.
        progress: told what happens, and which rows cannot be read.

    Returns:
        The numbers, ready for JSON: accuracy, macro_f1, per_class, confusion (right by predicted, in the
        order of labels), labels, share_called_neutral, ece (expected calibration error), reviews, skipped,
        unsupported_language, seconds, reviews_per_second and models.

    Raises:
        ConfigurationError: the file holds nothing to measure on.
    """
    _require_labels(label_names)
    rows = LabelledRows(file, encoding, progress)
    texts, truth, skipped = _read(file, rows, text_column, label_column, label_names)
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
    classes = _classes({label for _, label in pairs})
    return {
        **polarity_numbers(_evaluated(pairs, classes)),
        "labels": classes,
        "share_called_neutral": sum(sentiment.label == "neutral" for sentiment, _ in pairs) / len(pairs),
        "skipped": skipped,
        **asked.facts(),
    }


def _require_labels(label_names: Mapping[str, str]) -> None:
    unknown = set(label_names.values()) - set(SENTIMENT_LABELS)
    if unknown:
        raise ConfigurationError(
            f"--map: wanted labels among {', '.join(SENTIMENT_LABELS)}, got {', '.join(sorted(unknown))}"
        )


def _classes(known: Set[str]) -> tuple[str, ...]:
    """The classes to tell apart: positive and negative where the file knows no other."""
    return SENTIMENT_LABELS if known != {"negative", "positive"} else ("negative", "positive")


def _evaluated(pairs: Sequence[tuple[SentimentPrediction, str]], classes: Sequence[str]) -> Evaluation:
    rows = [[getattr(sentiment, name) for name in classes] for sentiment, _ in pairs]
    shares = [[share / (sum(row) or 1.0) for share in row] for row in rows]
    return evaluate(shares, [classes.index(label) for _, label in pairs], classes)


def _read(
    file: Path, rows: LabelledRows, text_column: str, label_column: str, label_names: Mapping[str, str]
) -> tuple[list[str], list[str], int]:
    texts: list[str] = []
    truth: list[str] = []
    skipped = 0
    columns: set[str] = set()
    labels: set[str] = set()
    for fields in rows:
        columns |= fields.keys()
        text, label = fields.get(text_column), fields.get(label_column)
        name = label_names.get(str(label), str(label))
        labels.add(str(label)[:40])
        if isinstance(text, str) and text.strip() and name in SENTIMENT_LABELS:
            texts.append(text)
            truth.append(name)
        else:
            skipped += 1
    if not texts and {text_column, label_column} <= columns:
        raise ConfigurationError(
            f"{file}: wanted labels {', '.join(SENTIMENT_LABELS)} in {label_column!r}, got "
            f"{', '.join(sorted(labels)[:10])}; say with --map what they mean, e.g. --map 0=negative,1=positive"
        )
    if not texts:
        raise ConfigurationError(
            f"{file}: wanted rows with a text in {text_column!r} and a label in {label_column!r}; its columns are "
            f"{', '.join(sorted(columns)) or 'none'}. Use --text, --label, and --map for the labels' names"
        )
    return texts, truth, skipped + rows.unreadable
