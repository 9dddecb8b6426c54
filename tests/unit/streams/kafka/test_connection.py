import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from pydantic import SecretStr

from streams.delivery.faust_app import _credentials
from streams.errors import ConfigurationError
from streams.kafka.connection import CLIENT_ID, KafkaConnection
from streams.kafka.tokens import ClientCredentials, TokenFile
from streams.settings import KafkaSettings


def kafka(**changes: object) -> KafkaSettings:
    return KafkaSettings.model_validate({"bootstrap_servers": "localhost:9092", **changes})


def test_no_broker_is_said_with_what_to_do() -> None:
    """A command that needs a broker names the setting, and the commands that bring their own."""
    with pytest.raises(ConfigurationError, match=r"REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS.*reviewstream up"):
        KafkaConnection.of(KafkaSettings())


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
def test_plaintext_has_no_tls(protocol: str) -> None:
    """Only the SSL protocols make a TLS context."""
    settings = kafka(security_protocol=protocol, sasl_username="u", sasl_password="p")
    assert KafkaConnection.of(settings).tls is None


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_tls_checks_the_brokers_certificate_and_name(protocol: str) -> None:
    """A TLS connection is never made to a broker that cannot prove who it is."""
    settings = kafka(security_protocol=protocol, sasl_username="u", sasl_password="p")
    context = KafkaConnection.of(settings).tls
    assert context is not None
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_an_unreadable_authority_is_named(tmp_path: Path, content: str | None) -> None:
    """A missing or damaged authority file is a configuration error with its path, not a traceback."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"ca\.pem"):
        KafkaConnection.of(kafka(security_protocol="SSL", ssl_ca_file=path))


def test_credentials_reach_the_client() -> None:
    """SASL settings arrive as aiokafka names them, and the password in no log; without them nothing of SASL is said."""
    settings = kafka(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="shop",
        sasl_password=SecretStr("pw"),
    )
    connection = KafkaConnection.of(settings)
    options = connection.options
    assert options["sasl_mechanism"] == "PLAIN"
    assert options["sasl_plain_username"] == "shop"
    assert options["sasl_plain_password"] == "pw"
    assert not any(name.startswith("sasl") for name in KafkaConnection.of(kafka()).options)
    assert "'pw'" not in repr(connection)


@pytest.mark.parametrize("is_idempotent", [True, False])
async def test_every_in_sync_replica_acknowledges(is_idempotent: bool) -> None:
    """Whatever the broker can: a record that only its leader had would be lost with it."""
    producer = KafkaConnection.of(kafka()).producer(is_idempotent=is_idempotent)
    assert producer._sender._acks == -1
    assert (producer._txn_manager is not None) is is_idempotent
    await producer.stop()


async def test_a_consumer_reads_what_is_committed_and_commits_nothing() -> None:
    """It sees no record of an aborted transaction, and moves no group."""
    consumer = KafkaConnection.of(kafka()).consumer()
    assert (consumer._isolation_level, consumer._enable_auto_commit) == ("read_committed", False)
    await consumer.stop()


async def test_every_client_has_our_name() -> None:
    """The broker's log, its quotas and its list of connections tell our clients from others'."""
    connection = KafkaConnection.of(kafka())
    consumer, producer = connection.consumer(), connection.producer(is_idempotent=False)
    admin = connection.admin()
    assert {consumer._client._client_id, producer.client._client_id, admin._client._client_id} == {CLIENT_ID}
    await asyncio.gather(consumer.stop(), producer.stop(), admin.close())


def make_certificate(directory: Path, password: str | None = None) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    secrecy = ["-nodes"] if password is None else ["-passout", f"pass:{password}"]
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                *secrecy,
                "-subj",
                "/CN=worker",
                "-days",
                "2",
            ),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl: there is no such command")
class TestClientCertificates:
    @pytest.mark.parametrize("password", [None, "pass-word"])
    @pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
    def test_a_certificate_is_shown(self, tmp_path: Path, protocol: str, password: str | None) -> None:
        """Brokers that want to know us by certificate are given it, whether its key is encrypted or not."""
        certificate, key = make_certificate(tmp_path, password)
        settings = kafka(
            security_protocol=protocol,
            sasl_username="u",
            sasl_password="p",
            ssl_certificate_file=certificate,
            ssl_key_file=key,
            ssl_key_password=password,
        )
        context = KafkaConnection.of(settings).tls
        assert context is not None
        assert context.verify_mode == ssl.CERT_REQUIRED

    @pytest.mark.parametrize("password", [None, "another-one"])
    def test_a_key_that_does_not_open_is_named(self, tmp_path: Path, password: str | None) -> None:
        """A wrong password, or none, is told with the files; nobody is asked at the terminal."""
        certificate, key = make_certificate(tmp_path, "pass-word")
        settings = kafka(
            security_protocol="SSL",
            ssl_certificate_file=certificate,
            ssl_key_file=key,
            ssl_key_password=password,
        )
        with pytest.raises(ConfigurationError, match=r"key\.pem.*ssl_key_password") as raised:
            KafkaConnection.of(settings)
        assert "another-one" not in str(raised.value)

    def test_a_missing_certificate_is_named(self, tmp_path: Path) -> None:
        """It is an error at start, not at the first connection."""
        settings = kafka(security_protocol="SSL", ssl_certificate_file=tmp_path / "nothing.pem")
        with pytest.raises(ConfigurationError, match=r"nothing\.pem"):
            KafkaConnection.of(settings)


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
async def test_tokens_reach_every_client(tmp_path: Path, protocol: str) -> None:
    """Our clients and Faust's ask the same provider, and none gets a user or a password."""
    file = tmp_path / "token"
    file.write_text("abc")
    settings = kafka(security_protocol=protocol, sasl_mechanism="OAUTHBEARER", oauth_token_file=file)
    connection = KafkaConnection.of(settings)
    options = connection.options
    assert options["sasl_mechanism"] == "OAUTHBEARER"
    assert not {"sasl_plain_username", "sasl_plain_password"} & options.keys()
    tokens = options["sasl_oauth_token_provider"]
    assert isinstance(tokens, TokenFile)
    assert await tokens.token() == "abc"
    faust = credentials_to_aiokafka_auth(_credentials(connection))
    assert faust == {
        "security_protocol": protocol,
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": tokens,
        "ssl_context": connection.tls,
    }


def test_a_provider_is_asked_with_the_clients_secret() -> None:
    """The client's id and secret are those of SASL."""
    settings = kafka(
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        sasl_username="shop",
        sasl_password="client-secret",
        oauth_token_url="https://login.example.com/token",
    )
    connection = KafkaConnection.of(settings)
    assert isinstance(connection.options["sasl_oauth_token_provider"], ClientCredentials)
    assert "client-secret" not in repr(connection)
