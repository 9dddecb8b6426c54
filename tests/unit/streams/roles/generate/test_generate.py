"""The generate role's handler: every request is answered with a valid text, or set aside with its reason."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from schemas.dead_letters import DeadLetterReason
from schemas.summaries import ProductText, RefreshRequested
from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED
from streams.composing.composer import SummaryComposer
from streams.composing.rereading import Feeling, Read
from streams.delivery.records import Effects
from streams.errors import FatalError
from streams.roles.generate.handler import AnswerRequests, Route
from streams.roles.generate.product_texts import Composer, ProductTextWriter
from tests.fakes import FakeComposer, FakeComposition, FakeRecord, fake_composer

NOW = datetime(2026, 9, 20, tzinfo=UTC)


def handler_of(composer: Composer, executor: ThreadPoolExecutor, batch_records: int) -> AnswerRequests:
    route = Route(REFRESH_REQUESTED, PRODUCT_TEXT.name, ProductTextWriter(composer))
    return AnswerRequests(
        {REFRESH_REQUESTED.name: route}, executor=executor, batch_records=batch_records, now=lambda: NOW
    )


@pytest.fixture
def handler() -> Iterator[AnswerRequests]:
    with ThreadPoolExecutor(1) as executor:
        yield handler_of(fake_composer(), executor, 2)


def request(product_id: str = "lamp", generation: int = 1, **more: Any) -> dict[str, Any]:
    point = {
        "claim": "Bright",
        "aspect": "quality",
        "polarity": "positive",
        "count": 2,
        "review_ids": ["a", "b"],
        "quotes": [{"review_id": "a", "text": "Bright"}],
    }
    return {
        "product_id": product_id,
        "generation": generation,
        "as_of": "2026-09-20T00:00:00Z",
        "reason": "first_reviews",
        "language": "en",
        "counts": {
            "reviews": 7,
            "rating_histogram": [0, 0, 0, 0, 0, 7],
            "sentiment": {"negative": 0, "neutral": 0, "positive": 7},
        },
        "key_points": [point],
        "source": {"topic": "enriched-review", "partition": 0, "offset": 41, "timestamp_ms": 1},
        "made_at": "2026-09-20T00:00:00Z",
        **more,
    }


def record(event: dict[str, Any], offset: int = 0, key: str | None = None) -> FakeRecord:
    return FakeRecord(
        offset, (key or event["product_id"]).encode(), orjson.dumps(event), REFRESH_REQUESTED.name
    )


def run(handler: AnswerRequests, *records: FakeRecord) -> Effects:
    return asyncio.run(handler(records))


def test_every_request_is_answered_in_order_under_its_key(handler: AnswerRequests) -> None:
    """With the generation, the snapshot's offset and the claims' reviews."""
    effects = run(handler, *(record(request(generation=number), number) for number in (1, 2, 3)))
    texts = [ProductText.model_validate_json(one.value or b"") for one in effects.outputs]
    assert {(one.topic, one.key) for one in effects.outputs} == {(PRODUCT_TEXT.name, b"lamp")}
    assert [text.generation for text in texts] == [1, 2, 3]
    assert [text.source.offset for text in texts] == [1, 2, 3]
    assert (texts[0].snapshot_offset, texts[0].review_count, texts[0].prompt_version) == (41, 7, "fake-1")
    assert texts[0].as_of == datetime.fromisoformat(request()["as_of"])
    assert [claim.review_ids for claim in texts[0].claims] == [(), ("a", "b")]


def test_what_cannot_be_answered_is_set_aside_alone(handler: AnswerRequests) -> None:
    """A snapshot that makes the composer raise, one under a wrong key, one that is no snapshot."""
    effects = run(
        handler,
        record(request("boom"), 0),
        record(request(), 1, key="other"),
        FakeRecord(2, b"lamp", b"{}", REFRESH_REQUESTED.name),
        record(request(), 3),
    )
    assert [letter.reason for letter in effects.dead_letters] == [
        DeadLetterReason.GENERATION_ERROR,
        DeadLetterReason.KEY_MISMATCH,
        DeadLetterReason.INVALID_EVENT,
    ]
    assert len(effects.outputs) == 1


@pytest.mark.parametrize("no_time", [-1, 0, 1_758_000_000, 1_758_000_000_000_000, 2**63 - 1])
def test_a_request_whose_record_has_no_time_is_answered_with_its_own(
    handler: AnswerRequests, no_time: int
) -> None:
    """The answer names a moment that its readers can believe: when the request was made."""
    effects = run(handler, replace(record(request(made_at="2026-09-19T00:00:00Z")), timestamp=no_time))
    (text,) = (ProductText.model_validate_json(one.value or b"") for one in effects.outputs)
    assert text.source.timestamp_ms == datetime(2026, 9, 19, tzinfo=UTC).timestamp() * 1000


class HalfPairComposer(FakeComposer):
    """Writes half a pair of surrogates, which no JSON holds, for the product "half"."""

    def compose(
        self, snapshots: Sequence[RefreshRequested], *, most_words: int | None = None
    ) -> list[FakeComposition]:
        told = super().compose(snapshots, most_words=most_words)
        return [
            replace(one, language="\ud83d") if asked.product_id == "half" else one
            for asked, one in zip(snapshots, told, strict=True)
        ]


def test_a_text_that_cannot_be_written_as_json_is_set_aside_alone() -> None:
    """Whatever a model writes, its neighbours are answered."""
    with ThreadPoolExecutor(1) as executor:
        handler = handler_of(HalfPairComposer(), executor, 3)
        effects = run(handler, record(request(), 0), record(request("half"), 1), record(request(), 2))
    assert len(effects.outputs) == 2
    (letter,) = effects.dead_letters
    assert (letter.record.offset, letter.reason) == (1, DeadLetterReason.GENERATION_ERROR)
    assert "written as JSON" in letter.error


class CountingComposer(FakeComposer):
    """Remembers which products it was asked for together."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def compose(
        self, snapshots: Sequence[RefreshRequested], *, most_words: int | None = None
    ) -> list[FakeComposition]:
        self.asked.append([one.product_id for one in snapshots])
        return super().compose(snapshots, most_words=most_words)


