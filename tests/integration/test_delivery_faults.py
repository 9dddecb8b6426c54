"""What a broker does to a worker on a bad day: restarts, groups that are being loaded, faults by the dozen, limits."""

import asyncio
import collections
import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, RequestTimedOutError

from schemas import dead_letters
from schemas.topics import ENRICHED_REVIEW
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Chunk, Intake, Lease
from streams.delivery.producing import started, stopped
from streams.delivery.pump import Pump
from streams.delivery.records import Effects, Output, Partition, Record
from streams.delivery.sink import Sink
from streams.delivery.sizes import TopicSizes
from streams.kafka import topic_admin
from tests.brokers import KAFKA_DIRECTORY, ApacheKafka, unique_name
from tests.fakes import FakeReader, FakeRecord
from tests.integration.loading_proxy import LoadingProxy
from tests.integration.workers import Outcome, make_settings, prepare, put, read, review, running
from tests.limits import change_limit, create_topics
from tests.roles import enrich_role

pytestmark = pytest.mark.kafka
SOURCE = Partition("new-review", 0)


def assert_once(outcome: Outcome, count: int) -> None:
    """Every review came out, and none twice."""
    repeated = {name: times for name, times in collections.Counter(outcome.ids).items() if times > 1}
    missing = {f"r{number}" for number in range(count)} - set(outcome.ids)
    assert (repeated, missing, outcome.dead) == ({}, set(), [])


