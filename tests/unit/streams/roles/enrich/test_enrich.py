import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.personal_data import Mask
from models.readers.interfaces import (
    AspectMention,
    ReviewReading,
    SentenceReading,
    SentimentPrediction,
    TokenisedReview,
)
from models.readers.preparation import PreparedReview, ReviewPreparer
from schemas.dead_letters import DeadLetterReason
from schemas.reviews import Review, ReviewEnriched
from streams.app import ROLES
from streams.delivery.records import Effects, Record
from streams.errors import FatalError
from streams.kafka.connection import MAX_BATCH_BYTES, KafkaConnection
from streams.lane.values import Answer, Failure
from streams.roles.enrich.enriched_events import MAX_SENTENCES
from streams.roles.enrich.handler import EnrichReviews
from streams.roles.enrich.readers import ANY_LANGUAGE, Preparer, Reader, Readers
from streams.roles.enrich.worker import EnrichWorker
from streams.settings import ModelSettings, Settings
from tests.fakes import FakePreparer, FakeReader, FakeRecord

NOW = datetime(2025, 6, 16, tzinfo=UTC)
GOOD: dict[str, object] = {
    "review_id": "r1",
    "product_id": "p1",
    "text": "Bright enough to read by.",
    "created_at": "2025-06-01T12:00:00+08:00",
}
NO_NUMBERS = SentimentPrediction(*[float("nan")] * 3)
KINDS = ("good", "titled", "removed", "foreign", "fails", "times out", "no json", "no value", "no key")


class FakeAsk:
    """Answers like the lane; remembers what it was asked."""

    def __init__(self, reading: ReviewReading | SentimentPrediction | None = None) -> None:
        self.asked: list[list[str]] = []
        reading = reading or SentimentPrediction(0.00005, 0.33335, 0.6666)
        self._reading = reading if isinstance(reading, ReviewReading) else ReviewReading(reading)

    async def __call__(self, texts: Sequence[str]) -> list[Answer[ReviewReading]]:
        self.asked.append(list(texts))
        return [Answer(self._outcome(text), 12.3456, 1.0, 7.0) for text in texts]

    def _outcome(self, text: str) -> ReviewReading | Failure:
        if "fails" in text:
            return Failure(DeadLetterReason.MODEL_ERROR, "RuntimeError: boom")
        if "times out" in text:
            return Failure(DeadLetterReason.MODEL_TIMEOUT, "HungError: no answer")
        if "half of it" in text:
            return ReviewReading(PRAISE, stars=(float("nan"),) * 5)
        if "overflows" in text:
            return ReviewReading(NO_NUMBERS)
        return self._reading


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def run(
    executor: ThreadPoolExecutor,
    records: Sequence[FakeRecord],
    *,
    ask: FakeAsk | None = None,
    language: str = "en",
    preparer: Preparer | None = None,
) -> Effects:
    readers = Readers({language: Reader("fake", "1", ask or FakeAsk())})
    agent = EnrichReviews(
        readers, preparer or FakePreparer(), executor=executor, now=lambda: NOW, least_confidence=0.5
    )
    return asyncio.run(agent(records))  # type: ignore[arg-type]


def review(
    offset: int = 0, *, key: str | None = "p1", timestamp: int = 1_750_000_000_000, **fields: object
) -> FakeRecord:
    value = json.dumps({**GOOD, **fields}).encode()
    return FakeRecord(offset, key.encode() if key is not None else None, value, timestamp=timestamp)


def events(effects: Effects) -> list[ReviewEnriched]:
    """The outputs, each held against the contract."""
    return [ReviewEnriched.model_validate_json(output.value or b"") for output in effects.outputs]


def record_of(kind: str, offset: int) -> FakeRecord:
    if kind in {"no json", "no value"}:
        return FakeRecord(offset, value=b"{" if kind == "no json" else None)
    if kind == "no key":
        return review(offset, key=None)
    fields: dict[str, dict[str, object]] = {
        "titled": {"title": "Lamp"},
        "removed": {"removed": True, "text": None},
        "foreign": {"text": "够亮"},
        "fails": {"text": "fails"},
        "times out": {"text": "times out"},
    }
    return review(offset, **fields.get(kind, {}))


