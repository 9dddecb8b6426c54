import io
from typing import Any

import orjson
import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.console import Console, RenderableType

from schemas.serving import ListedProduct, ProductReviews, ServedProduct
from schemas.summaries import LatestReview, ProductSummary
from streams.cli.product_page import product_page, product_table
from streams.serde import encode
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import listed_body, product_body, reviews_body
from tests.summaries import TODAY, document
from tests.unit.schemas.event_samples import summaries


def bodies(raw: bytes, stale: Any = None) -> tuple[ServedProduct, tuple[LatestReview, ...], ListedProduct]:
    found = KnownProduct(Stored("p", "1", 0, 1, raw), raw, stale)
    made = (product_body(found, today=TODAY), reviews_body(found, limit=5), listed_body(found))
    one, reviews, listed = map(encode, made)
    return (
        ServedProduct.model_validate_json(one),
        ProductReviews.model_validate_json(reviews).reviews,
        ListedProduct.model_validate_json(listed),
    )


def printed(page: RenderableType, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(page)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_page_shows_all_that_reviews_add_up_to() -> None:
    """Title, counts, ratings, sentiment, aspects, praise and criticism with evidence, trend, reviews, text."""
    one, reviews, _ = bodies(document("lamp", title="护眼台灯", reviews=1_234, negative=100))
    page = printed(product_page(one, reviews))
    for part in (
        "护眼台灯",
        "lamps",
        "1,234 reviews",
        "4.00 of 5",
        "as of 2026-11-25 10:00",
        "Reviewers like it.",
    ):
        assert part in page
    for part in ("4 ★ ██████", "positive 1,134, neutral 0, negative 100", "quality", "claim 0  7 reviews"):
        assert part in page
    for part in (
        "“It hums. 有点响。”  r0",
        "7 days",
        "30 days",
        "latest reviews",
        "text 2",
        "extractive, generation 1",
    ):
        assert part in page
    assert page.index("praised") < page.index("claim 0") < page.index("criticised") < page.index("claim 1")
    assert "perhaps out of date" not in page


def test_a_claim_that_is_its_own_quote_is_shown_once() -> None:
    """With the review that says it."""
    raw = orjson.loads(document("p", key_points=1))
    raw["key_points"][0]["claim"] = "It hums. 有点响。"
    one, _, _ = bodies(orjson.dumps(raw))
    page = printed(product_page(one))
    assert page.count("It hums.") == 1
    assert "“It hums. 有点响。”  r0, 7 reviews" in page


def test_praise_and_blame_name_their_aspect() -> None:
    """One quote that says two things stands there for each, and not twice the same."""
    raw = orjson.loads(document("p", key_points=2))
    for point, aspect in zip(raw["key_points"], ("size_fit", "comfort"), strict=True):
        point |= {"aspect": aspect, "claim": "It hums. 有点响。", "polarity": "negative"}
    one, _, _ = bodies(orjson.dumps(raw))
    lines = [line.strip() for line in printed(product_page(one)).splitlines() if "It hums." in line]
    assert [line.partition("  ")[0] for line in lines] == ["size fit", "comfort"]
    assert len(set(lines)) == 2


def test_a_stale_page_says_why() -> None:
    """In words, not in a code."""
    one, _, _ = bodies(document("p"), stale="redis_away")
    assert "perhaps out of date: its store is away" in printed(product_page(one))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    """Characters of two cells are counted as two."""
    long = "灯座太轻，一碰就倒，而且电源线很短。" * 20
    quotes = [{"review_id": "r0", "text": long}]
    point = {
        "claim": long, "aspect": "quality", "polarity": "negative", "count": 3, "review_ids": ["r0"],
        "quotes": quotes,
    }  # fmt: skip
    latest = {"review_id": "r", "review_version": 1, "created_at": "2026-11-24T10:00:00Z", "text": long}
    raw = document("灯" * 60, title=long[:300], text=long, key_points=1)
    fields = orjson.loads(raw) | {"key_points": [point], "latest_reviews": [latest]}
    one, reviews, listed = bodies(orjson.dumps(fields))
    for page in (product_page(one, reviews), product_table([listed, listed])):
        assert max(cell_len(line) for line in printed(page, width).splitlines()) <= width


@given(summaries)
def test_every_summary_can_be_shown(summary: ProductSummary) -> None:
    """Whatever reviews hold, nothing steers the terminal or is taken for markup."""
    one, reviews, listed = bodies(summary.model_dump_json().encode())
    for page in (product_page(one, reviews), product_table([listed])):
        assert all(character.isprintable() or character == "\n" for character in printed(page))


def test_markup_in_reviews_is_text() -> None:
    """Square brackets are shown as they are."""
    one, reviews, _ = bodies(document("p", title="[bold]lamp[/nothing]"))
    assert "[bold]lamp[/nothing]" in printed(product_page(one, reviews))
