"""Tables of before opinions were counted by day: brought to today's form between events, exact all the while."""

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from streams.rolling.product_state import ProductState
from streams.state.store import PartitionStore
from tests.histories import Recount, enriched, random_history, state_counts
from tests.unit.streams.roles.rolling.test_rolling import Role

PRODUCTS = ("p0", "p1", "p2")


def kept_as(version: int, role: Role) -> None:
    """Keep all products as an earlier version wrote them, and let another worker begin with that."""
    later = ProductState.__struct_fields__.index("aspect_days")
    for product in list(role.tables.products()):
        fields = msgspec.msgpack.decode(msgspec.msgpack.encode(product))[:later]
        body = msgspec.msgpack.encode(fields)
        kept = body if version == 0 else bytes([version]) + body
        role.store.write({b"p" + product.product_id.encode(): kept}, None)
    for key, state in list(role.store.scan(b"r")):
        if version == 0:
            role.store.write({key: state[1:]}, None)
    role.start()


async def take(role: Role, history: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(history), 20):
        await role.take(*history[start : start + 20])


async def revisited(role: Role) -> None:
    """Tick until every review was visited."""
    await role.tick()
    while any(product.revisited is not None for product in role.tables.products()):
        await role.tick()


@pytest.mark.parametrize("seed", range(6))
async def test_what_was_counted_before_is_counted_by_day_too(
    store: PartitionStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """While new events, edits and removals come, some before their review was visited and some after."""
    monkeypatch.setattr("streams.roles.rolling.handler._KEPT_UP_A_TICK", 15)
    monkeypatch.setattr("streams.roles.rolling.handler._KEPT_UP_AT_ONCE", 5)
    history = random_history(seed, 600)
    role = Role(store, prompt_summaries=100)
    await take(role, history[:300])
    kept_as(4, role)
    drawn = random.Random(seed)
    for start in range(300, 600, 5):
        await role.take(*history[start : start + 5])
        if drawn.random() < 0.3:
            await role.tick()
    await revisited(role)
    recount = Recount(history)
    for product_id in PRODUCTS:
        assert state_counts(role.tables.product(product_id)) == recount.counts(product_id)
    gone = [
        enriched(review_id, 10**6, product_id=product_id, removed=True)
        for product_id in PRODUCTS
        for review_id, _ in list(role.tables.reviews_of(product_id))
    ]
    await take(role, gone)
    assert all(not role.tables.product(product_id).aspect_days for product_id in PRODUCTS)


async def test_aspects_by_day_are_published_once_all_reviews_are_visited(store: PartitionStore) -> None:
    """Not half of them before; then without another event."""
    opinion = {"aspect": "quality", "sentiment": "negative", "score": 0.9, "confidence": 0.8}
    opinion |= {"field": "text", "start": 0, "end": 7, "quote": "It does"}
    role = Role(store)
    await take(role, [enriched(f"r{number:04}", 1, aspects=[opinion]) for number in range(700)])
    kept_as(4, role)
    await role.take(enriched("r0000", 2, aspects=[opinion]))
    first = role.summaries[-1]
    assert first is not None
    assert (first.counts.aspects[0].negative, first.aspect_days) == (700, ())
    await role.tick()
    assert role.tables.product("p").revisited is not None
    await revisited(role)
    last = role.summaries[-1]
    assert last is not None
    assert [(one.aspect, one.negative) for one in last.aspect_days] == [("quality", (700,))]
    role.summaries.clear()
    await role.tick()
    assert role.summaries == []


async def test_what_was_counted_under_two_names_is_counted_once(store: PartitionStore) -> None:
    """A review that spoke of an aspect under both its names stands in one list, and so it is one in the counter."""
    both = [
        {
            "aspect": aspect, "sentiment": "positive", "score": 0.9, "confidence": 0.8,
            "field": "text", "start": 0, "end": 7, "quote": "It does",
        }
        for aspect in ("food", "taste_and_smell")
    ]  # fmt: skip
    history = [enriched(f"r{number}", 1, aspects=both[: 1 + number % 2]) for number in range(10)]
    role = Role(store)
    await take(role, history)
    kept_as(0, role)
    assert role.tables.product("p").counts.aspects == {"taste_and_smell": [0, 0, 15]}
    await revisited(role)
    product = role.tables.product("p")
    assert product.counts.aspects == {"taste_and_smell": [0, 0, 10]}
    opinions = [
        opinion
        for _, state in role.tables.reviews_of("p")
        if state.contribution is not None
        for opinion in state.contribution.opinions
    ]
    assert opinions == [("taste_and_smell", 2)] * 10
    await take(role, [enriched(f"r{number}", 2, removed=True) for number in range(10)])
    assert (product.counts.aspects, product.aspect_days) == ({}, {})


async def test_a_withdrawal_ends_it(store: PartitionStore) -> None:
    """There is nothing left to visit, and what comes later is counted by day at once."""
    role = Role(store)
    history = random_history(4, 60, products=1)
    await take(role, history)
    kept_as(4, role)
    for version, removed in ((1, True), (2, False)):
        event = {"product_id": "p0", "version": version, "removed": removed, "title": "Lamp"}
        await role.take(event | {"updated_at": "2026-09-20T00:00:00Z"}, topic="new-product")
    again = random_history(5, 60, products=1)
    again = [{**event, "review_id": f"n{event['review_id']}"} for event in again]
    await take(role, again)
    await revisited(role)
    assert state_counts(role.tables.product("p0")) == Recount(again).counts("p0")
