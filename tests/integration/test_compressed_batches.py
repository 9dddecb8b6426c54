"""Compressed batches are read by every reader; one that cannot be decoded is a clear stop, with nothing lost."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW
from streams.app import ROLES
from streams.delivery.committed import committed_offset
from streams.delivery.records import Partition
from streams.kafka import tailing
from streams.kafka.publishing import RawRecord
from streams.kafka.record_batches import UndecodableBatchError
from streams.local.embedded import free_ports
from streams.local.supervisor import RestartPolicy
from tests.brokers import ApacheKafka, Broker, unique_name
from tests.integration.compression import CODEC_NAMES, put_compressed, rot
from tests.integration.workers import make_settings, prepare, read, review, running

ROOT = Path(__file__).resolve().parents[2]


async def test_every_codec_of_kafka_is_read(own_broker: Broker) -> None:
    """A worker reads what producers with each codec sent, and so does `tail`; one worker, started once."""
    servers = own_broker.bootstrap_servers
    client = await prepare(servers)
    for first, codec in enumerate(CODEC_NAMES):
        batch = [review(10 * first + number) for number in range(10)]
        await put_compressed(servers, NEW_REVIEW.name, batch, codec)
    async with running(make_settings(servers, unique_name())):
        outcome = await read(servers, 40)
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in range(40))
    seen = 0
    async with tailing.follow(client, [NEW_REVIEW.name], from_beginning=True) as records:
        async with asyncio.timeout(30):
            async for _ in records:
                seen += 1
                if seen == 40:
                    break


@pytest.mark.kafka
async def test_a_rotten_batch_stops_the_worker_after_all_that_came_before(
    own_kafka: ApacheKafka, tmp_path: Path
) -> None:
    """It names batch and way around, what came before is out and committed, and behind the batch all goes on."""
    servers, group = own_kafka.bootstrap_servers, unique_name()
    client = await prepare(servers)
    topic = NEW_REVIEW.name
    for first in (0, 10, 20):
        await put_compressed(servers, topic, [review(first + one) for one in range(10)], partition=0)
    rot(tmp_path, topic, 0, b'"review_id":"r15"')
    settings = make_settings(servers, group)
    with pytest.raises(
        UndecodableBatchError, match=r"new-review, partition 0, offsets 10 to 19 .*CRC"
    ) as stopped:
        async with running(settings) as worker:
            await asyncio.wait({worker}, timeout=60)
    assert f"--group {group}-enrich --topic new-review:0" in str(stopped.value)
    assert "--to-offset 20" in str(stopped.value)
    assert sorted((await read(servers, 10)).ids) == sorted(f"r{number}" for number in range(10))
    assert await committed_offset(client, f"{group}-enrich", Partition(topic, 0)) == 10
    await _move(servers, f"{group}-enrich", TopicPartition(topic, 0), stopped.value.next_offset)
    async with running(settings):
        outcome = await read(servers, 20)
    assert sorted(outcome.ids) == sorted(f"r{number}" for number in (*range(10), *range(20, 30)))


async def _move(servers: str, group: str, partition: TopicPartition, offset: int) -> None:
    """What Kafka's own tool does with --reset-offsets."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([partition])
        await consumer.commit({partition: offset})
    finally:
        await consumer.stop()


@pytest.mark.kafka
async def test_a_worker_ends_with_the_exit_code_that_up_takes_for_hopeless(
    own_kafka: ApacheKafka, tmp_path: Path
) -> None:
    """One line says what to do, and nobody starts it again and again."""
    servers = own_kafka.bootstrap_servers
    await prepare(servers)
    await put_compressed(servers, ENRICHED_REVIEW.name, [RawRecord(b"p1", b"rotten")], "zstd", partition=0)
    rot(tmp_path / "kafka", ENRICHED_REVIEW.name, 0, b"\x28\xb5\x2f\xfd")
    environment = {
        "PATH": os.environ["PATH"],
        "REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS": servers,
        "REVIEWSTREAM_STATE__DIRECTORY": str(tmp_path / "state"),
        "REVIEWSTREAM_HTTP__PORT": str(free_ports(len(ROLES))),
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "streams.cli",
        "worker",
        "rolling",
        env=environment,
        cwd=ROOT,
        stderr=PIPE,
        stdout=PIPE,
    )
    async with asyncio.timeout(60):
        _, told = await worker.communicate()
    assert worker.returncode in RestartPolicy().hopeless_exit_codes, told.decode()
    assert (
        told.decode()
        .splitlines()[-1]
        .startswith("error read: wanted the batch of enriched-review, partition 0")
    )
    assert "kafka-consumer-groups.sh --group reviewstream-rolling" in told.decode()


@pytest.mark.kafka
async def test_tail_tells_of_a_rotten_batch(own_kafka: ApacheKafka, tmp_path: Path) -> None:
    """After the records before it: where it is, and what to do; not whether the broker runs."""
    servers = own_kafka.bootstrap_servers
    client = await prepare(servers)
    await put_compressed(servers, NEW_REVIEW.name, [review(1)], partition=0)
    await put_compressed(servers, NEW_REVIEW.name, [review(2)], partition=0)
    rot(tmp_path, NEW_REVIEW.name, 0, b'"review_id":"r2"')
    seen = []
    with pytest.raises(UndecodableBatchError, match=r"offsets 1 to 1 .*kafka-delete-records"):
        async with tailing.follow(client, [NEW_REVIEW.name], from_beginning=True) as records:
            async with asyncio.timeout(30):
                async for record in records:
                    seen.append(record.offset)
    assert seen == [0]


@pytest.mark.kafka
async def test_a_missing_codec_says_what_to_install(
    apache_kafka: ApacheKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without cramjam a compressed batch stops the reader at once, with the codec's name and the package."""
    servers = apache_kafka.bootstrap_servers
    client = await prepare(servers)
    await put_compressed(servers, NEW_REVIEW.name, [review(1)], "zstd", partition=0)
    monkeypatch.setattr("aiokafka.codec.cramjam", None)
    with pytest.raises(UndecodableBatchError, match=r"zstd.*pip install cramjam"):
        async with tailing.follow(client, [NEW_REVIEW.name], from_beginning=True) as records:
            async with asyncio.timeout(30):
                async for _ in records:
                    pass
