"""Exactly once on Apache Kafka, at the seams: fencing, unknown outcomes, brokers that die, strangers locked out."""

import asyncio
import contextlib
from collections.abc import AsyncIterable

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from schemas.topics import ENRICHED_REVIEW
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.committed import committed_offset
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Chunk, Lease
from streams.delivery.probe import BrokerAbilities, probe
from streams.delivery.records import Effects, Output, Partition
from streams.errors import FatalError, LeaseLostError
from streams.kafka.connection import KafkaConnection
from streams.kafka.tailing import follow
from streams.settings import DeliveryGuarantee
from tests.brokers import ApacheKafka, unique_name
from tests.fakes import FakeReader, FakeRecord
from tests.integration.workers import make_settings, prepare, put, read, review, running
from tests.roles import enrich_role

pytestmark = pytest.mark.kafka
SOURCE = Partition("new-review", 0)


def chunk_of(lease: Lease, first: int, count: int) -> tuple[Chunk, Effects]:
    """A chunk of records and one output for each."""
    records = [FakeRecord(offset) for offset in range(first, first + count)]
    outputs = [Output(ENRICHED_REVIEW.name, b"p1", b"%d" % record.offset) for record in records]
    return Chunk.of(lease, records), Effects(outputs)


async def values_of(records: AsyncIterable[ConsumerRecord]) -> list[int]:
    """What comes within two seconds."""
    values = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            async for record in records:
                values.append(int(record.value))
    return values


async def committed_values(servers: str) -> list[int]:
    """What a reader of the output topic sees."""
    async with follow(KafkaConnection(servers), [ENRICHED_REVIEW.name], from_beginning=True) as tail:
        return await values_of(tail)


async def written_values(servers: str) -> list[int]:
    """What the output topic holds, records of aborted transactions too."""
    async with AIOKafkaConsumer(
        ENRICHED_REVIEW.name, **KafkaConnection(servers).options, auto_offset_reset="earliest"
    ) as consumer:
        return await values_of(consumer)


class FailOnce:
    """A checkpoint that the broker goes away at, the first time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.has_failed = False

    def __call__(self, name: str) -> None:
        if name == self.name and not self.has_failed:
            self.has_failed = True
            raise TimeoutError("the broker went away")


async def test_the_new_owner_fences_the_old_one(own_kafka: ApacheKafka) -> None:
    """After a takeover the old owner's transaction has no effect, and it learns that its lease is lost."""
    servers, group = own_kafka.bootstrap_servers, unique_name()
    client = await prepare(servers)
    old, new = ExactlyOnceSink(client, group=group), ExactlyOnceSink(client, group=group)
    old_lease, new_lease = Lease(SOURCE, None), Lease(SOURCE, None)
    await old.acquire([SOURCE])
    await new.acquire([SOURCE])

    stale, stale_effects = chunk_of(old_lease, 0, 5)
    delivering = asyncio.create_task(old.deliver(stale, stale_effects))
    await asyncio.sleep(1)
    old_lease.is_held = False  # the news of the rebalance arrives
    with pytest.raises(LeaseLostError):
        await delivering

    await new.deliver(*chunk_of(new_lease, 0, 5))
    assert await committed_values(servers) == [0, 1, 2, 3, 4]
    assert await committed_offset(client, group, SOURCE) == 5
    await old.stop()
    await new.stop()


async def test_an_outcome_that_was_not_learnt_is_asked_for(own_kafka: ApacheKafka) -> None:
    """If the answer to a commit is lost, the chunk is neither repeated nor skipped: the committed offset decides."""
    servers, group = own_kafka.bootstrap_servers, unique_name()
    client = await prepare(servers)
    lose_answer = FailOnce("after_commit")
    sink = ExactlyOnceSink(client, group=group, checkpoint=lose_answer)
    await sink.acquire([SOURCE])
    lease = Lease(SOURCE, None)
    await sink.deliver(*chunk_of(lease, 0, 3))
    await sink.deliver(*chunk_of(lease, 3, 3))
    assert lose_answer.has_failed
    assert await committed_values(servers) == [0, 1, 2, 3, 4, 5]
    assert await committed_offset(client, group, SOURCE) == 6
    await sink.stop()


