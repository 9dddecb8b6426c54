"""Large answers are compressed where the client takes it; pages of named origins may ask from a browser."""

import gzip
from typing import Any

import aiohttp
import orjson
import pytest

from streams.settings import HttpSettings
from tests.unit.streams.web.test_products import TOKEN, Api, running

SHOP = "https://shop.example"
PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}


async def raw(api: Api, path: str, method: str = "GET", **headers: str) -> tuple[Any, bytes]:
    """The response as it came over the wire, not unpacked."""
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(method, api.url + path, headers={"Accept-Encoding": "", **headers}) as response,
    ):
        return response, await response.read()


@pytest.mark.parametrize("key_points", [2, 100])
async def test_a_large_answer_is_compressed_where_the_client_takes_it(key_points: int) -> None:
    """The same bytes, with the same tag; caches are told what the answer depends on."""
    async with running(None, gzip_bytes=1024) as api:
        api.catalogue.add("p", key_points=key_points)
        plain, whole = await raw(api, "/products/p")
        packed, body = await raw(api, "/products/p", **{"Accept-Encoding": "deflate, gzip;q=0.5"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(body) < len(whole)
        assert gzip.decompress(body) == whole
        assert "Content-Encoding" not in plain.headers
        for response in (plain, packed):
            assert response.headers["Vary"] == "Accept-Encoding"
        assert plain.headers["ETag"] == packed.headers["ETag"]
        held, nothing = await raw(
            api, "/products/p", **{"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
        )
        assert (held.status, nothing) == (304, b"")


async def test_small_answers_and_those_of_servers_that_are_told_so_are_not_compressed() -> None:
    """Below the size, and for 0 of any size."""
    async with running(None, gzip_bytes=1024) as api:
        response, body = await raw(api, "/products/none", **{"Accept-Encoding": "gzip"})
        assert (response.status, orjson.loads(body)["error"]["code"]) == (404, "not_found")
        assert "Content-Encoding" not in response.headers
    async with running(None, gzip_bytes=0) as api:
        api.catalogue.add("p")
        response, body = await raw(api, "/products/p", **{"Accept-Encoding": "gzip"})
        assert (len(body) > 1024, "Content-Encoding" in response.headers, "Vary" in response.headers) == (
            True,
            False,
            False,
        )


async def test_without_origins_no_page_may_ask() -> None:
    """The default: not a word to browsers, and no other method."""
    assert HttpSettings().cors_origins == ()
    async with running(None) as api:
        api.catalogue.add("p")
        response, _ = await raw(api, "/products/p", Origin=SHOP)
        assert not [name for name in response.headers if name.startswith("Access-Control")]
        assert (await raw(api, "/products/p", "OPTIONS", **PREFLIGHT))[0].status == 405


async def test_a_page_of_a_named_origin_may_ask_and_read() -> None:
    """Its browser asks first, without the token; failures can be read too."""
    async with running(TOKEN, cors_origins=(SHOP, "http://localhost:3000")) as api:
        api.catalogue.add("p")
        first, body = await raw(api, "/products/p", "OPTIONS", **PREFLIGHT)
        assert (first.status, body) == (204, b"")
        assert "Authorization" in first.headers["Access-Control-Allow-Headers"]
        assert "POST" in first.headers["Access-Control-Allow-Methods"]
        refused, _ = await raw(api, "/products/p", Origin=SHOP)
        token = {"Authorization": f"Bearer {TOKEN}"}
        status, headers, _ = await api.ask("/products/p", headers={"Origin": SHOP, **token})
        assert (refused.status, status) == (401, 200)
        for told in (first.headers, refused.headers, headers):
            assert told["Access-Control-Allow-Origin"] == SHOP
            assert told["Vary"] == "Origin"
            assert "ETag" in told["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://shop.example.evil", "https://shop.example:8443", "null", ""])
async def test_other_pages_may_not(origin: str) -> None:
    """Nor is anybody told by a cache what another was told."""
    async with running(None, cors_origins=(SHOP,)) as api:
        api.catalogue.add("p")
        response, _ = await raw(api, "/products/p", Origin=origin)
        assert response.status == 200
        assert "Access-Control-Allow-Origin" not in response.headers
        assert response.headers["Vary"] == "Origin"
        preflight, _ = await raw(api, "/products/p", "OPTIONS", **{**PREFLIGHT, "Origin": origin})
        assert preflight.status == 405


async def test_all_pages_may_where_that_is_said_but_not_read_what_operators_read() -> None:
    """`*` is for products, not for metrics."""
    async with running(None, cors_origins=("*",)) as api:
        response, _ = await raw(api, "/products", Origin=SHOP)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Vary" not in response.headers
        for path in ("/metrics", "/healthz"):
            assert "Access-Control-Allow-Origin" not in (await raw(api, path, Origin=SHOP))[0].headers


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/", "ftp://shop.example", ""])
def test_what_is_no_origin_is_refused_at_start(origin: str) -> None:
    """A browser never sends a path, so one that is configured would never fit."""
    with pytest.raises(ValueError, match="cors_origins"):
        HttpSettings(cors_origins=(origin,))
    assert HttpSettings(cors_origins=("*", SHOP)).cors_origins == ("*", SHOP)
