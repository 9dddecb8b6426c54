"""Brokers that want credentials: the right ones work everywhere, the wrong ones are named."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import BasicAuth, web
from aiohttp.test_utils import TestServer

from streams.errors import ReviewstreamError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import publish
from streams.settings import KafkaSettings
from tests.brokers import ApacheKafka, unique_name
from tests.certificates import needs_openssl, openssl
from tests.conftest import kafka_or_skip
from tests.integration.workers import make_settings, read, review, running
from tests.roles import topics

pytestmark = pytest.mark.kafka


@pytest.fixture
def sasl_kafka(tmp_path: Path) -> Iterator[ApacheKafka]:
    """An Apache Kafka broker with SCRAM and access control."""
    with kafka_or_skip(tmp_path / "kafka", sasl=True) as kafka:
        yield kafka


def credentials(password: str) -> dict[str, str]:
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_username": "admin",
        "sasl_password": password,
    }


async def test_a_worker_with_credentials_works(sasl_kafka: ApacheKafka) -> None:
    """Topics, publishing, probing, Faust's consumer and our producers all log in with the same settings."""
    servers = sasl_kafka.bootstrap_servers
    right = credentials("admin-secret")
    client = KafkaConnection.of(KafkaSettings.model_validate({"bootstrap_servers": servers, **right}))
    await topic_admin.create(client, topics())
    await publish(client, "new-review", [review(number) for number in range(50)])
    async with running(make_settings(servers, unique_name(), kafka=right)):
        outcome = await read(servers, 50, client=client)
    assert len(outcome.ids) == len(set(outcome.ids)) == 50


async def test_a_wrong_password_is_a_clear_error(sasl_kafka: ApacheKafka) -> None:
    """The message says what to look at, and does not repeat the password."""
    wrong = credentials("not-the-secret")
    client = KafkaConnection.of(
        KafkaSettings.model_validate({"bootstrap_servers": sasl_kafka.bootstrap_servers, **wrong})
    )
    with pytest.raises(ReviewstreamError, match="user name and password") as raised:
        await topic_admin.ping(client)
    assert "not-the-secret" not in str(raised.value)


ISSUER, AUDIENCE, KEY_ID = "https://identity.example", "kafka", "first"
CLIENT_ID, CLIENT_SECRET = "reviewstream-worker", "client/secret"


class Provider:
    """An OpenID provider: a token endpoint for one client, and tokens that are signed with a key.

    Attributes:
        key: the file of the key that signs.
        claims: over those that are right.
        given: how many tokens were.
    """

    def __init__(self, key: Path) -> None:
        self.key = key
        self.claims: dict[str, Any] = {}
        self.life_s = 600.0
        self.given = 0

    async def token(self, request: web.Request) -> web.Response:
        login = BasicAuth.decode(request.headers["Authorization"])
        if (login.login, login.password) != (CLIENT_ID, CLIENT_SECRET.replace("/", "%2F")):
            return web.Response(status=401)
        self.given += 1
        return web.json_response({"access_token": self.signed(), "expires_in": self.life_s})

    def signed(self) -> str:
        now = time.time()
        claims = {"sub": "shop", "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + self.life_s}
        parts = ({"alg": "RS256", "kid": KEY_ID}, {**claims, **self.claims})
        said = ".".join(base64url(orjson.dumps(part)) for part in parts)
        signature = openssl("dgst", "-sha256", "-sign", self.key, given=said.encode())
        return f"{said}.{base64url(signature)}"


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def make_key(directory: Path, name: str) -> Path:
    key = directory / f"{name}.key"
    openssl("genrsa", "-out", key, 2048)
    return key


def key_set(key: Path) -> bytes:
    """What a provider publishes of its key."""
    modulus = openssl("rsa", "-in", key, "-noout", "-modulus").decode().strip().removeprefix("Modulus=")
    public = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID, "e": "AQAB"}
    return orjson.dumps({"keys": [{**public, "n": base64url(bytes.fromhex(modulus))}]})


@pytest.fixture
def signing_key(tmp_path: Path) -> Path:
    return make_key(tmp_path, "provider")


