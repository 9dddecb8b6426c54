"""The rights that the documents ask for are enough: each role runs as a user that has those and no others."""

import asyncio
import contextlib
import itertools
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import SecretStr

from streams.app import ROLES, planned_topics, run_role
from streams.delivery.probe import choose_guarantee, probe
from streams.errors import ConfigurationError, FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.kafka.tailing import follow
from streams.local.embedded import free_port
from streams.settings import DeliveryGuarantee, KafkaSettings, Settings
from streams.worker.role import Role
from tests.brokers import KAFKA_DIRECTORY, ApacheKafka
from tests.conftest import kafka_or_skip
from tests.integration.serving import serving
from tests.integration.workers import CREATED_AT, review
from tests.roles import enrich_role, generate_role
from tests.roles import topics as all_topics
from tests.valkey_server import Valkey

pytestmark = pytest.mark.kafka

OPERATING = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
# Kafka's numbers of resources, patterns, operations and the permission.
TOPIC, GROUP, TRANSACTIONAL_ID = 2, 3, 5
LITERAL, PREFIXED = 3, 4
READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS = 3, 4, 8, 10
ALLOW = 3


class Rights(NamedTuple):
    """One row of the table of rights: names, those that end with `*` as prefixes."""

    user: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    describes: tuple[str, ...]
    groups: tuple[str, ...]
    transactional_ids: tuple[str, ...]

    @classmethod
    def of(cls, row: str) -> "Rights":
        user, *cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        names = [tuple(name.strip(" `") for name in cell.split(",") if name.strip()) for cell in cells]
        return cls(user, *names)


def documented_rights() -> list[Rights]:
    """The table as it is published."""
    table = OPERATING.read_text(encoding="utf-8").split("<!-- rights", 1)[1].split("<!-- /rights", 1)[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    return [Rights.of(row) for row in rows[1:]]


def make_user(kafka: ApacheKafka, directory: Path, user: str) -> None:
    """Make a user with Kafka's own tool, for no client library does."""
    login = directory / "admin.properties"
    login.write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\n"
        "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="admin" password="admin-secret";\n'
    )
    command = [
        *(str(KAFKA_DIRECTORY / "kafka-tool"), "configs", "--alter"),
        *("--bootstrap-server", kafka.bootstrap_servers, "--command-config", str(login)),
        *("--add-config", f"SCRAM-SHA-256=[password={password_of(user)}]"),
        *("--entity-type", "users", "--entity-name", user),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{user}: {done.stdout} {done.stderr}"


async def allow(kafka: ApacheKafka, rights: Iterable[Rights]) -> None:
    """Give each user these rights and no others."""
    admin = kafka.client.admin()
    await admin.start()
    try:
        for row in rights:
            for request in _requests(row):
                response = await admin._send_request(request)
                assert [code for code, *_ in response.creation_responses] == [0], (row, response)
    finally:
        await admin.close()


def _requests(row: Rights) -> Iterator[CreateAclsRequest]:
    for names, resource, operations in (
        (row.reads, TOPIC, (READ,)),
        (row.writes, TOPIC, (WRITE,)),
        (row.describes, TOPIC, (DESCRIBE, DESCRIBE_CONFIGS)),
        (row.groups, GROUP, (READ,)),
        (row.transactional_ids, TRANSACTIONAL_ID, (WRITE,)),
    ):
        for name, operation in itertools.product(names, operations):
            pattern = PREFIXED if name.endswith("*") else LITERAL
            yield CreateAclsRequest(
                resource, name.rstrip("*"), pattern, f"User:{row.user}", "*", operation, ALLOW
            )


def password_of(user: str) -> str:
    return f"{user}-secret"


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A broker with access control, all topics, and the users of the table."""
    directory = tmp_path_factory.mktemp("rights")
    with kafka_or_skip(directory / "kafka", sasl=True) as running:
        asyncio.run(topic_admin.create(running.client, all_topics()))
        for rights in documented_rights():
            make_user(running, directory, rights.user)
        asyncio.run(allow(running, documented_rights()))
        yield running


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path) as server:
        yield server


def settings_of(user: str, kafka: ApacheKafka, **sections: Mapping[str, Any] | str) -> Settings:
    """The settings of a process that logs in as this user."""
    login = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_username": user,
        "sasl_password": password_of(user),
        "session_timeout_s": 6,
    }
    ours = {"delivery": "exactly_once", "kafka": login, "http": {"port": 0}}
    return Settings.model_validate(ours | sections)


@contextlib.asynccontextmanager
async def working(role: Role, settings: Settings) -> AsyncIterator[None]:
    """A role at work; what made it end before its time fails the test."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_role(role, settings, stop=stop))
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


async def first_records(client: KafkaConnection, topics: Iterable[str], timeout_s: float = 60) -> set[str]:
    """Those topics of which a record was seen; all of them, or those until time was up."""
    missing = set(topics)
    seen: set[str] = set()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s), follow(client, sorted(missing), from_beginning=True) as tail:
            async for record in tail:
                seen.add(record.topic)
                if seen >= missing:
                    break
    return seen