@pytest.mark.parametrize("is_clean", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_restarts_of_a_broker_end_no_worker(own_kafka: ApacheKafka, is_clean: bool) -> None:
    """SIGTERM or SIGKILL, three times under load: the same worker goes on, its lag clears, nothing lost or twice."""
    servers = own_kafka.bootstrap_servers
    await prepare(servers)
    settings = make_settings(servers, unique_name(), delivery="exactly_once")
    async with running(settings, enrich_role(FakeReader(seconds_a_token=0.0005))) as worker:
        for start in range(0, 3_000, 1_000):
            await put(servers, [review(number) for number in range(start, start + 1_000)])
            await read(servers, start + 200)
            await asyncio.to_thread(own_kafka.stop if is_clean else own_kafka.kill)
            await asyncio.sleep(1)
            await asyncio.to_thread(own_kafka.start)
            assert not worker.done()
        outcome = await read(servers, 3_000, timeout_s=60)
        assert not worker.done()
    assert_once(outcome, 3_000)


async def test_a_worker_whose_producers_were_fenced_joins_its_group_anew(own_kafka: ApacheKafka) -> None:
    """Somebody takes the transactional ids, twice: the worker takes nothing back, asks the group, and goes on."""
    servers = own_kafka.bootstrap_servers
    client = await prepare(servers)
    group = unique_name()
    settings = make_settings(servers, group, delivery="exactly_once")
    async with running(settings, enrich_role(FakeReader(seconds_a_token=0.0005))) as worker:
        for start in range(0, 1_000, 500):
            await put(servers, [review(number) for number in range(start, start + 500)])
            await read(servers, start + 100)
            for number in range(4):
                name = f"{group}-enrich-new-review-{number}"
                await stopped(await started(client.producer(is_idempotent=True, transactional_id=name)))
        outcome = await read(servers, 1_000, timeout_s=60)
        assert not worker.done()
    assert_once(outcome, 1_000)


async def test_a_worker_that_waits_for_its_partitions_can_be_stopped(
    own_kafka: ApacheKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A takeover that waits for a broker holds up no stop."""
    servers = own_kafka.bootstrap_servers
    await prepare(servers)
    is_waiting = asyncio.Event()

    async def fail(_sink: ExactlyOnceSink, _partition: Partition) -> None:
        is_waiting.set()
        raise KafkaConnectionError

    monkeypatch.setattr(ExactlyOnceSink, "_new_producer", fail)
    async with running(make_settings(servers, unique_name(), delivery="exactly_once")) as worker:
        await asyncio.wait_for(is_waiting.wait(), 30)
        await asyncio.sleep(2)
        assert not worker.done()
        stopped_at = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - stopped_at < 15


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[LoadingProxy]:
    """The only way to a broker."""
    if not (KAFKA_DIRECTORY / "run-kafka").exists():
        pytest.skip("no Apache Kafka whose address can be set")
    with LoadingProxy() as proxy:
        advertised = {"advertised.listeners": f"CLIENT://127.0.0.1:{proxy.port}"}
        kafka = ApacheKafka(tmp_path / "kafka", advertised)
        proxy.target = lambda: kafka.port
        with kafka:
            yield proxy


async def test_a_group_that_is_being_loaded_is_waited_for(proxy: LoadingProxy) -> None:
    """A worker that starts while the broker loads its group begins where the group stands, not at the beginning."""
    servers = f"127.0.0.1:{proxy.port}"
    await prepare(servers)
    group = unique_name()
    settings = make_settings(servers, group, delivery="exactly_once")
    await put(servers, [review(number) for number in range(200)])
    async with running(settings):
        await read(servers, 200)
    await put(servers, [review(number) for number in range(200, 300)])

    async def end_loading() -> None:
        while proxy.refused < 20:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.1)
        proxy.loading = ""

    proxy.loading = f"{group}-enrich"
    ending = asyncio.create_task(end_loading())
    async with running(settings) as worker:
        await asyncio.wait_for(ending, 60)
        outcome = await read(servers, 300)
        assert not worker.done()
    assert_once(outcome, 300)


def chunk_of(lease: Lease, first: int, count: int) -> tuple[Chunk, Effects]:
    """A chunk of records and one output for each."""
    records = [FakeRecord(offset) for offset in range(first, first + count)]
    outputs = [Output(ENRICHED_REVIEW.name, b"p1", b"%d" % record.offset) for record in records]
    return Chunk.of(lease, records), Effects(outputs)


def open_clients() -> int:
    """Clients of this process that have a connection."""
    gc.collect()
    return sum(
        any(connection.connected() for connection in client._conns.values())
        for client in gc.get_objects()
        if isinstance(client, AIOKafkaClient)
    )


@pytest.mark.parametrize("kind", ["exactly_once", "at_least_once"])
async def test_fifty_faults_leave_no_producer_behind(own_kafka: ApacheKafka, kind: str) -> None:
    """Each fault costs its producer; the next has its place, and clients and tasks stay as many as they were."""
    client = await prepare(own_kafka.bootstrap_servers)
    faults = 0

    def fail_every_other_time(name: str) -> None:
        nonlocal faults
        if name == "after_output" and faults < 50:
            faults += 1
            if faults % 2:
                raise RequestTimedOutError

    sink: Sink
    if kind == "exactly_once":
        sink = ExactlyOnceSink(client, group=unique_name(), checkpoint=fail_every_other_time)
    else:
        sink = AtLeastOnceSink(client, is_idempotent=True, checkpoint=fail_every_other_time)
    await sink.start()
    await sink.acquire([SOURCE])
    lease = Lease(SOURCE, None)
    await sink.deliver(*chunk_of(lease, 0, 1))
    before, tasks = open_clients(), len(asyncio.all_tasks())
    for first in range(1, 26):
        await sink.deliver(*chunk_of(lease, first, 1))
    assert faults == 50
    assert open_clients() <= before
    assert len(asyncio.all_tasks()) <= tasks + 3
    await sink.stop()
    assert open_clients() == 0


async def test_producers_that_are_stopped_while_the_broker_is_away_are_cut_off(
    own_kafka: ApacheKafka,
) -> None:
    """A producer with a batch that nobody will take is closed within seconds, and none of its tasks stays."""
    client = await prepare(own_kafka.bootstrap_servers)
    tasks = len(asyncio.all_tasks())
    producers = [await started(client.producer(is_idempotent=True)) for _ in range(4)]
    for producer in producers:
        await producer.send_and_wait(ENRICHED_REVIEW.name, b"1", partition=0)
    await asyncio.to_thread(own_kafka.kill)
    pending = [await producer.send(ENRICHED_REVIEW.name, b"2", partition=0) for producer in producers]
    await asyncio.wait_for(asyncio.gather(*map(stopped, producers)), 20)
    assert open_clients() == 0
    await asyncio.gather(*pending, return_exceptions=True)
    await asyncio.sleep(0.1)
    assert len(asyncio.all_tasks()) <= tasks


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_reviews_too_large_for_the_output_topic_are_set_aside(
    own_kafka: ApacheKafka, delivery: str
) -> None:
    """On topics that take 2,000 bytes a batch all that fits comes out, and the rest is a dead letter that fits, too."""
    servers = own_kafka.bootstrap_servers
    await create_topics(servers, {ENRICHED_REVIEW.name: 2_000, "new-review.dlq": 2_000})
    large = {7, 8, 150, 299}
    await put(servers, [review(n, "word " * 1_000 if n in large else "a fine thing") for n in range(300)])
    async with running(make_settings(servers, unique_name(), delivery=delivery)) as worker:
        outcome = await read(servers, 300)
        assert not worker.done()
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(300) if number not in large)
    assert outcome.reasons == ["too_large"] * len(large)
    for value, headers in outcome.dead:
        assert len(value or b"") < 2_000
        assert int(headers[dead_letters.TRUNCATED_FROM]) > 5_000
        assert "wanted at most 2000 bytes" in headers[dead_letters.ERROR]


@pytest.mark.parametrize("kind", ["exactly_once", "at_least_once"])
async def test_a_limit_that_is_lowered_under_a_worker_is_learnt(own_kafka: ApacheKafka, kind: str) -> None:
    """The broker's refusal makes the worker ask again, and deliver in batches that fit from then on."""
    client = await prepare(own_kafka.bootstrap_servers)
    sizes = TopicSizes(lambda: topic_admin.batch_limits(client, [ENRICHED_REVIEW.name]))
    await sizes.learn()
    sink: Sink
    if kind == "exactly_once":
        sink = ExactlyOnceSink(client, group=unique_name(), sizes=sizes)
    else:
        sink = AtLeastOnceSink(client, is_idempotent=True, sizes=sizes)
    await sink.start()
    intake = Intake([SOURCE.topic], max_in_flight_records=1_000)
    await intake.assign({SOURCE: None})
    await sink.acquire([SOURCE])

    async def handle(records: Sequence[Record]) -> Effects:
        return Effects([Output(ENRICHED_REVIEW.name, b"p", b"%d" % r.offset * 200) for r in records])

    pumping = asyncio.create_task(Pump(intake, handle, sink, sizes=sizes).run())
    await intake.offer(SOURCE, [FakeRecord(offset) for offset in range(10)], intake.epoch)
    await until_done(intake, pumping, 10)
    await change_limit(client, ENRICHED_REVIEW.name, 2_000)
    await intake.offer(SOURCE, [FakeRecord(offset) for offset in range(10, 60)], intake.epoch)
    await until_done(intake, pumping, 60)
    assert sizes.limit(ENRICHED_REVIEW.name) == 2_000
    pumping.cancel()
    await asyncio.gather(pumping, return_exceptions=True)
    await sink.stop()


async def until_done(intake: Intake, pumping: "asyncio.Task[None]", offset: int) -> None:
    async with asyncio.timeout(30):
        while intake.leases[SOURCE].done != offset:
            assert not pumping.done(), pumping.exception()
            await asyncio.sleep(0.05)
