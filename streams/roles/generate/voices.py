"""Loads who phrases summaries, by language, and who reads the phrases again."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from models.errors import ModelError
from models.readers.interfaces import ReviewReader, ReviewReading, SentimentPrediction
from models.readers.second_look import second_look
from streams.composing.phrasing import Voice, can_phrase
from streams.composing.rereading import Feeling, Read, ReadSentences
from streams.errors import ConfigurationError
from streams.lane.at_once import read_at_once
from streams.lane.loading import ANY_LANGUAGE, load_readers
from streams.settings import Settings

# Samples side by side, more than a batch of snapshots has. On a core 172 samples took 8.3 s of CPU time with it, 9.1 s
# with 128 and 9.4 s with 64; the process grew to 1.4, 1.1 and 0.9 GB.
_MOST_ROWS = 256


def _read(reading: ReviewReading, least_confidence: float) -> Read:
    """What is looked at of a reading before a sentence is published; of an aspect the surest counted opinion."""
    aspects: dict[str, Feeling] = {}
    for one in sorted(second_look(reading, None, least_confidence).counted, key=lambda one: one.confidence):
        aspects[one.aspect] = Feeling(one.label, one.score, one.confidence)
    return Read(_feeling(reading.sentiment), aspects)


def _feeling(sentiment: SentimentPrediction, confidence: float = 1.0) -> Feeling:
    return Feeling(sentiment.label, max(sentiment), confidence)


def load_voices(
    settings: Settings, load_readers: Callable[[Settings], Mapping[str, ReviewReader[Any]]] = load_readers
) -> tuple[dict[str, Voice], dict[str, ReadSentences]]:
    """The configured generators, and the readers, by language. May take long: torch, weights.

    Raises:
        ConfigurationError: a model is not there or does not fit, or a language has no prompts or no reader.
    """
    references = settings.model.generators
    for language in references:
        if not can_phrase(language):
            raise ConfigurationError(
                f"REVIEWSTREAM_MODEL__GENERATORS: there are prompts and checks for en and zh, got {language!r}"
            )
    models = load_readers(settings)
    reads = {model: _reads(settings, model) for model in models.values()}
    readers = {language: reads[model] for language, model in models.items()}
    voices = {}
    loaded: dict[tuple[str, Path | Literal["shipped"]], Any] = {}
    for language, reference in references.items():
        read = readers.get(language) or readers.get(ANY_LANGUAGE)
        if read is None:
            raise ConfigurationError(
                f"REVIEWSTREAM_MODEL__GENERATORS: what is phrased in {language!r} is read again before it is "
                "published, and no model reads it; see REVIEWSTREAM_MODEL__READERS"
            )
        adapter: Path | Literal["shipped"] = settings.model.adapters.get(language, "shipped")
        if (reference, adapter) not in loaded:
            loaded[reference, adapter] = _load_generator(settings, reference, adapter)
        generator = loaded[reference, adapter]
        if generator.languages is not None and language not in generator.languages:
            raise ConfigurationError(
                f"REVIEWSTREAM_MODEL__GENERATORS: {generator.name} writes "
                f"{', '.join(sorted(generator.languages))}, not {language}"
            )
        voices[language] = Voice(generator, read, settings.generation.samples)
    return voices, readers


def _load_generator(settings: Settings, reference: str, adapter: Path | Literal["shipped"]) -> Any:
    # torch takes seconds to import
    from models.generation.generator import DecodingOptions  # noqa: PLC0415
    from models.generation.loading import GeneratorOptions, load_generator  # noqa: PLC0415

    options = GeneratorOptions(
        device=settings.model.device,
        dtype=settings.model.dtype,
        adapter=adapter,
        cache=settings.model.cache_directory,
        decoding=DecodingOptions(seed=settings.generation.seed, most_rows=_MOST_ROWS),
    )
    try:
        return load_generator(reference, options)
    except ModelError as error:
        raise ConfigurationError(
            f"{error}; or summarise without a generator: REVIEWSTREAM_MODEL__GENERATORS={{}}"
        ) from error


def _reads(settings: Settings, reader: ReviewReader[Any]) -> ReadSentences:
    def read(texts: Sequence[str]) -> list[Read]:
        readings = read_at_once(settings, reader, reader.tokenise(texts))
        return [_read(one, settings.model.least_confidence) for one in readings]

    return read