def test_the_table_has_every_role_and_no_strange_topic() -> None:
    """Rights are told for each role, and none is asked for a topic that does not exist."""
    rights = documented_rights()
    asked = {name for row in rights for names in (row.reads, row.writes, row.describes) for name in names}
    assert asked <= {spec.name for spec in planned_topics(KafkaSettings())}
    assert {row.user for row in rights} == {*ROLES, "publisher", "subscriber"}


async def test_each_role_works_with_its_rights_alone(
    kafka: ApacheKafka, valkey: Valkey, tmp_path: Path
) -> None:
    """A review and a product go through every role, exactly once, and what is refused goes to its dead letters."""
    product = {"product_id": "p0", "title": "Lamp", "updated_at": CREATED_AT}
    broken = RawRecord(b"p0", b"{")
    publisher = KafkaConnection.of(settings_of("publisher", kafka).kafka)
    await publish(publisher, "new-review", [*(review(number, products=1) for number in range(8)), broken])
    await publish(publisher, "new-product", [RawRecord(b"p0", orjson.dumps(product)), broken])
    state = {"state": {"directory": tmp_path / "state"}, "rolling": {"tick_s": 0.2}}
    store = {"redis": {"url": SecretStr(valkey.url)}, "http": {"port": free_port()}}
    async with (
        working(enrich_role(), settings_of("enrich", kafka)),
        working(ROLES["rolling"], settings_of("rolling", kafka, **state)),
        working(generate_role(), settings_of("generate", kafka)),
    ):
        wanted = ["product-summary", "product-text", "new-review.dlq", "new-product.dlq"]
        assert await first_records(kafka.client, wanted) == set(wanted)
        subscriber = KafkaConnection.of(settings_of("subscriber", kafka).kafka)
        read = ["enriched-review", "product-summary"]
        assert await first_records(subscriber, read) == set(read)
    async with serving(settings_of("serve", kafka, **store)) as served:
        assert (await served.until("/products/p0", 200))["review_count"] == 8


@pytest.mark.parametrize("name", ["enrich", "rolling", "generate"])
async def test_a_worker_without_rights_to_topics_says_so(kafka: ApacheKafka, name: str) -> None:
    """Topics that its user cannot describe count as missing, and the worker ends."""
    with pytest.raises(ConfigurationError, match="topics are missing"):
        await run_role(ROLES[name], settings_of("subscriber", kafka), stop=asyncio.Event())


@pytest.mark.parametrize("delivery", ["auto", "exactly_once"])
async def test_without_rights_to_transactions_no_worker_starts_in_silence(
    kafka: ApacheKafka, delivery: str
) -> None:
    """A user that may not use the transactional ids of its group is told which right it needs, and the way out."""
    settings = elsewhere(settings_of("enrich", kafka, delivery=delivery))
    told = r"TransactionalIdAuthorizationFailed.*WRITE on transactional ids.*DELIVERY=at_least_once"
    with pytest.raises(FatalError, match=told):
        await run_role(enrich_role(), settings, stop=asyncio.Event())


async def test_at_least_once_needs_no_rights_to_transactions_and_reads_committed_records(
    kafka: ApacheKafka,
) -> None:
    """The way out that the message names: the probe uses no transaction, and finds a broker that has producer ids."""
    connection = KafkaConnection.of(settings_of("enrich", kafka).kafka)
    told = await probe(
        connection, group="other-enrich", topic="new-review", wanted=DeliveryGuarantee.AT_LEAST_ONCE
    )
    assert told.is_kafka
    assert choose_guarantee(DeliveryGuarantee.AT_LEAST_ONCE, told) is DeliveryGuarantee.AT_LEAST_ONCE


def elsewhere(settings: Settings) -> Settings:
    """The settings with groups that nobody has rights to."""
    kafka = settings.kafka.model_copy(update={"group_prefix": "other"})
    return settings.model_copy(update={"kafka": kafka})
