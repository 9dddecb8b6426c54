import asyncio
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.errors import ConfigurationError
from streams.kafka.connection import CLIENT_ID, KafkaConnection
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
