"""A worker that is stuck ends, and says so; one whose batches are slow does not."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import pytest

from streams.app import ROLES
from streams.delivery.records import Partition
from streams.errors import FatalError
from streams.lane.values import BatchReport
from streams.roles.enrich.worker import EnrichWorker
from streams.roles.generate.worker import GenerateWorker
from streams.settings import GenerationSettings, LaneSettings, Settings
from streams.worker import stream_worker
from streams.worker.lag import LagWatch
from streams.worker.readiness import STUCK_AFTER_S

P0 = Partition("new-review", 0)


class Behind:
    """A broker with a hundred records, none of which was read."""

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        return dict.fromkeys(partitions, 100)

    async def positions(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        return dict.fromkeys(partitions, 0)


@pytest.fixture
async def stuck(monkeypatch: pytest.MonkeyPatch) -> EnrichWorker:
    """A worker whose records have waited for an hour."""
    monkeypatch.setattr(stream_worker, "_LOOK_FOR_HOPELESS_S", 0.001)
    worker = EnrichWorker(ROLES["enrich"], Settings(), AsyncExitStack())
    worker._is_model_loaded = True
    await worker._intake.assign({P0: 0})
    worker._lag = LagWatch(Behind(), worker._intake, worker._metrics)
    await worker._lag.refresh()
    worker._lag._moved_at -= 3_600
    return worker


async def test_a_stuck_worker_ends_with_what_it_was_at(stuck: EnrichWorker) -> None:
    """The supervisor then starts another, which reads on where nothing was done."""
    assert not stuck.readiness().is_ready
    with pytest.raises(FatalError, match=r"enrich: 100 records wait and no offset moved for 3600 s.*stuck"):
        await asyncio.wait_for(stuck._end_if_hopeless(), 2)


async def test_a_slow_worker_goes_on(stuck: EnrichWorker) -> None:
    """Each forward pass counts, so a chunk may take as long as it likes."""
    stuck._forwarded(BatchReport(1, 10, 0.5, 1.0))
    assert stuck.readiness().is_ready
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stuck._end_if_hopeless(), 0.05)


def test_readiness_grants_what_the_settings_grant() -> None:
    """Nobody is stuck who is within the time that its own settings give a batch, be it tried request by request."""
    generation = GenerationSettings(batch_snapshots=5, batch_s=600)
    generate = GenerateWorker(ROLES["generate"], Settings(generation=generation), AsyncExitStack())
    assert generate.stuck_after_s >= STUCK_AFTER_S + (1 + 5 + 1) * 600
    enrich = EnrichWorker(
        ROLES["enrich"], Settings(lane=LaneSettings(forward_timeout_s=300)), AsyncExitStack()
    )
    assert enrich.stuck_after_s >= STUCK_AFTER_S + 3 * 300
