"""Tokens for OAUTHBEARER: from a file that somebody keeps fresh, or from an OpenID provider."""

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus

import aiohttp
import orjson
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from pydantic import SecretStr

#: A token is asked for anew when so much of its life is left, so that none expires on its way.
_RENEW_AT = 0.2
_DEFAULT_LIFE_S = 300.0
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class TokenError(KafkaConnectionError):  # type: ignore[misc]
    """There is no token at the moment; a client tries again."""


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """The token in a file, read at every connection: who writes it may replace it at any time.

    Args:
        path: holds the token and nothing else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """The token.

        Raises:
            TokenError: the file cannot be read, or is empty.
        """
        try:
            token = await asyncio.to_thread(self._path.read_text)
        except (OSError, UnicodeDecodeError) as error:
            raise TokenError(f"token: cannot read oauth_token_file {self._path}: {error}") from error
        if not token.strip():
            raise TokenError(f"token: oauth_token_file {self._path} is empty")
        return token.strip()


class Client(NamedTuple):
    """Who asks an OpenID provider for tokens."""

    client_id: str
    secret: SecretStr
    scope: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks: both parts escaped as in a form (RFC 6749, 2.3.1)."""
        login = f"{quote_plus(self.client_id)}:{quote_plus(self.secret.get_secret_value())}"
        return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc]
    """Tokens of an OpenID provider for a client (the grant `client_credentials`), each kept until it is old.

    Args:
        url: the provider's token endpoint.
        client: who asks.
        tls: for https; None: the system's authorities.
        clock: in seconds, monotonic.
    """

    def __init__(
        self,
        url: str,
        client: Client,
        *,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client = client
        self._tls = tls
        self._clock = clock
        self._token = ""
        self._renew_at = clock()

    async def token(self) -> str:
        """The token; a new one where the last is old.

        Raises:
            TokenError: the provider does not answer, or refuses.
        """
        if not self._token or self._clock() >= self._renew_at:
            asked_at = self._clock()
            self._token, life_s = await self._ask()
            self._renew_at = asked_at + life_s * (1 - _RENEW_AT)
        return self._token

    async def _ask(self) -> tuple[str, float]:
        client = self._client
        form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
        tls: ssl.SSLContext | bool = self._tls if self._tls is not None else True
        try:
            # A session for each, since clients on several event loops share this.
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(
                    self._url, data=form, headers=client.headers, ssl=tls, allow_redirects=False
                ) as response,
            ):
                status, body = response.status, await response.content.read(65_536)
        except (aiohttp.ClientError, TimeoutError) as error:
            got = type(error).__name__
            raise TokenError(f"token: wanted one of oauth_token_url, got {got}; check the address") from error
        if status != 200:
            raise TokenError(
                f"token: wanted one of oauth_token_url, got status {status}; check the address, oauth_scope, and "
                "sasl_username and sasl_password as the client's id and secret"
            )
        return _read(body)


def _read(body: bytes) -> tuple[str, float]:
    """The token of an answer, and the seconds it lives.

    >>> _read(b'{"access_token": "abc", "expires_in": 60}')
    ('abc', 60.0)
    """
    try:
        answer = orjson.loads(body)
        token, life_s = str(answer["access_token"]), float(answer.get("expires_in", _DEFAULT_LIFE_S))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise TokenError(
            "token: wanted JSON with access_token of oauth_token_url, got something else; it must be a token endpoint"
        ) from None
    return token, life_s
