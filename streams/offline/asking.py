"""Asks the configured models about many texts, each in its language, as fast as the lane would."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from models.readers.interfaces import ReviewReader, ReviewReading
from streams.lane.at_once import read_at_once
from streams.lane.loading import ANY_LANGUAGE, load_readers
from streams.roles.enrich.preparer import load_preparer
from streams.settings import Settings


class ModelFacts(TypedDict):
    """A model, and how many reviews it read."""

    name: str
    version: str
    reviews: int


class ReadingFacts(TypedDict):
    """Who read how many reviews, how fast; `model` is the only one, or the one that read most."""

    reviews: int
    unsupported_language: int
    seconds: float
    reviews_per_second: float
    model: ModelFacts | None
    models: list[ModelFacts]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the models said.

    Attributes:
        readings: one a text, in order; None where no model reads its language.
        reader_of: index of the text to the model that read it.
        tokenised: index of the text to what its model made of it.
        seconds: tokenising and forward passes, without loading.
    """

    readings: list[ReviewReading | None]
    reader_of: dict[int, ReviewReader[Any]]
    tokenised: dict[int, Any]
    seconds: float

    def facts(self) -> ReadingFacts:
        """For a report."""
        read = len(self.reader_of)
        counts = Counter(self.reader_of.values())
        models: list[ModelFacts] = [
            {"name": model.name, "version": model.version, "reviews": count}
            for model, count in counts.most_common()
        ]
        return {
            "reviews": read,
            "unsupported_language": len(self.readings) - read,
            "seconds": round(self.seconds, 3),
            "reviews_per_second": round(read / self.seconds, 1) if self.seconds else 0.0,
            "model": models[0] if models else None,
            "models": models,
        }


def ask(
    settings: Settings,
    texts: Sequence[str],
    *,
    language: str | Sequence[str] | None,
    progress: Callable[[str], None],
) -> Asked:
    """Read every text with the model of its language.

    Args:
        settings: which models, on what.
        texts: to be read.
        language: of all of them, or of each; None: each one's own, identified as the stream does it.
        progress: told what happens.
    """
    models = load_readers(settings)
    codes = _languages(settings, texts, language)
    for model in dict.fromkeys(models.values()):
        progress(f"model {model.name} {model.version}")
    of_model: dict[ReviewReader[Any], list[int]] = defaultdict(list)
    for index, code in enumerate(codes):
        reader = models.get(code) or models.get(ANY_LANGUAGE)
        if reader is not None:
            of_model[reader].append(index)
    asked = Asked([None] * len(texts), {}, {}, 0.0)
    started = time.monotonic()
    for model, indices in of_model.items():
        asked.reader_of.update(dict.fromkeys(indices, model))
        tokenised = dict(zip(indices, model.tokenise([texts[index] for index in indices]), strict=True))
        asked.tokenised.update(tokenised)
        readings = read_at_once(settings, model, list(tokenised.values()))
        for index, reading in zip(indices, readings, strict=True):
            asked.readings[index] = reading
    return Asked(asked.readings, asked.reader_of, asked.tokenised, time.monotonic() - started)


def _languages(
    settings: Settings, texts: Sequence[str], language: str | Sequence[str] | None
) -> Sequence[str]:
    if language is None:
        preparer = load_preparer(settings)
        return [preparer.prepare(text=text).language.code for text in texts]
    return [language] * len(texts) if isinstance(language, str) else language
