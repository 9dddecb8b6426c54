"""Which broker the benchmark runs on, and topics that say when the broker received a record."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import NewTopic

from schemas.topics import ENRICHED_REVIEW
from streams import settings as environment
from streams.errors import ConfigurationError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.local.embedded import EmbeddedStack
from tests.bench.warming import warm_up
from tests.brokers import ApacheKafka, NoApacheKafkaError
from tests.roles import topics

PARTITIONS = 4
#: The topics that baselines write to.
OUTPUT_PREFIX = "bench-"
CHOICES = ("auto", "kafka", "configured", "embedded")


@dataclass(frozen=True)
class BenchBroker:
    """A broker of the benchmark's own, or the configured one.

    Attributes:
        name: for people: what it is and where it comes from.
        client: the connection to it.
        environment: what a worker of ours needs to find it.
        pid: its process, where it is one of ours.
        is_kafka: False for the embedded broker.
    """

    name: str
    client: KafkaConnection
    environment: dict[str, str]
    pid: int | None
    is_kafka: bool = True

    @property
    def bootstrap_servers(self) -> str:
        """`host:port`, comma separated."""
        return self.client.bootstrap_servers


@contextmanager
def open_broker(choice: str) -> Iterator[BenchBroker]:
    """An empty broker; each phase of the run has its own, so that none inherits another's topics; one of ours is warm.

    Args:
        choice: auto takes Apache Kafka where it can be started, else the configured broker, else the embedded.

    Raises:
        ConfigurationError: the one asked for cannot be had.
    """
    configured = environment.load().kafka
    if choice in {"auto", "kafka"}:
        with tempfile.TemporaryDirectory(prefix="reviewstream-bench-") as directory:
            try:
                kafka = ApacheKafka(Path(directory))
            except NoApacheKafkaError as why:
                if choice == "kafka":
                    raise ConfigurationError(f"bench: wanted Apache Kafka; got none: {why}") from why
            else:
                with kafka:
                    asyncio.run(warm_up(KafkaConnection(kafka.bootstrap_servers)))
                    yield _own("Apache Kafka, started for this run", kafka.bootstrap_servers, kafka.pid)
                return
    if choice != "embedded" and configured.bootstrap_servers:
        name = f"the configured broker, {configured.bootstrap_servers}"
        broker = BenchBroker(name, KafkaConnection.of(configured), {}, None)
        asyncio.run(_require_unused(broker))
        try:
            yield broker
        finally:
            asyncio.run(_delete_topics(broker))
        return
    if choice == "configured":
        raise ConfigurationError("bench: no broker is configured; set REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS")
    with EmbeddedStack(redis=False) as stack:
        yield _own("the embedded broker", stack.bootstrap_servers, stack.pids["broker"], is_kafka=False)


def _own(name: str, servers: str, pid: int | None, *, is_kafka: bool = True) -> BenchBroker:
    where = {"REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS": servers}
    if not is_kafka:
        where["REVIEWSTREAM_KAFKA__SESSION_TIMEOUT_S"] = "3"
    return BenchBroker(name, KafkaConnection(servers), where, pid, is_kafka=is_kafka)


async def create_topics(broker: BenchBroker, more: tuple[str, ...] = ()) -> None:
    """All topics of the project and `more`; outputs bear the time at which the broker received them."""
    stamped = {"message.timestamp.type": "LogAppendTime"} if broker.is_kafka else {}
    admin = broker.client.admin()
    await admin.start()
    try:
        names = [ENRICHED_REVIEW.name, *more]
        await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=stamped) for name in names])
    finally:
        await admin.close()
    await topic_admin.create(broker.client, topics(PARTITIONS))


async def _require_unused(broker: BenchBroker) -> None:
    names = [spec.name for spec in topics(PARTITIONS)]
    if found := await topic_admin.describe(broker.client, names):
        raise ConfigurationError(
            f"bench: {broker.name} has the topic {found[0].name} already; the benchmark makes and deletes the "
            "topics of this project, so it wants a broker without them: use --broker kafka or embedded"
        )


async def _delete_topics(broker: BenchBroker) -> None:
    admin = broker.client.admin()
    await admin.start()
    try:
        ours = {spec.name for spec in topics(PARTITIONS)}
        names = await admin.list_topics()
        await admin.delete_topics([name for name in names if name in ours or name.startswith(OUTPUT_PREFIX)])
    finally:
        await admin.close()
