"""An aspect that nobody here has heard of goes through everything, told with a readable name."""

import datetime as dt
import io
from typing import Any

import orjson
import pytest
from rich.console import Console

from schemas.alerts import ProductAlert
from schemas.serving import ProductReviews, ServedProduct
from schemas.summaries import ProductSummary, ProductText, RefreshRequested
from schemas.topics import PRODUCT_SUMMARY
from streams.cli import product_tables
from streams.cli.product_page import product_page
from streams.composing.writing import compose
from streams.roles.serve.records import change_of
from streams.rolling.applying import apply_text
from streams.rolling.events import read_text
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.refreshing import refreshed
from streams.rolling.summaries import SummaryWriter
from streams.serde import encode
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import product_body, reviews_body
from tests.fakes import FakeRecord
from tests.histories import NOW_MS, apply_all, enriched
from tests.summaries import TODAY, alert

ASPECT, READABLE = "fragrance_strength", "fragrance strength"
QUOTES = ("far too weak after an hour", "gone before lunch", "too weak to notice")
CHINESE_QUOTES = ("香味一个小时就没了", "几乎闻不到香味", "留香时间太短")
SOURCE = {"topic": "enriched-review", "partition": 0, "offset": 2, "timestamp_ms": NOW_MS}


def review(number: int, quote: str, language: str) -> dict[str, Any]:
    return enriched(
        f"r{number}",
        1,
        text=quote,
        language={"code": language, "confidence": 1.0},
        sentiment={"label": "negative"},
        aspects=[
            {
                "aspect": ASPECT, "sentiment": "negative", "score": 0.9, "confidence": 0.8, "field": "text",
                "start": 0, "end": len(quote), "quote": quote,
            }
        ],
    )  # fmt: skip


def rolled(quotes: tuple[str, ...], language: str) -> MemoryTables:
    tables = MemoryTables()
    apply_all(tables, [review(number, quote, language) for number, quote in enumerate(quotes)])
    return tables


def writer(tables: MemoryTables) -> SummaryWriter:
    return SummaryWriter(
        tables.product("p"), lambda review_id: tables.review("p", review_id), SOURCE, dt.datetime.now(dt.UTC)
    )


def told(tables: MemoryTables) -> str:
    """Ask for the product's text, write it, and keep it; the text."""
    tables.product("p").refresh = refreshed(tables.product("p"))
    snapshot = RefreshRequested.model_validate_json(orjson.dumps(writer(tables).refresh(1, "first_reviews")))
    composed = compose(snapshot)
    text = ProductText.model_validate(
        {
            "schema_version": "1.0", "product_id": "p", "generation": 1, "language": composed.language,
            "claims": composed.claims, "pros": composed.pros, "cons": composed.cons, "source": SOURCE,
            "prompt_version": "x", "snapshot_offset": 2, "review_count": len(tables.reviews),
            "as_of": snapshot.as_of, "made_at": snapshot.made_at, "model": None, "replay_id": None,
        }
    )  # fmt: skip
    assert apply_text(tables, read_text(text.model_dump_json().encode()), 1) is not None
    assert composed.cons == (READABLE,)
    return composed.text


@pytest.mark.parametrize(
    ("language", "quotes", "words"),
    [
        ("en", QUOTES, f"On {READABLE}, 3 reviewers are critical"),
        ("zh", CHINESE_QUOTES, f"关于{READABLE}，3位买家给出差评"),
    ],
)
def test_it_is_counted_told_kept_and_shown(language: str, quotes: tuple[str, ...], words: str) -> None:
    """From enriched reviews to counters, a key point, a text, a stored summary and a page."""
    tables = rolled(quotes, language)
    assert words in told(tables)
    summary = ProductSummary.model_validate_json(orjson.dumps(writer(tables).summary()))
    assert [(one.aspect, one.negative) for one in summary.counts.aspects] == [(ASPECT, 3)]
    assert {point.aspect for point in summary.key_points} == {ASPECT}
    assert ASPECT in {claim.aspect for claim in summary.claims}
    raw = summary.model_dump_json().encode()
    document = change_of(
        FakeRecord(7, b"p", raw, PRODUCT_SUMMARY.name, 1, 1_000), dt.datetime.now(dt.UTC)
    ).document
    assert document == raw
    found = KnownProduct(Stored("p", "1", 0, 1, document), document, None)
    body = ServedProduct.model_validate_json(encode(product_body(found, today=TODAY)))
    latest = ProductReviews.model_validate_json(encode(reviews_body(found, limit=5))).reviews
    assert body.counts.aspects[0].aspect == ASPECT
    page = io.StringIO()
    Console(file=page, width=120).print(product_page(body, latest))
    assert READABLE in page.getvalue()


def test_it_is_shown_in_the_tables_of_a_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its products and in an alert about it."""
    tables = rolled(QUOTES, "en")
    told(tables)
    summary = ProductSummary.model_validate_json(orjson.dumps(writer(tables).summary()))
    raised = ProductAlert.model_validate_json(orjson.dumps(alert("p", kind="aspect_surge", aspect=ASPECT)))
    shown = io.StringIO()
    monkeypatch.setattr(product_tables, "out", Console(file=shown, width=160))
    product_tables.show_products([summary], [raised])
    assert f"{READABLE} ×" in shown.getvalue()
    assert f"aspect surge: {READABLE} raised" in shown.getvalue()
    assert ASPECT not in shown.getvalue()
