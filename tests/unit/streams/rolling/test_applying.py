"""Whatever happens to a product's reviews, and in whatever order: the state is what a recount says."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rolling.memory_tables import MemoryTables
from streams.rolling.product_state import ProductState
from streams.rolling.upkeep import sweep
from streams.rolling_state import PRODUCT_CODEC, REVIEW_CODEC
from tests.histories import (
    NOW_MS,
    Recount,
    apply_all,
    enriched,
    opinionated,
    random_history,
    state_counts,
    withdraw,
)

PRODUCTS = ("p0", "p1", "p2")


def agrees(tables: MemoryTables, history: list[dict[str, object]]) -> None:
    recount = Recount(history)
    for product_id in PRODUCTS:
        assert state_counts(tables.product(product_id)) == recount.counts(product_id)


def points_agree(tables: MemoryTables) -> int:
    """Every key point is counted as often as reviews make it, and refers to such reviews only; how many there are."""
    points = 0
    for product in tables.products.values():
        makers: dict[int, set[str]] = {}
        for review_id, state in tables.reviews_of(product.product_id):
            if state.contribution is not None:
                for mention in state.contribution.mentions:
                    makers.setdefault(mention.point, set()).add(review_id)
        for point in itertools.chain(*product.points.values()):
            known = makers.get(point.number, set())
            assert point.count == len(known) > 0
            assert {reference.review_id for reference in point.references} <= known
            assert point.references
            points += 1
    return points


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 20))]
)
def test_ten_thousand_events_end_as_a_recount_says(seed: int) -> None:
    """Creations, edits, removals, duplicates and late versions of three products."""
    history = random_history(seed, 10_000)
    tables = MemoryTables()
    apply_all(tables, history)
    agrees(tables, history)
    assert points_agree(tables) > 0


@given(st.integers(0, 10**6), st.integers(1, 60), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_order_ends_in_the_same_counters(seed: int, events: int, rng: random.Random) -> None:
    """A permutation of a history counts like the history."""
    history = random_history(seed, events)
    shuffled = list(history)
    rng.shuffle(shuffled)
    tables = MemoryTables()
    apply_all(tables, shuffled)
    agrees(tables, history)
    points_agree(tables)


@given(st.integers(0, 10**6), st.integers(2, 60), st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_delivered_again_changes_nothing(seed: int, events: int, data: st.DataObject) -> None:
    """After any prefix, the stream goes on from any earlier offset, as after a crash."""
    history = random_history(seed, events)
    tables = MemoryTables()
    reached = data.draw(st.integers(1, events))
    again = data.draw(st.integers(0, reached))
    apply_all(tables, history[:reached])
    apply_all(tables, history[again:], range(again, events))
    agrees(tables, history)
    points_agree(tables)


@given(st.integers(0, 10**6), st.integers(2, 40), st.data())
@settings(max_examples=200, deadline=None)
def test_a_crash_between_product_and_reviews_loses_nothing(
    seed: int, events: int, data: st.DataObject
) -> None:
    """The products of a chunk were kept, some of its reviews were not, and the chunk comes again."""
    history = random_history(seed, events)
    start = data.draw(st.integers(0, events - 1))
    tables = MemoryTables()
    apply_all(tables, history[:start])
    before = dict(tables.reviews)
    kept = {key: REVIEW_CODEC.encode(state) for key, state in before.items()}
    apply_all(tables, history[start:], range(start, events))
    for key in list(tables.reviews):
        if data.draw(st.booleans()):
            if key in before:
                tables.reviews[key] = REVIEW_CODEC.decode(kept[key])
            else:
                del tables.reviews[key]
    apply_all(tables, history[start:], range(start, events))
    agrees(tables, history)


def test_a_withdrawn_product_takes_its_reviews_with_it() -> None:
    """Nothing is counted any more, a redelivery brings nothing back, and a return starts from nothing."""
    tables = MemoryTables()
    apply_all(tables, [enriched("r1", 1), enriched("r2", 1)])
    withdraw(tables, "p", 0, 1)
    product = tables.product("p")
    assert product.is_gone
    assert product.counts.reviews == 0
    while product.swept is not None:
        sweep(tables, product, 1)
    assert not tables.reviews
    assert not tables.lists["p"]

    apply_all(tables, [enriched("r1", 1), enriched("r2", 1)])
    apply_all(tables, [enriched("r3", 1)], [2])
    assert product.counts.reviews == 0

    withdraw(tables, "p", 1, 2, removed=False)
    apply_all(tables, [enriched("r1", 1), enriched("r2", 1)])
    apply_all(tables, [enriched("r1", 2)], [3])
    assert not product.is_gone
    assert product.counts.reviews == 1


def test_a_review_kept_from_before_a_withdrawal_does_not_count() -> None:
    """A crash left a review of the earlier era in the tables: its edit is a new review."""
    tables = MemoryTables()
    apply_all(tables, [enriched("r1", 1, rating=1)])
    left_over = dict(tables.reviews)
    withdraw(tables, "p", 0, 1)
    withdraw(tables, "p", 1, 2, removed=False)
    tables.reviews.update(left_over)
    apply_all(tables, [enriched("r1", 2, rating=5)], [1])
    assert tables.product("p").counts.reviews == 1
    assert tables.product("p").counts.rating_hundredths == 500


def test_an_older_version_of_a_product_changes_nothing() -> None:
    """Products are versioned like reviews."""
    tables = MemoryTables()
    withdraw(tables, "p", 0, 5, removed=False)
    withdraw(tables, "p", 1, 4)
    assert not tables.product("p").is_gone


def test_a_clock_that_is_ahead_does_not_end_today() -> None:
    """A review dated tomorrow counts for the day the broker received it."""
    tables = MemoryTables()
    apply_all(tables, [enriched("r1", 1, created_at="2026-09-30T00:00:00Z")])
    assert list(tables.product("p").days) == [NOW_MS // 86_400_000]


def test_memory_is_bounded() -> None:
    """A product of 10,000 reviews takes little more than one of 1,000."""
    sizes = []
    for events in (2_000, 20_000):
        tables = MemoryTables()
        apply_all(tables, random_history(3, events, products=1))
        sizes.append(len(PRODUCT_CODEC.encode(tables.product("p0"))))
    assert sizes[1] < 1.5 * sizes[0]


def test_states_are_kept_as_they_are() -> None:
    """Bytes and back."""
    tables = MemoryTables()
    apply_all(tables, random_history(1, 300))
    assert any(product.points and product.recent and product.days for product in tables.products.values())
    assert any(state.contribution and state.contribution.mentions for state in tables.reviews.values())
    for product in tables.products.values():
        assert PRODUCT_CODEC.decode(PRODUCT_CODEC.encode(product)) == product
    for state in tables.reviews.values():
        assert REVIEW_CODEC.decode(REVIEW_CODEC.encode(state)) == state
    assert PRODUCT_CODEC.decode(PRODUCT_CODEC.encode(ProductState("p"))) == ProductState("p")


def test_key_points_of_other_embeddings_are_never_compared() -> None:
    """With the first review whose embeddings are of another version, the points of its kinds begin anew."""
    tables = MemoryTables()
    history = [
        opinionated(f"r{number}", product_id="p0", embedding_version="one@1" if number < 4 else "one@2")
        for number in range(8)
    ]
    apply_all(tables, history[:4])
    before = {
        kind: [point.number for point in points] for kind, points in tables.product("p0").points.items()
    }
    assert before
    apply_all(tables, history)
    agrees(tables, history)
    product = tables.product("p0")
    assert product.points.keys() == before.keys()
    for kind, points in product.points.items():
        assert {point.embedding_version for point in points} == {"one@2"}
        assert not {point.number for point in points} & {*before[kind]}
        assert [point.count for point in points] == [4]
