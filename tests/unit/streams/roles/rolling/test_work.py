"""How much work an event is, and how much is done at a stretch: counted, for a clock would tell of the machine."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import orjson

from schemas.topics import ENRICHED_REVIEW, NEW_PRODUCT, PRODUCT_SUMMARY, PRODUCT_TEXT, ROLLING_STATE
from streams.delivery.records import Effects, Partition
from streams.errors import LeaseLostError
from streams.roles.rolling.handler import RollProducts
from streams.roles.rolling.pace import TURN
from streams.roles.rolling.tables import ProductTables
from streams.rolling.product_state import ProductState, ReviewState
from streams.settings import RollingSettings
from streams.state.origin import Life, TableOrigin
from streams.state.store import PartitionStore, StoreMemory
from tests.fakes import FakeRecord
from tests.histories import Recount, enriched, state_counts

NOW = datetime(2026, 9, 21, tzinfo=UTC)
PARTITION = Partition(ENRICHED_REVIEW.name, 0)


class CountingTables(ProductTables):
    """Tables that count what is read of them and written to them."""

    work = 0

    def product(self, product_id: str) -> ProductState:
        self.work += 1
        return super().product(product_id)

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        self.work += 1
        return super().review(product_id, review_id)

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        self.work += 1
        super().put_review(product_id, review_id, state)

    def reviews_of(self, product_id: str, after: str = "") -> Iterator[tuple[str, ReviewState]]:
        for each in super().reviews_of(product_id, after):
            self.work += 1
            yield each

    def listed(self, product_id: str, prefix: bytes, start: bytes = b"") -> Iterator[bytes]:
        for key in super().listed(product_id, prefix, start):
            self.work += 1
            yield key

    def products(self, after: str = "") -> Iterator[ProductState]:
        for product in super().products(after):
            self.work += 1
            yield product

    def take_changes(self, most: int | None = None) -> list[Any]:
        changes = super().take_changes(most)
        self.work += len(changes)
        return changes


class Worker:
    """A handler and one partition's tables, which a test may let go."""

    changelog = ROLLING_STATE

    def __init__(self, store: PartitionStore, **settings: Any) -> None:
        self.tables = CountingTables(store, 100)
        self.is_there = True
        self.offset = 0
        self.handler = RollProducts(self, RollingSettings(**settings), now=lambda: NOW)

    def of(self, partition: int) -> ProductTables:
        assert partition == 0
        assert self.is_there
        return self.tables

    def is_held(self, partition: int) -> bool:
        return partition == 0 and self.is_there

    def holds(self, tables: ProductTables) -> bool:
        return self.is_there and tables is self.tables

    def records(self, *events: dict[str, Any], topic: str = ENRICHED_REVIEW.name) -> list[FakeRecord]:
        first, self.offset = self.offset, self.offset + len(events)
        return [
            FakeRecord(first + at, event["product_id"].encode(), orjson.dumps(event), topic)
            for at, event in enumerate(events)
        ]

    async def take(self, *events: dict[str, Any], topic: str = ENRICHED_REVIEW.name) -> Effects:
        return self.deliver(await self.handler(self.records(*events, topic=topic)))

    def deliver(self, effects: Effects) -> Effects:
        changes = [(one.key or b"", one.value) for one in effects.outputs if one.topic == ROLLING_STATE]
        self.tables.delivered(changes, None)
        return effects


async def longest_turn(tables: CountingTables, working: Any) -> int:
    """The most work that was done before another task had its turn."""
    longest = 0

    async def look_on() -> None:
        nonlocal longest
        before = tables.work
        while True:
            await asyncio.sleep(0)
            longest = max(longest, tables.work - before)
            before = tables.work

    looking = asyncio.create_task(look_on())
    await asyncio.sleep(0)
    await working
    await asyncio.sleep(0)
    looking.cancel()
    return longest


OPINION = {
    "aspect": "quality",
    "sentiment": "positive",
    "score": 0.9,
    "confidence": 0.9,
    "field": "text",
    "start": 0,
    "end": 20,
    "quote": "It does what it should.",
}


