"""How far a worker is behind, as the broker says it: the consumer's own figure freezes when fetching stalls."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog

from streams.delivery.intake import Intake, Lease
from streams.delivery.records import Partition
from streams.serde import recorded_ms
from streams.worker.metrics import WorkerMetrics

log = structlog.get_logger(__name__)
_INTERVAL_S = 2.0


class Ends(Protocol):
    """Asks the broker where partitions end, and the consumer how far it has read."""

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where each partition ends, as the broker says."""
        ...

    async def positions(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """The offset each partition will be read from next."""
        ...


class LagWatch:
    """Refreshes the lag every few seconds.

    Attributes:
        messages: records that wait in all assigned partitions together.
    """

    def __init__(self, ends: Ends, intake: Intake, metrics: WorkerMetrics) -> None:
        self._ends = ends
        self._intake = intake
        self._metrics = metrics
        self._moved_at = time.monotonic()
        self._done: dict[Partition, int | None] = {}
        self.messages = 0

    @property
    def idle_s(self) -> float:
        """Seconds since an offset moved, or since nothing waited."""
        return time.monotonic() - self._moved_at

    async def run(self) -> None:
        """Refresh until cancelled. A broker that is away leaves the last figures standing."""
        while True:
            try:
                async with asyncio.timeout(_INTERVAL_S * 5):
                    await self.refresh()
            except Exception as error:  # noqa: BLE001 - figures; whatever keeps us from asking ends no worker
                log.debug("the lag is unknown", error=repr(error))
            await asyncio.sleep(_INTERVAL_S)

    async def refresh(self) -> None:
        """Ask the broker once, and set the metrics."""
        leases = dict(self._intake.leases)
        ends = await self._ends.ends(list(leases))
        positions = await self._ends.positions(list(leases))
        self._metrics.forget_lag()
        self._metrics.in_flight.set(self._intake.in_flight_records)
        self.messages = 0
        for partition, lease in leases.items():
            oldest_ms = self._intake.oldest_timestamp_ms(partition)
            # Without anything in flight the consumer's position is the truth: it has also passed the
            # markers of transactions, which are offsets but no records.
            reached = reached_offset(lease) if oldest_ms is not None else positions.get(partition, 0)
            behind = max(0, ends.get(partition, 0) - reached)
            age_s = _age_s(oldest_ms) if behind and oldest_ms is not None else 0.0
            self.messages += behind
            self._metrics.lag(partition.topic, partition.partition, behind, age_s)
        done = {partition: lease.done for partition, lease in leases.items()}
        if self.messages == 0 or done != self._done:
            self._moved_at = time.monotonic()
            self._done = done


def _age_s(timestamp_ms: int) -> float:
    """How old a record is, in seconds; one whose timestamp is no time is as old as it looks: new."""
    now = datetime.now(UTC)
    return max(0.0, now.timestamp() - recorded_ms(timestamp_ms, now, now) / 1000)


def reached_offset(lease: Lease) -> int:
    """The offset behind what is done; where the lease began if nothing is done yet."""
    known = (offset for offset in (lease.done, lease.start, lease.first) if offset is not None)
    return next(known, 0)
