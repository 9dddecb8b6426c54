"""The enrich role on real brokers: one behaviour, on the embedded broker and on Apache Kafka."""

import asyncio
import random
import time

import aiohttp
import orjson
import psutil
import pytest

from schemas import dead_letters
from streams.delivery.committed import committed_offset
from streams.delivery.records import Partition
from streams.errors import FatalError
from streams.kafka.publishing import RawRecord
from tests.brokers import ApacheKafka, Broker, unique_name
from tests.fakes import FakeReader
from tests.integration.hostile import hostile_payloads
from tests.integration.workers import make_settings, prepare, put, read, review, running
from tests.roles import enrich_role


async def test_every_review_comes_out_once_in_order_beside_its_source(own_broker: Broker) -> None:
    """One enriched review for each review: same key, same partition, order of the product kept, lineage told."""
    servers = own_broker.bootstrap_servers
    await prepare(servers)
    await put(servers, [review(number, "bad" if number % 3 == 0 else "fine") for number in range(500)])
    async with running(make_settings(servers, unique_name())):
        outcome = await read(servers, 500)
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(500))
    for product in {event.product_id for event in outcome.enriched}:
        numbers = [int(event.review_id[1:]) for event in outcome.enriched if event.product_id == product]
        assert numbers == sorted(numbers)
    for event, (key, partition) in zip(outcome.enriched, outcome.keys_and_partitions, strict=True):
        assert key == event.product_id.encode()
        assert partition == event.source.partition
        assert event.sentiment is not None
        assert event.sentiment.label == ("negative" if int(event.review_id[1:]) % 3 == 0 else "positive")
        assert event.model is not None
        assert event.timings is not None


async def test_a_stopped_worker_goes_on_where_it_was(own_broker: Broker) -> None:
    """After a clean stop the next worker repeats nothing and misses nothing."""
    servers = own_broker.bootstrap_servers
    settings = make_settings(servers, unique_name())
    await prepare(servers)
    await put(servers, [review(number) for number in range(300)])
    async with running(settings):
        await read(servers, 300)
    await put(servers, [review(number) for number in range(300, 600)])
    async with running(settings):
        outcome = await read(servers, 600)
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(600))


async def test_hostile_payloads_are_set_aside_and_stop_nothing(own_broker: Broker) -> None:
    """2,000 hostile payloads among 2,000 good reviews: no crash, all good ones out, each bad one in the DLQ, raw."""
    servers = own_broker.bootstrap_servers
    await prepare(servers)
    bad = hostile_payloads(2_000, seed=11)
    mixed = [
        *[(record, True) for record in map(review, range(2_000))],
        *[(record, False) for record, _ in bad],
    ]
    random.Random(3).shuffle(mixed)
    await put(servers, [record for record, _ in mixed])
    async with running(make_settings(servers, unique_name())) as worker:
        outcome = await read(servers, 4_000, timeout_s=120)
        assert not worker.done()
    assert len(outcome.ids) == len(set(outcome.ids)) == 2_000
    assert sorted(outcome.reasons) == sorted(str(reason) for _, reason in bad)
    raw = sorted(
        value or b"" for value, headers in outcome.dead if dead_letters.TRUNCATED_FROM not in headers
    )
    sent = sorted(record.value or b"" for record, _ in bad)
    assert raw == sent
    for _, headers in outcome.dead:
        assert headers[dead_letters.SOURCE_TOPIC] == "new-review"
        assert headers[dead_letters.ERROR]


async def test_a_failing_model_sets_aside_the_guilty_only(own_broker: Broker) -> None:
    """Raising, hanging and memory-hungry texts become dead letters with their reason; their neighbours come out."""
    servers = own_broker.bootstrap_servers
    await prepare(servers)
    texts = {10: "boom", 77: "hang", 150: "enormous", 151: "huge"}
    await put(servers, [review(number, texts.get(number, "fine")) for number in range(200)])
    settings = make_settings(servers, unique_name(), lane={"forward_timeout_s": 0.5})
    async with running(settings, enrich_role(FakeReader(hang_s=20))):
        outcome = await read(servers, 200)
    assert sorted(outcome.reasons) == ["model_error", "model_timeout", "out_of_memory"]
    assert len(outcome.ids) == len(set(outcome.ids)) == 197
    assert "r151" in outcome.ids


async def test_a_broken_model_ends_the_worker_and_loses_nothing(own_broker: Broker) -> None:
    """A model that fails for every text ends the worker; nothing is set aside, and a working one answers all."""
    servers = own_broker.bootstrap_servers
    settings = make_settings(servers, unique_name())
    await prepare(servers)
    classifier = FakeReader()
    await put(servers, [review(number) for number in range(100)])
    with pytest.raises(FatalError, match="broken"):
        async with running(settings, enrich_role(classifier)) as worker:
            classifier.is_broken = True
            await asyncio.wait({worker}, timeout=60)
            assert worker.done()
    async with running(settings):
        outcome = await read(servers, 100)
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(100))
    assert outcome.dead == []


async def test_an_error_in_the_agent_commits_nothing(own_broker: Broker) -> None:
    """An exception in the agent's own code ends the worker, and the chunk is read again (pitfalls 1 and 3)."""
    servers = own_broker.bootstrap_servers
    settings = make_settings(servers, unique_name())
    await prepare(servers)
    await put(servers, [review(number) for number in range(100)])

    def fail(name: str) -> None:
        if name == "before_output":
            raise ZeroDivisionError("a bug of ours")

    with pytest.raises(FatalError, match="a bug of ours"):
        async with running(settings, enrich_role(checkpoint=fail)) as worker:
            await asyncio.wait({worker}, timeout=60)
            assert worker.done()
    async with running(settings):
        outcome = await read(servers, 100)
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(100))