def written(number: int, *, removed: bool = False) -> dict[str, Any]:
    """A review of a product that many review, each a minute after the one before, all of one point."""
    created = datetime.fromtimestamp(1_700_000_000 + 60 * number, UTC).isoformat()
    review_id = f"r{number:06}"
    if removed:
        return enriched(review_id, 2, removed=True)
    return enriched(
        review_id,
        1,
        created_at=created,
        aspects=[OPINION],
        sentiment={"label": "positive"},
        language={"code": "en", "confidence": 1.0},
    )


async def test_removing_the_newest_reviews_costs_what_their_number_says(tmp_path: Path) -> None:
    """As much for a product of 200 reviews as for one of 3,000; and what is kept is what a recount says."""
    work = []
    for count in (200, 3_000):
        store = PartitionStore(tmp_path / str(count), StoreMemory(8 * 1024 * 1024))
        worker = Worker(store)
        history = [written(number) for number in range(count)]
        await worker.take(*history)
        before = worker.tables.work
        for number in range(count - 1, count - 101, -1):
            history.append(written(number, removed=True))
            await worker.take(history[-1])
        work.append(worker.tables.work - before)
        assert state_counts(worker.tables.product("p")) == Recount(history).counts("p")
        (point,) = worker.tables.product("p").points["en|2|quality"]
        assert point.count == count - 100
        assert point.references
        store.close()
    assert work[1] <= 1.05 * work[0]


async def test_a_large_chunk_is_applied_in_short_turns(store: PartitionStore) -> None:
    """Reviews, summaries and the changelog of 1,000 events: others have the event loop between."""
    worker = Worker(store, prompt_summaries=1_000)
    events = [enriched(f"r{at}", 1, product_id=f"p{at % 300}", aspects=[OPINION]) for at in range(1_000)]
    assert await longest_turn(worker.tables, worker.take(*events)) <= 8 * TURN


async def test_the_first_tick_looks_at_products_in_short_turns(store: PartitionStore) -> None:
    """Of tables that are new here; what waits in them is published all the same, with that tick."""
    before = Worker(store, prompt_summaries=0)
    await before.take(*[enriched("r", 1, product_id=f"p{at}") for at in range(2_000)])
    worker = Worker(store, tick_summaries=5_000)
    ticks: list[Effects] = []

    async def tick() -> None:
        ticks.append(worker.deliver(await worker.handler.tick(PARTITION)))

    assert await longest_turn(worker.tables, tick()) <= 8 * TURN
    published = [output for output in ticks[0].outputs if output.topic == PRODUCT_SUMMARY.name]
    assert len(published) == 2_000


async def test_a_product_goes_at_once_and_its_reviews_little_by_little(store: PartitionStore) -> None:
    """A withdrawal is as much work as any event, however many reviews there are; ticks forget them all."""
    worker = Worker(store)
    await worker.take(*map(written, range(1_200)))
    before = worker.tables.work
    gone = {"product_id": "p", "version": 1, "removed": True, "updated_at": "2026-09-20T00:00:00Z"}
    await worker.take(gone, topic=NEW_PRODUCT.name)
    assert worker.tables.work - before < 10
    back = gone | {"version": 2, "removed": False, "title": "Lamp"}
    await worker.take(back, topic=NEW_PRODUCT.name)
    await worker.take(written(1_100), written(5_000))
    for _ in range(3):
        turn = await longest_turn(worker.tables, _ticked(worker))
        assert turn <= 12 * TURN
    assert [review_id for review_id, _ in worker.tables.reviews_of("p")] == ["r001100", "r005000"]
    assert len(list(worker.tables.listed("p", b""))) == 4
    assert worker.tables.product("p").counts.reviews == 2


async def _ticked(worker: Worker) -> None:
    worker.deliver(await worker.handler.tick(PARTITION))


async def test_chunks_keep_their_order_although_others_have_a_turn_between(store: PartitionStore) -> None:
    """The second chunk begins once the first is through, so that each takes the changes of its own."""
    worker = Worker(store, prompt_summaries=0)
    chunks = [
        worker.records(*[enriched(f"r{at}", 1) for at in range(first, first + 150)]) for first in (0, 150)
    ]
    first, second, tick = await asyncio.gather(*map(worker.handler, chunks), worker.handler.tick(PARTITION))
    reviews = [
        {output.key for output in each.outputs if (output.key or b"").startswith(b"rp")}
        for each in (first, second)
    ]
    assert [len(each) for each in reviews] == [150, 150]
    assert not reviews[0] & reviews[1]
    assert [output.topic for output in tick.outputs].count(PRODUCT_SUMMARY.name) == 1