REASONS = {
    "fails": "model_error",
    "times out": "model_timeout",
    "no json": "malformed_json",
    "no value": "null_value",
    "no key": "key_mismatch",
}


@settings(deadline=None)
@given(st.lists(st.sampled_from(KINDS), max_size=12))
def test_every_record_becomes_one_output_or_one_dead_letter(kinds: list[str]) -> None:
    """Nothing is lost and nothing comes twice: outputs and dead letters are in the order of the records."""
    records = [record_of(kind, offset) for offset, kind in enumerate(kinds, start=10)]
    with ThreadPoolExecutor(1) as executor:
        effects = run(executor, records)
    lost = {offset: REASONS[kind] for offset, kind in enumerate(kinds, start=10) if kind in REASONS}
    assert {letter.record.offset: str(letter.reason) for letter in effects.dead_letters} == lost
    assert [letter.record.offset for letter in effects.dead_letters] == sorted(lost)
    assert all(letter.error for letter in effects.dead_letters)
    assert [event.source.offset for event in events(effects)] == [
        record.offset for record in records if record.offset not in lost
    ]


def test_an_enriched_review_tells_everything_it_promises(executor: ThreadPoolExecutor) -> None:
    """The output repeats the review, and adds sentiment, language, model, source, timings and clock."""
    record = review(
        41, title="Lamp", rating=4.5, version=3, verified_purchase=True, platform="web", author_id="a1"
    )
    effects = run(executor, [record])
    (event,) = events(effects)
    assert event.status == "enriched"
    assert (event.review_id, event.product_id, event.review_version) == ("r1", "p1", 3)
    assert (event.text, event.title, event.rating) == (GOOD["text"], "Lamp", 4.5)
    assert (event.verified_purchase, event.platform, event.author_id) == (True, "web", "a1")
    assert event.created_at == datetime.fromisoformat(str(GOOD["created_at"]))
    assert event.made_at == NOW
    assert event.source.model_dump() == {
        "topic": "new-review",
        "partition": 0,
        "offset": 41,
        "timestamp_ms": 1_750_000_000_000,
    }
    assert event.sentiment is not None
    assert event.sentiment.label == "positive"
    assert event.model is not None
    assert (event.model.name, event.model.version) == ("fake", "1")
    assert event.language is not None
    assert (event.language.code, event.language.confidence) == ("en", 1.0)
    assert event.timings is not None
    assert event.timings.queue_ms == pytest.approx(12.346)
    assert effects.outputs[0].topic == "enriched-review"
    assert effects.outputs[0].key == b"p1"


def test_the_output_has_every_field_of_its_contract(executor: ThreadPoolExecutor) -> None:
    """The dictionary that is encoded has exactly the contract's fields: a new one cannot be forgotten."""
    (output,) = run(executor, [review()]).outputs
    assert set(orjson.loads(output.value or b"")) == set(ReviewEnriched.model_fields)


def test_keys_are_kept(executor: ThreadPoolExecutor) -> None:
    """An output has the very key of its record, so that a product's reviews stay in order."""
    effects = run(executor, [review(product_id=product, key=product) for product in ("p2", "灯", "p1")])
    assert [output.key for output in effects.outputs] == [b"p2", "灯".encode(), b"p1"]


def test_a_title_is_read_by_the_model(executor: ThreadPoolExecutor) -> None:
    """The title is part of what the author says; an empty one adds nothing."""
    ask = FakeAsk()
    run(executor, [review(title="Lamp"), review(title=""), review()], ask=ask)
    text = str(GOOD["text"])
    assert ask.asked == [[f"Lamp.\n{text}", text, text]]


def test_a_removal_is_passed_on_without_asking_the_model(executor: ThreadPoolExecutor) -> None:
    """A removal says that the review is gone and repeats nothing of it, not even what the sender repeats."""
    ask = FakeAsk()
    (event,) = events(run(executor, [review(removed=True, title="Lamp", version=2)], ask=ask))
    assert (event.status, event.text, event.title, event.sentiment) == ("removed", None, None, None)
    assert event.review_version == 2
    assert not any(ask.asked)


