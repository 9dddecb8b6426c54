"""Brokers that want credentials: the right ones work everywhere, the wrong ones are named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.errors import ReviewstreamError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import publish
from streams.settings import KafkaSettings
from tests.brokers import ApacheKafka, unique_name
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
