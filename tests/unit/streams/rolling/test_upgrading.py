"""State that was kept under the earlier names of aspects counts on under those of today."""

import random
from typing import Any, TypeVar

import msgspec
import pytest

from streams.rolling.key_points import MAX_POINTS_OF_KIND
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.product_state import (
    Claim,
    Counts,
    Point,
    ProductState,
    ProductWords,
    RecentReview,
    Reference,
    Refresh,
    ReviewState,
)
from streams.rolling.renamed_aspects import upgraded_product, upgraded_review
from streams.rolling.surges import AlertState
from tests.histories import Recount, apply_all, enriched, random_history, state_counts

State = TypeVar("State", ProductState, ReviewState)

STANDS, OVER = 0, 9_000


def named(history: list[dict[str, Any]], **names: str) -> list[dict[str, Any]]:
    """A history with other names of aspects; of one aspect, two names may stand in one review."""
    return [
        {
            **event,
            "aspects": [
                {**one, "aspect": names.get(one["aspect"], one["aspect"])} for one in event.get("aspects", ())
            ],
        }
        if "aspects" in event
        else event
        for event in history
    ]


def upgraded(tables: MemoryTables) -> MemoryTables:
    """What is read again of the bytes that were kept, under the names of today."""
    return MemoryTables(
        {key: upgraded_product(kept_and_read(one)) for key, one in tables.products.items()},
        {key: upgraded_review(kept_and_read(one)) for key, one in tables.reviews.items()},
        tables.lists,
    )


def kept_and_read(state: State) -> State:
    """A state out of its bytes."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state))


def alert(raised_at_ms: int, resolved_at_ms: int) -> AlertState:
    return AlertState(f"a{raised_at_ms}", raised_at_ms, resolved_at_ms, 9, 20, 1)


def found(number: int, count: int) -> Point:
    return Point(
        number, bytes([number]) * 32, count, [Reference(f"r{number}", 1, is_verified=False, strength=50)]
    )


@pytest.mark.parametrize("seed", range(8))
def test_counting_goes_on_where_it_was(seed: int) -> None:
    """Edits, removals and late versions after an upgrade end as a recount of everything under one name says."""
    history = random_history(seed, 600)
    tables = MemoryTables()
    apply_all(tables, named(history[:300], delivery="food"))
    tables = upgraded(tables)
    apply_all(tables, named(history[300:], delivery="taste_and_smell"), range(300, 600))
    recount = Recount(named(history, delivery="taste_and_smell"))
    for product_id in ("p0", "p1", "p2"):
        assert state_counts(tables.product(product_id)) == recount.counts(product_id)
        assert not any("food" in kind for kind in tables.product(product_id).points)


def test_what_had_both_names_can_be_taken_back() -> None:
    """The triples are added; when every review is gone, nothing is left of either."""
    history = [event for event in random_history(3, 200, products=1) if event["status"] == "enriched"]
    tables = MemoryTables()
    apply_all(tables, named(history, delivery="food", quality="taste_and_smell"))
    before = tables.product("p0").counts.aspects
    tables = upgraded(tables)
    after = tables.product("p0").counts.aspects
    pairs = zip(before["food"], before["taste_and_smell"], strict=True)
    assert after["taste_and_smell"] == [one + other for one, other in pairs]
    assert set(after) == {"taste_and_smell", "price_and_value"}
    gone = [enriched(review_id, 10**6, product_id="p0", removed=True) for _, review_id in tables.reviews]
    apply_all(tables, gone, range(1_000, 1_000 + len(gone)))
    assert tables.product("p0").counts == Counts()
    assert not tables.product("p0").points


def test_everything_that_names_an_aspect_is_renamed() -> None:
    """Points, arrivals, the last refresh, alerts and claims; text that is published stays."""
    old = ProductState(
        "p",
        points={
            "en|2|food": [found(3, 2)],
            "en|2|taste_and_smell": [found(1, 5)],
            "zh|0|food": [found(2, 1)],
        },
        recent=[
            RecentReview(
                "r1", 1, 0, is_lookalike=False, negative_aspects=("food", "delivery", "taste_and_smell")
            )
        ],
        refresh=Refresh(aspects={"food": 4, "taste_and_smell": 2, "quality": 1}),
        alerts={"aspect_surge|food": alert(5, OVER), "negative_surge": alert(6, STANDS)},
        words=ProductWords(
            2,
            "en",
            (Claim("2 reviewers praise the food.", "template", 2, ("r1",), "food", "positive"),),
            ("food",),
        ),
    )
    kept = msgspec.msgpack.encode(old)
    new = upgraded_product(old)
    assert msgspec.msgpack.encode(old) == kept
    assert {kind: [one.number for one in points] for kind, points in new.points.items()} == {
        "en|2|taste_and_smell": [1, 3],
        "zh|0|taste_and_smell": [2],
    }
    assert new.recent[0].negative_aspects == ("taste_and_smell", "delivery")
    assert new.refresh.aspects == {"taste_and_smell": 6, "quality": 1}
    assert set(new.alerts) == {"aspect_surge|taste_and_smell", "negative_surge"}
    assert (new.words.claims[0].aspect, new.words.claims[0].text) == (
        "taste_and_smell",
        "2 reviewers praise the food.",
    )
    assert msgspec.msgpack.encode(upgraded_product(new)) == msgspec.msgpack.encode(new)


@pytest.mark.parametrize(
    ("earlier", "today", "kept"),
    [
        (alert(5, STANDS), alert(7, OVER), "a5"),
        (alert(5, OVER), alert(7, STANDS), "a7"),
        (alert(8, OVER), alert(7, OVER), "a8"),
        (alert(5, OVER), alert(7, OVER), "a7"),
    ],
)
def test_of_two_alerts_the_one_that_stands_is_kept(earlier: AlertState, today: AlertState, kept: str) -> None:
    """Else the later one."""
    old = ProductState("p", alerts={"aspect_surge|food": earlier, "aspect_surge|taste_and_smell": today})
    assert {name: one.alert_id for name, one in upgraded_product(old).alerts.items()} == {
        "aspect_surge|taste_and_smell": kept
    }


def test_no_more_points_of_a_kind_are_kept_than_of_any() -> None:
    """Those that the fewest reviews make go first."""
    rng = random.Random(4)
    counts = rng.sample(range(100), 2 * MAX_POINTS_OF_KIND)
    points = [found(number, count) for number, count in enumerate(counts)]
    old = ProductState("p", points={"en|0|food": points[::2], "en|0|taste_and_smell": points[1::2]})
    (kept,) = upgraded_product(old).points.values()
    assert sorted(one.count for one in kept) == sorted(counts)[MAX_POINTS_OF_KIND:]
    assert [one.number for one in kept] == sorted(one.number for one in kept)


def test_aspects_of_other_models_keep_their_names() -> None:
    """A name that nobody renamed is kept, whatever it is; a removed review has none."""
    tables = MemoryTables()
    apply_all(tables, named(random_history(5, 100), delivery="fragrance|food"))
    again = upgraded(tables)
    assert again == tables
