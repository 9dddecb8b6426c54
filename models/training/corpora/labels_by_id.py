"""Annotations of texts that are not ours to ship: labels by the text's name in its set, joined with the set's text."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from models.errors import TrainingDataError
from models.training.corpora.annotated import AnnotatedReview, reason, review_of_row

_HASH_DIGITS = 16


def read_labels(path: Path, texts: Mapping[str, str]) -> list[AnnotatedReview]:
    """Read a file of labels; an opinion is `[aspect, polarity, start, end, holder]`, in code points.

    Args:
        path: JSONL.
        texts: of the set, by the names that the file uses.

    Raises:
        TrainingDataError: a text is not in the set, or not the one that was annotated, or a line is malformed.
    """
    reviews = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            reviews.append(_review(orjson.loads(line), path, texts))
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingDataError(f"{path.name}, line {number}: {reason(error)}") from error
    return reviews


def _review(row: Mapping[str, Any], path: Path, texts: Mapping[str, str]) -> AnnotatedReview:
    text = texts.get(row["id"])
    if text is None or hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] != row["text_sha256"]:
        raise TrainingDataError(
            f"{path.name}: wanted the text {row['id']} that was annotated, got "
            f"{'none' if text is None else 'another'}: fetch the set's version that the model card names"
        )
    opinions = [
        {"aspect": aspect, "polarity": polarity, "start": start, "end": end, "holder": holder}
        for aspect, polarity, start, end, holder in row["opinions"]
    ]
    return review_of_row({**row, "text": text, "opinions": opinions}, path.stem)
