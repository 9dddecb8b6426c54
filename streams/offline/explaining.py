"""What weighs in a reading: each word left out once, and how the answer changes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.personal_data import Mask
from models.quality import QualityFlag
from models.readers.aspects import Aspect
from models.readers.interfaces import (
    AspectMention,
    ReviewReader,
    ReviewReading,
    SentenceReading,
    SentimentLabel,
)
from models.text.language import DetectedLanguage
from streams.errors import ConfigurationError
from streams.lane.at_once import read_at_once
from streams.lane.loading import ANY_LANGUAGE, load_readers
from streams.roles.enrich.preparer import load_preparer
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


@dataclass(frozen=True, slots=True)
class ExplainedSentiment:
    """The likeliest class, and the probabilities of all."""

    label: SentimentLabel
    negative: float
    neutral: float
    positive: float


@dataclass(frozen=True, slots=True)
class ExplainedSentence(ExplainedSentiment):
    """A sentence of the text, `text[start:end]` of it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ExplainedAspect(ExplainedSentiment):
    """An aspect, and the span it stands on."""

    aspect: Aspect
    confidence: float
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ExplainedModel:
    """Who read it."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is read in a text and what that stands on; offsets are into `text`, which is cleaned and masked."""

    text: str
    language: DetectedLanguage
    model: ExplainedModel
    sentiment: ExplainedSentiment
    sentences: tuple[ExplainedSentence, ...]
    aspects: tuple[ExplainedAspect, ...]
    words: tuple[WeighedWord, ...]
    masked: tuple[Mask, ...]
    flags: tuple[QualityFlag, ...]


def explain(settings: Settings, text: str, *, language: str | None = None) -> Explanation:
    """Read one text and say what its answer stands on.

    Weights are by leaving out (occlusion): no gradients, so it works with every model alike.

    Raises:
        ConfigurationError: there is no text, or no model reads its language.
    """
    if not text.strip():
        raise ConfigurationError("explain: wanted a text, got only whitespace")
    prepared = load_preparer(settings).prepare(text=text, hint=language)
    if not prepared.text:
        raise ConfigurationError("explain: wanted words, got only mark-up, invisible characters or a notice")
    code = language or prepared.language.code
    models = load_readers(settings)
    model = models.get(code) or models.get(ANY_LANGUAGE)
    if model is None:
        raise ConfigurationError(
            f"explain: no model reads {code!r}; say the language with --language, or name a model for it with "
            "REVIEWSTREAM_MODEL__READERS"
        )
    (reading,) = model.forward(model.tokenise([prepared.text]))
    return Explanation(
        text=prepared.text,
        language=prepared.language,
        model=ExplainedModel(model.name, model.version),
        sentiment=ExplainedSentiment(reading.sentiment.label, *reading.sentiment),
        sentences=tuple(_sentence(prepared.text, sentence) for sentence in reading.sentences),
        aspects=tuple(_aspect(prepared.text, mention) for mention in reading.aspects),
        words=tuple(_weigh(settings, model, prepared.text, reading)),
        masked=prepared.text_masks,
        flags=prepared.flags,
    )


def _sentence(text: str, sentence: SentenceReading) -> ExplainedSentence:
    start, end, sentiment, _ = sentence
    return ExplainedSentence(sentiment.label, *sentiment, text=text[start:end], start=start, end=end)


def _aspect(text: str, mention: AspectMention) -> ExplainedAspect:
    aspect, confidence, sentiment, start, end, _ = mention
    return ExplainedAspect(
        sentiment.label,
        *sentiment,
        aspect=aspect,
        confidence=confidence,
        quote=text[start:end],
        start=start,
        end=end,
    )


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
