import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.interfaces import SentimentPrediction
from schemas.dead_letters import DeadLetterReason
from schemas.reviews import Review, ReviewEnriched
from streams.agents.enrich import EnrichReviews, SentimentModel
from streams.delivery.records import Effects
from streams.lane.values import Answer, Failure
from tests.fakes import FakeLanguages, FakeRecord

NOW = datetime(2025, 6, 2, tzinfo=UTC)
GOOD: dict[str, object] = {
    "review_id": "r1",
    "product_id": "p1",
    "text": "Bright enough to read by.",
    "created_at": "2025-06-01T12:00:00+08:00",
}
KINDS = ("good", "titled", "removed", "foreign", "fails", "times out", "no json", "no value", "no key")


class FakeSentiment:
    """Answers like the lane; remembers what it was asked."""

    def __init__(self, prediction: SentimentPrediction | None = None) -> None:
        self.asked: list[list[str]] = []
        self._prediction = prediction or SentimentPrediction(0.00005, 0.33335, 0.6666)

    async def __call__(self, texts: Sequence[str]) -> list[Answer[SentimentPrediction]]:
        self.asked.append(list(texts))
        return [Answer(self._outcome(text), 12.3456, 1.0, 7.0) for text in texts]

    def _outcome(self, text: str) -> SentimentPrediction | Failure:
        if "fails" in text:
            return Failure(DeadLetterReason.MODEL_ERROR, "RuntimeError: boom")
        if "times out" in text:
            return Failure(DeadLetterReason.MODEL_TIMEOUT, "HungError: no answer")
        return self._prediction


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def handler(
    executor: ThreadPoolExecutor, ask: FakeSentiment, languages: frozenset[str] | None
) -> EnrichReviews:
    model = SentimentModel("fake", "1", languages, ask)
    return EnrichReviews(model, FakeLanguages(), executor=executor, now=lambda: NOW)


def run(
    executor: ThreadPoolExecutor,
    records: Sequence[FakeRecord],
    *,
    ask: FakeSentiment | None = None,
    languages: frozenset[str] | None = frozenset({"en"}),
) -> Effects:
    return asyncio.run(handler(executor, ask or FakeSentiment(), languages)(records))  # type: ignore[arg-type]


def review(
    offset: int = 0, *, key: str | None = "p1", timestamp: int = 1_700_000_000_000, **fields: object
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
        "timestamp_ms": 1_700_000_000_000,
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
    ask = FakeSentiment()
    run(executor, [review(title="Lamp"), review(title=""), review()], ask=ask)
    text = str(GOOD["text"])
    assert ask.asked == [[f"Lamp. {text}", text, text]]


def test_a_removal_is_passed_on_without_asking_the_model(executor: ThreadPoolExecutor) -> None:
    """A removal says that the review is gone and repeats nothing of it, not even what the sender repeats."""
    ask = FakeSentiment()
    (event,) = events(run(executor, [review(removed=True, title="Lamp", version=2)], ask=ask))
    assert (event.status, event.text, event.title, event.sentiment) == ("removed", None, None, None)
    assert event.review_version == 2
    assert not any(ask.asked)


def test_a_language_without_a_model_is_never_guessed(executor: ThreadPoolExecutor) -> None:
    """A review the model does not cover says so, with its language and without a sentiment."""
    ask = FakeSentiment()
    (event,) = events(run(executor, [review(text="够亮")], ask=ask))
    assert (event.status, event.sentiment, event.model) == ("unsupported_language", None, None)
    assert event.language is not None
    assert event.language.code == "zh"
    assert not any(ask.asked)


def test_a_model_for_all_languages_is_asked_about_all(executor: ThreadPoolExecutor) -> None:
    """A model without a list of languages covers every one."""
    (event,) = events(run(executor, [review(text="够亮")], languages=None))
    assert event.status == "enriched"


@pytest.mark.parametrize("timestamp", [-1, 0])
def test_a_record_without_a_timestamp_is_enriched(executor: ThreadPoolExecutor, timestamp: int) -> None:
    """Kafka says -1 where a record has no timestamp; the output is valid all the same."""
    (event,) = events(run(executor, [review(timestamp=timestamp)]))
    assert event.source.timestamp_ms == 0


weights = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda three: sum(three) > 1e-6)


@settings(deadline=None, max_examples=50)
@given(weights)
def test_rounding_never_breaks_the_contract(three: list[float]) -> None:
    """Rounded to four places the probabilities still sum to 1 and agree with their label."""
    prediction = SentimentPrediction(*(weight / sum(three) for weight in three))
    with ThreadPoolExecutor(1) as executor:
        effects = run(executor, [review()], ask=FakeSentiment(prediction))
    (event,) = events(effects)
    assert event.sentiment is not None
    assert event.sentiment.label == prediction.label


def test_a_prediction_that_is_no_number_is_a_model_failure(executor: ThreadPoolExecutor) -> None:
    """A model that overflows in half precision sets the review aside; its NaN is never published as null."""
    nan = float("nan")
    effects = run(executor, [review(1), review(2)], ask=FakeSentiment(SentimentPrediction(nan, nan, nan)))
    assert effects.outputs == []
    assert [letter.reason for letter in effects.dead_letters] == [DeadLetterReason.MODEL_ERROR] * 2


def test_the_chunks_waiting_is_observed_once(executor: ThreadPoolExecutor) -> None:
    """The metrics hear of each chunk that asked the model, in seconds; of others they hear nothing."""
    told: list[tuple[float, float]] = []
    model = SentimentModel("fake", "1", frozenset({"en"}), FakeSentiment())
    agent = EnrichReviews(
        model,
        FakeLanguages(),
        executor=executor,
        now=lambda: NOW,
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