def test_stars_without_words_are_passed_on_without_asking_the_model(executor: ThreadPoolExecutor) -> None:
    """They keep their rating and their title, masked like any other, and are of no language."""
    ask = FakeAsk()
    stars = review(
        text=None, rating=4, title="Call 13812345678", author_id="jane@example.com", incentivised=True
    )
    effects = run(
        executor, [stars, review(1), review(2, text=None, rating=1)], ask=ask, preparer=ReviewPreparer()
    )
    titled, read, bare = events(effects)
    assert [event.status for event in (titled, read, bare)] == ["rating_only", "enriched", "rating_only"]
    assert (titled.text, titled.rating, titled.title) == (None, 4, "Call [phone]")
    assert [(mask.kind, mask.field) for mask in titled.masked] == [("phone", "title")]
    assert (titled.author_id, titled.incentivised, read.incentivised) == (None, True, False)
    assert titled.language is titled.model is bare.title is None
    assert ask.asked == [[GOOD["text"]]]


@pytest.mark.parametrize(
    ("rating", "label"),
    [
        (0, "negative"), (1, "negative"), (2, "negative"), (2.5, "neutral"), (3, "neutral"), (3.5, "neutral"),
        (4, "positive"), (4.5, "positive"), (5, "positive"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", [None, "", " \n"])
def test_stars_without_words_feel_as_their_stars_do(
    executor: ThreadPoolExecutor, rating: float, label: str, text: str | None
) -> None:
    """However a platform leaves the text out; the sentiment says that it is that of the stars."""
    ask = FakeAsk()
    (event,) = events(run(executor, [review(text=text, rating=rating)], ask=ask, preparer=ReviewPreparer()))
    assert event.sentiment is not None
    assert (event.status, event.text, event.rating) == ("rating_only", None, rating)
    assert (event.sentiment.label, event.sentiment.basis) == (label, "stars")
    assert not any(ask.asked)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1 star", "negative"), ("One star.", "negative"), ("Zero stars", "negative"), ("2/10", "negative"),
        ("一星", "negative"), ("五星好评", "positive"), ("给五星", "positive"), ("10/10", "positive"),
        ("⭐⭐⭐⭐⭐", "positive"), ("3 Sterne", "neutral"), ("cinco estrellas", "positive"),
        ("★★☆☆☆", "negative"), ("4.5 stars", "positive"), ("5 out of 5", "positive"),
    ],
)  # fmt: skip
def test_a_rating_in_words_is_read_as_one(executor: ThreadPoolExecutor, text: str, label: str) -> None:
    """In any language, without a model; what is published is its text, and no rating that was not given."""
    ask = FakeAsk()
    (event,) = events(run(executor, [review(text=text)], ask=ask, preparer=ReviewPreparer()))
    assert event.sentiment is not None
    assert event.model is not None
    assert (event.status, event.text, event.rating) == ("enriched", text, None)
    assert (event.sentiment.label, event.sentiment.basis) == (label, "stars")
    assert event.model.name == "stated-rating"
    assert not any(ask.asked)


@pytest.mark.parametrize(
    ("text", "title"),
    [("One star is too many, it leaks.", None), ("1 star", "Do not buy"), ("The star fell off.", None)],
)
def test_what_says_more_than_a_rating_is_asked_about(
    executor: ThreadPoolExecutor, text: str, title: str | None
) -> None:
    """A rating among other words is for the model to weigh."""
    ask = FakeAsk()
    (event,) = events(run(executor, [review(text=text, title=title)], ask=ask, preparer=ReviewPreparer()))
    assert event.sentiment is not None
    assert event.sentiment.basis == "text"
    assert len(ask.asked[0]) == 1


def test_a_rating_in_words_that_contradicts_the_stars_is_flagged(executor: ThreadPoolExecutor) -> None:
    """Five stars under the words "One star" are somebody's mistake."""
    (event,) = events(run(executor, [review(text="One star.", rating=5)], preparer=ReviewPreparer()))
    assert "rating_mismatch" in {flag.kind for flag in event.flags}


def test_a_review_from_after_its_record_is_set_aside_whenever_it_is_read(
    executor: ThreadPoolExecutor,
) -> None:
    """The record's time decides, so a replay years later refuses the same reviews as the first reading."""
    published = datetime(2025, 6, 1, tzinfo=UTC)
    written = [published + timedelta(days=days) for days in (-3_000, 1, 3, 3_000)]
    records = [
        review(offset, created_at=moment.isoformat(), timestamp=int(published.timestamp() * 1000))
        for offset, moment in enumerate(written)
    ]
    effects = run(executor, records)
    assert [letter.record.offset for letter in effects.dead_letters] == [2, 3]
    assert {letter.reason for letter in effects.dead_letters} == {DeadLetterReason.INVALID_EVENT}
    assert "created_at: wanted at most 2 days after" in effects.dead_letters[0].error
    assert [event.source.offset for event in events(effects)] == [0, 1]


def test_a_language_without_a_model_is_never_guessed(executor: ThreadPoolExecutor) -> None:
    """A review the model does not cover says so, with its language and without a sentiment."""
    ask = FakeAsk()
    (event,) = events(run(executor, [review(text="够亮")], ask=ask))
    assert (event.status, event.sentiment, event.model) == ("unsupported_language", None, None)
    assert event.language is not None
    assert event.language.code == "zh"
    assert not any(ask.asked)


def test_a_model_for_all_languages_is_asked_about_all(executor: ThreadPoolExecutor) -> None:
    """A model named for any language reads every one."""
    (event,) = events(run(executor, [review(text="够亮")], language=ANY_LANGUAGE))
    assert event.status == "enriched"


UNSURE = SentimentPrediction(negative=0.40, neutral=0.25, positive=0.35)
PRAISE = SentimentPrediction(negative=0.05, neutral=0.05, positive=0.9)
WORDS = ("It arrived, and it is on the shelf now.", "已经收到了，现在放在架子上。")


@pytest.mark.parametrize("text", WORDS)
@pytest.mark.parametrize(
    ("read", "rating", "told"),
    [
        (UNSURE, 5, ("positive", "text_and_stars")), (UNSURE, 1, ("negative", "text_and_stars")),
        (UNSURE, None, ("negative", "text")), (PRAISE, 1, ("positive", "text")),
        (PRAISE, 5, ("positive", "text")),
    ],
)  # fmt: skip
def test_stars_are_asked_where_the_text_is_not_clear(
    executor: ThreadPoolExecutor,
    text: str,
    read: SentimentPrediction,
    rating: float | None,
    told: tuple[str, str],
) -> None:
    """In every language; the event says so, and a clear text is what it is, whatever the stars."""
    ask = FakeAsk(read)
    (event,) = events(run(executor, [review(text=text, rating=rating)], ask=ask, language=ANY_LANGUAGE))
    assert event.sentiment is not None
    assert event.status == "enriched"
    assert (event.sentiment.label, event.sentiment.basis) == told
    assert (event.sentiment.positive == read.positive) == (event.sentiment.basis == "text")


def test_a_mismatch_is_between_the_stars_and_the_words_alone(executor: ThreadPoolExecutor) -> None:
    """What the stars add to a sentiment is no evidence against them, nor for them."""
    preparer = ReviewPreparer()
    for read in (PRAISE, SentimentPrediction(0.12, 0.13, 0.75)):
        records = [review(rating=rating) for rating in (1, 5, None)]
        found = events(run(executor, records, ask=FakeAsk(read), preparer=preparer))
        assert [[flag.kind for flag in event.flags] for event in found] == [["rating_mismatch"], [], []]
        assert {event.sentiment.basis for event in found if event.sentiment is not None} == {"text"}


def opinionated(confidence: float = 0.9, holder: str | None = "reviewer") -> ReviewReading:
    stars = (0.05, 0.1, 0.15, 0.3, 0.40004)
    return ReviewReading(PRAISE, (), (AspectMention("design", confidence, PRAISE, 0, 6, holder),), stars)


@pytest.mark.parametrize("text", ["Bright enough to read by.", "够亮够亮够亮，晚上看书正好。"])
@pytest.mark.parametrize(
    ("confidence", "holder", "told"),
    [
        (0.9, "reviewer", ("design", "positive", 0.9, True)),
        (0.9, None, ("design", "positive", 0.9, True)),
        (0.4, "reviewer", ("design", "positive", 0.9, False)),
        (0.9, "former_product", ("other", "neutral", 0.0, False)),
    ],
)
def test_every_opinion_is_told_and_says_whether_it_counts(
    executor: ThreadPoolExecutor, text: str, confidence: float, holder: str | None, told: tuple[object, ...]
) -> None:
    """With whose it is; of one that is not the reviewer's only where it stands, whose and how sure."""
    ask = FakeAsk(opinionated(confidence, holder))
    (event,) = events(run(executor, [review(text=text)], ask=ask, language=ANY_LANGUAGE))
    (opinion,) = event.aspects
    assert (opinion.aspect, opinion.sentiment, opinion.score, opinion.counted) == told
    assert (opinion.holder, opinion.confidence, opinion.quote) == (holder, confidence, text[:6])


def test_the_stars_that_words_sound_like_are_told(executor: ThreadPoolExecutor) -> None:
    """Those of a reader that gives some; a plain classifier gives none."""
    (event,) = events(run(executor, [review()], ask=FakeAsk(opinionated())))
    assert event.stars is not None
    assert list(event.stars.model_dump().values()) == [0.05, 0.1, 0.15, 0.3, 0.4]
    assert events(run(executor, [review()]))[0].stars is None


async def test_the_worker_counts_what_the_settings_say() -> None:
    """`REVIEWSTREAM_MODEL__LEAST_CONFIDENCE` reaches the events."""

    class OpinionReader(FakeReader):
        def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
            return [opinionated(0.6)] * len(batch)

    for least, is_counted in ((0.5, True), (0.7, False)):
        async with AsyncExitStack() as stack:
            worker = EnrichWorker(
                ROLES["enrich"],
                Settings(model=ModelSettings(least_confidence=least)),
                stack,
                load_readers=lambda _settings: {"en": OpinionReader()},
                load_preparer=lambda _settings: FakePreparer(),
            )
            handler = await worker.load_handler(cast("KafkaConnection", None), is_kafka=False)
            (event,) = events(await handler([cast("Record", review())]))
        assert [one.counted for one in event.aspects] == [is_counted]


NO_TIMES = [
    -1,
    0,
    1_748_750_400,
    1_750_000_000_000_000,
    1_750_000_000_000_000_000,
    2**63 - 1,
    4_102_444_800_000,
]


@pytest.mark.parametrize("timestamp", NO_TIMES)
def test_a_record_whose_time_is_none_has_that_of_its_review(
    executor: ThreadPoolExecutor, timestamp: int
) -> None:
    """Nothing, seconds, micro- and nanoseconds, years ahead: what is published is when the review was written."""
    (event,) = events(run(executor, [review(timestamp=timestamp)]))
    assert event.source.timestamp_ms == event.created_at.timestamp() * 1000


def test_a_review_from_the_future_is_refused_without_a_record_time_too(executor: ThreadPoolExecutor) -> None:
    """Else one record with both wrong would be the newest of its product for years."""
    effects = run(executor, [review(timestamp=-1, created_at="2150-01-01T00:00:00Z"), review(1)])
    assert [(letter.record.offset, letter.reason) for letter in effects.dead_letters] == [
        (0, "invalid_event")
    ]
    assert len(effects.outputs) == 1


class SurrogatePreparer(FakePreparer):
    """Cuts a pair of surrogates in half where a text asks for it."""

    def prepare(self, *, text: str, title: str | None = None, **more: str | None) -> PreparedReview:
        return super().prepare(text=text.replace("half a pair", "\ud83d"), title=title, **more)


def test_what_cannot_be_written_as_json_is_set_aside_alone(executor: ThreadPoolExecutor) -> None:
    """Whatever comes of a review, its neighbours come out and the worker lives."""
    records = [review(0), review(1, text="half a pair"), review(2)]
    effects = run(executor, records, preparer=SurrogatePreparer())
    assert [event.source.offset for event in events(effects)] == [0, 2]
    (letter,) = effects.dead_letters
    assert (letter.record.offset, letter.reason) == (1, "invalid_event")
    assert "written as JSON" in letter.error


weights = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda three: sum(three) > 1e-6)