async def test_tables_that_go_between_two_turns_are_left_alone(store: PartitionStore) -> None:
    """The chunk under way ends, the one behind it does not begin, and a tick does nothing."""
    worker = Worker(store)
    chunks = [
        worker.records(*[enriched(f"r{at}", 1) for at in range(first, first + 150)]) for first in (0, 150)
    ]
    handling = [asyncio.create_task(worker.handler(chunk)) for chunk in chunks]
    await asyncio.sleep(0)
    worker.is_there = False
    ended = await asyncio.gather(*handling, return_exceptions=True)
    assert [type(each) for each in ended] == [LeaseLostError, LeaseLostError]
    assert worker.tables.review("p", "r150") is None
    assert not (await worker.handler.tick(PARTITION)).outputs


async def test_reviews_of_before_there_were_lists_are_listed(tmp_path: Path) -> None:
    """Once a machine, for products that say so; then the next newest is found as in any other product."""
    store = PartitionStore(tmp_path / "old", StoreMemory(8 * 1024 * 1024))
    worker = Worker(store)
    await worker.take(*map(written, range(60)))
    product = worker.tables.product("p")
    for key, _ in list(store.scan(b"l")):
        store.write({key: None}, None)
    # As version 1 wrote it: the fields after `is_unlisted` were not there.
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(product))
    fields = fields[: ProductState.__struct_fields__.index("arrived")]
    store.write({b"pp": b"\x01" + msgspec.msgpack.encode(fields)}, None)

    worker.tables = CountingTables(store, 100)
    worker.tables.prepare()
    assert len(list(worker.tables.listed("p", b""))) == 120
    before = worker.tables.work
    worker.tables.prepare()
    assert worker.tables.work == before
    history = [written(number) for number in range(60)] + [
        written(number, removed=True) for number in range(40, 60)
    ]
    await worker.take(*history[60:])
    await _ticked(worker)
    assert state_counts(worker.tables.product("p")) == Recount(history).counts("p")
    assert worker.tables.product("p").is_unlisted
    store.close()


async def test_events_of_a_topic_made_anew_count(store: PartitionStore) -> None:
    """At offsets that were applied before; what is published tells the offset as the topic has it."""
    worker = Worker(store)
    await worker.take(*[enriched(f"r{at}", 1) for at in range(10)])
    worker.tables.begin_at(TableOrigin(1, {ENRICHED_REVIEW.name: Life("b", 1)}))
    worker.offset = 0
    effects = await worker.take(enriched("r3", 2), enriched("r3", 1), enriched("new", 1))
    assert worker.tables.product("p").counts.reviews == 11
    (summary,) = [
        orjson.loads(one.value or b"") for one in effects.outputs if one.topic == PRODUCT_SUMMARY.name
    ]
    assert summary["counts"]["reviews"] == 11
    assert summary["source"]["offset"] == 2


async def test_a_text_asked_for_before_a_topic_was_made_anew_still_drops_what_changed(
    store: PartitionStore,
) -> None:
    """Its snapshot's offset is one of the life before: a review that changed since is not cited."""
    worker = Worker(store)
    await worker.take(*[enriched(f"r{at}", 1) for at in range(10)])
    await _ticked(worker)
    worker.tables.begin_at(TableOrigin(1, {ENRICHED_REVIEW.name: Life("b", 1)}))
    worker.offset = 0
    await worker.take(enriched("r1", 2))
    claims = [
        {"text": f"Says {one}.", "method": "template", "count": 1, "review_ids": [one]}
        for one in ("r1", "r2")
    ]
    text = {
        "product_id": "p",
        "generation": 1,
        "language": "en",
        "claims": claims,
        "prompt_version": "1",
        "snapshot_offset": 9,
        "review_count": 10,
        "source": {"topic": "refresh-requested", "partition": 0, "offset": 0, "timestamp_ms": 1},
        "made_at": "2026-09-20T12:00:00Z",
    }
    await worker.take(text, topic=PRODUCT_TEXT.name)
    assert [claim.text for claim in worker.tables.product("p").words.claims] == ["Says r2."]
