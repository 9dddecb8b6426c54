"""One review explained: what is read in it, what counts, and each word left out once to see how the answer changes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.personal_data import Mask
from models.quality import QualityFlag
from models.readers.aspects import Aspect
from models.readers.interfaces import (
    ReviewReader,
    ReviewReading,
    SentenceReading,
    SentimentLabel,
    SentimentPrediction,
)
from models.readers.preparation import PreparedReview
from models.readers.second_look import ToldOpinion, Uncounted, second_look
from models.readers.stars import STATED_NAME, STATED_VERSION, Basis, sentiment_of, stars_alone
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

    @classmethod
    def of(cls, sentiment: SentimentPrediction) -> "ExplainedSentiment":
        """The same, for people."""
        return cls(sentiment.label, *sentiment)


@dataclass(frozen=True, slots=True)
class ExplainedStars:
    """How many stars the words sound like: the probability of each number, and their mean."""

    one: float
    two: float
    three: float
    four: float
    five: float
    mean: float

    @classmethod
    def of(cls, probabilities: Sequence[float]) -> "ExplainedStars":
        """Of the probabilities of one to five stars."""
        one, two, three, four, five = probabilities
        return cls(one, two, three, four, five, mean=one + 2 * two + 3 * three + 4 * four + 5 * five)


@dataclass(frozen=True, slots=True)
class ExplainedSentence(ExplainedSentiment):
    """A sentence of the text, `text[start:end]` of it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ExplainedAspect:
    """An opinion, and the span it stands on.

    Attributes:
        aspect: what it is on; "other" where it is not the reviewer's.
        label: its polarity; neutral with a score of 0 where it is not the reviewer's, for then nobody judged it.
        score: probability of that polarity.
        confidence: probability that it is spoken of.
        quote: its words.
        start: of them in the text.
        end: of them in the text.
        holder: whose it is; None where that was not asked.
        counted: whether tables, texts and alerts take note of it.
        why: it is not counted; None where it is.
    """

    aspect: Aspect
    label: SentimentLabel
    score: float
    confidence: float
    quote: str
    start: int
    end: int
    holder: str | None
    counted: bool
    why: Uncounted | None


@dataclass(frozen=True, slots=True)
class ExplainedModel:
    """Who read it."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is read in a text and what that stands on; offsets are into `text`, which is cleaned and masked.

    Attributes:
        rating: stars that were given, 0 to 5.
        stars: that the words sound like; None where the model does not say.
        sentiment: as it is published and counted.
        basis: what that was judged by.
        by_text: the sentiment of the words alone; None where they are nothing but a rating.
        least_confidence: of an opinion that counts.
        words: heaviest first, for the likeliest class of the words alone.
    """

    text: str
    language: DetectedLanguage
    model: ExplainedModel
    rating: float | None
    stars: ExplainedStars | None
    sentiment: ExplainedSentiment
    basis: Basis
    by_text: ExplainedSentiment | None
    sentences: tuple[ExplainedSentence, ...]
    aspects: tuple[ExplainedAspect, ...]
    least_confidence: float
    words: tuple[WeighedWord, ...]
    masked: tuple[Mask, ...]
    flags: tuple[QualityFlag, ...]


def explain(
    settings: Settings, text: str, *, language: str | None = None, rating: float | None = None
) -> Explanation:
    """Read one text as the stream does, and say what its answer stands on.

    Weights are by leaving out (occlusion): no gradients, so it works with every model alike.

    Args:
        settings: which models read it, and what counts.
        text: as a platform publishes it.
        language: of it; None: identified.
        rating: stars beside it, 0 to 5.

    Raises:
        ConfigurationError: there is no text, or no model reads its language.
    """
    if not text.strip():
        raise ConfigurationError("explain: wanted a text, got only whitespace")
    preparer = load_preparer(settings)
    prepared = preparer.prepare(text=text, hint=language)
    if not prepared.text:
        raise ConfigurationError("explain: wanted words, got only mark-up, invisible characters or a notice")
    explained = _stated(settings, prepared) or _read(settings, prepared, language, rating)
    told = explained.by_text or explained.sentiment
    doubt = preparer.rating_flag(rating, SentimentPrediction(told.negative, told.neutral, told.positive))
    return replace(
        explained, rating=rating, flags=prepared.flags if doubt is None else (*prepared.flags, doubt)
    )


def _stated(settings: Settings, prepared: PreparedReview) -> Explanation | None:
    """Of a text that is a rating in words; None for any other."""
    stars = stars_alone(prepared)
    if stars is None:
        return None
    return Explanation(
        text=prepared.text,
        language=prepared.language,
        model=ExplainedModel(STATED_NAME, STATED_VERSION),
        rating=None,
        stars=None,
        sentiment=ExplainedSentiment.of(sentiment_of(stars)),
        basis="stars",
        by_text=None,
        sentences=(),
        aspects=(),
        least_confidence=settings.model.least_confidence,
        words=(),
        masked=prepared.text_masks,
        flags=(),
    )


def _read(
    settings: Settings, prepared: PreparedReview, language: str | None, rating: float | None
) -> Explanation:
    """Of a text that a model is asked about."""
    text, code = prepared.text, language or prepared.language.code
    models = load_readers(settings)
    model = models.get(code) or models.get(ANY_LANGUAGE)
    if model is None:
        raise ConfigurationError(
            f"explain: no model reads {code!r}; say the language with --language, or name a model for it with "
            "REVIEWSTREAM_MODEL__READERS"
        )
    (reading,) = model.forward(model.tokenise([text]))
    look = second_look(reading, rating, settings.model.least_confidence)
    return Explanation(
        text=text,
        language=prepared.language,
        model=ExplainedModel(model.name, model.version),
        rating=rating,
        stars=None if reading.stars is None else ExplainedStars.of(reading.stars),
        sentiment=ExplainedSentiment.of(look.sentiment),
        basis=look.basis,
        by_text=ExplainedSentiment.of(reading.sentiment),
        sentences=tuple(_sentence(text, sentence) for sentence in reading.sentences),
        aspects=tuple(_aspect(text, opinion) for opinion in look.opinions),
        least_confidence=settings.model.least_confidence,
        words=tuple(_weigh(settings, model, text, reading)),
        masked=prepared.text_masks,
        flags=(),
    )


def _sentence(text: str, sentence: SentenceReading) -> ExplainedSentence:
    start, end, sentiment, _ = sentence
    return ExplainedSentence(sentiment.label, *sentiment, text=text[start:end], start=start, end=end)


def _aspect(text: str, opinion: ToldOpinion) -> ExplainedAspect:
    return ExplainedAspect(
        opinion.aspect,
        opinion.label,
        opinion.score,
        opinion.confidence,
        text[opinion.start : opinion.end],
        opinion.start,
        opinion.end,
        opinion.holder,
        counted=opinion.uncounted is None,
        why=opinion.uncounted,
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