@settings(deadline=None, max_examples=50)
@given(weights)
def test_rounding_never_breaks_the_contract(three: list[float]) -> None:
    """Rounded to four places the probabilities still sum to 1 and agree with their label."""
    prediction = SentimentPrediction(*(weight / sum(three) for weight in three))
    with ThreadPoolExecutor(1) as executor:
        effects = run(executor, [review()], ask=FakeAsk(prediction))
    (event,) = events(effects)
    assert event.sentiment is not None
    assert event.sentiment.label == prediction.label


def test_a_prediction_that_is_no_number_is_a_model_failure(executor: ThreadPoolExecutor) -> None:
    """A model that overflows in half precision sets the review aside; its NaN is never published as null."""
    effects = run(executor, [review(1, text="overflows"), review(2), review(3, text="overflows too")])
    assert [event.source.offset for event in events(effects)] == [2]
    assert [letter.reason for letter in effects.dead_letters] == [DeadLetterReason.MODEL_ERROR] * 2
    half = run(executor, [review(1, text="half of it is missing"), review(2)])
    assert [letter.record.offset for letter in half.dead_letters] == [1]


def test_a_model_that_gives_no_numbers_at_all_sets_nothing_aside(executor: ThreadPoolExecutor) -> None:
    """If the harmless text gets no numbers either, the model is broken: the worker ends, every review is read again."""
    with pytest.raises(
        FatalError, match=r"fake 1 gives 'It works\.' are no numbers either.*nothing was set aside"
    ):
        run(executor, [review(1), review(2)], ask=FakeAsk(NO_NUMBERS))


