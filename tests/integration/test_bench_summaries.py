"""The generate role under measurement, on a real broker with the real generator."""

import asyncio
from pathlib import Path

import pytest

from streams import settings
from streams.kafka.connection import KafkaConnection
from tests.bench.brokers import BenchBroker
from tests.bench.snapshots import make_snapshots
from tests.bench.texts import drain_texts, fill_snapshots
from tests.brokers import ApacheKafka


@pytest.mark.kafka
@pytest.mark.model
def test_every_snapshot_is_answered_and_accounted_for(own_kafka: ApacheKafka, tmp_path: Path) -> None:
    """The account holds what the generator was asked and wrote, within the time of the drain."""
    servers = own_kafka.bootstrap_servers
    where = {"REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS": servers, "REVIEWSTREAM_GENERATION__SAMPLES": "1"}
    broker = BenchBroker("a test's", KafkaConnection(servers), where, own_kafka.pid)
    snapshots = make_snapshots(2, settings.load(), print)
    asyncio.run(fill_snapshots(broker, snapshots))
    drained = asyncio.run(drain_texts(broker, snapshots, group="bench", directory=tmp_path))
    account = drained.account
    assert drained.texts == 2
    assert drained.generated_share > 0
    assert account["tokens"] > len(account["requests"]) > 0
    assert 0 < account["phrasing_s"] <= account["composing_s"] <= account["seconds"]
