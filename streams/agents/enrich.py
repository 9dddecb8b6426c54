"""The enrich role: what the encoder says of each review, as an enriched review on the same partition."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from schemas.dead_letters import DeadLetterReason
from schemas.reviews import Review
from schemas.topics import ENRICHED_REVIEW
from streams.delivery.records import DeadLetter, Effects, Output, Record
from streams.errors import RejectedEventError
from streams.lane.values import Answer, Failure
from streams.serde import decode, encode, require_key


class Language(Protocol):
    """A detected language."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102


class LanguageIdentifier(Protocol):
    """Tells which language a text is in; thread-safe."""

    def identify(self, text: str, hint: str | None = None) -> Language: ...  # noqa: D102


class SentimentPrediction(Protocol):
    """Probabilities of the three sentiments."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def negative(self) -> float: ...  # noqa: D102
    @property
    def neutral(self) -> float: ...  # noqa: D102
    @property
    def positive(self) -> float: ...  # noqa: D102


#: Answers for each text, in order; `Lane.run` fits.
AskSentiment = Callable[[Sequence[str]], Awaitable[Sequence[Answer[SentimentPrediction]]]]


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """A model as the agent sees it: who it is, what it covers, and how to ask it.

    Attributes:
        languages: the languages it covers; None for all.
    """

    name: str
    version: str
    languages: frozenset[str] | None
    ask: AskSentiment

    def covers(self, language: str) -> bool:
        """Whether it may be asked about a text in this language."""
        return self.languages is None or language in self.languages


class EnrichReviews:
    """Handler of `new-review`: every record becomes an enriched review, or a dead letter with its reason.

    A removal is passed on as one. A review in a language that no model covers says so and carries no
    sentiment.

    Args:
        sentiment: the model.
        languages: the language identifier.
        executor: where languages are identified, off the event loop.
        now: the clock, timezone-aware.
        answered: told, for each chunk, the seconds its reviews waited and were tokenised.
    """

    def __init__(
        self,
        sentiment: SentimentModel,
        languages: LanguageIdentifier,
        *,
        executor: Executor,
        now: Callable[[], datetime],
        answered: Callable[[float, float], None] = lambda _queue_s, _tokenise_s: None,
    ) -> None:
        self._sentiment = sentiment
        self._languages = languages
        self._executor = executor
        self._now = now
        self._answered = answered

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Decide what a chunk of reviews becomes; see `Handler`."""
        read = _read_all(records)
        texts = {index: _asked_text(review) for index, review in read.reviews.items() if not review.removed}
        languages = await self._identify(texts, read.reviews)
        covered = [index for index, language in languages.items() if self._sentiment.covers(language.code)]
        answers = await self._sentiment.ask([texts[index] for index in covered])
        if answers:
            self._answered(max(a.queue_ms for a in answers) / 1000, answers[0].tokenise_ms / 1000)
        return self._publish_all(records, read, languages, dict(zip(covered, answers, strict=True)))

    async def _identify(
        self, texts: Mapping[int, str], reviews: Mapping[int, Review]
    ) -> Mapping[int, Language]:
        def identify_all() -> dict[int, Language]:
            identify = self._languages.identify
            return {index: identify(text, reviews[index].language) for index, text in texts.items()}

        if not texts:
            return {}
        return await asyncio.get_running_loop().run_in_executor(self._executor, identify_all)

    def _publish_all(
        self,
        records: Sequence[Record],
        read: "_Chunk",
        languages: Mapping[int, Language],
        answers: Mapping[int, Answer[SentimentPrediction]],
    ) -> Effects:
        outputs, dead = [], dict(read.dead)
        write = _Writer(self._sentiment, self._now())
        for index, review in read.reviews.items():
            record, answer = records[index], answers.get(index)
            failure = _failure_of(answer)
            if failure is None:
                value = encode(write(review, record, languages.get(index), answer))
                outputs.append(Output(ENRICHED_REVIEW.name, record.key, value))
            else:
                dead[index] = DeadLetter(record, failure.reason, failure.error)
        return Effects(outputs, [dead[index] for index in sorted(dead)])


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What could be read of a chunk, and what could not, by the record's index in it."""

    reviews: Mapping[int, Review]
    dead: Mapping[int, DeadLetter]


