import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.progress import Progress, RankedProduct, Ranking, Reading
from streams.roles.serve.recent_answers import AnsweredProducts
from streams.roles.serve.redis_store import StoreAwayError
from streams.roles.serve.review_lists import ListPage
from streams.roles.serve.summary_catalogue import SummaryCatalogue
from streams.settings import ServingSettings
from streams.web.catalogue import ListedReview, NotKnownYetError, ReviewList, Stored

CURRENT = Progress("e", 100.0, {0: 50}, {0: 0.1}, partitions=1)
FILLING = Progress("e", 1.0, {0: 5}, {}, partitions=1)


class FakeStore:
    """Holds these products; away on command."""

    def __init__(self) -> None:
        self.products: dict[str, Stored] = {}
        self.progress = CURRENT
        self.is_away = False
        self.asked = 0

    def put(self, product_id: str, offset: int, document: bytes | None = b"{}") -> None:
        self.products[product_id] = Stored(product_id, "e", 0, offset, document)

    async def read(self, product_ids: Sequence[str]) -> Reading:
        self.asked += 1
        if self.is_away:
            raise StoreAwayError("redis: no answer")
        return Reading(
            self.progress, {one: self.products[one] for one in product_ids if one in self.products}
        )

    async def page(self, *_args: Any, **_more: Any) -> Ranking:
        if self.is_away:
            raise StoreAwayError("redis: no answer")
        ranked = tuple(RankedProduct(one, "1") for one in self.products.values() if one.document)
        return Ranking(self.progress, ranked, has_more=True)


class FakeLists:
    """One review in every list; away on command."""

    def __init__(self) -> None:
        self.progress = CURRENT
        self.is_away = False

    async def page(self, *_args: Any, **_more: Any) -> ListPage:
        if self.is_away:
            raise StoreAwayError("redis: no answer")
        return ListPage(self.progress, 7, (ListedReview(5, "r1"),), has_more=True)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def lists() -> FakeLists:
    return FakeLists()


class Clock:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalogue(store: FakeStore, lists: FakeLists, clock: Clock) -> SummaryCatalogue:
    settings = ServingSettings(cached_products=3)
    return SummaryCatalogue(store, lists, settings, ServingMetrics(), now=clock)  # type: ignore[arg-type]


async def test_a_list_is_known_once_it_is_filled_and_says_when_it_is_old(
    lists: FakeLists, catalogue: SummaryCatalogue
) -> None:
    """There is no memory of lists: while Redis is away or filling nothing is said of them."""
    page = await catalogue.listed("p", ReviewList(0), limit=1, after=None)
    assert (page.total, [one.review_id for one in page.reviews], page.has_more) == (7, ["r1"], True)
    assert page.stale_reason is None
    lists.progress = replace(CURRENT, seconds_since_end={0: 31.0})
    assert (await catalogue.listed("p", ReviewList(0), limit=1, after=None)).stale_reason == "updates_behind"
    lists.progress = FILLING
    with pytest.raises(NotKnownYetError, match="end of rolling-state; ask again"):
        await catalogue.listed("p", ReviewList(0), limit=1, after=None)
    lists.is_away = True
    with pytest.raises(NotKnownYetError, match="cannot be asked at the moment"):
        await catalogue.listed("p", ReviewList(0), limit=1, after=None)


async def test_while_redis_is_away_memory_answers(
    store: FakeStore, catalogue: SummaryCatalogue, clock: Clock
) -> None:
    """What was asked for lately is stale, what is gone stays gone, and of the rest nothing is said."""
    store.put("p", 5)
    store.put("gone", 6, None)
    await catalogue.find(["p", "gone"])
    store.is_away = True
    lookup = await catalogue.find(["p", "gone", "other"])
    assert {one: found.stale_reason for one, found in lookup.found.items()} == {"p": "redis_away"}
    assert (lookup.missing, lookup.unknown) == (("gone",), ("other",))
    assert "ask again" in lookup.why
    store.is_away = False
    clock.seconds += 1
    assert (await catalogue.find(["p"])).found["p"].stale_reason is None


async def test_a_redis_that_hangs_is_not_waited_for_by_every_request(
    store: FakeStore, catalogue: SummaryCatalogue, clock: Clock
) -> None:
    """One asks now and then, so that its return is noticed; the others answer from memory at once."""
    store.put("p", 5)
    await catalogue.find(["p"])
    store.is_away, store.asked = True, 0
    for _ in range(10):
        assert (await catalogue.find(["p"])).found["p"].stale_reason == "redis_away"
    assert store.asked == 1
    clock.seconds += 1
    await catalogue.find(["p"])
    await catalogue.find(["p"])
    assert store.asked == 2


async def test_memory_is_bounded(store: FakeStore, catalogue: SummaryCatalogue) -> None:
    """The products asked for last are kept, the others are not."""
    for number in range(5):
        store.put(f"p{number}", number)
        await catalogue.find([f"p{number}"])
    store.is_away = True
    lookup = await catalogue.find([f"p{number}" for number in range(5)])
    assert list(lookup.found) == ["p2", "p3", "p4"]


async def test_a_redis_that_went_back_is_not_repeated(store: FakeStore, catalogue: SummaryCatalogue) -> None:
    """The newer answer stays, also in lists, until Redis has a newer one still."""
    store.put("p", 9, b"new")
    await catalogue.find(["p"])
    store.progress = FILLING
    store.put("p", 4, b"old")
    found = (await catalogue.find(["p"])).found["p"]
    assert (found.document, found.stale_reason) == (b"new", "rebuilding")
    store.progress = CURRENT
    page = await catalogue.page("reviews", "desc", limit=1, after=None)
    assert [one.document for one in page.products] == [b"new"]
    store.put("p", 10, b"newest")
    found = (await catalogue.find(["p"])).found["p"]
    assert (found.document, found.stale_reason) == (b"newest", None)


async def test_lists_need_a_store_that_is_filled(store: FakeStore, catalogue: SummaryCatalogue) -> None:
    """Half a list would look like a whole one."""
    store.progress = FILLING
    with pytest.raises(NotKnownYetError, match="being filled"):
        await catalogue.page("reviews", "desc", limit=1, after=None)
    store.is_away = True
    with pytest.raises(NotKnownYetError, match="cannot be asked"):
        await catalogue.page("reviews", "desc", limit=1, after=None)


async def test_a_page_says_where_the_next_begins(store: FakeStore, catalogue: SummaryCatalogue) -> None:
    """Behind its last product."""
    store.put("p", 1)
    page = await catalogue.page("reviews", "desc", limit=1, after=None)
    assert page.next_place is not None
    assert page.next_place.product_id == "p"


def test_bytes_are_bounded_too() -> None:
    """Large documents push others out; the last one stays, however large."""
    products = AnsweredProducts(100, 2_000, now=time.monotonic)
    for number in range(4):
        products.keep(Stored(f"p{number}", "e", 0, 1, b"x" * 600))
    assert len(products) == 2
    products.keep(Stored("huge", "e", 0, 1, b"x" * 9_000))
    assert len(products) == 1
    assert products.get("huge") is not None
    products.forget("huge")
    assert len(products) == 0
