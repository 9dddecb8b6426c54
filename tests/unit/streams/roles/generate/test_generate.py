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
from streams.delivery.records import Effects
from streams.roles.generate.handler import AnswerRequests, Route
from streams.roles.generate.summaries import Composer, SummaryWriter
from tests.fakes import FakeComposer, FakeComposition, FakeRecord, fake_composer

NOW = datetime(2026, 9, 20, tzinfo=UTC)


def handler_of(composer: Composer, executor: ThreadPoolExecutor, batch_records: int) -> AnswerRequests:
    route = Route(REFRESH_REQUESTED, PRODUCT_TEXT.name, SummaryWriter(composer))
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
    assert composer.asked == [["a", "boom", "c"], ["a"], ["boom"], ["c"], ["d", "e", "f"]]
    assert [one.key for one in effects.outputs] == [b"a", b"c", b"d", b"e", b"f"]
    (letter,) = effects.dead_letters
    assert (letter.reason, letter.record.offset) == (DeadLetterReason.GENERATION_ERROR, 1)
    assert "RuntimeError: boom" in letter.error


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
