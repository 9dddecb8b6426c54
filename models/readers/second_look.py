"""The second look at a reading, before anything is told or counted: which opinions count, and what the stars add.

This is the one place that decides it, for the stream and for the commands that read without it.
"""

from typing import Final, Literal, NamedTuple

from models.readers.aspects import Aspect
from models.readers.interfaces import AspectMention, ReviewReading, SentimentLabel, SentimentPrediction
from models.readers.stars import Basis, with_rating
from schemas.vocabularies import HOLDERS

#: Why an opinion is told and counts nowhere.
Uncounted = Literal["unsure", "not_the_reviewers"]

_REVIEWER: Final = HOLDERS[0]
_UNKNOWN: Final[Aspect] = "other"


class ToldOpinion(NamedTuple):
    """What is told of a mention.

    Attributes:
        aspect: which; "other" for what is not the reviewer's, of which no reader learns what it is about.
        sentiment: towards it; None for what is not the reviewer's, of which no reader learns how it feels.
        confidence: see `AspectMention`.
        start: see `AspectMention`.
        end: see `AspectMention`.
        holder: see `AspectMention`.
        uncounted: why it counts nowhere; None: it counts.
    """

    aspect: Aspect
    sentiment: SentimentPrediction | None
    confidence: float
    start: int
    end: int
    holder: str | None
    uncounted: Uncounted | None

    @property
    def label(self) -> SentimentLabel:
        """The likeliest polarity; neutral where nothing is known."""
        return "neutral" if self.sentiment is None else self.sentiment.label

    @property
    def score(self) -> float:
        """Its probability; 0 where nothing is known."""
        return 0.0 if self.sentiment is None else max(self.sentiment)


class SecondLook(NamedTuple):
    """What is told of a review.

    Attributes:
        sentiment: of the whole.
        basis: what that was judged by.
        opinions: all mentions, in their order.
    """

    sentiment: SentimentPrediction
    basis: Basis
    opinions: tuple[ToldOpinion, ...]

    @property
    def counted(self) -> list[ToldOpinion]:
        """The opinions that count."""
        return [one for one in self.opinions if one.uncounted is None]


def second_look(reading: ReviewReading, rating: float | None, least_confidence: float) -> SecondLook:
    """Look at a reading again.

    Args:
        reading: what a reader says of the text.
        rating: 0 to 5 stars; None where there is none.
        least_confidence: of an opinion that counts, 0 to 1.
    """
    sentiment, basis = with_rating(reading.sentiment, rating)
    return SecondLook(
        sentiment, basis, tuple(_opinion(mention, least_confidence) for mention in reading.aspects)
    )


def _opinion(mention: AspectMention, least_confidence: float) -> ToldOpinion:
    aspect, confidence, sentiment, start, end, holder = mention
    if holder is not None and holder != _REVIEWER:
        return ToldOpinion(_UNKNOWN, None, confidence, start, end, holder, "not_the_reviewers")
    why: Uncounted | None = "unsure" if confidence < least_confidence else None
    return ToldOpinion(aspect, sentiment, confidence, start, end, holder, why)
