"""The one module that touches Faust's internals: a transport whose consumer hands records over in chunks.

Faust keeps the group, the rebalances, the assignment and the life cycle. Of its consumer we replace
how records are fetched, which offset may be committed, and what a rebalance waits for. Each replaced
method is named in `OVERRIDDEN`; a test compares their signatures with the installed version.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aiokafka
import faust
import structlog
from aiokafka.errors import IllegalStateError
from faust.transport import drivers
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.delivery.committed import refuse_unknown_offsets
from streams.delivery.faust_settings import CodeSettings
from streams.delivery.gathering import gather_before_fetches
from streams.delivery.intake import Intake
from streams.delivery.records import Partition, Record
from streams.delivery.sink import Sink
from streams.kafka import clients
from streams.kafka.connection import FETCH_WAIT_MS
from streams.kafka.record_batches import UndecodableBatchError, guard_batches

log = structlog.get_logger(__name__)
_faust_log = logging.getLogger("faust")

#: The scheme of a broker's URL for which Faust takes this transport.
SCHEME = "kafka+chunks"
_PATIENCE_S = 1.0
_LOOK_AGAIN_S = 0.1
drivers.TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"

#: Faust and aiokafka internals this module overrides or calls, with the parameters it relies on.
OVERRIDDEN = {
    "Consumer._drain_messages": "(self, fetcher)",
    "Consumer._wait_next_records": "(self, timeout)",
    "Consumer.perform_seek": "(self)",
    "Consumer.seek_wait": "(self, partitions)",
    "Consumer.wait_empty": "(self)",
    "Consumer.on_partitions_revoked": "(self, revoked)",
    "Consumer._filter_tps_with_pending_acks": "(self, topics=None)",
    "Consumer._new_offset": "(self, tp)",
    "Consumer._should_commit": "(self, tp, offset)",
    "Consumer._commit": "(self, offsets)",
    "Consumer._new_consumer_thread": "(self)",
    "Consumer.verify_event_path": "(self, now, tp)",
    "AIOKafkaConsumerThread.on_start": "(self)",
    "AIOKafkaConsumerThread._create_worker_consumer": "(self, transport)",
    "Producer._settings_extra": "(self)",
}


class ChunkApp(faust.App):  # type: ignore[misc]
    """A Faust app whose input topics arrive in chunks.

    Args:
        intake: takes the chunks.
        sink: is told of assignments, and whether the consumer has to commit.
        is_kafka: False on the embedded broker, which has no producer ids and no transactions.
        drain_timeout_s: how long a rebalance or a stop waits for what is in flight.
        max_gathering_s: how long records may be gathered before a fetch at most.
        options: what `faust.App` takes.
    """

    Settings = CodeSettings
    logger = _faust_log

    def __init__(
        self,
        *args: Any,
        intake: Intake,
        sink: Sink,
        is_kafka: bool,
        drain_timeout_s: float,
        max_gathering_s: float,
        **options: Any,
    ):
        self.intake = intake
        self.sink = sink
        self.is_kafka = is_kafka
        self.drain_timeout_s = drain_timeout_s
        self.max_gathering_s = max_gathering_s
        super().__init__(*args, **options)

    async def ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Where each partition ends, asked of the broker; of the embedded one, as the last fetch told."""
        wanted = [TP(*partition) for partition in partitions]
        if self.is_kafka:
            told = await self.consumer.highwaters(*wanted) if wanted else {}
        else:
            told = {tp: self.consumer.highwater(tp) for tp in wanted}
        return {Partition(*tp): end or 0 for tp, end in told.items()}

    async def positions(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """The offset each partition will be fetched from next."""
        return {partition: await self.consumer.position(TP(*partition)) or 0 for partition in partitions}


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread, reading committed records only, and several of them at once."""

    logger = _faust_log

    async def on_start(self) -> None:
        """Connect."""
        await super().on_start()
        guard_batches(self._consumer._fetcher, group=self._consumer._group_id)  # noqa: SLF001
        if self.app.is_kafka:
            app = self.app
            refuse_unknown_offsets(self._consumer._coordinator)  # noqa: SLF001
            gather_before_fetches(
                self._consumer._fetcher,  # noqa: SLF001
                lambda: min(app.max_gathering_s, app.intake.gathering_s),
            )

    async def join_anew(self) -> None:
        """Leave the assignment, and take what the group gives."""
        await self.call_thread(self._request_rejoin)

    async def _request_rejoin(self) -> None:
        self._consumer._coordinator.request_rejoin()  # noqa: SLF001

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        if self.app.is_kafka:
            consumer._isolation_level = "read_committed"  # noqa: SLF001
        else:
            # The embedded broker lets a fetch wait to the end even if records come meanwhile.
            consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        return consumer


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Fetches chunks, commits what is done, and lets chunks in flight finish before partitions go."""

    logger = _faust_log

    app: ChunkApp

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's fetch loop: runs from the end of a rebalance until the fetcher is stopped.

        Only this loop fetches, and before the first fetch of every assignment it puts each partition where
        its lease stands. A fetch that was under way while partitions changed hands may return records of
        either assignment and has moved the consumer on: its records are dropped, whatever they are.
        """
        intake = self.app.intake
        positioned: int | None = None
        rejoining: int | None = None
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                elif intake.has_given_up:
                    if rejoining != intake.epoch:
                        rejoining = intake.epoch
                        await self._thread.join_anew()
                    await asyncio.sleep(_LOOK_AGAIN_S)
                elif intake.epoch != positioned:
                    positioned = await self._go_to_leases()
                else:
                    records, _ = await self._wait_next_records(timeout=_PATIENCE_S)
                    if not await self._hand_over(records or {}, positioned):
                        positioned = None
                await asyncio.sleep(0)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:  # at a stop this is how the fetcher ends, not a crash
                raise
        except UndecodableBatchError as error:
            await self._finish_before(Partition(error.topic, error.partition))
            raise

    async def _finish_before(self, partition: Partition) -> None:
        """Let what was read of a partition be done and committed: whoever skips what follows must lose nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.app.drain_timeout_s):
                await self.app.intake.finish(partition)
        await self.wait_empty()

    async def _go_to_leases(self) -> int | None:
        """Put each partition where its lease stands; the epoch that this holds for, None if there is none."""
        epoch = self.app.intake.epoch
        await self.app.sink.restore(list(self.app.intake.leases))
        try:
            for partition, lease in list(self.app.intake.leases.items()):
                if lease.position is None:
                    await self._thread.seek_to_beginning(aiokafka.TopicPartition(*partition))
                else:
                    await self.seek_wait({TP(*partition): lease.position})
        except IllegalStateError:  # not ours any more: a rebalance is under way, and its leases come
            return None
        return epoch

    async def _hand_over(self, records: Mapping[TP, Sequence[Record]], epoch: int) -> bool:
        """Give fetched records to the intake; False if it does not take all of them."""
        for tp, fetched in records.items():
            if not await self.app.intake.offer(Partition(*tp), fetched, epoch):
                return False
        return True

    async def perform_seek(self) -> None:
        """Runs after every assignment, before the first fetch: take the leases."""
        intake = self.app.intake
        epoch = intake.epoch
        mine = [Partition(*tp) for tp in self.assignment() if tp.topic in intake.topics]
        if not await self._acquire(mine):
            return
        await super().perform_seek()
        if epoch == intake.epoch:  # else revoked meanwhile, and Faust is about to call again
            await intake.assign({partition: self._read_offset[TP(*partition)] for partition in mine})
            log.info("partitions assigned", partitions=sorted(p.partition for p in mine))

    async def _acquire(self, partitions: Sequence[Partition]) -> bool:
        """Take partitions over, as long as it takes or until the app stops; False then."""
        acquiring = asyncio.ensure_future(self.app.sink.acquire(partitions))
        try:
            while not acquiring.done() and not self.app.should_stop:
                await asyncio.wait({acquiring}, timeout=_LOOK_AGAIN_S)
            if acquiring.done():
                await acquiring
                return True
            return False
        finally:
            acquiring.cancel()

    async def wait_empty(self) -> None:
        """Runs when the flow has stopped, at a rebalance and at a stop: finish what is in flight, and commit."""
        if not await self.app.intake.drain(self.app.drain_timeout_s):
            log.warning(
                "chunks in flight were left behind; they are read again", intake=repr(self.app.intake)
            )
        await self.commit()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let Faust stop the flow, wait and commit; then the leases end."""
        await super().on_partitions_revoked(revoked)
        await self.app.intake.revoke()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """No stall detector of Faust's: it crashes on a position that is unknown for a moment; see `LagWatch`."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        if self.app.sink.is_committed_by_consumer:
            for partition, lease in self.app.intake.leases.items():
                if lease.done is not None and (
                    topics is None or partition in topics or partition.topic in topics
                ):
                    yield TP(*partition)

    def _new_offset(self, tp: TP) -> int | None:
        lease = self.app.intake.leases.get(Partition(*tp))
        return lease.done if lease is not None else None

    def _should_commit(self, tp: TP, offset: int) -> bool:
        # Faust's own memory of commits advances even when a commit failed; the lease's does not.
        lease = self.app.intake.leases.get(Partition(*tp))
        return lease is not None and (lease.committed is None or offset > lease.committed)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.app.sink.checkpoint("before_commit")
        is_committed: bool = await super()._commit(offsets)
        self.app.sink.checkpoint("after_commit")
        if is_committed:
            for tp, offset in offsets.items():
                lease = self.app.intake.leases.get(Partition(*tp))
                if lease is not None:
                    lease.committed = offset
        return is_committed


class Producer(driver.Producer):  # type: ignore[misc]
    """Faust's producer, acknowledged by every in-sync replica and idempotent where the broker can."""

    logger = _faust_log

    @property
    def _producer_type(self) -> type[clients.Producer]:
        return clients.Producer

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": self.app.is_kafka}


class Transport(driver.Transport):  # type: ignore[misc]
    """Faust's transport with our consumer and producer."""

    Consumer = Consumer
    Producer = Producer
