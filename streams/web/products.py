"""Products over HTTP: one, some, a sorted list, and of one its latest reviews, its lists of reviews and its days."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime

from aiohttp import ETag, web
from pydantic import SecretStr

from schemas.openapi import openapi_document
from schemas.serving import MAX_LATEST_REVIEWS, MAX_LISTED_REVIEWS, MAX_PAGE_PRODUCTS
from schemas.topics import PRODUCT_SUMMARY
from streams.serde import JsonObject, encode
from streams.web.catalogue import Catalogue, KnownProduct, NotKnownYetError
from streams.web.compression import compresses
from streams.web.cross_origin import allows_origins
from streams.web.cursors import CursorError, from_cursor, from_review_cursor, to_cursor, to_review_cursor
from streams.web.failures import ApiError, Observe, failures_as_json, requires_token
from streams.web.product_bodies import (
    days_body,
    listed_body,
    product_body,
    review_ids_body,
    review_list_of,
    reviews_body,
)
from streams.web.queries import (
    MAX_BODY_BYTES,
    aspect_of,
    batch_of,
    counter_of,
    known_parameters,
    number_of,
    product_id_of,
    sort_of,
)

_DEFAULT_LISTED = 20
_DEFAULT_REVIEW_IDS = 100


def _today() -> date:
    return datetime.now(UTC).date()


def products_app(
    catalogue: Catalogue,
    *,
    token: SecretStr | None = None,
    max_age_s: int = 0,
    gzip_bytes: int = 0,
    cors_origins: Collection[str] = (),
    observe: Observe = lambda _route, _status, _seconds: None,
    today: Callable[[], date] = _today,
    topic: str = PRODUCT_SUMMARY.name,
) -> web.Application:
    """An application that answers from a catalogue.

    Args:
        catalogue: knows the products.
        token: what a request has to bring as bearer token; None for nothing.
        max_age_s: how long a client may keep an answer that is not stale, in seconds.
        gzip_bytes: from which size on answers are compressed for clients that take it; 0: never.
        cors_origins: whose pages may ask from within a browser; `*` for all.
        observe: told the route, the status and the seconds of every request.
        today: the day, UTC, at which trends end.
        topic: the name on the broker of the one that products come from.
    """
    app = web.Application(
        client_max_size=MAX_BODY_BYTES,
        middlewares=[
            allows_origins(cors_origins),
            compresses(gzip_bytes),
            failures_as_json(observe),
            requires_token(token),
        ],
    )
    pages = _Pages(catalogue, "private" if token is not None else "public", max_age_s, today, topic)
    app.router.add_get("/products", pages.page)
    app.router.add_post("/products:batchGet", pages.batch)
    app.router.add_get("/products/{product_id}", pages.one)
    app.router.add_get("/products/{product_id}/reviews", pages.reviews)
    app.router.add_get("/products/{product_id}/review-ids", pages.review_ids)
    app.router.add_get("/products/{product_id}/days", pages.days)
    document = encode(openapi_document())

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    app.router.add_get("/openapi.json", openapi)
    return app


class _Pages:
    def __init__(
        self, catalogue: Catalogue, scope: str, max_age_s: int, today: Callable[[], date], topic: str
    ) -> None:
        self._catalogue = catalogue
        self._scope = scope
        self._max_age_s = max_age_s
        self._today = today
        self._topic = topic

    async def one(self, request: web.Request) -> web.Response:
        known_parameters(request)
        product = await self._find(request)
        today = self._today()
        etag = etag_of(product, today)
        headers = self._headers(is_stale=product.stale_reason is not None)
        if _is_held(request, etag):
            response = web.Response(status=304, headers=headers)
        else:
            response = _json(product_body(product, today=today, topic=self._topic), headers)
        response.etag = etag
        return response

    async def reviews(self, request: web.Request) -> web.Response:
        known_parameters(request, "limit")
        limit = number_of(request, "limit", default=MAX_LATEST_REVIEWS, most=MAX_LATEST_REVIEWS)
        product = await self._find(request)
        headers = self._headers(is_stale=product.stale_reason is not None)
        return _json(reviews_body(product, limit=limit), headers)

    async def review_ids(self, request: web.Request) -> web.Response:
        known_parameters(request, "aspect", "polarity", "limit", "cursor")
        polarity, aspect = counter_of(request)
        limit = number_of(request, "limit", default=_DEFAULT_REVIEW_IDS, most=MAX_LISTED_REVIEWS)
        cursor = request.query.get("cursor")
        product = await self._find(request)
        wanted = review_list_of(product, polarity=polarity, aspect=aspect)
        try:
            after = from_review_cursor(cursor, wanted) if cursor is not None else None
        except CursorError as error:
            raise ApiError(400, str(error)) from error
        page = await self._catalogue.listed(product.stored.product_id, wanted, limit=limit, after=after)
        next_cursor = to_review_cursor(wanted, page.reviews[-1]) if page.has_more else None
        body = review_ids_body(product, wanted, page, next_cursor)
        return _json(body, self._headers(is_stale=bool(body["stale"])))

    async def days(self, request: web.Request) -> web.Response:
        known_parameters(request, "aspect")
        aspect = aspect_of(request)
        product = await self._find(request)
        headers = self._headers(is_stale=product.stale_reason is not None)
        return _json(days_body(product, aspect), headers)

    async def batch(self, request: web.Request) -> web.Response:
        known_parameters(request)
        lookup = await self._catalogue.find(await batch_of(request))
        if lookup.unknown and not lookup.found and not lookup.missing:
            raise NotKnownYetError(lookup.why)
        today = self._today()
        body: JsonObject = {
            "products": [
                product_body(product, today=today, topic=self._topic) for product in lookup.found.values()
            ],
            "missing": lookup.missing,
            "unknown": lookup.unknown,
        }
        return _json(body, {"Cache-Control": "no-store"})

    async def page(self, request: web.Request) -> web.Response:
        known_parameters(request, "sort", "order", "limit", "cursor")
        sort, order = sort_of(request)
        limit = number_of(request, "limit", default=_DEFAULT_LISTED, most=MAX_PAGE_PRODUCTS)
        cursor = request.query.get("cursor")
        try:
            after = from_cursor(cursor, sort, order) if cursor is not None else None
        except CursorError as error:
            raise ApiError(400, str(error)) from error
        page = await self._catalogue.page(sort, order, limit=limit, after=after)
        is_stale = any(product.stale_reason is not None for product in page.products)
        next_place = page.next_place
        body: JsonObject = {
            "products": [listed_body(product) for product in page.products],
            "next_cursor": to_cursor(sort, order, next_place) if next_place is not None else None,
        }
        return _json(body, self._headers(is_stale=is_stale))

    async def _find(self, request: web.Request) -> KnownProduct:
        product_id = product_id_of(request)
        lookup = await self._catalogue.find([product_id])
        product = lookup.found.get(product_id)
        if product is not None:
            return product
        if lookup.unknown:
            raise NotKnownYetError(lookup.why)
        raise ApiError(
            404,
            f"there is no product {product_id!r}, or no review of it yet; /products lists those there are",
        )

    def _headers(self, *, is_stale: bool) -> dict[str, str]:
        fresh = (
            f"{self._scope}, max-age={self._max_age_s}" if self._max_age_s and not is_stale else "no-cache"
        )
        return {"Cache-Control": fresh}


def etag_of(product: KnownProduct, today: date) -> ETag:
    """The validator of a product's answer: it changes with its record, its staleness, and the day, which moves trends.

    >>> from streams.web.catalogue import Stored
    >>> etag_of(KnownProduct(Stored("lamp", "e1", 2, 17, b""), b""), date(2026, 11, 20))
    ETag(value='e1-2-17-20261120', is_weak=True)
    """
    stored = product.stored
    value = f"{stored.epoch}-{stored.partition}-{stored.offset}-{today:%Y%m%d}"
    if product.stale_reason is not None:
        value += f"-{product.stale_reason}"
    return ETag(value=value, is_weak=True)


def _is_held(request: web.Request, etag: ETag) -> bool:
    held = request.if_none_match or ()
    return any(tag.value in {"*", etag.value} for tag in held)


def _json(body: JsonObject, headers: dict[str, str]) -> web.Response:
    return web.Response(body=encode(body), headers=headers, content_type="application/json")
