"""The enrich role: what the models say of each review, as an enriched review on the same partition."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from models.readers.interfaces import ReviewReading
from models.readers.preparation import PreparedReview
from models.readers.stars import stars_alone
from schemas.dead_letters import DeadLetterReason
from schemas.reviews import Review
from schemas.topics import ENRICHED_REVIEW
from streams.delivery.records import DeadLetter, Effects, Output, Record
from streams.errors import FatalError, RejectedEventError
from streams.lane.calls import CANARY_TEXT
from streams.lane.values import Answer, Failure
from streams.roles.enrich.enriched_events import EnrichedReviewWriter
from streams.roles.enrich.readers import Preparer, Reader, Readers
from streams.serde import JsonObject, decode, encode, recorded_ms, require_key, require_not_ahead

_NO_WORDS = (
    "text: wanted words of its author, got only mark-up, invisible characters or a notice of the platform, and no "
    "rating stands"
)


class EnrichReviews:
    """Handler of `new-review`: every record becomes an enriched review, or a dead letter with its reason.

    A removal is passed on as one. A review in a language that no model covers says so and carries no
    sentiment. Stars, without words or in words, are passed on without asking a model.

    Args:
        readers: the models, by language.
        preparer: masks personal data, identifies languages, flags.
        executor: where reviews are prepared, off the event loop.
        now: the clock, timezone-aware.
        least_confidence: of an opinion that counts.
        answered: told, for each chunk, the seconds its reviews waited and were tokenised.
        output_topic: where the enriched reviews go.
        replay_id: stamped on them; None in the live stream.
    """

    def __init__(
        self,
        readers: Readers,
        preparer: Preparer,
        *,
        executor: Executor,
        now: Callable[[], datetime],
        least_confidence: float,
        answered: Callable[[float, float], None] = lambda _queue_s, _tokenise_s: None,
        output_topic: str = ENRICHED_REVIEW.name,
        replay_id: str | None = None,
    ) -> None:
        self._readers = readers
        self._preparer = preparer
        self._executor = executor
        self._now = now
        self._least_confidence = least_confidence
        self._answered = answered
        self._output_topic = output_topic
        self._replay_id = replay_id

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Decide what a chunk of reviews becomes; see `Handler`."""
        chunk = _decode_all(records, self._now())
        outcomes = await self._prepare(chunk.reviews)
        prepared = {index: one for index, one in outcomes.items() if not isinstance(one, Failure)}
        failures = {index: one for index, one in outcomes.items() if isinstance(one, Failure)}
        chunk = chunk.without(failures, records).with_words_of(prepared)
        stated = {
            index: stars
            for index, one in prepared.items()
            if chunk.reviews[index].text is not None and (stars := stars_alone(one)) is not None
        }
        answers = await self._ask(
            {
                index: one
                for index, one in prepared.items()
                if chunk.reviews[index].text is not None and index not in stated
            }
        )
        if answers:
            asked = [answer for _, answer in answers.values()]
            self._answered(max(a.queue_ms for a in asked) / 1000, max(a.tokenise_ms for a in asked) / 1000)
        return self._publish_all(records, chunk, prepared, stated, answers)

    async def _prepare(self, reviews: Mapping[int, Review]) -> Mapping[int, PreparedReview | Failure]:
        def prepare_all() -> dict[int, PreparedReview | Failure]:
            return {
                index: self._prepare_one(review) for index, review in reviews.items() if not review.removed
            }

        if all(review.removed for review in reviews.values()):
            return {}
        return await asyncio.get_running_loop().run_in_executor(self._executor, prepare_all)

    def _prepare_one(self, review: Review) -> PreparedReview | Failure:
        """A review that cannot be prepared is set aside, unless none can be; so is one that says nothing.

        Raises:
            FatalError: what prepares is broken, not the review.
        """
        try:
            prepared = self._preparer.prepare(
                text=review.text or "",
                title=review.title,
                author_id=review.author_id,
                hint=review.language,
            )
        except Exception as error:  # noqa: BLE001 - found out below whose fault it is
            try:
                self._preparer.prepare(text=CANARY_TEXT)
            except Exception:  # noqa: BLE001
                raise FatalError(
                    f"preparing: {CANARY_TEXT!r} cannot be prepared either ({error!r}), so it is not the review; "
                    "nothing was set aside. Reinstall the packages, and check with `reviewstream doctor`"
                ) from error
            # The error's own text could hold what was to be masked.
            return Failure(
                DeadLetterReason.PREPARATION_ERROR, f"preparing the text raised {type(error).__name__}"
            )
        if not prepared.text and review.rating is None:
            return Failure(DeadLetterReason.INVALID_EVENT, _NO_WORDS)
        return prepared

    async def _ask(
        self, prepared: Mapping[int, PreparedReview]
    ) -> Mapping[int, tuple[Reader, Answer[ReviewReading]]]:
        """Every reader about the reviews in its languages, all at the same time."""
        of_reader: dict[Reader, list[int]] = defaultdict(list)
        for index, one in prepared.items():
            reader = self._readers.of(one.language.code)
            if reader is not None:
                of_reader[reader].append(index)
        answers = await asyncio.gather(
            *(
                _ask(reader, [prepared[index].asked for index in indices])
                for reader, indices in of_reader.items()
            )
        )
        return {
            index: (reader, answer)
            for (reader, indices), of_them in zip(of_reader.items(), answers, strict=True)
            for index, answer in zip(indices, of_them, strict=True)
        }

    def _publish_all(
        self,
        records: Sequence[Record],
        chunk: "_Chunk",
        prepared: Mapping[int, PreparedReview],
        stated: Mapping[int, float],
        answers: Mapping[int, tuple[Reader, Answer[ReviewReading]]],
    ) -> Effects:
        outputs, dead = [], dict(chunk.dead)
        writer = EnrichedReviewWriter(
            self._preparer,
            self._now(),
            least_confidence=self._least_confidence,
            replay_id=self._replay_id,
        )
        for index, review in chunk.reviews.items():
            record = records[index]
            try:
                event = _written(
                    writer,
                    review,
                    record,
                    prepared.get(index),
                    stated=stated.get(index),
                    answered=answers.get(index),
                )
                outputs.append(Output(self._output_topic, record.key, encode(event)))
            except RejectedEventError as rejected:
                dead[index] = DeadLetter(record, rejected.reason, str(rejected))
        return Effects(outputs, [dead[index] for index in sorted(dead)])