def test_the_chunks_waiting_is_observed_once(executor: ThreadPoolExecutor) -> None:
    """The metrics hear of each chunk that asked the model, in seconds; of others they hear nothing."""
    told: list[tuple[float, float]] = []
    agent = EnrichReviews(
        Readers({"en": Reader("fake", "1", FakeAsk())}),
        FakePreparer(),
        executor=executor,
        now=lambda: NOW,
        least_confidence=0.5,
        answered=lambda queue_s, tokenise_s: told.append((queue_s, tokenise_s)),
    )
    asyncio.run(agent([review(), review()]))
    asyncio.run(agent([review(text="够亮"), FakeRecord(0, value=None)]))
    assert told == [(pytest.approx(0.0123456), pytest.approx(0.001))]


def test_the_largest_review_makes_an_output_that_a_batch_holds(executor: ThreadPoolExecutor) -> None:
    """A review at all its limits, of characters that JSON escapes, stays far below a broker's limit."""
    record = review(text="\x01" * 19_999 + "x", title="\x01" * 300, author_id="字" * 128, platform="字" * 128)
    (output,) = run(executor, [record]).outputs
    assert len(output.value or b"") < 256 * 1024
    assert Review.model_validate_json(record.value or b"").text == events(Effects([output]))[0].text


def test_the_most_talkative_reading_makes_an_output_that_a_request_holds(
    executor: ThreadPoolExecutor,
) -> None:
    """Thousands of sentences, and all aspects in one clause as long as the text: the first ones are listed."""
    feeling = SentimentPrediction(0.8, 0.1, 0.1)
    text = "字" * 20_000
    sentences = tuple(SentenceReading(at, at + 3, feeling, bytes(32)) for at in range(0, 19_998, 3))
    short = [AspectMention("packaging", 0.9, feeling, at, at + 3) for at in range(0, 15_000, 3)]
    long = [AspectMention("packaging", 0.9, feeling, 0, 20_000)] * 13
    for aspects in (short, long):
        reading = ReviewReading(feeling, sentences, tuple(aspects))
        (output,) = run(executor, [review(text=text, language="en")], ask=FakeAsk(reading)).outputs
        assert len(output.value or b"") < MAX_BATCH_BYTES
        (event,) = events(Effects([output]))
        assert len(event.sentences) == MAX_SENTENCES
        assert event.aspects


