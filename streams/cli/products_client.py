"""Asks a running serving role for products, and says in one line what to do where it does not answer."""

import difflib
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

import aiohttp
import orjson
from pydantic import ValidationError
from yarl import URL

from schemas.events import Value
from streams.errors import ConfigurationError, FatalError
from streams.serde import JsonObject

Contract = TypeVar("Contract", bound=Value)

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

    async def product(self, product_id: str) -> JsonObject:
        """One product, a `ServedProduct`.

        Raises:
            NoSuchProductError: there is none; the message names the nearest, if one is near.
            FatalError: the server does not answer, or refuses.
        """
        try:
            return await self._get(f"/products/{_path(product_id)}")
        except NoSuchProductError as error:
            listed, _ = await self.page(limit=_MOST_NEAREST)
            known = [str(product["product_id"]) for product in listed]
            nearest = difflib.get_close_matches(product_id, known, n=1)
            hint = (
                f"did you mean {nearest[0]!r}?"
                if nearest
                else "`reviewstream products` lists those there are"
            )
            raise NoSuchProductError(f"show: there is no product {product_id!r}; {hint}") from error

    async def reviews(self, product_id: str, *, limit: int) -> list[JsonObject]:
        """The latest reviews of a product, `LatestReview` each.

        Raises:
            FatalError: the server does not answer, or refuses.
        """
        answer = await self._get(f"/products/{_path(product_id)}/reviews", {"limit": str(limit)})
        return self._objects(answer, "reviews")

    async def page(
        self, *, sort: str = "reviews", order: str = "desc", limit: int, cursor: str | None = None
    ) -> tuple[list[JsonObject], str | None]:
        """A page of all products, `ListedProduct` each, and what leads to the next one.

        Raises:
            FatalError: the server does not answer, or refuses.
        """
        query = {"sort": sort, "order": order, "limit": str(limit)}
        if cursor is not None:
            query["cursor"] = cursor
        answer = await self._get("/products", query)
        following = answer.get("next_cursor")
        return self._objects(answer, "products"), following if isinstance(following, str) else None

    def read(self, contract: type[Contract], body: JsonObject) -> Contract:
        """A body, or a part of it, as what it is.

        Raises:
            FatalError: it is something else, as from a server of another version.
        """
        try:
            return contract.model_validate_json(orjson.dumps(body))
        except ValidationError as error:
            raise FatalError(
                f"products: {self._url} answered what is no {contract.__name__} here: {error.errors()[0]['msg']}; "
                "use the command line of the server's version, or --json"
            ) from error

    def _objects(self, answer: JsonObject, name: str) -> list[JsonObject]:
        listed = answer.get(name)
        if not isinstance(listed, list):
            raise FatalError(
                f"products: {self._url} answered without {name}, and is no server of products; see --url"
            )
        return listed

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> JsonObject:
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
                f"products: no answer of {self._url} ({got}); start `reviewstream up`, or name a server with --url: "
                "`demo --keep` serves at a free port, and prints the command to ask it once it is done"
            ) from error
        return self._answer(status, body)

    def _answer(self, status: int, body: bytes) -> JsonObject:
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
