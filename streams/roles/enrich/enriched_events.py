"""Writes enriched reviews: from what was read to the dictionaries that are encoded."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from models.personal_data import Mask
from models.quality import QualityFlag
from models.readers.interfaces import ReviewReading, SentenceReading, SentimentPrediction
from models.readers.preparation import PreparedReview
from models.readers.second_look import ToldOpinion, second_look
from models.readers.stars import STATED_NAME, STATED_VERSION, Basis, sentiment_of
from schemas.events import SCHEMA_VERSION
from schemas.reviews import Review
from streams.delivery.records import Record
from streams.lane.values import Answer
from streams.roles.enrich.readers import Preparer, Reader
from streams.serde import JsonObject, recorded_ms

_Place = Callable[[int, int], tuple[str, int, int]]
_Original = Callable[[str, int, int], JsonObject]

#: Of a review, so many sentences and aspects are listed, the first ones: a text of nothing but "Ok. Ok. Ok." would make
#: a record larger than brokers take. All of them count in its sentiment.
MAX_SENTENCES = 1_000
MAX_ASPECTS = 500
_MAX_QUOTED_CHARACTERS = 40_000
_STARS = ("one", "two", "three", "four", "five")

_NOTHING_READ: JsonObject = {
    "title": None,
    "text": None,
    "author_id": None,
    "language": None,
    "sentiment": None,
    "sentences": (),
    "aspects": (),
    "flags": (),
    "masked": (),
    "signature": None,
    "model": None,
}


class EnrichedReviewWriter:
    """Writes one chunk's `ReviewEnriched` events.

    Not as contracts, which would be checked again: a test holds what comes out against the contract.

    Args:
        preparer: compares ratings with what was read.
        made_at: of all of them.
        least_confidence: of an opinion that counts.
        replay_id: of the replay they belong to; None in the live stream.
    """

    def __init__(
        self,
        preparer: Preparer,
        made_at: datetime,
        *,
        least_confidence: float,
        replay_id: str | None = None,
    ) -> None:
        self._preparer = preparer
        self._least_confidence = least_confidence
        self._made_at = made_at
        self._replay_id = replay_id
        self._timings: dict[tuple[float, float, float], dict[str, float]] = {}

    def removed(self, review: Review, record: Record) -> JsonObject:
        """That a review is gone; nothing of its text is repeated."""
        return self._event(review, record, "removed", _NOTHING_READ)

    def rated(self, review: Review, record: Record, prepared: PreparedReview) -> JsonObject:
        """Stars without words; a title they may have, and the sentiment is theirs."""
        about = _NOTHING_READ | {
            "title": prepared.title,
            "author_id": prepared.author_id,
            "masked": _masked(prepared, "title", prepared.title_masks),
            "incentivised": review.incentivised or prepared.is_incentivised,
        }
        if review.rating is not None:
            about["sentiment"] = _sentiment(sentiment_of(review.rating), "stars")
        return self._event(review, record, "rating_only", about)

    def stated(self, review: Review, record: Record, prepared: PreparedReview, *, stars: float) -> JsonObject:
        """A text that is a rating in words: its sentiment is that of the stars it names."""
        sentiment = sentiment_of(stars)
        about = _prepared(review, prepared, self._flags(review, prepared, sentiment))
        about["sentiment"] = _sentiment(sentiment, "stars")
        about["sentences"] = about["aspects"] = ()
        about["model"] = {"name": STATED_NAME, "version": STATED_VERSION}
        return self._event(review, record, "enriched", about)

    def unread(self, review: Review, record: Record, prepared: PreparedReview) -> JsonObject:
        """A review in a language that no model covers."""
        about = _NOTHING_READ | _prepared(review, prepared, prepared.flags)
        return self._event(review, record, "unsupported_language", about)

    def read(
        self, review: Review, record: Record, prepared: PreparedReview, *, by: Reader, reading: ReviewReading
    ) -> JsonObject:
        """A review and what a model says of it; without the timings."""
        # The flag compares the stars with the words alone.
        about = _prepared(review, prepared, self._flags(review, prepared, reading.sentiment))
        look = second_look(reading, review.rating, self._least_confidence)
        about["sentiment"] = _sentiment(look.sentiment, look.basis)
        if reading.stars is not None:
            about["stars"] = dict(zip(_STARS, map(_four_decimals, reading.stars), strict=True))
        place, original, asked = prepared.place, _original(prepared), prepared.asked
        about["sentences"] = [_sentence(place, original, one) for one in reading.sentences[:MAX_SENTENCES]]
        about["aspects"] = [_aspect(place, original, asked, one) for one in _quotable(look.opinions)]
        about["model"] = {"name": by.name, "version": by.version}
        about["embedding_version"] = by.embedding_version
        return self._event(review, record, "enriched", about)

    def _flags(
        self, review: Review, prepared: PreparedReview, sentiment: SentimentPrediction
    ) -> Sequence[QualityFlag]:
        doubt = self._preparer.rating_flag(review.rating, sentiment)
        return prepared.flags if doubt is None else (*prepared.flags, doubt)

    def timings(self, answer: Answer[ReviewReading]) -> dict[str, float]:
        """How long its steps took; rounded once for all reviews that were in one batch."""
        key = (answer.queue_ms, answer.tokenise_ms, answer.forward_ms)
        timings = self._timings.get(key)
        if timings is None:
            queue_ms, tokenise_ms, forward_ms = (round(ms, 3) for ms in key)
            timings = {"queue_ms": queue_ms, "tokenise_ms": tokenise_ms, "forward_ms": forward_ms}
            self._timings[key] = timings
        return timings

    def _event(self, review: Review, record: Record, status: str, about: Mapping[str, Any]) -> JsonObject:
        return {
            "schema_version": SCHEMA_VERSION,
            "review_id": review.review_id,
            "product_id": review.product_id,
            "review_version": review.version,
            "status": status,
            "rating": review.rating,
            "verified_purchase": review.verified_purchase,
            "incentivised": review.incentivised,
            "platform": review.platform,
            "created_at": review.created_at,
            "source": {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp_ms": recorded_ms(record.timestamp, review.created_at, self._made_at),
            },
            "made_at": self._made_at,
            "replay_id": self._replay_id,
            "timings": None,
            "stars": None,
            "embedding_version": None,
            **about,
        }


def _prepared(review: Review, prepared: PreparedReview, flags: Sequence[QualityFlag]) -> JsonObject:
    """The fields that do not depend on a model."""
    language = prepared.language
    return {
        "title": prepared.title,
        "text": prepared.text,
        "author_id": prepared.author_id,
        "language": {"code": language.code, "confidence": _four_decimals(language.confidence)},
        "flags": [
            {"kind": flag.kind, "score": _four_decimals(flag.score), "reason": flag.reason} for flag in flags
        ],
        "masked": [
            *_masked(prepared, "title", prepared.title_masks),
            *_masked(prepared, "text", prepared.text_masks),
        ],
        "incentivised": review.incentivised or prepared.is_incentivised,
        "signature": b64encode(prepared.signature).decode() if prepared.signature else None,
    }


def _masked(prepared: PreparedReview, field: str, masks: Sequence[Mask]) -> list[JsonObject]:
    if not masks:
        return []
    original = _original(prepared)
    return [
        {
            "field": field,
            "kind": mask.kind,
            "start": mask.start,
            "end": mask.end,
            "original": original(field, mask.start, mask.end),
        }
        for mask in masks
    ]


def _original(prepared: PreparedReview) -> _Original:
    """Where a span of the published title or text stood before."""
    if prepared.is_as_it_came:
        return lambda _field, start, end: {"start": start, "end": end}
    return lambda field, start, end: dict(
        zip(("start", "end"), prepared.original(field, start, end), strict=True)
    )


def _quotable(opinions: Sequence[ToldOpinion]) -> Iterator[ToldOpinion]:
    quoted = 0
    for one in opinions[:MAX_ASPECTS]:
        quoted += one.end - one.start
        if quoted > _MAX_QUOTED_CHARACTERS:
            return
        yield one


def _sentence(place: _Place, original: _Original, one: SentenceReading) -> JsonObject:
    field, start, end = place(one.start, one.end)
    sentiment = one.sentiment
    label = sentiment.label
    return {
        "field": field,
        "start": start,
        "end": end,
        "original": original(field, start, end),
        "sentiment": label,
        "score": _four_decimals(getattr(sentiment, label)),
        "embedding": b64encode(one.embedding).decode() if one.embedding else None,
    }


def _aspect(place: _Place, original: _Original, asked: str, one: ToldOpinion) -> JsonObject:
    first, last = one.start, one.end
    field, start, end = place(first, last)
    return {
        "aspect": one.aspect,
        "sentiment": one.label,
        "score": _four_decimals(one.score),
        "confidence": _four_decimals(one.confidence),
        "field": field,
        "start": start,
        "end": end,
        "original": original(field, start, end),
        "quote": asked[first:last],
        "holder": one.holder,
        "counted": one.uncounted is None,
    }


def _sentiment(sentiment: SentimentPrediction, basis: Basis) -> JsonObject:
    return {
        "label": sentiment.label,
        "negative": _four_decimals(sentiment.negative),
        "neutral": _four_decimals(sentiment.neutral),
        "positive": _four_decimals(sentiment.positive),
        "basis": basis,
    }


def _four_decimals(probability: float) -> float:
    """What `round` gives, in a third of its time; what is no number stays none.

    >>> _four_decimals(0.12344), _four_decimals(0.99996), _four_decimals(1.0), _four_decimals(float("nan"))
    (0.1234, 1.0, 1.0, nan)
    """
    return (probability * 10_000 + 0.5) // 1 / 10_000