def test_each_language_has_its_reader(executor: ThreadPoolExecutor) -> None:
    """A chunk of two languages is read by two models, each asked once, and the order stays."""
    english, chinese = FakeAsk(), FakeAsk(SentimentPrediction(0.9, 0.05, 0.05))
    readers = Readers({"en": Reader("one", "1", english), "zh": Reader("two", "2", chinese)})
    agent = EnrichReviews(readers, FakePreparer(), executor=executor, now=lambda: NOW, least_confidence=0.5)
    texts = ["fine", "够亮", "fine too", "太暗"]
    effects = asyncio.run(agent([review(n, text=text) for n, text in enumerate(texts)]))
    assert [event.model.name for event in events(effects) if event.model] == ["one", "two", "one", "two"]
    assert (english.asked, chinese.asked) == ([["fine", "fine too"]], [["够亮", "太暗"]])


def test_sentences_and_aspects_are_placed_in_their_field(executor: ThreadPoolExecutor) -> None:
    """The model reads title and text as one; what it finds is published with offsets into each."""
    title, text = "Great lamp", "But the box was torn."
    asked = f"{title}.\n{text}"
    start = asked.index("the box")
    feeling = SentimentPrediction(0.8, 0.1, 0.1)
    reading = ReviewReading(
        feeling,
        (SentenceReading(0, 11, feeling, bytes(31) + b"\x05"), SentenceReading(12, len(asked), feeling)),
        (AspectMention("packaging", 0.9, feeling, start, start + 16),),
    )
    record = review(title=title, text=text)
    (event,) = events(run(executor, [record], ask=FakeAsk(reading), preparer=ReviewPreparer()))
    assert [(one.field, one.start, one.end) for one in event.sentences] == [("title", 0, 10), ("text", 0, 21)]
    assert [one.embedding for one in event.sentences] == [b64encode(bytes(31) + b"\x05").decode(), None]
    (aspect,) = event.aspects
    assert (aspect.aspect, aspect.field, aspect.sentiment) == ("packaging", "text", "negative")
    assert text[aspect.start : aspect.end] == aspect.quote == "the box was torn"


