"""Right and wrong ways into a broker: the right ones work, each wrong one says what to do, soon and for good."""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from streams.app import run_role
from streams.errors import ConfigurationError, FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.local.embedded import free_ports
from streams.settings import KafkaSettings, Settings
from tests.brokers import ApacheKafka, unique_name
from tests.certificates import make_certificates, needs_openssl
from tests.conftest import kafka_or_skip
from tests.integration.test_broker_rights import Rights, allow, make_user, password_of
from tests.integration.workers import make_settings, read, review, running
from tests.roles import enrich_role, topics

pytestmark = [pytest.mark.kafka, needs_openssl]

#: A worker that is refused has given up by then.
PATIENCE_S = 45.0
SCRAM = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256", "sasl_username": "admin"}


class Guarded(NamedTuple):
    """A broker with three doors: SASL without TLS, TLS that wants a certificate, and both together."""

    kafka: ApacheKafka
    tls_port: int
    both_port: int
    files: Path

    def settings(self, door: str, **more: Any) -> KafkaSettings:
        port = {"sasl": self.kafka.port, "tls": self.tls_port, "both": self.both_port}[door]
        files = {name: self.files / str(value) for name, value in more.items() if name.endswith("_file")}
        return KafkaSettings.model_validate({"bootstrap_servers": f"127.0.0.1:{port}", **more, **files})


def properties(files: Path, tls_port: int, both_port: int) -> dict[str, str]:
    doors = f"CLIENT://127.0.0.1:{{port}},TLS://127.0.0.1:{tls_port},BOTH://127.0.0.1:{both_port}"
    tokens = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
    return {
        "listeners": f"{doors},CONTROLLER://127.0.0.1:{{controller}}",
        "advertised.listeners": doors,
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,TLS:SSL,BOTH:SASL_SSL,CONTROLLER:PLAINTEXT",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(files / "broker-store.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(files / "authority.pem"),
        "ssl.client.auth": "required",
        # Of a listener with SASL, Kafka asks for certificates only where it is told to by the listener's name.
        "listener.name.both.ssl.client.auth": "required",
        "listener.name.both.sasl.enabled.mechanisms": "SCRAM-SHA-256",
        "listener.name.both.scram-sha-256.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "sasl.enabled.mechanisms": "SCRAM-SHA-256,OAUTHBEARER",
        "listener.name.client.oauthbearer.sasl.jaas.config": (
            f'{tokens} required unsecuredLoginStringClaim_sub="broker";'
        ),
        "super.users": "User:admin;User:ANONYMOUS;User:CN=worker;User:token-user",
    }


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    files, first = tmp_path_factory.mktemp("certificates"), free_ports(2)
    doors = (first, first + 1)
    make_certificates(files)
    with kafka_or_skip(tmp_path_factory.mktemp("guarded"), properties(files, *doors), sasl=True) as kafka:
        asyncio.run(topic_admin.create(kafka.client, topics()))
        yield Guarded(kafka, *doors, files)


def token(user: str, life_s: float = 600.0) -> str:
    """An unsigned token, as Kafka accepts it where nothing else is configured."""
    now = time.time()
    parts = ({"alg": "none"}, {"sub": user, "iat": now, "exp": now + life_s})
    return ".".join(urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts) + "."


CERTIFICATE = {
    "ssl_ca_file": "authority.pem",
    "ssl_certificate_file": "worker.pem",
    "ssl_key_file": "worker.key",
}
BOTH = {**SCRAM, **CERTIFICATE, "security_protocol": "SASL_SSL"}
WRONG = {
    "a wrong password": ("sasl", {**SCRAM, "sasl_password": "not-the-secret"}, "refuses us .*password"),
    "a user there is not": (
        "sasl",
        {**SCRAM, "sasl_username": "nobody", "sasl_password": "not-the-secret"},
        r"refuses us.*user name and password",
    ),
    "a wrong mechanism": (
        "sasl",
        {**SCRAM, "sasl_mechanism": "PLAIN", "sasl_password": "not-the-secret"},
        "does not offer PLAIN.*SASL_MECHANISM",
    ),
    "no SASL where it is wanted": ("sasl", {}, "closes the connection when we speak PLAINTEXT.*SECURITY_PROTOCOL"),
    "TLS where there is none": ("sasl", {"security_protocol": "SSL"}, "when we speak SSL|does not speak TLS"),
    "no TLS where it is wanted": ("tls", {}, "closes the connection when we speak PLAINTEXT.*SECURITY_PROTOCOL"),
    "no authority": ("tls", {"security_protocol": "SSL"}, "certificate is not trusted.*SSL_CA_FILE"),
    "another authority": (
        "tls",
        {"security_protocol": "SSL", "ssl_ca_file": "stranger.pem"},
        "certificate is not trusted.*SSL_CA_FILE",
    ),
    "no certificate": ("tls", {"security_protocol": "SSL", "ssl_ca_file": "authority.pem"}, "client certificate"),
    "a certificate of a stranger": (
        "tls",
        {
            "security_protocol": "SSL",
            "ssl_ca_file": "authority.pem",
            "ssl_certificate_file": "stranger.pem",
            "ssl_key_file": "stranger.key",
        },
        "client certificate",
    ),
    "a password without the certificate": (
        "both",
        {**SCRAM, "security_protocol": "SASL_SSL", "ssl_ca_file": "authority.pem", "sasl_password": "not-the-secret"},
        "client certificate",
    ),
    "a certificate with a wrong password": (
        "both",
        {**BOTH, "sasl_password": "not-the-secret"},
        "refuses us .*password",
    ),
    "a certificate without a password": (
        "both",
        {**CERTIFICATE, "security_protocol": "SSL"},
        "closes the connection when we speak SSL.*SECURITY_PROTOCOL",
    ),
    "no token": (
        "sasl",
        {**SCRAM, "sasl_mechanism": "OAUTHBEARER", "oauth_token_file": "no-token"},
        "cannot read oauth_token_file.*no-token",
    ),
    "no token provider": (
        "sasl",
        {
            **SCRAM,
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_password": "not-the-secret",
            "oauth_token_url": "http://127.0.0.1:1/token",
        },
        "oauth_token_url.*check the address",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WRONG)
async def test_a_wrong_way_in_says_what_to_do(guarded: Guarded, way: str) -> None:
    """Within seconds, with the setting to look at, and without the password."""
    door, options, told = WRONG[way]
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(topic_admin.BrokerRefusesError, match=told) as raised:
            await topic_admin.ping(KafkaConnection.of(guarded.settings(door, **options)))
    assert "not-the-secret" not in str(raised.value)


async def test_an_expired_token_is_refused(guarded: Guarded) -> None:
    """It is the token that is named, not the connection."""
    (guarded.files / "expired").write_text(token("token-user", life_s=-600))
    settings = guarded.settings(
        "sasl", **SCRAM | {"sasl_mechanism": "OAUTHBEARER"}, oauth_token_file="expired"
    )
    with pytest.raises(topic_admin.BrokerRefusesError, match=r"\(OAUTHBEARER\).*token"):
        await topic_admin.ping(KafkaConnection.of(settings))


async def test_a_worker_that_is_refused_is_not_started_again(guarded: Guarded) -> None:
    """It ends with a configuration error, which no supervisor takes for an accident."""
    kafka = guarded.settings("sasl", **SCRAM, sasl_password="not-the-secret")
    settings = Settings.model_validate({"http": {"port": 0}}).model_copy(update={"kafka": kafka})
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ConfigurationError, match="refuses us"):
            await run_role(enrich_role(), settings, stop=asyncio.Event())


