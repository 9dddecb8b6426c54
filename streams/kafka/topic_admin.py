"""Topics on the broker: what they are, and making the ones that are missing."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from streams.errors import FatalError, RetryableError
from streams.kafka import topic_facts
from streams.kafka.connection import KafkaConnection
from streams.kafka.refusal import refusal
from streams.kafka.topic_plan import TopicSpec, differences

_TIMEOUT_S = 10.0
_LOOK_AGAIN_S = 0.1


class BrokerUnreachableError(RetryableError):
    """The broker does not answer, or does not let us in."""


class BrokerRefusesError(BrokerUnreachableError):
    """The broker answers, and does not let us in: waiting may help if it has just started, but not for long."""


class TopicsRefusedError(FatalError):
    """The broker answered that topics cannot be created or described."""


class _ListedPartition(NamedTuple):
    replicas: int
    has_leader: bool


class _ListedTopic(NamedTuple):
    name: str
    partitions: Sequence[_ListedPartition]


async def ping(connection: KafkaConnection) -> None:
    """Return if a broker answers a metadata request.

    Raises:
        BrokerUnreachableError: none does within about 10 seconds.
    """
    async with _admin(connection, "ping") as admin:
        await admin.describe_cluster()


async def cluster_id(connection: KafkaConnection) -> str:
    """The id of the cluster, the same until its brokers are set up anew; empty where it has none.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    async with _admin(connection, "cluster id") as admin:
        return str((await admin.describe_cluster()).get("cluster_id") or "")


async def describe(connection: KafkaConnection, names: Collection[str]) -> tuple[TopicSpec, ...]:
    """Those of the named topics that exist, as the broker describes them; creates none.

    Raises:
        BrokerUnreachableError: the broker does not answer.
        TopicsRefusedError: the broker does not let us look.
    """
    async with _admin(connection, "describe") as admin:
        existing = [topic for topic in await _list(admin) if topic.name in names]
        configurations = await _configurations(admin, [topic.name for topic in existing])
    return tuple(
        TopicSpec(
            topic.name,
            len(topic.partitions),
            min((partition.replicas for partition in topic.partitions), default=0),
            configurations.get(topic.name, {}),
        )
        for topic in existing
    )


async def facts(connection: KafkaConnection, names: Collection[str]) -> Mapping[str, topic_facts.TopicFacts]:
    """Partitions and ids of those of the named topics that exist; creates none.

    Raises:
        BrokerUnreachableError: the broker does not answer.
        TopicsRefusedError: the broker does not let us look.
    """
    async with _admin(connection, "topic ids") as admin:
        return await topic_facts.ask(admin, names)


async def check(connection: KafkaConnection, wanted: Sequence[TopicSpec]) -> list[str]:
    """Every difference between the topics as they should be and as they are; see `differences`.

    Raises:
        BrokerUnreachableError: the broker does not answer.
        TopicsRefusedError: the broker does not let us look.
    """
    return differences(wanted, await describe(connection, {spec.name for spec in wanted}))


async def batch_limits(connection: KafkaConnection, names: Collection[str]) -> dict[str, int]:
    """By topic, the largest record batch that the broker takes, in bytes; of topics for which it says one.

    Raises:
        BrokerUnreachableError: the broker does not answer.
        TopicsRefusedError: the broker does not let us look.
    """
    told = {
        spec.name: spec.configuration.get("max.message.bytes") for spec in await describe(connection, names)
    }
    return {name: int(limit) for name, limit in told.items() if limit is not None}


async def create(connection: KafkaConnection, wanted: Sequence[TopicSpec]) -> list[str]:
    """Create the topics that are missing, wait until they can be used, and return their names.

    Existing topics are left as they are. Several processes may do this at once: each topic is made by one.

    Raises:
        BrokerUnreachableError: the broker does not answer, or does not have the topics ready in time.
        TopicsRefusedError: the broker refuses a topic; the message names each with the broker's reason.
    """
    async with _admin(connection, "create") as admin:
        existing = {topic.name for topic in await _list(admin)}
        missing = [spec for spec in wanted if spec.name not in existing]
        created = await _create_missing(admin, missing) if missing else []
        while not {spec.name for spec in wanted} <= await _usable(admin):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(_LOOK_AGAIN_S)
    return created


async def _create_missing(admin: AIOKafkaAdminClient, missing: Sequence[TopicSpec]) -> list[str]:
    topics = [
        NewTopic(spec.name, spec.partitions, spec.replication_factor, topic_configs=dict(spec.configuration))
        for spec in missing
    ]
    response = await admin.create_topics(topics)
    refused = [
        f"{name}: {for_code(code).__name__}: {message}"
        for name, code, message in response.topic_errors
        if code not in (0, TopicAlreadyExistsError.errno)
    ]
    if refused:
        raise TopicsRefusedError(
            f"topics create: wanted {len(missing)} new topics; got {len(refused)} refused "
            f"({'; '.join(refused)}); check partitions, replication factor and this user's rights"
        )
    return [name for name, code, _ in response.topic_errors if code == 0]


async def _list(admin: AIOKafkaAdminClient) -> list[_ListedTopic]:
    # All of them: asking for a topic by name would create it on brokers that create topics on first use.
    return [
        _ListedTopic(
            topic["topic"],
            [
                _ListedPartition(len(partition["replicas"]), has_leader=partition["leader"] >= 0)
                for partition in topic["partitions"]
            ],
        )
        for topic in await admin.describe_topics(None)
    ]


async def _usable(admin: AIOKafkaAdminClient) -> set[str]:
    """The topics whose every partition has a leader: a new one takes a moment to get there."""
    return {
        topic.name
        for topic in await _list(admin)
        if topic.partitions and all(partition.has_leader for partition in topic.partitions)
    }


async def _configurations(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The settings of each topic; a topic that has gone since is left out."""
    if not names:
        return {}
    # All settings: the embedded broker closes the connection when asked for some of them by name.
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configurations = {}
    for response in await admin.describe_configs(resources):
        for code, message, _, name, entries in response.resources:
            if code == 0:
                configurations[name] = {key: value for key, value, *_ in entries if value is not None}
            elif code != UnknownTopicOrPartitionError.errno:
                got = f"{for_code(code).__name__}: {message}"
                raise TopicsRefusedError(
                    f"topics describe: wanted the settings of {name}; got {got}; check this user's rights"
                )
    return configurations


@asynccontextmanager
async def _admin(connection: KafkaConnection, step: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = connection.admin()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await admin.start()
            yield admin
    except (OSError, KafkaError) as error:  # a TimeoutError is an OSError
        reason = (
            await refusal(connection) if isinstance(error, KafkaConnectionError | NodeNotReadyError) else None
        )
        if reason is not None:
            raise BrokerRefusesError(f"broker, {step}: {connection.bootstrap_servers}: {reason}") from error
        raise _explained(error, step, connection.bootstrap_servers) from error
    finally:
        await admin.close()


def _explained(error: OSError | KafkaError, step: str, servers: str) -> FatalError | RetryableError:
    failure = f"broker, {step}: wanted an answer of {servers}"
    got = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        got = f"none within {_TIMEOUT_S:g} s"
    elif isinstance(error, KafkaConnectionError):
        got = "no connection"
    if isinstance(error, OSError) or error.retriable:
        return BrokerUnreachableError(
            f"{failure}; got {got}; "
            "check that it runs there, and that security protocol, user name and password are right"
        )
    return TopicsRefusedError(f"{failure}; got {got}; check its version and this user's rights")