def test_personal_data_is_published_and_read_masked(executor: ThreadPoolExecutor) -> None:
    """Neither the model nor a subscriber sees it; offsets point at the placeholder; an author's address is dropped."""
    ask = FakeAsk()
    record = review(
        text="Broken. Write to jane.doe@example.com please.",
        title="Call 13812345678",
        author_id="jane@example.com",
    )
    effects = run(executor, [record], ask=ask, preparer=ReviewPreparer())
    (event,) = events(effects)
    assert b"jane" not in (effects.outputs[0].value or b"")
    assert b"13812345678" not in (effects.outputs[0].value or b"")
    assert "jane" not in ask.asked[0][0]
    assert event.author_id is None
    fields = {"title": str(event.title), "text": str(event.text)}
    placeholders = [(mask.kind, fields[mask.field][mask.start : mask.end]) for mask in event.masked]
    assert placeholders == [("phone", "[phone]"), ("email", "[email]")]


def test_a_review_is_read_and_published_clean_and_its_spans_lead_to_the_original(
    executor: ThreadPoolExecutor,
) -> None:
    """Offsets are those of the published text; `original` is the same piece of the text as it came."""
    text = "<p>It isn&#39;t loud.</p><p>Write to jane@example.com &amp; wait.</p>"
    read = "It isn't loud.\nWrite to [email] & wait."
    feeling = SentimentPrediction(0.1, 0.1, 0.8)
    start = len("Box &")
    asked = f"Box & lid.\n{read}"
    loud = asked.index("isn't loud")
    reading = ReviewReading(
        feeling,
        (SentenceReading(0, start, feeling), SentenceReading(asked.index("Write"), len(asked), feeling)),
        (AspectMention("performance", 0.9, feeling, loud, loud + len("isn't loud")),),
    )
    ask = FakeAsk(reading)
    record = review(title="Box &amp; lid", text=text)
    (event,) = events(run(executor, [record], ask=ask, preparer=ReviewPreparer()))
    assert ask.asked == [[asked]]
    assert (event.title, event.text) == ("Box & lid", read)
    originals = {"title": "Box &amp; lid", "text": text}
    spans = [*event.sentences, *event.aspects, *event.masked]
    assert [originals[one.field][one.original.start : one.original.end] for one in spans if one.original] == [
        "Box &amp;",
        "Write to jane@example.com &amp; wait.",
        "isn&#39;t loud",
        "jane@example.com",
    ]
    assert [read[one.start : one.end] for one in spans[1:]] == [
        "Write to [email] & wait.",
        "isn't loud",
        "[email]",
    ]


