"""The demonstration waits for the newest texts as long as they come, and its end says which did not."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from output_records import OutputRecord, enriched

from schemas.summaries import ProductSummary
from streams.cli import product_tables
from streams.demo import runner
from streams.demo.product_watch import ProductWatch
from streams.kafka.publishing import Published
from streams.settings import TopicNames
from tests.summaries import document

PUBLISHED = Published(frozenset({(0, 0)}), 1.0)
LONG_S = 3_600.0


def put(watch: ProductWatch, *, generation: int, text_generation: int, of: int) -> None:
    source = {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": 1}
    known = {"generation": generation, "text_generation": text_generation, "text_review_count": of}
    watch.add(OutputRecord("product-summary", document("lamp", source=source, reviews=44, **known)), 0)


def started() -> ProductWatch:
    watch = ProductWatch(TopicNames())
    watch.add(enriched((0, 0), product_id="lamp"), 0)
    return watch


async def test_the_newest_text_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes, while others come: neither an older one nor one of few reviews is enough."""
    monkeypatch.setattr(runner, "_PRODUCT_PATIENCE_S", 0.0)
    monkeypatch.setattr(runner, "_TEXT_PATIENCE_S", LONG_S)
    monkeypatch.setattr(runner, "_LOOK_EVERY_S", 0.001)
    watch = started()
    put(watch, generation=2, text_generation=1, of=17)
    waiting = asyncio.ensure_future(runner._wait_for_products(watch, ["lamp"], PUBLISHED, lambda: None))
    for known in (
        {"generation": 2, "text_generation": 2, "of": 17},
        {"generation": 3, "text_generation": 2, "of": 17},
    ):
        put(watch, **known)
        await asyncio.sleep(0.02)
        assert not waiting.done()
    put(watch, generation=3, text_generation=3, of=40)
    async with asyncio.timeout(10):
        await waiting


@pytest.mark.parametrize("bound", ["_TEXT_PATIENCE_S", "_TEXTS_PATIENCE_S"])
async def test_a_text_that_does_not_come_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """Where none comes any more, and where they come without an end."""
    monkeypatch.setattr(runner, bound, 0.0)
    watch = started()
    put(watch, generation=2, text_generation=1, of=17)
    async with asyncio.timeout(10):
        await runner._wait_for_products(watch, ["lamp"], PUBLISHED, lambda: None)


AT = datetime(2026, 11, 30, 12, 0, 5, tzinfo=UTC)
CLAIMS = [{"text": "Three quarters of the 17 reviews are positive.", "method": "template", "count": 17}]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"generation": 2},
            "(17 of the 44 reviews, as of 2026-11-30 12:00:05 UTC; a newer one has not come yet)",
        ),
        ({"reviews": 17}, "(all 17 reviews, as of 2026-11-30 12:00:05 UTC)"),
        ({"text": None, "method": None}, "lamp: its text was asked for and has not come yet"),
    ],
)
def test_a_text_says_which_reviews_its_numbers_are_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], told: str
) -> None:
    """Beside a table that counts more of them, with the moment; and whether it is the newest."""
    monkeypatch.setattr(product_tables.out, "_width", 200)
    fields = {
        "reviews": 44,
        "text_generation": 1,
        "text_review_count": 17,
        "text_as_of": AT,
        "claims": CLAIMS,
    }
    summary = ProductSummary.model_validate_json(document("lamp", **{**fields, **more}))
    product_tables.show_products([summary], [])
    assert told in capsys.readouterr().out