@pytest.fixture
def token_kafka(tmp_path: Path, signing_key: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApacheKafka]:
    """A broker that takes the provider's tokens, and knows its key from a file."""
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set(signing_key))
    monkeypatch.setenv(
        "JAVA_TOOL_OPTIONS", f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={keys.as_uri()}"
    )
    bearer = "org.apache.kafka.common.security.oauthbearer.OAuthBearer"
    listener = "listener.name.client.oauthbearer.sasl"
    properties = {
        "sasl.enabled.mechanisms": "SCRAM-SHA-256,OAUTHBEARER",
        f"{listener}.jaas.config": f'{bearer}LoginModule required unsecuredLoginStringClaim_sub="broker";',
        f"{listener}.server.callback.handler.class": f"{bearer}ValidatorCallbackHandler",
        f"{listener}.oauthbearer.jwks.endpoint.url": keys.as_uri(),
        f"{listener}.oauthbearer.expected.audience": AUDIENCE,
        f"{listener}.oauthbearer.expected.issuer": ISSUER,
        # Sessions end with their token, at the latest.
        f"{listener.removesuffix('.sasl')}.connections.max.reauth.ms": "600000",
        "super.users": "User:admin;User:ANONYMOUS;User:shop",
    }
    with kafka_or_skip(tmp_path / "kafka", properties, sasl=True) as kafka:
        yield kafka


@pytest.fixture
async def provider(signing_key: Path) -> AsyncIterator[tuple[Provider, str]]:
    """A provider, and the address of its token endpoint."""
    provider = Provider(signing_key)
    app = web.Application()
    app.router.add_post("/token", provider.token)
    async with TestServer(app) as server:
        yield provider, str(server.make_url("/token"))


def as_client(url: str, secret: str = CLIENT_SECRET) -> dict[str, str]:
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "OAUTHBEARER",
        "oauth_token_url": url,
        "sasl_username": CLIENT_ID,
        "sasl_password": secret,
    }


@needs_openssl
async def test_a_worker_with_a_providers_tokens_works(
    token_kafka: ApacheKafka, provider: tuple[Provider, str]
) -> None:
    """Signed by its key, for this broker: every client of a worker comes in, also when sessions end with the token."""
    endpoint, url = provider
    endpoint.life_s = 10.0
    servers, login = token_kafka.bootstrap_servers, as_client(url)
    client = KafkaConnection.of(KafkaSettings.model_validate({"bootstrap_servers": servers, **login}))
    await topic_admin.create(client, topics())
    async with running(make_settings(servers, unique_name(), kafka=login)) as worker:
        for first in (0, 20):
            await publish(client, "new-review", [review(number) for number in range(first, first + 20)])
            outcome = await read(servers, first + 20, client=client)
            if first == 0:
                await asyncio.sleep(endpoint.life_s)
        assert not worker.done()
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(40))
    assert endpoint.given > 2


WRONG_TOKENS: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://elsewhere.example"},
    "for another audience": {"aud": "mail"},
    "that has expired": {"exp": 1_700_000_000},
}


@needs_openssl
async def test_tokens_that_the_broker_does_not_take_are_named(
    token_kafka: ApacheKafka, provider: tuple[Provider, str], tmp_path: Path
) -> None:
    """Wrong claims, another's signature, or a client that the provider refuses: what to look at, and no secret."""
    endpoint, url = provider
    servers = token_kafka.bootstrap_servers

    async def refusal(secret: str = CLIENT_SECRET) -> str:
        login = as_client(url, secret)
        client = KafkaConnection.of(KafkaSettings.model_validate({"bootstrap_servers": servers, **login}))
        with pytest.raises(topic_admin.BrokerRefusesError) as raised:
            await topic_admin.ping(client)
        return str(raised.value)

    for wrong in WRONG_TOKENS.values():
        endpoint.claims = wrong
        assert "refuses us (OAUTHBEARER)" in await refusal()
    endpoint.claims, endpoint.key = {}, make_key(tmp_path, "stranger")
    assert "refuses us (OAUTHBEARER)" in await refusal()
    told = await refusal("not-the-secret")
    assert "oauth_token_url, got status 401" in told
    assert "not-the-secret" not in told
