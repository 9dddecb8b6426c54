"""What stars say: the sentiment of a rating, of a text that is one, and of a text that leaves it open."""

from typing import Final, Literal

from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel, SentimentPrediction
from models.readers.preparation import PreparedReview
from models.text.stated_ratings import stated_stars

#: What a sentiment was judged by: of `schemas.vocabularies.SENTIMENT_BASES`.
Basis = Literal["text", "text_and_stars", "stars"]

#: Who read a text that is a rating in words, where others name their weights.
STATED_NAME, STATED_VERSION = "stated-rating", "1"
_MOST_NEGATIVE, _LEAST_POSITIVE = 2.0, 4.0

#: A text whose likeliest class is at least so probable is clear, and no rating is asked. `rating_mismatch` takes no
#: less of a text that contradicts its stars, so a text with that flag is always judged by its words.
CLEAR: Final = 0.75
#: Reviews by how their text feels and their one to five stars. Counted on 319 Amazon reviews of FewSum (MIT,
#: github.com/abrazinskas/FewSum, amazon_train.csv and amazon_val.csv), which have their buyers' stars; how a text feels
#: was annotated without them, after models/training/annotated/GUIDE.md. Texts that balance mostly have four stars.
#: There is no such set in Chinese, so its stars are taken to mean the same.
_SEEN: Final[dict[SentimentLabel, tuple[int, int, int, int, int]]] = {
    "negative": (35, 18, 22, 4, 0),
    "neutral": (0, 1, 10, 16, 5),
    "positive": (0, 0, 7, 43, 158),
}
#: Power of the stars' likelihood: text and stars are of one hand, so the stars are not news in full. Of these reviews
#: that were not clear to a reader, 73 % were judged right by the text alone, and 79, 77, 76 and 76 % at the powers
#: 0.25, 0.5, 0.75 and 1, with the lowest log loss at 0.75: tests/bench/ratings.py, docs/measurements.md.
_WEIGHT: Final = 0.5


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


def with_rating(text: SentimentPrediction, rating: float | None) -> tuple[SentimentPrediction, Basis]:
    """How a review feels by its text, and by its rating too where the text is not clear; and by which of them.

    Bayes' rule: p(class | text, stars) ~ p(class | text) * p(stars | class) ** 0.5.

    Args:
        text: what a reader says of the text.
        rating: 0 to 5 stars; parts of a star lie between their neighbours, less than one counts as one.

    >>> unsure = SentimentPrediction(negative=0.45, neutral=0.15, positive=0.40)
    >>> [with_rating(unsure, stars)[0].label for stars in (1, 4, 5)]
    ['negative', 'positive', 'positive']
    >>> with_rating(SentimentPrediction(0.8, 0.1, 0.1), 5)
    (SentimentPrediction(negative=0.8, neutral=0.1, positive=0.1), 'text')
    """
    if rating is None or max(text) >= CLEAR:
        return text, "text"
    weighed = [
        probability * _likelihood(rating, label) ** _WEIGHT
        for label, probability in zip(SENTIMENT_LABELS, text, strict=True)
    ]
    total = sum(weighed)
    return SentimentPrediction(*(one / total for one in weighed)), "text_and_stars"


def _likelihood(rating: float, label: SentimentLabel) -> float:
    """p(stars | class), each count one more than was seen, so that nothing is impossible."""
    seen = _SEEN[label]
    place = max(rating, 1.0) - 1
    below = min(int(place), len(seen) - 2)
    above = place - below
    return (seen[below] * (1 - above) + seen[below + 1] * above + 1) / (sum(seen) + len(seen))
