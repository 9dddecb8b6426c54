"""What weighs in a reading: each word left out once, and how the answer changes."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.interfaces import ReviewReader, ReviewReading
from streams.errors import ConfigurationError
from streams.lane.at_once import read_at_once
from streams.lane.loading import ANY_LANGUAGE, load_readers
from streams.roles.enrich.preparing import load_preparer
from streams.settings import Settings

# A word of an alphabet with its apostrophes, two characters of a script without spaces, an emoji, or a placeholder.
_UNIT = re.compile(
    r"\[[a-z ]+\]|[぀-ヿ㐀-䶿一-鿿豈-﫿]{1,2}|[^\W_]+(?:['’][^\W_]+)*|[\U0001F000-\U0001FAFF☀-➿]"
)
#: More words than that are left out in runs, so that a long text costs no more passes than this.
_MOST_UNITS = 300


@dataclass(frozen=True, slots=True)
class WeighedWord:
    """A word of the text, `text[start:end]`; `weight` is what the answer's probability loses without it."""

    text: str
    start: int
    end: int
    weight: float


def explain(settings: Settings, text: str, *, language: str | None = None) -> dict[str, Any]:
    """Read one text and say what its answer stands on, ready for JSON.

    Weights are by leaving out (occlusion): no gradients, so it works with every model alike.

    Raises:
        ConfigurationError: there is no text, or no model reads its language.
    """
    if not text.strip():
        raise ConfigurationError("explain: wanted a text, got only whitespace")
    prepared = load_preparer(settings).prepare(text=text, hint=language)
    code = language or prepared.language.code
    models = load_readers(settings)
    model = models.get(code) or models.get(ANY_LANGUAGE)
    if model is None:
        raise ConfigurationError(
            f"explain: no model reads {code!r}; say the language with --language, or name a model for it with "
            "REVIEWSTREAM_MODEL__READERS"
        )
    (reading,) = model.forward(model.tokenise([prepared.text]))
    return {
        "text": prepared.text,
        "language": {"code": prepared.language.code, "confidence": prepared.language.confidence},
        "model": {"name": model.name, "version": model.version},
        "sentiment": {"label": reading.sentiment.label, **reading.sentiment._asdict()},
        "sentences": [
            {"text": prepared.text[one.start : one.end], "start": one.start, "end": one.end}
            | {"label": one.sentiment.label, **one.sentiment._asdict()}
            for one in reading.sentences
        ],
        "aspects": [
            {"aspect": one.aspect, "confidence": one.confidence, "label": one.sentiment.label}
            | one.sentiment._asdict()
            | {"quote": prepared.text[one.start : one.end], "start": one.start, "end": one.end}
            for one in reading.aspects
        ],
        "words": [asdict(word) for word in _weigh(settings, model, prepared.text, reading)],
        "masked": [asdict(mask) for mask in prepared.text_masks],  # type: ignore[call-overload]
        "flags": [asdict(flag) for flag in prepared.flags],  # type: ignore[call-overload]
    }


def _weigh(
    settings: Settings, model: ReviewReader[Any], text: str, reading: ReviewReading
) -> Sequence[WeighedWord]:
    """The words, heaviest first."""
    places = [found.span() for found in _UNIT.finditer(text)]
    stride = -(-len(places) // _MOST_UNITS) or 1
    runs = [places[first : first + stride] for first in range(0, len(places), stride)]
    spans = [(run[0][0], run[-1][1]) for run in runs]
    without = [f"{text[:start]} {text[end:]}".strip() or "." for start, end in spans]
    tokenised = model.tokenise(without)
    label = reading.sentiment.label
    whole = getattr(reading.sentiment, label)
    others = read_at_once(settings, model, tokenised)
    weights = [whole - getattr(other.sentiment, label) for other in others]
    words = [
        WeighedWord(text[start:end], start, end, round(weight, 4))
        for (start, end), weight in zip(spans, weights, strict=True)
    ]
    return sorted(words, key=lambda word: -abs(word.weight))
