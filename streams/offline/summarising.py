"""Summarises a file of comments: read, counted, clustered and put into words as the stream does it, without Kafka."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypedDict

import orjson

from models.generation.words import words_of
from models.readers.interfaces import ReviewReading
from models.readers.preparation import PreparedReview, ReviewPreparer
from models.readers.stars import stars_alone
from schemas.reviews import Review
from schemas.summaries import KeyPoint, RefreshRequested, SummaryClaim
from streams.importing import AUTO, BadRow
from streams.offline.asking import ReadingFacts, ask
from streams.offline.comment_topics import UNNAMED, Said, discover
from streams.offline.comments import PRODUCT, read_comments
from streams.roles.generate.product_texts import Composition, load_composer
from streams.rolling.applying import apply_review
from streams.rolling.events import EnrichedReview
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.point_makers import makers_of
from streams.rolling.readings import as_event
from streams.rolling.summaries import SummaryWriter
from streams.serde import JsonObject
from streams.settings import Settings

_LEAST_KEY_POINTS = 3
# Of comments on products more than half make a sure key point on an aspect (0.72 and 0.58 in files of the tests), of
# those on news and videos two in five or fewer (0.41 and 0.35).
_LEAST_SURE = 0.48
_UNQUOTED_FLAGS = frozenset({"spam", "offensive"})
_LONGEST_SENTENCE = 300


class CommentEvidence(TypedDict):
    """A comment that a claim stands on: its row in the file, and its words where they are known."""

    review_id: str
    row: int | None
    quote: str | None


@dataclass(frozen=True, slots=True)
class Summarised:
    """A file in words.

    Attributes:
        composition: the text.
        snapshot: what it was written from.
        rows: the line of each review in the file.
        refused: rows that are no comments.
        has_topics: whether topics were found among the sentences, because the aspects do not fit.
        facts: which models read how many, how fast.
    """

    composition: Composition
    snapshot: RefreshRequested
    rows: Mapping[str, int]
    refused: tuple[BadRow, ...]
    has_topics: bool
    facts: ReadingFacts

    def evidence(self, claim: SummaryClaim) -> list[CommentEvidence]:
        """The reviews of a claim, each with its row, and its words where they are known."""
        points = [
            point
            for point in self.snapshot.key_points
            if (point.aspect, point.polarity) == (claim.aspect, claim.polarity)
        ]
        # A reviewer who makes several points is quoted with the one that the claim is about.
        points.sort(key=lambda point: _nearness(point, claim))
        words = {quote.review_id: quote.text for point in points for quote in point.quotes}
        return [
            {"review_id": known, "row": self.rows.get(known), "quote": words.get(known)}
            for known in claim.review_ids
        ]

    def to_dict(self) -> JsonObject:
        """Everything, ready for JSON."""
        made = self.composition
        return {
            "text": made.text,
            "generator": None
            if made.model is None
            else dict(zip(("name", "version"), made.model, strict=True)),
            "language": made.language,
            "claims": [
                claim.model_dump(mode="json") | {"evidence": self.evidence(claim)} for claim in made.claims
            ],
            "pros": made.pros,
            "cons": made.cons,
            "topics": self.has_topics,
            "refused": [{"row": bad.line, "problem": bad.problem} for bad in self.refused],
            "snapshot": self.snapshot.model_dump(mode="json"),
            **self.facts,
        }


def _nearness(point: KeyPoint, claim: SummaryClaim) -> tuple[float, int]:
    """How sure it is that a claim is about a point: by the reviews of both, and the words of the point's quotes."""
    shared = len({*point.review_ids} & {*claim.review_ids}) / len(point.review_ids)
    said = words_of(claim.text.casefold())
    return shared, sum(word in quote.text.casefold() for word in said for quote in point.quotes)


