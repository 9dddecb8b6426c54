"""Do key points pick what people find salient? Measured on OPOSUM's votes, beside random and centroid choice.

OPOSUM (Angelidis and Lapata 2018) has ten reviews of each product, cut into segments, and three people's votes on
whether a segment belongs into a summary. A segment is salient here if two or more of them say so.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.readers.interfaces import ReviewReading
from models.readers.preparation import PreparedReview
from models.similarity.sentence_bits import differing_bits
from models.text.language import DetectedLanguage
from streams.errors import ConfigurationError
from streams.offline.asking import ReadingFacts, ask
from streams.rolling.applying import apply_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.product_state import ProductState
from streams.rolling.readings import as_event
from streams.rolling.shown_points import chosen_points, quotes_of
from streams.settings import Settings

_VOTES = 2
WRITTEN = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class VotedReview:
    """A review in segments, each with whether it is salient."""

    product_id: str
    review_id: str
    segments: tuple[str, ...]
    salient: tuple[bool, ...]

    @property
    def text(self) -> str:
        """The segments as one text."""
        return " ".join(self.segments)

    def segment_of(self, quote: str) -> int:
        """The number of the segment that most of a quote lies in."""
        start = self.text.find(quote)
        end, place = start + len(quote), 0
        overlaps = []
        for segment in self.segments:
            overlaps.append(min(end, place + len(segment)) - max(start, place))
            place += len(segment) + 1
        return overlaps.index(max(overlaps))


class KeyPointReport(ReadingFacts):
    """What `evaluate key-points` measured: the share of salient segments among those that each way chooses."""

    salient_share: dict[str, float]
    chosen: int
    products: int
    segments: int


def evaluate_key_points(
    settings: Settings, directory: Path, *, progress: Callable[[str], None]
) -> KeyPointReport:
    """Measure on a directory in OPOSUM's layout (aspects/*.asp, salience/*.sal).

    Returns:
        `salient_share` of the chosen segments, and of as many chosen at random (the expectation), nearest to the
        product's centroid, and longest; `chosen`, `products`, `segments`; the models.

    Raises:
        ConfigurationError: the directory is not like that.
    """
    reviews = read_votes(directory)
    progress(f"{len(reviews)} reviews")
    whole = ask(settings, [review.text for review in reviews], language="en", progress=progress)
    progress("every segment alone, for the centroids")
    segments = [segment for review in reviews for segment in review.segments]
    alone = ask(settings, segments, language="en", progress=lambda _: None)
    bits = iter([_first_bits(reading) for reading in alone.readings])
    bits_of = {review.review_id: [next(bits) for _ in review.segments] for review in reviews}

    by_product: dict[str, list[tuple[VotedReview, ReviewReading | None]]] = defaultdict(list)
    for review, reading in zip(reviews, whole.readings, strict=True):
        by_product[review.product_id].append((review, reading))
    hits: dict[str, float] = defaultdict(float)
    chosen = 0
    for read in by_product.values():
        picked = _picked(read, settings.model.least_confidence)
        votes = [vote for review, _ in read for vote in review.salient]
        chosen += len(picked)
        hits["key_points"] += sum(picked)
        hits["random"] += len(picked) * sum(votes) / len(votes)
        hits["centroid"] += sum(
            _nearest(votes, [b for r, _ in read for b in bits_of[r.review_id]], len(picked))
        )
        lengths = [len(segment) for review, _ in read for segment in review.segments]
        longest = sorted(range(len(votes)), key=lambda number: -lengths[number])[: len(picked)]
        hits["longest"] += sum(votes[number] for number in longest)
    return {
        "salient_share": {name: round(hit / max(1, chosen), 4) for name, hit in hits.items()},
        "chosen": chosen,
        "products": len(by_product),
        "segments": len(segments),
        **whole.facts(),
    }


def read_votes(directory: Path) -> list[VotedReview]:
    """All reviews of OPOSUM's development and test parts, with their votes.

    Raises:
        ConfigurationError: a file is missing or does not fit the others.
    """
    files = sorted((directory / "aspects").glob("*.asp"))
    votes = _votes(directory)
    if not files or not votes:
        raise ConfigurationError(
            f"evaluate key-points: wanted OPOSUM's aspects/*.asp and salience/*.sal in {directory}, found none"
        )
    reviews = []
    for path in files:
        for block in path.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
            name, *lines = block.strip().split("\n")
            segments = tuple(line.rpartition("\t")[0].strip() for line in lines)
            known = [votes.get(f"{name}-{number:04}") for number in range(len(segments))]
            if not segments or None in known:
                raise ConfigurationError(
                    f"evaluate key-points: {path.name}: no votes for a segment of {name!r}"
                )
            salient = tuple(sum(one or ()) >= _VOTES for one in known)
            reviews.append(VotedReview(name.rpartition("-")[0], name, segments, salient))
    return reviews


def _votes(directory: Path) -> Mapping[str, tuple[int, ...]]:
    votes = {}
    for path in sorted((directory / "salience").glob("*.sal")):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, marks = line.partition("\t")
            if marks:
                votes[name] = tuple(map(int, marks.split()))
    return votes


def _picked(read: Sequence[tuple[VotedReview, ReviewReading | None]], least_confidence: float) -> list[bool]:
    """Whether the segments that a product's key points quote first are salient, each once."""
    tables = MemoryTables()
    for offset, (review, reading) in enumerate(read):
        if reading is not None:
            event = as_event(
                review.product_id,
                review.review_id,
                unprepared(review.text, "en"),
                reading,
                WRITTEN,
                least_confidence=least_confidence,
            )
            apply_review(tables, event, offset)
    product: ProductState = tables.product(read[0][0].product_id)
    by_id = {review.review_id: review for review, _ in read}
    segments = set()
    for _, point in chosen_points(product.points):
        for quote in quotes_of(point, lambda review_id: tables.review(product.product_id, review_id))[:1]:
            segments.add((quote["review_id"], by_id[quote["review_id"]].segment_of(quote["text"])))
    return [by_id[review_id].salient[number] for review_id, number in sorted(segments)]


def unprepared(text: str, language: str) -> PreparedReview:
    """A text as it is: what is said of it is found again by its place in it."""
    return PreparedReview(None, text, None, DetectedLanguage(language, 1.0), (), (), (), b"")


def _first_bits(reading: ReviewReading | None) -> bytes:
    sentences = reading.sentences if reading is not None else ()
    return (sentences[0].embedding if sentences else None) or bytes(32)


def _nearest(votes: Sequence[bool], bits: Sequence[bytes], wanted: int) -> list[bool]:
    """Votes of the segments nearest to the centroid: the majority of each bit."""
    numbers = [int.from_bytes(one) for one in bits]
    centroid = sum(
        1 << place for place in range(256) if 2 * sum(one >> place & 1 for one in numbers) > len(numbers)
    ).to_bytes(32)
    order = sorted(range(len(votes)), key=lambda place: differing_bits(bits[place], centroid))
    return [votes[place] for place in order[:wanted]]
