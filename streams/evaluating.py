"""Measures the configured model on a user's labelled file."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streams.app import default_parts
from streams.errors import ConfigurationError
from streams.lane.planning import plan_batches
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
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Run the model over a file and compare.

    Args:
        settings: which model, on what.
        file: JSONL, CSV or TSV.
        text_column: where the text is.
        label_column: where the label is.
        label_names: what the file's labels mean, where they are not the three names themselves.
        progress: told what happens.

    Returns:
        The numbers, ready for JSON: accuracy, macro_f1, per_class, confusion (right by predicted, in the
        order of labels), labels, ece (expected calibration error), reviews, skipped, seconds,
        reviews_per_second and model.

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
    model = default_parts().load_sentiment(settings)
    progress(f"model {model.name} {model.version}")

    started = time.monotonic()
    tokenised = model.tokenise(texts)
    plan = plan_batches(
        [len(one) for one in tokenised],
        max_tokens=settings.lane.max_batch_tokens or model.batch_tokens,
        max_reviews=settings.lane.max_batch_reviews,
        is_padded=not model.packs,
    )
    answers: dict[int, Any] = {}
    for batch in plan:
        answers.update(zip(batch, model.forward([tokenised[index] for index in batch]), strict=True))
    seconds = time.monotonic() - started

    probabilities = [[getattr(answers[i], name) for name in LABELS] for i in range(len(texts))]
    found = evaluate(probabilities, [LABELS.index(label) for label in truth], LABELS)
    return {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "per_class": {name: asdict(scores) for name, scores in found.classes.items()},
        "confusion": found.confusion,
        "labels": LABELS,
        "ece": found.expected_calibration_error,
        "reviews": len(texts),
        "skipped": skipped,
        "seconds": round(seconds, 3),
        "reviews_per_second": round(len(texts) / seconds, 1),
        "model": {"name": model.name, "version": model.version},
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