def summarise(
    settings: Settings,
    file: Path,
    *,
    columns: Mapping[str, str],
    progress: Callable[[str], None],
    most_words: int | None = None,
    preset: str = AUTO,
    encoding: str | None = None,
) -> Summarised:
    """Summarise the comments of a file.

    Args:
        settings: which models read them.
        file: CSV, TSV, JSON, JSONL or Parquet; or .txt, a comment a line.
        columns: field of a review to column, where they differ.
        progress: told what happens.
        most_words: of the text, in characters where there are no spaces; None: what is read at a glance.
        preset: whose export it is; "auto": recognised.
        encoding: of the file; None: found.

    Raises:
        ConfigurationError: there are no comments in it, or no such column.
    """
    ready, refused = read_comments(file, columns, preset=preset, encoding=encoding, progress=progress)
    reviews = [one.event for one in ready if isinstance(one.event, Review)]
    preparer = ReviewPreparer(masks_personal_data=True, languages=settings.model.languages)
    prepared = [preparer.prepare(text=one.text or "", title=one.title, hint=one.language) for one in reviews]
    worded = [
        index
        for index, one in enumerate(prepared)
        if reviews[index].text is not None and stars_alone(one) is None
    ]
    asked = ask(
        settings,
        [prepared[index].asked for index in worded],
        language=[prepared[index].language.code for index in worded],
        progress=progress,
    )
    read = dict(zip(worded, asked.readings, strict=True))
    readings = [read.get(index) for index in range(len(reviews))]
    snapshot = _snapshot(_events(settings, reviews, prepared, readings), file)
    has_topics = not _aspects_fit(snapshot, sum(reading is not None for reading in readings))
    if has_topics:
        points = tuple(discover(_sentences(reviews, prepared, readings)))
        counts = snapshot.counts.model_copy(update={"aspects": ()})
        snapshot = snapshot.model_copy(update={"counts": counts, "key_points": points})
    rows = {one.review_id: known.line for one, known in zip(reviews, ready, strict=True)}
    progress("writing")
    (composition,) = load_composer(settings).compose(
        [snapshot], most_words=most_words, speakers="commenters" if has_topics else "reviewers"
    )
    return Summarised(composition, snapshot, rows, tuple(refused), has_topics, asked.facts())


def _events(
    settings: Settings,
    reviews: Sequence[Review],
    prepared: Sequence[PreparedReview],
    readings: Sequence[ReviewReading | None],
) -> list[EnrichedReview]:
    return [
        as_event(
            PRODUCT,
            review.review_id,
            one,
            reading,
            review.created_at,
            least_confidence=settings.model.least_confidence,
            rating=review.rating,
            verified_purchase=review.verified_purchase,
        )
        for review, one, reading in zip(reviews, prepared, readings, strict=True)
    ]


def _snapshot(events: Sequence[EnrichedReview], file: Path) -> RefreshRequested:
    """What the rolling role would ask a text to be written from."""
    tables = MemoryTables()
    for offset, event in enumerate(events):
        apply_review(tables, event, offset)
    source = {"topic": file.name[:200] or PRODUCT, "partition": 0, "offset": len(events), "timestamp_ms": 0}
    writer = SummaryWriter(
        tables.product(PRODUCT),
        lambda review_id: tables.review(PRODUCT, review_id),
        source,
        datetime.now(UTC),
        makers=partial(makers_of, tables, tables.product(PRODUCT)),
    )
    return RefreshRequested.model_validate_json(orjson.dumps(writer.refresh(1, "requested")))


def _aspects_fit(snapshot: RefreshRequested, read: int) -> bool:
    """Whether enough of the comments that were read surely speak of an aspect with a name."""
    named = [point for point in snapshot.key_points if point.aspect != UNNAMED]
    makers = {review_id for point in named for review_id in point.review_ids}
    return len(named) >= _LEAST_KEY_POINTS and len(makers) >= _LEAST_SURE * read


def _sentences(
    reviews: Sequence[Review],
    prepared: Sequence[PreparedReview],
    readings: Sequence[ReviewReading | None],
) -> Iterator[Said]:
    for review, one, reading in zip(reviews, prepared, readings, strict=True):
        if reading is None or any(flag.kind in _UNQUOTED_FLAGS for flag in one.flags):
            continue
        for sentence in reading.sentences:
            text = one.asked[sentence.start : sentence.end]
            if sentence.embedding is not None and text.strip() and len(text) <= _LONGEST_SENTENCE:
                yield Said(review.review_id, one.language.code, text, sentence.embedding)
