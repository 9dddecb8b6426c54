"""Doubles that ship no weights: a reader that misbehaves on command, languages, records, a recording sink."""

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from aiokafka.errors import KafkaError

from models.readers.interfaces import ReviewReading, SentenceReading, SentimentPrediction, TokenisedReview
from models.readers.preparation import PreparedReview
from models.text.language import DetectedLanguage
from schemas.summaries import Facet, RefreshRequested, SummaryClaim
from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Partition
from streams.delivery.sink import Checkpoint, pass_by
from streams.roles.generate.product_texts import Composer

NEVER = threading.Event()


@dataclass(eq=False)
class FakeReader:
    """Says positive unless the text speaks of something bad, and takes it for one sentence, whose embedding is its
    hash. Texts with these words misbehave.

    boom      raises
    hang      does not return for `hang_s`
    huge      raises like a device out of memory, if not alone in its batch
    enormous  raises like a device out of memory, always
    """  # noqa: D205 - the words come last

    packs: bool = True
    streams: int = 1
    batch_tokens: int = 512
    seconds_a_token: float = 0.0
    hang_s: float = 30.0
    is_broken: bool = False
    name: str = "fake"
    version: str = "1"
    languages: frozenset[str] | None = frozenset({"en"})
    embedding_version: str | None = None
    batches: list[list[str]] = field(default_factory=list)

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        return [_Text.of(text) for text in texts]

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        texts = [_text_of(review) for review in batch]
        self.batches.append(texts)
        joined = " ".join(texts)
        if self.is_broken or "boom" in joined:
            raise RuntimeError("boom")
        if "hang" in joined:
            NEVER.wait(self.hang_s)
        if "enormous" in joined or ("huge" in joined and len(texts) > 1):
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        if self.seconds_a_token:
            time.sleep(self.seconds_a_token * sum(map(len, batch)))
        return [_reading_of(text) for text in texts]


@dataclass(frozen=True, slots=True)
class _Text(TokenisedReview):
    """Tokenised into words, and remembering them."""

    text: str = ""

    @classmethod
    def of(cls, text: str) -> "_Text":
        return cls(windows=(tuple(range(max(1, len(text.split())))),), text=text)


def _reading_of(text: str) -> ReviewReading:
    feeling = SentimentPrediction(0.8, 0.1, 0.1) if "bad" in text else SentimentPrediction(0.05, 0.1, 0.85)
    embedding = sha256(text.encode("utf-8", "surrogatepass")).digest()
    return ReviewReading(feeling, (SentenceReading(0, len(text), feeling, embedding),))


def _text_of(review: TokenisedReview) -> str:
    assert isinstance(review, _Text)
    return review.text


class FakePreparer:
    """Masks and flags nothing. Believes the hint; else Chinese if there is a Chinese character, else English."""

    def prepare(
        self, *, text: str, title: str | None = None, author_id: str | None = None, hint: str | None = None
    ) -> PreparedReview:
        code = hint or ("zh" if any("一" <= character <= "鿿" for character in text) else "en")
        return PreparedReview(title, text, author_id, DetectedLanguage(code, 1.0), (), (), (), b"")

    def rating_flag(self, rating: float | None, sentiment: object) -> None:
        del rating, sentiment


@dataclass(frozen=True)
class FakeComposition:
    """A text of one language, without pros and cons."""

    claims: tuple[SummaryClaim, ...]
    language: str = "en"
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    facets: tuple[Facet, ...] = ()
    model: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        return " ".join(claim.text for claim in self.claims)


class FakeComposer:
    """Says how many reviews there are, and repeats every key point's claim. Raises for the product "boom"."""

    prompt_version = "fake-1"

    def compose(
        self,
        snapshots: Sequence[RefreshRequested],
        *,
        most_words: int | None = None,
        speakers: str = "reviewers",
    ) -> list[FakeComposition]:
        del most_words, speakers
        return [_repeated(one) for one in snapshots]

    def stop(self) -> None: ...


def fake_composer() -> Composer:
    return FakeComposer()


def _repeated(snapshot: RefreshRequested) -> FakeComposition:
    if snapshot.product_id == "boom":
        raise RuntimeError("boom")
    reviews = snapshot.counts.reviews
    told = [SummaryClaim(text=f"{reviews} reviews.", method="template", count=reviews)]
    told += [
        SummaryClaim(text=f"“{one.claim}”", method="template", count=one.count, review_ids=one.review_ids)
        for one in snapshot.key_points
    ]
    return FakeComposition(tuple(told))


def unexpected(error: KafkaError) -> KafkaError:
    """As aiokafka's producer tells of what its sender did not expect."""
    told = KafkaError("Unexpected error during batch delivery")
    told.__cause__ = error
    return told


@dataclass(frozen=True)
class FakeRecord:
    """A record as a consumer hands it over."""

    offset: int
    key: bytes | None = b"p1"
    value: bytes | None = b"{}"
    topic: str = "new-review"
    partition: int = 0
    timestamp: int = 1_750_000_000_000


@dataclass
class FakeSink:
    """Remembers what was delivered, in order; fails or waits on command."""

    is_committed_by_consumer: bool = True
    pause_s: float = 0.0
    checkpoint: Checkpoint = pass_by
    delivered: list[tuple[Partition, int, Effects]] = field(default_factory=list)
    fail_with: Exception | None = None

    async def start(self) -> None: ...

    async def acquire(self, partitions: Collection[Partition]) -> None: ...

    async def restore(self, partitions: Collection[Partition]) -> None: ...

    async def deliver(self, chunk: Chunk, effects: Effects) -> dict[str, int]:
        if self.fail_with is not None:
            raise self.fail_with
        self.delivered.append((chunk.lease.partition, chunk.next_offset, effects))
        return {}

    async def stop(self) -> None: ...
