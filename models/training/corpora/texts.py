"""What a reader is trained on: texts with whatever is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.readers.interfaces import SentimentLabel
from models.training.corpora.annotated import AnnotatedOpinion, AnnotatedReview


@dataclass(frozen=True, slots=True)
class TrainingText:
    """One text.

    Attributes:
        source: the set it is of, and whose labels it has.
        sentiment: of all of it; None where that is not known.
        is_pole: its sentiment was chosen between positive and negative only.
        stars: 1 to 5; None where nobody gave any.
        opinions: all that it has; None where they were not annotated.
        knows_holders: judgements that are not the reviewer's were annotated too.
        categories: of its source's own taxonomy, with the sentiment towards each, None where that is not known;
            None: the source has no such labels.
    """

    text: str
    source: str
    sentiment: SentimentLabel | None = None
    is_pole: bool = False
    stars: int | None = None
    opinions: tuple[AnnotatedOpinion, ...] | None = None
    knows_holders: bool = False
    categories: Mapping[str, SentimentLabel | None] | None = None


def of_annotated(review: AnnotatedReview, source: str) -> TrainingText:
    """An annotated text as one to train on."""
    return TrainingText(
        review.text,
        source,
        sentiment=review.sentiment,
        stars=review.rating,
        opinions=review.opinions,
        knows_holders=review.knows_holders,
    )
