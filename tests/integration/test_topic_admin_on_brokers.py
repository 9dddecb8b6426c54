"""Topics on real brokers: created once, described, and every difference named."""

import asyncio
import subprocess
from collections.abc import Mapping, Sequence

import pytest
from aiokafka.admin import NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import TOPICS, Topic
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_admin import TopicsRefusedError
from streams.kafka.topic_plan import TopicSpec
from tests import roles
from tests.brokers import KAFKA_DIRECTORY, ApacheKafka, Broker, unique_name
from tests.conftest import kafka_or_skip

PARTITIONS = 3


@pytest.fixture
def topics() -> tuple[Topic, ...]:
    """A deleted topic with dead letters and a compacted one without, under names of this test."""
    contract = TOPICS[0].contract
    return (
        Topic(unique_name("deleted"), contract, retention_ms=86_400_000),
        Topic(
            unique_name("compacted"),
            contract,
            cleanup_policy="compact",
            retention_ms=None,
            dead_letters=False,
        ),
    )


def planned(
    topics: Sequence[Topic], partitions: int = PARTITIONS, *, replicas: int = 1
) -> tuple[TopicSpec, ...]:
    return roles.topics(partitions, replicas, topics)


def client_of(broker: Broker | ApacheKafka) -> KafkaConnection:
    return KafkaConnection(broker.bootstrap_servers)


async def test_created_topics_are_as_wanted(broker: Broker, topics: tuple[Topic, ...]) -> None:
    """Created topics, dead letters too, are there at once with every setting, and created only once."""
    client = client_of(broker)
    names = [spec.name for spec in planned(topics)]
    assert len(await topic_admin.check(client, planned(topics))) == len(names) == 3
    assert sorted(await topic_admin.create(client, planned(topics))) == sorted(names)
    assert await topic_admin.check(client, planned(topics)) == []
    described = {spec.name: spec.configuration for spec in await topic_admin.describe(client, names)}
    assert all(spec.configuration.items() <= described[spec.name].items() for spec in planned(topics))
    assert await topic_admin.create(client, planned(topics)) == []


async def test_missing_topics_are_added(broker: Broker, topics: tuple[Topic, ...]) -> None:
    """Creating adds what is missing and leaves alone what exists, even where that differs."""
    client = client_of(broker)
    await topic_admin.create(client, planned(topics[:1], PARTITIONS + 1))
    assert await topic_admin.create(client, planned(topics)) == [topics[1].name]
    assert set(await topic_admin.check(client, planned(topics))) == {
        f"topic {name}: partitions: wanted {PARTITIONS}; got {PARTITIONS + 1}"
        for name in (topics[0].name, f"{topics[0].name}.dlq")
    }


async def test_concurrent_creators_are_tolerated(broker: Broker, topics: tuple[Topic, ...]) -> None:
    """Of several processes that create the same topics at once none fails, and each topic is made by one."""
    client = client_of(broker)
    created = await asyncio.gather(*(topic_admin.create(client, planned(topics)) for _ in range(5)))
    names = [spec.name for spec in planned(topics)]
    assert sorted(name for by_one in created for name in by_one) == sorted(names)


async def test_looking_creates_nothing(broker: Broker, topics: tuple[Topic, ...]) -> None:
    """Describing and checking topics that do not exist does not bring them into being."""
    client = client_of(broker)
    for _ in range(2):
        assert all("missing" in line for line in await topic_admin.check(client, planned(topics)))
    assert await topic_admin.describe(client, [topic.name for topic in topics]) == ()


async def test_the_real_list_can_be_created(own_broker: Broker) -> None:
    """All topics of this project can be created as they are."""
    await topic_admin.create(client_of(own_broker), roles.topics(PARTITIONS))
    assert await topic_admin.check(client_of(own_broker), roles.topics(PARTITIONS)) == []


@pytest.mark.embedded
async def test_settings_the_embedded_broker_was_not_given_are_unknown(embedded_broker: Broker) -> None:
    """The embedded broker tells only what a topic was created with; the rest is unknown, not different."""
    client, name = client_of(embedded_broker), unique_name()
    admin = client.admin()
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    finally:
        await admin.close()
    topic = Topic(name, TOPICS[0].contract, dead_letters=False)
    assert await topic_admin.check(client, planned([topic])) == []
    (described,) = await topic_admin.describe(client, [name])
    assert not described.configuration.keys() & {"cleanup.policy", "retention.ms", "min.insync.replicas"}