def test_a_text_without_a_word_of_its_author_counts_as_stars_or_is_set_aside(
    executor: ThreadPoolExecutor,
) -> None:
    """Mark-up alone, or what a platform wrote in place of a text."""
    ask = FakeAsk()
    records = [
        review(0, text="<br>&nbsp;", rating=5),
        review(1, text="\u200b"),
        review(2),
        review(3, text="系统默认好评!", rating=5),
    ]
    effects = run(executor, records, ask=ask, preparer=ReviewPreparer())
    assert [event.status for event in events(effects)] == ["rating_only", "enriched", "rating_only"]
    (letter,) = effects.dead_letters
    assert (letter.record, letter.reason) == (records[1], DeadLetterReason.INVALID_EVENT)
    assert "wanted words of its author" in letter.error
    assert ask.asked == [[GOOD["text"]]]


@pytest.mark.parametrize(
    "text",
    [
        "[This review was collected as part of a promotion.] Bright lamp.",
        "I received this lamp for free in exchange for my honest review. Bright.",
    ],
)
def test_a_rewarded_review_says_so(executor: ThreadPoolExecutor, text: str) -> None:
    """Whether its platform says so or its author; the notice of the platform is not read."""
    ask = FakeAsk()
    (event,) = events(run(executor, [review(text=text)], ask=ask, preparer=ReviewPreparer()))
    assert event.incentivised
    assert [flag.kind for flag in event.flags] == ["incentivised"]
    assert "promotion" not in ask.asked[0][0]


def test_a_rating_that_contradicts_the_text_is_flagged(executor: ThreadPoolExecutor) -> None:
    """Five stars on a text that is surely negative: published, with the doubt and its reason."""
    ask = FakeAsk(SentimentPrediction(0.97, 0.02, 0.01))
    record = review(rating=5, text="It broke at once and I want my money back.")
    (event,) = events(run(executor, [record], ask=ask, preparer=ReviewPreparer()))
    assert [flag.kind for flag in event.flags] == ["rating_mismatch"]
    assert event.signature


def test_a_prepared_review_places_spans() -> None:
    """A span of what was read lies in the title or in the text, and never between them."""
    prepared = ReviewPreparer().prepare(text="abc", title="xy")
    assert isinstance(prepared, PreparedReview)
    assert prepared.asked == "xy.\nabc"
    assert prepared.place(0, 3) == ("title", 0, 2)
    assert prepared.place(4, 7) == ("text", 0, 3)
    assert ReviewPreparer(masks_personal_data=False).prepare(text="a@example.com").text_masks == ()
    assert ReviewPreparer().prepare(text="mail a@example.com").text_masks == (Mask("email", 5, 12),)


class PickyPreparer(FakePreparer):
    """Cannot prepare some texts."""

    def __init__(self, refused: str) -> None:
        self._refused = refused

    def prepare(
        self, *, text: str, title: str | None = None, author_id: str | None = None, hint: str | None = None
    ) -> PreparedReview:
        if self._refused in text:
            raise ValueError(f"secret {text}")
        return super().prepare(text=text, title=title, author_id=author_id, hint=hint)


def test_a_review_that_cannot_be_prepared_is_set_aside_alone(executor: ThreadPoolExecutor) -> None:
    """It becomes a dead letter whose reason repeats nothing of it; its neighbours are enriched."""
    records = [review(1), review(2, text="poison"), review(3)]
    effects = run(executor, records, preparer=PickyPreparer("poison"))
    assert [event.source.offset for event in events(effects)] == [1, 3]
    (letter,) = effects.dead_letters
    assert (letter.record.offset, letter.reason) == (2, DeadLetterReason.PREPARATION_ERROR)
    assert "secret" not in letter.error


def test_preparing_that_is_broken_sets_nothing_aside(executor: ThreadPoolExecutor) -> None:
    """If a harmless text cannot be prepared either, the worker ends and every review is read again."""
    with pytest.raises(FatalError, match="nothing was set aside"):
        run(executor, [review(1), review(2)], preparer=PickyPreparer(""))
