import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from pydantic import SecretStr
from yarl import URL

from schemas.serving import (
    ProductBatch,
    ProductDays,
    ProductPage,
    ProductReviews,
    ReviewIds,
    ServedProduct,
    SortKey,
    SortOrder,
)
from streams.roles.serve.metrics import ServingMetrics
from streams.web.catalogue import (
    KnownProduct,
    ListedReview,
    Lookup,
    NotKnownYetError,
    Page,
    Place,
    ReviewList,
    ReviewPage,
    Stored,
)
from streams.web.products import products_app
from streams.web.queries import MAX_BODY_BYTES
from streams.worker.health import add_health_pages
from streams.worker.readiness import Readiness
from streams.worker.server import WebServer
from tests.summaries import TODAY, document
from tests.unit.streams.web.test_product_bodies import follows

TOKEN = "let-me-in-请"


@dataclass
class FakeCatalogue:
    """Knows these products; of ids with `later` it cannot tell; `broken` raises."""

    products: dict[str, KnownProduct] = field(default_factory=dict)
    reviews: dict[tuple[str, ReviewList], list[ListedReview]] = field(default_factory=dict)
    is_away: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def add(self, product_id: str, *, offset: int = 1, stale: Any = None, **more: Any) -> None:
        raw = document(product_id, **more)
        self.products[product_id] = KnownProduct(Stored(product_id, "e", 0, offset, raw), raw, stale)

    async def find(self, product_ids: Sequence[str]) -> Lookup:
        if "broken" in product_ids:
            raise RuntimeError("secret of the inside")
        unknown = tuple(one for one in product_ids if "later" in one)
        found = {one: self.products[one] for one in product_ids if one in self.products}
        missing = tuple(one for one in product_ids if one not in found and one not in unknown)
        return Lookup(found, missing, unknown, "the store is being filled")

    async def page(self, sort: SortKey, order: SortOrder, *, limit: int, after: Place | None) -> Page:
        self.asked.append((sort, order))
        if self.is_away:
            raise NotKnownYetError("the store cannot be asked")
        ids = sorted(self.products, reverse=order == "desc")
        first = ids.index(after.product_id) + 1 if after is not None else 0
        chosen = ids[first : first + limit]
        more = Place("1.5", chosen[-1]) if first + limit < len(ids) else None
        return Page([self.products[one] for one in chosen], more)

    async def listed(
        self, product_id: str, reviews: ReviewList, *, limit: int, after: ListedReview | None
    ) -> ReviewPage:
        if self.is_away:
            raise NotKnownYetError("the lists are being filled")
        whole = sorted(self.reviews.get((product_id, reviews), ()), reverse=True)
        rest = [one for one in whole if after is None or one < after]
        return ReviewPage(len(whole), rest[:limit], len(rest) > limit)


@dataclass
class Api:
    url: str
    catalogue: FakeCatalogue
    session: aiohttp.ClientSession
    seen: list[tuple[str, int]]
    day: list[Any]

    async def ask(self, path: str, method: str = "GET", **more: Any) -> tuple[int, Any, Any]:
        """Status, headers, body."""
        async with self.session.request(method, URL(self.url + path, encoded=True), **more) as response:
            body = await response.read()
            return response.status, response.headers, orjson.loads(body) if body else None