def _written(
    writer: EnrichedReviewWriter,
    review: Review,
    record: Record,
    prepared: PreparedReview | None,
    *,
    stated: float | None,
    answered: tuple[Reader, Answer[ReviewReading]] | None,
) -> JsonObject:
    """What is published of a review.

    Raises:
        RejectedEventError: its reader could not read it.
    """
    if prepared is None:  # only removals are not prepared
        return writer.removed(review, record)
    if review.text is None:
        return writer.rated(review, record, prepared)
    if stated is not None:
        return writer.stated(review, record, prepared, stars=stated)
    if answered is None:
        return writer.unread(review, record, prepared)
    reader, answer = answered
    reading = _reading_of(answer)
    if isinstance(reading, Failure):
        raise RejectedEventError(reading.reason, reading.error)
    event = writer.read(review, record, prepared, by=reader, reading=reading)
    event["timings"] = writer.timings(answer)
    return event


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What could be decoded of a chunk, and what could not, by the record's index in it."""

    reviews: Mapping[int, Review]
    dead: Mapping[int, DeadLetter]

    def without(self, failures: Mapping[int, Failure], records: Sequence[Record]) -> "_Chunk":
        """The chunk with these reviews set aside."""
        if not failures:
            return self
        dead = {
            index: DeadLetter(records[index], failure.reason, failure.error)
            for index, failure in failures.items()
        }
        kept = {index: review for index, review in self.reviews.items() if index not in failures}
        return _Chunk(kept, {**self.dead, **dead})

    def with_words_of(self, prepared: Mapping[int, PreparedReview]) -> "_Chunk":
        """The chunk, in which texts that hold no word of their authors are none: what stays is a rating."""
        wordless = {index for index, one in prepared.items() if not one.text}
        if not wordless:
            return self
        reviews = {
            index: review.model_copy(update={"text": None}) if index in wordless else review
            for index, review in self.reviews.items()
        }
        return _Chunk(reviews, self.dead)


def _decode_all(records: Sequence[Record], now: datetime) -> _Chunk:
    reviews: dict[int, Review] = {}
    dead: dict[int, DeadLetter] = {}
    for index, record in enumerate(records):
        try:
            review = decode(Review, record.value)
            require_key(record.key, review.product_id)
            require_not_ahead(review.created_at, recorded_ms(record.timestamp, review.created_at, now))
        except RejectedEventError as rejected:
            dead[index] = DeadLetter(record, rejected.reason, str(rejected))
        else:
            reviews[index] = review
    return _Chunk(reviews, dead)


async def _ask(reader: Reader, texts: Sequence[str]) -> Sequence[Answer[ReviewReading]]:
    """A reader's answers; one whose probabilities are no numbers even for a harmless text answers nothing.

    Raises:
        FatalError: the reader is broken.
    """
    answers = await reader.ask(texts)
    if all(_is_finite(answer) for answer in answers):
        return answers
    if not all(_is_finite(answer) for answer in await reader.ask([CANARY_TEXT])):
        raise FatalError(
            f"model: the probabilities that {reader.name} {reader.version} gives {CANARY_TEXT!r} are no numbers "
            "either, so it is broken, not the review; nothing was set aside. Check it with `reviewstream doctor`"
        )
    return answers


def _is_finite(answer: Answer[ReviewReading]) -> bool:
    outcome = answer.outcome
    return isinstance(outcome, Failure) or math.isfinite(sum(outcome.sentiment) + sum(outcome.stars or ()))


def _reading_of(answer: Answer[ReviewReading]) -> ReviewReading | Failure:
    """What was read, or why there is nothing to publish; JSON would make a null of what is no number."""
    outcome = answer.outcome
    if isinstance(outcome, Failure):
        return outcome
    if not _is_finite(answer):
        return Failure(
            DeadLetterReason.MODEL_ERROR, f"the model's probabilities are no numbers: {outcome.sentiment}"
        )
    return outcome