RIGHT: dict[str, tuple[str, dict[str, Any]]] = {
    "password": ("sasl", {**SCRAM, "sasl_password": "admin-secret"}),
    "token": ("sasl", {**SCRAM, "sasl_mechanism": "OAUTHBEARER", "oauth_token_file": "token"}),
    "certificate": ("tls", {**CERTIFICATE, "security_protocol": "SSL"}),
    "certificate and password": ("both", {**BOTH, "sasl_password": "admin-secret"}),
}


@pytest.mark.parametrize("way", RIGHT)
async def test_a_worker_that_is_let_in_works(guarded: Guarded, way: str) -> None:
    """Topics, probing, Faust's consumer and our producers all come in the same way."""
    (guarded.files / "token").write_text(token("token-user"))
    door, options = RIGHT[way]
    kafka = guarded.settings(door, **options)
    group = unique_name()
    settings = make_settings(str(kafka.bootstrap_servers), group)
    login = kafka.model_copy(update={"group_prefix": group, "session_timeout_s": 6})
    administrator, servers = guarded.kafka.client, guarded.kafka.bootstrap_servers
    before = len((await read(servers, 0, client=administrator)).ids)
    await publish(KafkaConnection.of(kafka), "new-review", [review(number) for number in range(20)])
    async with running(settings.model_copy(update={"kafka": login})):
        outcome = await read(servers, before + 20, client=administrator)
    assert len(outcome.ids) >= before + 20


NEEDED = Rights(
    "user",
    reads=("new-review",),
    writes=("enriched-review", "new-review.dlq"),
    describes=("new-review", "new-review.dlq", "enriched-review", "enriched-review.dlq"),
    groups=("right-*",),
    transactional_ids=("right-*",),
)
LACKING = {
    "records": (NEEDED._replace(reads=()), r"TopicAuthorizationFailedError.*READ on .* the topic new-review"),
    "group": (
        NEEDED._replace(groups=()),
        r"GroupAuthorizationFailedError.*READ on the group right-.*-enrich-probe",
    ),
    "output": (
        NEEDED._replace(writes=("new-review.dlq",)),
        r"TopicAuthorizationFailedError\('enriched-review'\)",
    ),
    "dead letters": (
        NEEDED._replace(writes=("enriched-review",)),
        r"TopicAuthorizationFailedError\('new-review.dlq'\)",
    ),
    "description": (
        NEEDED._replace(
            describes=("new-review", "new-review.dlq", "enriched-review.dlq"), writes=("new-review.dlq",)
        ),
        "1 topics are missing",
    ),
    "transactional id": (
        NEEDED._replace(transactional_ids=()),
        "TransactionalIdAuthorizationFailed.*WRITE on transactional ids that begin with right-.*-enrich-",
    ),
}


@pytest.mark.parametrize("right", LACKING)
async def test_a_missing_right_ends_the_worker_with_its_name(
    guarded: Guarded, tmp_path: Path, right: str
) -> None:
    """One right less than it needs, whichever: the worker says which, soon, instead of working on by halves.

    Without a right on records the probe's offset is refused; without that of describing, a topic is not there.
    """
    rights, told = LACKING[right]
    user = unique_name("user")
    make_user(guarded.kafka, tmp_path, user)
    await allow(guarded.kafka, [rights._replace(user=user)])
    records = [*(review(number) for number in range(4)), RawRecord(b"p1", b"no review")]
    await publish(guarded.kafka.client, "new-review", records)
    login = {**SCRAM, "sasl_username": user, "sasl_password": password_of(user), "session_timeout_s": 6}
    settings = make_settings(
        guarded.kafka.bootstrap_servers, f"right-{user}", delivery="exactly_once", kafka=login
    )
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(FatalError, match=told):
            await run_role(enrich_role(), settings, stop=asyncio.Event())