@asynccontextmanager
async def running(token: str | None, **more: Any) -> AsyncIterator[Api]:
    """The pages on a port of their own."""
    catalogue, seen, day = FakeCatalogue(), [], [TODAY]
    app = products_app(
        catalogue,
        token=SecretStr(token) if token is not None else None,
        max_age_s=3,
        observe=lambda route, status, _seconds: seen.append((route, status)),
        today=lambda: day[0],
        **more,
    )
    add_health_pages(app, readiness=lambda: Readiness(True, ()), registry=ServingMetrics().registry)
    server = WebServer(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        yield Api(await server.start(), catalogue, session, seen, day)
    await server.stop()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with running(None) as api:
        yield api


@pytest.fixture
async def guarded() -> AsyncIterator[Api]:
    async with running(TOKEN) as api:
        yield api


@pytest.mark.parametrize(
    "product_id", ["lamp-201", "台灯 1", "a/b", "a%2Fb", "a?b#c&d=e", "x:y", "é", "reviews", "."]
)
async def test_any_id_can_be_asked_for(api: Api, product_id: str) -> None:
    """Percent-encoded, whatever characters it has, with its reviews too."""
    api.catalogue.add(product_id)
    path = f"/products/{quote(product_id, safe='').replace('.', '%2E')}"
    if product_id != ".":  # clients take this one for the directory
        status, _, body = await api.ask(path)
        assert (status, body["product_id"]) == (200, product_id)
        follows("ServedProduct", orjson.dumps(body))
        ServedProduct.model_validate_json(orjson.dumps(body))
        status, _, body = await api.ask(f"{path}/reviews?limit=2")
        assert (status, len(body["reviews"])) == (200, 2)
        follows("ProductReviews", orjson.dumps(body))
        ProductReviews.model_validate_json(orjson.dumps(body))
    status, _, body = await api.ask("/products:batchGet", "POST", json={"product_ids": [product_id]})
    assert [one["product_id"] for one in body["products"]] == [product_id]


async def test_an_answer_that_the_client_holds_is_not_sent_again(api: Api) -> None:
    """304 as long as nothing changed: not the record, not the staleness, not the day."""
    api.catalogue.add("p", offset=1)
    status, headers, _ = await api.ask("/products/p")
    etag = headers["ETag"]
    assert etag.startswith('W/"')
    held = {"If-None-Match": f'"other", {etag}'}
    status, headers, body = await api.ask("/products/p", headers=held)
    assert (status, body, headers["ETag"]) == (304, None, etag)
    assert (await api.ask("/products/p", headers={"If-None-Match": "*"}))[0] == 304
    assert (await api.ask("/products/p", headers={"If-None-Match": "nonsense"}))[0] == 200

    api.catalogue.add("p", offset=1, stale="rebuilding")
    assert (await api.ask("/products/p", headers=held))[0] == 200
    api.catalogue.add("p", offset=2)
    assert (await api.ask("/products/p", headers=held))[0] == 200
    api.catalogue.add("p", offset=1)
    api.day[0] = TODAY + timedelta(days=1)
    assert (await api.ask("/products/p", headers=held))[0] == 200


async def test_stale_answers_say_so_and_are_not_kept(api: Api) -> None:
    """A fresh answer may be kept for as long as configured, a stale one may not."""
    api.catalogue.add("fresh")
    api.catalogue.add("old", stale="updates_behind")
    _, headers, body = await api.ask("/products/fresh")
    assert (headers["Cache-Control"], body["stale"], body["stale_reason"]) == (
        "public, max-age=3",
        False,
        None,
    )
    _, headers, body = await api.ask("/products/old")
    assert (headers["Cache-Control"], body["stale"], body["stale_reason"]) == (
        "no-cache",
        True,
        "updates_behind",
    )
    follows("ServedProduct", orjson.dumps(body))


async def test_a_batch_tells_found_missing_and_unknown_apart(api: Api) -> None:
    """Each id once; 503 only if nothing at all can be told."""
    api.catalogue.add("p")
    wanted = {"product_ids": ["p", "none", "later", "p"]}
    status, headers, body = await api.ask("/products:batchGet", "POST", json=wanted)
    assert status == 200
    assert ([one["product_id"] for one in body["products"]], body["missing"], body["unknown"]) == (
        ["p"], ["none"], ["later"],
    )  # fmt: skip
    follows("ProductBatch", orjson.dumps(body))
    ProductBatch.model_validate_json(orjson.dumps(body))
    assert headers["Cache-Control"] == "no-store"
    status, headers, body = await api.ask("/products:batchGet", "POST", json={"product_ids": ["later"]})
    assert (status, headers["Retry-After"]) == (503, "1")


async def test_a_list_goes_from_page_to_page(api: Api) -> None:
    """The cursor leads through all products, in the order that was asked for, each once."""
    for number in range(5):
        api.catalogue.add(f"灯{number}")
    path, seen = "/products?sort=rating&order=asc&limit=2", []
    cursor = ""
    while True:
        status, _, body = await api.ask(path + (f"&cursor={cursor}" if cursor else ""))
        assert status == 200
        follows("ProductPage", orjson.dumps(body))
        ProductPage.model_validate_json(orjson.dumps(body))
        seen += [one["product_id"] for one in body["products"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"灯{number}" for number in range(5)]
    assert set(api.catalogue.asked) == {("rating", "asc")}


async def test_the_reviews_of_a_counter_are_listed_page_by_page(api: Api) -> None:
    """Of an aspect and a polarity, of a sentiment, and all; those of the product's time before it came back are not."""
    api.catalogue.add("p", reviews=9, negative=4, withdrawals=1)
    wanted = {
        "": (ReviewList(1), 9),
        "polarity=negative": (ReviewList(1, "negative"), 4),
        "polarity=positive&aspect=quality": (ReviewList(1, "positive", "quality"), 3),
        "aspect=quality&polarity=neutral": (ReviewList(1, "neutral", "quality"), 2),
        "polarity=neutral": (ReviewList(1, "neutral"), 0),
        "polarity=negative&aspect=delivery": (ReviewList(1, "negative", "delivery"), 0),
    }
    for query, (reviews, length) in wanted.items():
        # Two of one moment, where the greatest id comes first.
        listed = [ListedReview(1_790_000_000_000 + number // 2, f"r{number}") for number in range(length)]
        api.catalogue.reviews["p", reviews] = listed
        seen, cursor = [], ""
        while True:
            more = f"&cursor={cursor}" if cursor else ""
            status, headers, body = await api.ask(
                f"/products/p/review-ids?{query}&limit=2{more}".replace("?&", "?")
            )
            assert (status, body["total"], body["stale"]) == (200, length, False)
            assert headers["Cache-Control"] == "public, max-age=3"
            follows("ReviewIds", orjson.dumps(body))
            ReviewIds.model_validate_json(orjson.dumps(body))
            seen += [one["review_id"] for one in body["reviews"]]
            cursor = body["next_cursor"]
            if cursor is None:
                break
        assert seen == [one.review_id for one in sorted(listed, reverse=True)]


async def test_a_list_of_another_length_than_its_counter_is_stale(api: Api) -> None:
    """For a moment one of the two topics is ahead; nobody keeps that answer, and nobody takes it for the last word."""
    api.catalogue.add("p", reviews=9, negative=4)
    api.catalogue.reviews["p", ReviewList(0, "negative")] = [ListedReview(1_790_000_000_000, "r1")]
    _, headers, body = await api.ask("/products/p/review-ids?polarity=negative")
    assert (body["total"], body["stale"], body["stale_reason"]) == (1, True, "between_updates")
    assert headers["Cache-Control"] == "no-cache"
    api.catalogue.add("p", reviews=9, negative=1, stale="updates_behind")
    _, _, body = await api.ask("/products/p/review-ids?polarity=negative")
    assert (body["total"], body["stale_reason"]) == (1, "updates_behind")
    api.catalogue.is_away = True
    status, headers, _ = await api.ask("/products/p/review-ids")
    assert (status, headers["Retry-After"]) == (503, "1")


async def test_a_cursor_is_of_one_list(api: Api) -> None:
    """With another aspect or polarity it is refused, as is one of another page."""
    api.catalogue.add("p")
    for number in range(3):
        api.catalogue.reviews.setdefault(("p", ReviewList(0, "positive", "quality")), []).append(
            ListedReview(1_790_000_000_000, f"r{number}")
        )
    _, _, body = await api.ask("/products/p/review-ids?aspect=quality&polarity=positive&limit=1")
    for query in ("aspect=quality&polarity=negative", "polarity=positive", "aspect=size&polarity=positive"):
        status, _, answer = await api.ask(f"/products/p/review-ids?{query}&cursor={body['next_cursor']}")
        assert status == 400
        assert "keep aspect and polarity the same" in answer["error"]["message"]


async def test_days_are_told_of_all_reviews_and_of_an_aspect(api: Api) -> None:
    """Each as the summary has it; of an aspect nobody speaks of there are none."""
    quality = {
        "aspect": "quality", "days": ["2026-11-20", "2026-11-24"],
        "negative": [1, 0], "neutral": [0, 0], "positive": [2, 5],
    }  # fmt: skip
    api.catalogue.add("p", aspect_days=[quality], days=2)
    _, _, body = await api.ask("/products/p/days")
    assert [(day["day"], day["reviews"], day["negative"]) for day in body["days"]] == [
        ("2026-11-24", 2, 1), ("2026-11-25", 2, 1),
    ]  # fmt: skip
    follows("ProductDays", orjson.dumps(body))
    _, _, body = await api.ask("/products/p/days?aspect=quality")
    assert [(day["day"], day["reviews"], day["negative"], day["positive"]) for day in body["days"]] == [
        ("2026-11-20", None, 1, 2), ("2026-11-24", None, 0, 5),
    ]  # fmt: skip
    follows("ProductDays", orjson.dumps(body))
    ProductDays.model_validate_json(orjson.dumps(body))
    assert (await api.ask("/products/p/days?aspect=delivery"))[2]["days"] == []
    _, _, body = await api.ask("/products/p")
    week, month, _ = body["trends"]
    assert week["aspects"] == [{"aspect": "quality", "negative": 1, "neutral": 0, "positive": 7}]
    assert month["aspects"] == week["aspects"]
    assert week["before"]["aspects"] == []


BAD = [
    ("GET /products/none", None, 404, "there is no product 'none'"),
    ("GET /products/none/reviews", None, 404, "there is no product 'none'"),
    ("GET /nothing", None, 404, "/openapi.json"),
    ("DELETE /products/p", None, 405, "wanted GET, HEAD"),
    ("GET /products:batchGet", None, 405, "wanted POST"),
    ("GET /products/" + "x" * 129, None, 400, "1 to 128 characters"),
    ("GET /products/a%0Ab", None, 400, "control characters"),
    ("GET /products/%FF", None, 404, "no product"),
    ("GET /products/p?fields=a", None, 400, "unknown parameter 'fields'"),
    ("GET /products?limit=0", None, 400, "limit: wanted a whole number from 1 to 100, got '0'"),
    ("GET /products?limit=101", None, 400, "from 1 to 100"),
    ("GET /products?limit=1e3", None, 400, "whole number"),
    ("GET /products?limit=1&limit=2", None, 400, "once"),
    ("GET /products?sort=price", None, 400, "sort: wanted one of reviews, rating"),
    ("GET /products?order=up", None, 400, "order: wanted one of asc, desc"),
    ("GET /products?cursor=abc", None, 400, "cursor: wanted a next_cursor"),
    ("GET /products?cursor=%F0%9F%98%80", None, 400, "cursor: wanted a next_cursor"),
    ("GET /products?cursor=WyJyZXZpZXdzIiwiYXNjIiwiMSIsInAiXQ", None, 400, "got one of another"),
    ("GET /products/p/review-ids?aspect=delivery", None, 400, "aspect: wanted a polarity with it"),
    (
        "GET /products/p/review-ids?polarity=good",
        None,
        400,
        "polarity: wanted one of negative, neutral, positive",
    ),
    (
        "GET /products/p/review-ids?polarity=negative&aspect=%20",
        None,
        400,
        "aspect: wanted 1 to 300 characters",
    ),
    ("GET /products/p/review-ids?limit=1001", None, 400, "from 1 to 1000"),
    ("GET /products/p/review-ids?sentiment=negative", None, 400, "unknown parameter 'sentiment'"),
    ("GET /products/here/review-ids?cursor=abc", None, 400, "cursor: wanted a next_cursor"),
    ("GET /products/here/review-ids?cursor=WzEsMiwzLDRd", None, 400, "cursor: wanted a next_cursor"),
    ("GET /products/here/review-ids?cursor=%F0%9F%98%80", None, 400, "cursor: wanted a next_cursor"),
    ("GET /products/none/review-ids", None, 404, "there is no product 'none'"),
    ("GET /products/none/days", None, 404, "there is no product 'none'"),
    ("GET /products/p/days?limit=3", None, 400, "unknown parameter 'limit'"),
    ("POST /products:batchGet", b"", 400, "product_ids"),
    ("POST /products:batchGet", b"\xff", 400, "product_ids"),
    ("POST /products:batchGet", b"[]", 400, "product_ids"),
    ("POST /products:batchGet", b'{"product_ids": []}', 400, "1 to 100 product ids"),
    ("POST /products:batchGet", orjson.dumps({"product_ids": ["p"] * 101}), 400, "1 to 100 product ids"),
    ("POST /products:batchGet", b'{"product_ids": 3}', 400, "1 to 100 product ids, got 3 (int)"),
    (
        "POST /products:batchGet",
        b'{"product_ids": ["p", 3, "q"]}',
        400,
        "product_ids.1: wanted 1 to 128 characters without control characters or surrounding whitespace, got 3 (int)",
    ),
    ("POST /products:batchGet", b" " * (MAX_BODY_BYTES + 1), 413, "too large"),
    ("GET /products/later", None, 503, "being filled"),
    ("GET /products/broken", None, 500, "log"),
]


@pytest.mark.parametrize(("request_line", "body", "status", "message"), BAD)
async def test_what_is_not_answered_says_why_in_json(
    api: Api, request_line: str, body: bytes | None, status: int, message: str
) -> None:
    """A code, what was wanted, and never a traceback."""
    method, path = request_line.split(" ", 1)
    api.catalogue.add("here")
    got, headers, answer = await api.ask(path, method, data=body)
    assert (got, headers["Content-Type"], headers["Cache-Control"]) == (
        status,
        "application/json",
        "no-store",
    )
    assert message in answer["error"]["message"]
    assert "secret" not in str(answer)
    follows("Failure", orjson.dumps(answer))


async def test_a_store_that_is_away_is_503_with_a_time(api: Api) -> None:
    """The list has no memory to answer from."""
    api.catalogue.is_away = True
    status, headers, body = await api.ask("/products")
    assert (status, headers["Retry-After"], body["error"]["code"]) == (503, "1", "not_known_yet")


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", f"Basic {TOKEN}", "Bearer", "Bearer let-me-in-", "\udcff"]
)
async def test_without_the_token_nothing_but_health_is_answered(guarded: Api, header: str | None) -> None:
    """401 that says what to send, for pages that exist and pages that do not."""
    guarded.catalogue.add("p")
    headers = {} if header is None else {"Authorization": header}
    for path in ("/products/p", "/products", "/openapi.json", "/nothing"):
        status, told, body = await guarded.ask(path, headers=headers)
        assert (status, told["WWW-Authenticate"], body["error"]["code"]) == (401, "Bearer", "unauthorised")
    assert (await guarded.ask("/healthz", headers=headers))[0] == 200
    assert (await guarded.ask("/readyz", headers=headers))[0] == 200


async def test_with_the_token_all_is_answered_for_that_client_alone(guarded: Api) -> None:
    """Shared caches must not keep what a token protects."""
    guarded.catalogue.add("p")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    status, told, _ = await guarded.ask("/products/p", headers=headers)
    assert (status, told["Cache-Control"]) == (200, "private, max-age=3")


async def test_the_document_is_served(api: Api) -> None:
    """Where clients look for it."""
    status, _, body = await api.ask("/openapi.json")
    assert (status, body["openapi"]) == (200, "3.1.0")


async def test_requests_are_timed_by_route(api: Api) -> None:
    """By pattern, so that a shop with a million products has a handful of series; health pages are left out."""
    api.catalogue.add("p")
    for path in ("/products/p", "/products/q", "/healthz", "/nothing"):
        await api.ask(path)
    await asyncio.sleep(0)
    assert api.seen == [("/products/{product_id}", 200), ("/products/{product_id}", 404), ("none", 404)]


BATCH = orjson.dumps({"product_ids": ["lamp"]})
BOMB = gzip.compress(b" " * (64 * MAX_BODY_BYTES))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(BATCH)), ("deflate", zlib.compress(BATCH)), ("identity", BATCH)],
    ids=["gzip", "deflate", "identity"],
)
async def test_a_compressed_body_is_read(api: Api, encoding: str, body: bytes) -> None:
    """As clients and proxies may send it."""
    api.catalogue.add("lamp")
    status, _, told = await api.ask(
        "/products:batchGet", "POST", data=body, headers={"Content-Encoding": encoding}
    )
    assert (status, [one["product_id"] for one in told["products"]]) == (200, ["lamp"])


