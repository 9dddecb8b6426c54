"""Annotations of texts that are not ours to ship: labels by the text's name in its set, joined with the set's text."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import orjson

from models.errors import TrainingDataError
from models.training.corpora.annotated import AnnotatedReview, review_of_row

_HASH_DIGITS = 16


def read_labels(path: Path, texts: Mapping[str, str]) -> list[AnnotatedReview]:
    """Read a file of labels; an opinion is `[aspect, polarity, start, end, holder]`, in code points.

    Args:
        path: JSONL.
        texts: of the set, by the names that the file uses.

    Raises:
        TrainingDataError: a text is not in the set, or not the one that was annotated.
    """
    reviews = []
    for line in path.read_bytes().splitlines():
        row = orjson.loads(line)
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
        reviews.append(review_of_row(row | {"text": text, "opinions": opinions}, path.stem))
    return reviews
