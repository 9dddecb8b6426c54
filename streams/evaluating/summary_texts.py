"""What is evaluated: reviews that were read, and the text that somebody makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial

import orjson

from models.readers.interfaces import ReviewReading, SentimentLabel
from schemas.summaries import RefreshRequested, SummaryClaim
from streams.evaluating.key_points import WRITTEN, unprepared
from streams.evaluating.summary_files import SummaryItem
from streams.rolling.applying import apply_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.point_makers import makers_of
from streams.rolling.product_state import Kind, Point
from streams.rolling.readings import as_event
from streams.rolling.shown_points import chosen_points
from streams.rolling.summaries import SummaryWriter

_READ = datetime(2020, 1, 1, tzinfo=UTC)
_SOURCE = {
    "topic": "enriched-review",
    "partition": 0,
    "offset": 0,
    "timestamp_ms": int(_READ.timestamp() * 1000),
}


@dataclass(frozen=True, slots=True)
class EvaluatedSentence:
    """One sentence of a text.

    Attributes:
        text: the sentence.
        method: `template`: counted and quoted by code; `generated`: written by a model.
        reviews: places of the documents it stands on; none: on all of them.
        aspect: of its key point.
        polarity: of its key point.
        claim: as it would be published; None: a sentence of a review as it is.
    """

    text: str
    method: str
    reviews: tuple[int, ...] = ()
    aspect: str | None = None
    polarity: SentimentLabel | None = None
    claim: SummaryClaim | None = None

    @classmethod
    def of(cls, claim: SummaryClaim) -> "EvaluatedSentence":
        """A claim whose review ids are places of documents."""
        places = tuple(map(int, claim.review_ids))
        return cls(claim.text, claim.method, places, claim.aspect, claim.polarity, claim)


@dataclass(frozen=True, slots=True)
class EvaluatedText:
    """A summary, sentence by sentence."""

    sentences: tuple[EvaluatedSentence, ...]

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a document, as a model read it."""

    document: int
    text: str
    polarity: SentimentLabel
    bits: bytes | None


class ReadItem:
    """An item whose documents were read and applied, each as a review, as the rolling role applies them.

    A review's id is the place of its document, as text.

    Args:
        item: the documents.
        readings: one a document; None: no model reads its language.
        most_words: that a summary should have (characters where words are not parted by spaces).
        least_confidence: of an opinion that counts.
    """

    def __init__(
        self,
        item: SummaryItem,
        readings: list[ReviewReading | None],
        most_words: int,
        *,
        least_confidence: float,
    ) -> None:
        self.item = item
        self.readings = readings
        self.most_words = most_words
        self.tables = MemoryTables()
        for place, (text, reading) in enumerate(zip(item.documents, readings, strict=True)):
            if reading is not None:
                event = as_event(
                    item.item_id,
                    str(place),
                    unprepared(text, item.language),
                    reading,
                    WRITTEN,
                    least_confidence=least_confidence,
                )
                apply_review(self.tables, event, place)
        self.product = self.tables.product(item.item_id)

    @property
    def documents(self) -> tuple[str, ...]:
        """The reviews, or sentences."""
        return self.item.documents

    @cached_property
    def sentences(self) -> list[ReadSentence]:
        """All sentences of the documents."""
        return [
            ReadSentence(place, text[one.start : one.end].strip(), one.sentiment.label, one.embedding)
            for place, (text, reading) in enumerate(zip(self.documents, self.readings, strict=True))
            if reading is not None
            for one in reading.sentences
        ]

    @cached_property
    def points(self) -> list[tuple[Kind, Point]]:
        """The chosen key points, those that most reviews make first."""
        return chosen_points(self.product.points)

    def quotes(self, point: Point) -> dict[int, str]:
        """How the reviews that a point refers to put it, by the place of the document."""
        found = {}
        for reference in point.references:
            state = self.tables.review(self.item.item_id, reference.review_id)
            mentions = state.contribution.mentions if state is not None and state.contribution else ()
            for mention in mentions:
                if mention.point == point.number:
                    found[int(reference.review_id)] = mention.quote
        return found

    @cached_property
    def snapshot(self) -> RefreshRequested:
        """What the rolling role would ask for a text with."""
        writer = SummaryWriter(
            self.product,
            lambda name: self.tables.review(self.item.item_id, name),
            dict(_SOURCE),
            _READ,
            makers=partial(makers_of, self.tables, self.product),
        )
        return RefreshRequested.model_validate_json(orjson.dumps(writer.refresh(1, "requested")))


#: Writes texts about items, in order. It gets more than the documents, so that nobody has to read them twice.
Summariser = Callable[[Sequence[ReadItem]], list[EvaluatedText]]