def _read_all(records: Sequence[Record]) -> _Chunk:
    reviews: dict[int, Review] = {}
    dead: dict[int, DeadLetter] = {}
    for index, record in enumerate(records):
        try:
            review = decode(Review, record.value)
            require_key(record.key, review.product_id)
        except RejectedEventError as rejected:
            dead[index] = DeadLetter(record, rejected.reason, str(rejected))
        else:
            reviews[index] = review
    return _Chunk(reviews, dead)


class _Writer:
    """Writes one chunk's `ReviewEnriched` events as the dictionaries that are encoded.

    Not as contracts, which would be checked again: a test holds what comes out against the contract.
    """

    def __init__(self, sentiment: SentimentModel, made_at: datetime) -> None:
        self._model = {"name": sentiment.name, "version": sentiment.version}
        self._made_at = made_at
        self._timings: dict[tuple[float, float, float], dict[str, float]] = {}

    def __call__(
        self,
        review: Review,
        record: Record,
        language: Language | None,
        answer: Answer[SentimentPrediction] | None,
    ) -> dict[str, Any]:
        status, sentiment, timings = ("removed" if review.removed else "unsupported_language"), None, None
        if answer is not None and not isinstance(answer.outcome, Failure):
            status, sentiment = "enriched", _rounded(answer.outcome)
            timings = self._timings_of(answer)
        return {
            "schema_version": "1.0",
            "review_id": review.review_id,
            "product_id": review.product_id,
            "review_version": review.version,
            "status": status,
            "text": None if review.removed else review.text,
            "title": None if review.removed else review.title,
            "rating": review.rating,
            "language": None
            if language is None
            else {"code": language.code, "confidence": round(language.confidence, 4)},
            "sentiment": sentiment,
            "verified_purchase": review.verified_purchase,
            "platform": review.platform,
            "author_id": review.author_id,
            "created_at": review.created_at,
            "model": self._model if sentiment is not None else None,
            "source": {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp_ms": max(0, record.timestamp),
            },
            "made_at": self._made_at,
            "replay_id": None,
            "timings": timings,
        }

    def _timings_of(self, answer: Answer[SentimentPrediction]) -> dict[str, float]:
        """Rounded once for all reviews that were in one batch."""
        key = (answer.queue_ms, answer.tokenise_ms, answer.forward_ms)
        timings = self._timings.get(key)
        if timings is None:
            queue_ms, tokenise_ms, forward_ms = (round(ms, 3) for ms in key)
            timings = {"queue_ms": queue_ms, "tokenise_ms": tokenise_ms, "forward_ms": forward_ms}
            self._timings[key] = timings
        return timings


def _rounded(prediction: SentimentPrediction) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "negative": round(prediction.negative, 4),
        "neutral": round(prediction.neutral, 4),
        "positive": round(prediction.positive, 4),
    }


def _failure_of(answer: Answer[SentimentPrediction] | None) -> Failure | None:
    """Why there is nothing to publish; JSON would make a null of a probability that is no number."""
    if answer is None:
        return None
    outcome = answer.outcome
    if isinstance(outcome, Failure):
        return outcome
    if not math.isfinite(outcome.negative + outcome.neutral + outcome.positive):
        return Failure(DeadLetterReason.MODEL_ERROR, f"the model's probabilities are no numbers: {outcome}")
    return None


def _asked_text(review: Review) -> str:
    """What the model reads of a review: its title is part of what the author says."""
    return f"{review.title}. {review.text}" if review.title else str(review.text)
