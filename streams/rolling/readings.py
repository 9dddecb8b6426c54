"""Reviews that were read in this process, as the rolling role reads them from the stream."""

from datetime import datetime
from typing import Literal

from models.readers.interfaces import ReviewReading
from models.readers.preparation import PreparedReview
from models.readers.second_look import ToldOpinion, second_look
from models.readers.stars import sentiment_of, stars_alone
from streams.rolling.events import EnrichedReview, Flag, Labelled, Language, Opinion, Sentence, Source


def as_event(
    product_id: str,
    review_id: str,
    prepared: PreparedReview,
    reading: ReviewReading | None,
    written: datetime,
    *,
    least_confidence: float,
    rating: float | None = None,
    verified_purchase: bool = False,
) -> EnrichedReview:
    """A review and what was read of it; without a reading, stars or a language that no model covers.

    Args:
        product_id: whose review it is.
        review_id: which.
        prepared: its text, masked; what was read is its `asked`.
        reading: what a model says of it.
        written: when it was written.
        least_confidence: of an opinion that counts.
        rating: 0 to 5.
        verified_purchase: whether the author bought it.
    """
    stars = stars_alone(prepared) if prepared.text else rating
    event = EnrichedReview(
        review_id=review_id,
        product_id=product_id,
        review_version=1,
        status=_status(prepared, reading, stars),
        created_at=written,
        source=Source(max(0, int(written.timestamp() * 1000))),
        text=prepared.text or None,
        title=prepared.title,
        rating=rating,
        language=Language(prepared.language.code),
        flags=tuple(Flag(flag.kind) for flag in prepared.flags),
        signature=prepared.signature,
        verified_purchase=verified_purchase,
    )
    if stars is not None:
        event.sentiment = Labelled(sentiment_of(stars).label, basis="stars")
    elif reading is not None:
        look = second_look(reading, rating, least_confidence)
        event.sentiment = Labelled(look.sentiment.label, look.basis)
        event.sentences = tuple(
            Sentence(
                *prepared.place(sentence.start, sentence.end), sentence.sentiment.label, sentence.embedding
            )
            for sentence in reading.sentences
        )
        event.aspects = tuple(_opinion(prepared, opinion) for opinion in look.opinions)
    return event


def _status(
    prepared: PreparedReview, reading: ReviewReading | None, stars: float | None
) -> Literal["enriched", "unsupported_language", "rating_only"]:
    if stars is not None:
        return "enriched" if prepared.text else "rating_only"
    return "unsupported_language" if reading is None else "enriched"


def _opinion(prepared: PreparedReview, opinion: ToldOpinion) -> Opinion:
    field, start, end = prepared.place(opinion.start, opinion.end)
    return Opinion(
        aspect=opinion.aspect,
        sentiment=opinion.label,
        score=opinion.score,
        confidence=opinion.confidence,
        field=field,
        start=start,
        end=end,
        quote=((prepared.title or "") if field == "title" else prepared.text)[start:end],
        counted=opinion.uncounted is None,
    )
