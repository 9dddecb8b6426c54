"""What the enrich role asks of models: who prepares a review, who reads which language, and how to ask."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.quality import QualityFlag
from models.readers.interfaces import ReviewReading, SentimentPrediction
from models.readers.preparation import PreparedReview
from streams.lane.loading import ANY_LANGUAGE
from streams.lane.values import Answer


class Preparer(Protocol):
    """Masks, identifies languages, flags; thread-safe. `models.readers.preparation.ReviewPreparer` fits."""

    def prepare(
        self, *, text: str, title: str | None = None, author_id: str | None = None, hint: str | None = None
    ) -> PreparedReview:
        """A review as it may be published; `hint` is the language that the sender named."""

    def rating_flag(self, rating: float | None, sentiment: SentimentPrediction) -> QualityFlag | None:
        """A doubt where stars and words contradict each other."""


#: Answers for each text, in order; `Lane.run` fits.
AskReader = Callable[[Sequence[str]], Awaitable[Sequence[Answer[ReviewReading]]]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A model as the agent sees it: who it is, how to ask it, and what makes its embeddings, if it has any."""

    name: str
    version: str
    ask: AskReader
    embedding_version: str | None = None


class Readers:
    """Which reader reads which language.

    Args:
        by_language: ISO 639-1 codes, or ANY_LANGUAGE.
    """

    def __init__(self, by_language: Mapping[str, Reader]) -> None:
        self._by_language = by_language

    def of(self, language: str) -> Reader | None:
        """The reader of a language; None where no model covers it."""
        return self._by_language.get(language) or self._by_language.get(ANY_LANGUAGE)