@pytest.mark.kafka
async def test_each_alteration_is_named(apache_kafka: ApacheKafka, topics: tuple[Topic, ...]) -> None:
    """Once a topic is altered, check names each difference with what was wanted and what is there."""
    client, name = client_of(apache_kafka), topics[1].name
    await topic_admin.create(client, planned(topics))
    altered = {"cleanup.policy": "delete", "min.insync.replicas": "3"}
    retention = {"retention.ms": "5", "cleanup.policy": "delete", "min.insync.replicas": "1"}
    admin = client.admin()
    await admin.start()
    try:
        await admin.create_partitions({name: NewPartitions(PARTITIONS + 2)})
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, altered)])
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topics[0].name, retention)])
        await admin.delete_topics([f"{topics[0].name}.dlq"])
    finally:
        await admin.close()
    expected = {
        f"topic {name}: partitions: wanted {PARTITIONS}; got {PARTITIONS + 2}",
        f"topic {name}: cleanup.policy: wanted compact; got delete",
        f"topic {name}: min.insync.replicas: wanted 1; got 3",
        f"topic {topics[0].name}: retention.ms: wanted 86400000; got 5",
        f"topic {topics[0].name}.dlq: wanted {PARTITIONS} partitions; got none, it is missing",
    }
    found: set[str] = set()
    for _ in range(50):  # the broker applies an alteration a moment after it has answered
        found = set(await topic_admin.check(client, planned(topics)))
        if found == expected:
            break
        await asyncio.sleep(0.1)
    assert found == expected


@pytest.mark.kafka
async def test_refused_topics_are_named(apache_kafka: ApacheKafka, topics: tuple[Topic, ...]) -> None:
    """More replicas than brokers: the error names each topic with the broker's reason; none is created."""
    with pytest.raises(
        TopicsRefusedError, match=rf"3 refused .*{topics[0].name}\.dlq: InvalidReplicationFactor"
    ):
        await topic_admin.create(client_of(apache_kafka), planned(topics, replicas=3))


@pytest.mark.kafka
@pytest.mark.skipif(not KAFKA_DIRECTORY.exists(), reason="Kafka's own tools are not beside this repository")
async def test_kafkas_own_tool_sees_the_same(apache_kafka: ApacheKafka, topics: tuple[Topic, ...]) -> None:
    """Kafka's own command-line tool, an independent witness, sees the topics as they are wanted."""
    await topic_admin.create(client_of(apache_kafka), planned(topics))
    seen = await asyncio.to_thread(described_by_kafka, apache_kafka.bootstrap_servers)
    for spec in planned(topics):
        partitions, replicas, configuration = seen[spec.name]
        assert (partitions, replicas) == (PARTITIONS, 1)
        assert spec.configuration.items() <= configuration.items()


def described_by_kafka(bootstrap_servers: str) -> dict[str, tuple[int, int, Mapping[str, str]]]:
    command = [
        KAFKA_DIRECTORY / "kafka-tool",
        "topics",
        "--bootstrap-server",
        bootstrap_servers,
        "--describe",
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    topics = {}
    for line in output.splitlines():
        if not line.startswith("Topic:"):
            continue
        fields = dict(field.split(": ", 1) for field in line.split("\t") if ": " in field)
        settings = dict(pair.split("=", 1) for pair in fields["Configs"].split(","))
        topics[fields["Topic"]] = (int(fields["PartitionCount"]), int(fields["ReplicationFactor"]), settings)
    return topics


@pytest.mark.kafka
def test_a_killed_broker_is_there_again(
    tmp_path_factory: pytest.TempPathFactory, topics: tuple[Topic, ...]
) -> None:
    """Topics outlive SIGKILL of the broker; while it is away, the error says so."""
    quick_return = {"broker.session.timeout.ms": "1000", "broker.heartbeat.interval.ms": "200"}
    with kafka_or_skip(tmp_path_factory.mktemp("kafka"), quick_return) as kafka:
        client = client_of(kafka)
        asyncio.run(topic_admin.create(client, planned(topics)))
        kafka.kill()
        with pytest.raises(topic_admin.BrokerUnreachableError):
            asyncio.run(topic_admin.ping(client))
        kafka.start()
        assert asyncio.run(topic_admin.check(client, planned(topics))) == []