@pytest.mark.parametrize(
    ("encoding", "body", "wanted"),
    [
        ("gzip", BOMB, 413),
        ("deflate", zlib.compress(b" " * (MAX_BODY_BYTES + 1)), 413),
        ("gzip", b"no gzip", 400),
        ("gzip", gzip.compress(BATCH)[:-9], 400),
        ("gzip", gzip.compress(BATCH) + b"more", 400),
        ("br", BATCH, 415),
        ("gzip, gzip", BATCH, 415),
    ],
    ids=["bomb", "one too many", "no gzip", "cut", "more behind it", "brotli", "twice"],
)
async def test_what_cannot_be_inflated_is_refused(api: Api, encoding: str, body: bytes, wanted: int) -> None:
    """A body is inflated to its bound and no further, and what is no body is said to be none."""
    status, _, told = await api.ask(
        "/products:batchGet", "POST", data=body, headers={"Content-Encoding": encoding}
    )
    assert status == wanted
    assert told["error"]["message"]


async def test_nothing_is_inflated_for_strangers(guarded: Api) -> None:
    """Without the token a body of some kilobytes takes no megabytes of memory: nobody has looked into it."""
    tracemalloc.start()
    try:
        status, _, _ = await guarded.ask(
            "/products:batchGet", "POST", data=BOMB, headers={"Content-Encoding": "gzip"}
        )
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert status == 401
    assert most < 4 * MAX_BODY_BYTES