async def test_workers_share_partitions_and_hand_them_over(own_broker: Broker) -> None:
    """A second worker joins under load and leaves again: nothing lost, order kept, exactly once: nothing twice."""
    servers = own_broker.bootstrap_servers
    settings = make_settings(servers, unique_name())
    await prepare(servers)

    def slow() -> FakeReader:
        return FakeReader(seconds_a_token=0.0005)

    async def load() -> None:
        for start in range(0, 2_000, 100):
            await put(servers, [review(number) for number in range(start, start + 100)])
            await asyncio.sleep(0.3)

    async with running(settings, enrich_role(slow())):
        loading = asyncio.create_task(load())
        await asyncio.sleep(1)
        second = slow()
        async with running(settings, enrich_role(second)):
            await asyncio.sleep(6)
        await loading
        outcome = await read(servers, 2_000)
    assert second.batches, "the second worker never had a partition"
    assert set(outcome.ids) == {f"r{number}" for number in range(2_000)}
    if own_broker.supports_transactions:
        assert len(outcome.ids) == 2_000


@pytest.mark.kafka
async def test_no_record_is_skipped_at_a_rebalance(own_kafka: ApacheKafka) -> None:
    """Partitions change hands again and again while records keep coming: each is read from where it was left."""
    servers = own_kafka.bootstrap_servers
    settings = make_settings(servers, unique_name(), delivery="at_least_once")
    await prepare(servers)
    published = 0
    is_over = asyncio.Event()

    async def load() -> None:
        nonlocal published
        while not is_over.is_set():
            await put(servers, [review(number) for number in range(published, published + 20)])
            published += 20
            await asyncio.sleep(0.01)

    async with running(settings):
        loading = asyncio.create_task(load())
        for _ in range(3):
            async with running(settings):
                await asyncio.sleep(4.5)
        is_over.set()
        await loading
        outcome = await read(servers, published, timeout_s=90)
    assert set(outcome.ids) == {f"r{number}" for number in range(published)}


async def test_a_stop_with_work_in_flight_takes_seconds(own_broker: Broker) -> None:
    """Told to stop under load, a worker finishes what is in flight, bounded, and ends (pitfall 10)."""
    servers = own_broker.bootstrap_servers
    settings = make_settings(servers, unique_name(), chunk={"drain_timeout_s": 2})
    await prepare(servers)
    await put(servers, [review(number, "word " * 200) for number in range(3_000)])
    async with running(settings, enrich_role(FakeReader(seconds_a_token=0.0001))):
        await read(servers, 1)
        started = time.monotonic()
    assert time.monotonic() - started < 15


async def test_only_loopback_and_only_our_pages_are_served(own_broker: Broker) -> None:
    """One listener, on loopback: health, readiness, metrics. Faust's own web server is off (pitfall 21)."""
    servers = own_broker.bootstrap_servers
    await prepare(servers)
    await put(servers, [review(1), RawRecord(b"p1", b"not json")])
    before = {c.laddr.port for c in psutil.Process().net_connections(kind="tcp") if c.status == "LISTEN"}
    async with running(make_settings(servers, unique_name())):
        await read(servers, 2)
        listening = [
            c
            for c in psutil.Process().net_connections(kind="tcp")
            if c.status == "LISTEN" and c.laddr.port not in before
        ]
        assert [c.laddr.ip for c in listening] == ["127.0.0.1"]
        url = f"http://127.0.0.1:{listening[0].laddr.port}"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/healthz") as response:
                assert response.status == 200
            async with session.get(f"{url}/readyz") as response:
                delivery = "exactly_once" if own_broker.supports_transactions else "at_least_once"
                told = {"ready": True, "reasons": [], "delivery": delivery}
                assert (response.status, await response.json()) == (200, told)
            async with session.get(f"{url}/metrics") as response:
                metrics = await response.text()
            async with session.get(f"{url}/tables/") as response:
                assert response.status == 404
    assert 'reviewstream_dead_letters_total{reason="malformed_json",role="enrich"} 1.0' in metrics
    assert 'reviewstream_events_total{role="enrich"} 2.0' in metrics
    assert 'reviewstream_model_info{model="fake",role="enrich",version="1"} 1.0' in metrics
    assert "reviewstream_lag_messages" in metrics
    is_once = float(own_broker.supports_transactions)
    assert f'reviewstream_delivers_exactly_once{{role="enrich"}} {is_once}' in metrics


@pytest.mark.kafka
@pytest.mark.parametrize("guarantee", ["at_least_once", "exactly_once"])
async def test_the_committed_offset_is_behind_the_last_effect(own_kafka: ApacheKafka, guarantee: str) -> None:
    """After all effects the group stands right behind the last record of each partition."""
    servers, group = own_kafka.bootstrap_servers, unique_name()
    client = await prepare(servers)
    await put(servers, [review(number) for number in range(200)])
    async with running(make_settings(servers, group, delivery=guarantee)):
        outcome = await read(servers, 200)
    sources = [event.source for event in outcome.enriched]
    for partition in {source.partition for source in sources}:
        end = max(source.offset + 1 for source in sources if source.partition == partition)
        told = await committed_offset(client, f"{group}-enrich", Partition("new-review", partition))
        assert told == end


def test_the_review_double_is_a_valid_event() -> None:
    """The load of these tests is what a platform would send."""
    record = review(1)
    assert orjson.loads(record.value or b"")["product_id"].encode() == record.key
