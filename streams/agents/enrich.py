"""The enrich role: what the encoder says of each review, as an enriched review on the same partition."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
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
        dead: dict[int, DeadLetter] = {}
        reviews: dict[int, Review] = {}
        for index, record in enumerate(records):
            try:
                review = decode(Review, record.value)
                require_key(record.key, review.product_id)
            except RejectedEventError as rejected:
                dead[index] = DeadLetter(record, rejected.reason, str(rejected))
            else:
                reviews[index] = review

        languages = await self._identify({i: review for i, review in reviews.items() if not review.removed})
        covered = [i for i, language in languages.items() if self._sentiment.covers(language.code)]
        answers = await self._sentiment.ask([_asked_text(reviews[index]) for index in covered])
        answer_of = dict(zip(covered, answers, strict=True))
        if answers:
            self._answered(max(a.queue_ms for a in answers) / 1000, answers[0].tokenise_ms / 1000)

        made_at = self._now()
        outputs = []
        for index, review in reviews.items():
            answer = answer_of.get(index)
            failure = _failure_of(answer)
            if failure is not None:
                dead[index] = DeadLetter(records[index], failure.reason, failure.error)
                continue
            event = self._enriched(review, records[index], languages.get(index), answer, made_at)
            outputs.append(Output(ENRICHED_REVIEW.name, records[index].key, encode(event)))
        return Effects(outputs, [dead[index] for index in sorted(dead)])

    async def _identify(self, reviews: dict[int, Review]) -> dict[int, Language]:
        def identify_all() -> dict[int, Language]:
            return {
                index: self._languages.identify(_asked_text(review), review.language)
                for index, review in reviews.items()
            }

        if not reviews:
            return {}
        return await asyncio.get_running_loop().run_in_executor(self._executor, identify_all)

    def _enriched(
        self,
        review: Review,
        record: Record,
        language: Language | None,
        answer: Answer[SentimentPrediction] | None,
        made_at: datetime,
    ) -> dict[str, Any]:
        """A `ReviewEnriched` as the dictionary that is encoded; a test holds it against the contract."""
        event: dict[str, Any] = {
            "schema_version": "1.0",
            "review_id": review.review_id,
            "product_id": review.product_id,
            "review_version": review.version,
            "status": "removed" if review.removed else "unsupported_language",
            "text": None if review.removed else review.text,
            "title": None if review.removed else review.title,
            "rating": review.rating,
            "language": None,
            "sentiment": None,
            "verified_purchase": review.verified_purchase,
            "platform": review.platform,
            "author_id": review.author_id,
            "created_at": review.created_at,
            "model": None,
            "source": {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp_ms": max(0, record.timestamp),
            },
            "made_at": made_at,
            "replay_id": None,
            "timings": None,
        }
        if language is not None:
            event["language"] = {"code": language.code, "confidence": round(language.confidence, 4)}
        if answer is not None and not isinstance(answer.outcome, Failure):
            prediction = answer.outcome
            event |= {
                "status": "enriched",
                "sentiment": {
                    "label": prediction.label,
                    "negative": round(prediction.negative, 4),
                    "neutral": round(prediction.neutral, 4),
                    "positive": round(prediction.positive, 4),
                },
                "model": {"name": self._sentiment.name, "version": self._sentiment.version},
                "timings": {
                    "queue_ms": round(answer.queue_ms, 3),
                    "tokenise_ms": round(answer.tokenise_ms, 3),
                    "forward_ms": round(answer.forward_ms, 3),
                },
            }
        return event


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