def answered(composer: CountingComposer, products: Sequence[str], batch: int) -> Effects:
    with ThreadPoolExecutor(1) as executor:
        handler = handler_of(composer, executor, batch)
        return run(handler, *(record(request(name), place) for place, name in enumerate(products)))


def test_so_many_are_written_together() -> None:
    composer = CountingComposer()
    effects = answered(composer, list("abcdefg"), 3)
    assert composer.asked == [list("abc"), list("def"), ["g"]]
    assert [one.key for one in effects.outputs] == [name.encode() for name in "abcdefg"]


def test_a_batch_that_fails_is_tried_one_by_one() -> None:
    """The guilty snapshots are set aside, their neighbours answered, other batches not asked again."""
    composer = CountingComposer()
    effects = answered(composer, ["a", "boom", "c", "d", "e", "f"], 3)
    assert composer.asked == [["a", "boom", "c"], ["a"], ["boom"], ["canary"], ["c"], ["d", "e", "f"]]
    assert [one.key for one in effects.outputs] == [b"a", b"c", b"d", b"e", b"f"]
    (letter,) = effects.dead_letters
    assert (letter.reason, letter.record.offset) == (DeadLetterReason.GENERATION_ERROR, 1)
    assert "RuntimeError: boom" in letter.error


class BrokenComposer(CountingComposer):
    """Cannot compose anything."""

    def compose(
        self, snapshots: Sequence[RefreshRequested], *, most_words: int | None = None
    ) -> list[FakeComposition]:
        super().compose(snapshots, most_words=most_words)
        raise RuntimeError("weights are gone")


def test_a_broken_composer_sets_nothing_aside() -> None:
    """If a harmless snapshot cannot be put into words either, the worker ends and every request is read again."""
    composer = BrokenComposer()
    with pytest.raises(FatalError, match=r"weights are gone.*nothing was set aside.*reviewstream doctor"):
        answered(composer, ["a", "b", "c"], 3)
    assert composer.asked == [["a", "b", "c"], ["a"], ["canary"]]


def read_as_praise(texts: Sequence[str]) -> list[Read]:
    return [Read(Feeling("positive", 0.9), {}) for _ in texts]


def cannot_read(_texts: Sequence[str]) -> list[Read]:
    raise RuntimeError("no tokeniser")


@pytest.mark.parametrize(
    ("language", "quote"), [("en", "Bright enough to read by"), ("zh", "灯光柔和不刺眼")]
)
def test_a_broken_reader_of_quotes_sets_nothing_aside(language: str, quote: str) -> None:
    """A reader that fails in one language is found out, however well the readers of other languages work."""
    readers = {"en": read_as_praise, "zh": read_as_praise} | {language: cannot_read}
    composer = SummaryComposer({}, readers, deadline_s=60)
    point = {**request()["key_points"][0], "claim": quote, "quotes": [{"review_id": "a", "text": quote}]}
    asked = record(request(language=language, key_points=[{**point, "language": language}]))
    with ThreadPoolExecutor(1) as executor, pytest.raises(FatalError, match="no tokeniser"):
        run(handler_of(composer, executor, 2), asked)


def test_a_quote_that_breaks_a_working_reader_is_the_snapshots_fault() -> None:
    """The reader answers the canary, in the snapshot's own languages: that snapshot alone is set aside."""
    read: list[str] = []

    def picky(texts: Sequence[str]) -> list[Read]:
        read.extend(texts)
        if any("Bright" in text for text in texts):
            raise RuntimeError("boom")
        return read_as_praise(texts)

    composer = SummaryComposer({}, {"en": picky, "zh": picky}, deadline_s=60)
    poisoned = {**request()["key_points"][0], "quotes": [{"review_id": "a", "text": "Bright and warm"}]}
    with ThreadPoolExecutor(1) as executor:
        effects = run(
            handler_of(composer, executor, 2),
            record(request(key_points=[poisoned, {**poisoned, "language": "zh"}]), 0),
            record(request("fine", key_points=[]), 1),
        )
    assert [letter.record.offset for letter in effects.dead_letters] == [0]
    assert [output.key for output in effects.outputs] == [b"fine"]
    assert {"It works very well", "这个商品很好用"} <= set(read)


def test_the_model_is_named_in_the_event() -> None:
    class Named(FakeComposer):
        def compose(
            self, snapshots: Sequence[RefreshRequested], *, most_words: int | None = None
        ) -> list[FakeComposition]:
            made = super().compose(snapshots, most_words=most_words)
            return [replace(one, model=("writer", "0123456789ab")) for one in made]

    with ThreadPoolExecutor(1) as executor:
        named = handler_of(Named(), executor, 2)
        (output,) = run(named, record(request())).outputs
    text = ProductText.model_validate_json(output.value or b"")
    assert text.model is not None
    assert (text.model.name, text.model.version) == ("writer", "0123456789ab")