async def test_a_transaction_that_failed_before_its_commit_is_run_again(own_kafka: ApacheKafka) -> None:
    """Outputs of a transaction that was given up are never seen by a reader of committed records."""
    servers, group = own_kafka.bootstrap_servers, unique_name()
    client = await prepare(servers)
    fail = FailOnce("before_commit")
    sink = ExactlyOnceSink(client, group=group, checkpoint=fail)
    await sink.acquire([SOURCE])
    await sink.deliver(*chunk_of(Lease(SOURCE, None), 0, 4))
    assert fail.has_failed
    assert await committed_values(servers) == [0, 1, 2, 3]
    assert await written_values(servers) == [0, 1, 2, 3, 0, 1, 2, 3]
    await sink.stop()


async def test_an_offset_that_somebody_else_moved_ends_the_worker(own_kafka: ApacheKafka) -> None:
    """If the group stands neither before nor behind the chunk, going on could lose or repeat: stop instead."""
    servers, group = own_kafka.bootstrap_servers, unique_name()
    client = await prepare(servers)

    def fail(name: str) -> None:
        if name == "before_commit":
            raise TimeoutError("the broker went away")

    other = ExactlyOnceSink(client, group=group)
    await other.acquire([SOURCE])
    await other.deliver(*chunk_of(Lease(SOURCE, None), 0, 50))
    await other.stop()
    sink = ExactlyOnceSink(client, group=group, checkpoint=fail)
    await sink.acquire([SOURCE])
    with pytest.raises(FatalError, match="somebody else moved it"):
        await sink.deliver(*chunk_of(Lease(SOURCE, None), 0, 4))
    await sink.stop()


async def test_the_probe_finds_transactions(own_kafka: ApacheKafka) -> None:
    """Apache Kafka is found to have transactions, also by several workers at the same time."""
    client = await prepare(own_kafka.bootstrap_servers)
    group = unique_name()
    wanted = DeliveryGuarantee.AUTO
    told = await asyncio.gather(
        *(probe(client, group=group, topic="new-review", wanted=wanted) for _ in range(4))
    )
    assert told == [BrokerAbilities(has_transactions=True, is_kafka=True)] * 4


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_a_broker_that_dies_only_pauses_the_worker(own_kafka: ApacheKafka, delivery: str) -> None:
    """The broker is killed under load and started again: the same worker goes on, nothing lost, nothing set aside."""
    servers = own_kafka.bootstrap_servers
    await prepare(servers)
    await put(servers, [review(number) for number in range(3_000)])
    settings = make_settings(servers, unique_name(), delivery=delivery)
    classifier = FakeReader(seconds_a_token=0.0005)
    async with running(settings, enrich_role(classifier)) as worker:
        await read(servers, 300)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.sleep(8)
        await asyncio.to_thread(own_kafka.start)
        outcome = await read(servers, 3_000, timeout_s=120)
        assert not worker.done()
    assert set(outcome.ids) == {f"r{number}" for number in range(3_000)}
    assert outcome.dead == []
    if delivery == "exactly_once":
        assert len(outcome.ids) == 3_000


async def test_at_least_once_waits_for_the_broker_to_acknowledge(own_kafka: ApacheKafka) -> None:
    """`deliver` does not return while the broker is away, and does once it is back (pitfalls 6 and 7)."""
    client = await prepare(own_kafka.bootstrap_servers)
    sink = AtLeastOnceSink(client, is_idempotent=True)
    await sink.start()
    await asyncio.to_thread(own_kafka.kill)
    delivering = asyncio.create_task(sink.deliver(*chunk_of(Lease(SOURCE, None), 0, 5)))
    await asyncio.sleep(3)
    assert not delivering.done()
    await asyncio.to_thread(own_kafka.start)
    await asyncio.wait_for(delivering, 60)
    assert set(await committed_values(own_kafka.bootstrap_servers)) == {0, 1, 2, 3, 4}
    await sink.stop()
