"""Tokens for OAUTHBEARER: fresh at every connection, asked for once in their life, and told in no message."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from streams.kafka.tokens import Client, ClientCredentials, TokenError, TokenFile

SECRET = "client:secret/%"


class Provider:
    """A token endpoint that numbers its tokens, and answers as the test wants."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.status = 200
        self.asked: list[dict[str, Any]] = []

    async def answer_one(self, request: web.Request) -> web.StreamResponse:
        login = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        client, secret = map(unquote_plus, login.split(":"))
        self.asked.append({**await request.post(), "client": client, "secret": secret})
        if self.answer is not None:
            return web.Response(body=self.answer, status=self.status)
        return web.json_response(
            {"access_token": f"token-{len(self.asked)}", "expires_in": 100}, status=self.status
        )


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def url(provider: Provider) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/token", provider.answer_one)
    async with TestServer(app) as server:
        yield str(server.make_url("/token"))


def credentials(url: str, now: list[float]) -> ClientCredentials:
    return ClientCredentials(url, Client("shop", SecretStr(SECRET), "kafka"), clock=lambda: now[0])


async def test_a_token_is_kept_and_renewed_before_it_expires(provider: Provider, url: str) -> None:
    """The provider is asked once in a token's life, early enough that none is used after its end."""
    now = [0.0]
    tokens = credentials(url, now)
    seen = []
    for now[0] in (0.0, 40.0, 79.0, 80.0, 120.0):
        seen.append(await tokens.token())
    assert seen == ["token-1", "token-1", "token-1", "token-2", "token-2"]
    assert provider.asked[0] == {
        "grant_type": "client_credentials",
        "scope": "kafka",
        "client": "shop",
        "secret": SECRET,
    }


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, None, "status 401"),
        (302, b"", "status 302"),
        (200, b"<html>", "JSON with access_token"),
        (200, b"[]", "JSON with access_token"),
        (200, b'{"access_token": "secret-token", "expires_in": "soon"}', "JSON with access_token"),
    ],
)
async def test_an_answer_without_a_token_says_what_to_look_at(
    provider: Provider, url: str, status: int, answer: bytes | None, told: str
) -> None:
    """The message names the settings, and neither the secret nor what came."""
    provider.status, provider.answer = status, answer
    with pytest.raises(TokenError, match=told) as raised:
        await credentials(url, [0.0]).token()
    assert SECRET not in str(raised.value)
    assert "secret-token" not in str(raised.value)


async def test_a_failure_is_not_kept(provider: Provider, url: str) -> None:
    """A provider that is away for a moment costs one try."""
    tokens = credentials(url, [0.0])
    provider.status = 503
    with pytest.raises(TokenError):
        await tokens.token()
    provider.status = 200
    assert await tokens.token() == "token-2"


async def test_a_provider_that_is_away_is_named() -> None:
    """No connection is an error that a client tries again, with what to check."""
    with pytest.raises(TokenError, match=r"oauth_token_url, got .*; check the address"):
        await credentials("http://127.0.0.1:1/token", [0.0]).token()


async def test_a_file_is_read_at_every_connection(tmp_path: Path) -> None:
    """Who keeps the token fresh replaces the file, and needs to restart nothing."""
    file = tmp_path / "token"
    tokens = TokenFile(file)
    with pytest.raises(TokenError, match="cannot read oauth_token_file"):
        await tokens.token()
    file.write_text("")
    with pytest.raises(TokenError, match="is empty"):
        await tokens.token()
    for token in ("first", "second"):
        file.write_text(f"{token}\n")
        assert await tokens.token() == token
