"""Asks a running serving role for products, and says in one line what to do where it does not answer."""

import difflib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from streams.errors import ConfigurationError, FatalError

_TIMEOUT_S = 10.0
_MOST_NEAREST = 100


class NoSuchProductError(FatalError):
    """The server knows that there is no such product."""


class ProductsClient:
    """A client of the products API.

    Args:
        url: where the server is, such as `http://127.0.0.1:8600`.
        token: the bearer token, None if the server wants none.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        base = URL(url)
        if base.scheme not in {"http", "https"} or base.host is None:
            raise ConfigurationError(f"--url: wanted a URL such as http://127.0.0.1:8600, got {url!r}")
        self._url = str(base).rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token is not None else {}

    async def product(self, product_id: str) -> dict[str, Any]:
        """One product.

        Raises:
            NoSuchProductError: there is none; the message names the nearest, if one is near.
            FatalError: the server does not answer, or refuses.
        """
        try:
            return await self._get(f"/products/{_path(product_id)}")
        except NoSuchProductError as error:
            listed = await self.page(limit=_MOST_NEAREST)
            known = [product["product_id"] for product in listed["products"]]
            nearest = difflib.get_close_matches(product_id, known, n=1)
            hint = (
                f"did you mean {nearest[0]!r}?"
                if nearest
                else "`reviewstream products` lists those there are"
            )
            raise NoSuchProductError(f"show: there is no product {product_id!r}; {hint}") from error

    async def reviews(self, product_id: str, *, limit: int) -> list[dict[str, Any]]:
        """The latest reviews of a product.

        Raises:
            FatalError: the server does not answer, or refuses.
        """
        answer = await self._get(f"/products/{_path(product_id)}/reviews", {"limit": str(limit)})
        reviews: list[dict[str, Any]] = answer["reviews"]
        return reviews

    async def page(
        self, *, sort: str = "reviews", order: str = "desc", limit: int, cursor: str | None = None
    ) -> dict[str, Any]:
        """A page of all products.

        Raises:
            FatalError: the server does not answer, or refuses.
        """
        query = {"sort": sort, "order": order, "limit": str(limit)}
        if cursor is not None:
            query["cursor"] = cursor
        return await self._get("/products", query)

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        url = URL(self._url + path, encoded=True).with_query(query)
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
                session.get(url) as response,
            ):
                status, body = response.status, await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            got = str(error) or type(error).__name__
            raise FatalError(
                f"products: no answer of {self._url} ({got}); start `reviewstream up`, or name a server with --url"
            ) from error
        return self._answer(status, body)

    def _answer(self, status: int, body: bytes) -> dict[str, Any]:
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if status == 200 and isinstance(answer, dict):
            return answer
        if not isinstance(answer, dict) or not isinstance(answer.get("error"), dict):
            raise FatalError(
                f"products: {self._url} answered {status}, and is no server of products; see --url"
            )
        message = str(answer["error"].get("message"))
        if status == 404:
            raise NoSuchProductError(f"products: {message}")
        if status == 401:
            raise FatalError(
                f"products: {self._url} wants its token; give it with --token or REVIEWSTREAM_SERVING__TOKEN"
            )
        raise FatalError(f"products: {self._url} answered {status}: {message}")


def _path(product_id: str) -> str:
    return quote(product_id, safe="")
