"""What stars say without a network: the sentiment of a rating, and of a text that is one."""

from models.readers.interfaces import SentimentPrediction
from models.readers.preparation import PreparedReview
from models.text.stated_ratings import stated_stars

#: Who read a text that is a rating in words, where others name their weights.
STATED_NAME, STATED_VERSION = "stated-rating", "1"
_MOST_NEGATIVE, _LEAST_POSITIVE = 2.0, 4.0


def sentiment_of(stars: float) -> SentimentPrediction:
    """The sentiment of a rating of 0 to 5 stars: up to 2 are negative, from 4 on they are positive.

    >>> [sentiment_of(stars).label for stars in (0, 2, 2.5, 3.9, 4)]
    ['negative', 'negative', 'neutral', 'neutral', 'positive']
    """
    if stars <= _MOST_NEGATIVE:
        return SentimentPrediction(negative=1.0, neutral=0.0, positive=0.0)
    if stars >= _LEAST_POSITIVE:
        return SentimentPrediction(negative=0.0, neutral=0.0, positive=1.0)
    return SentimentPrediction(negative=0.0, neutral=1.0, positive=0.0)


def stars_alone(prepared: PreparedReview) -> float | None:
    """The stars that a review without a title consists of, in words; None where it says more."""
    return None if prepared.title else stated_stars(prepared.text)
