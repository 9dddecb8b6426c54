"""Keeps a store in Redis equal to its topic: reads on from where Redis says it is, writes, and looks again."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import structlog
from aiokafka.errors import KafkaError

from streams.delivery.records import Record
from streams.errors import RejectedEventError, RetryableError
from streams.kafka.connection import KafkaConnection
from streams.retries import retried
from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.progress import Progress
from streams.roles.serve.redis_store import Batch, StoreAwayError, TopicStore
from streams.roles.serve.subscription import PositionUnknownError, Standing, Subscription, subscribed
from streams.settings import Settings

log = structlog.get_logger(__name__)

_POLL_MS = 250
#: How often Redis is told that the end of a partition is still reached, and is asked whether it is what it was.
_LOOK_S = 1.0
#: A new leader may not know for a moment how far its partition goes.
_AHEAD_S = 3.0


ChangeT = TypeVar("ChangeT")


@dataclass(frozen=True, slots=True)
class Feed(Generic[ChangeT]):
    """A topic and the store that it is read into.

    Attributes:
        topic: its name on the broker.
        store: where to.
        change_of: what a record changes, read at a time; None where that is nothing. Raises RejectedEventError.
        key_of: what a change is of: of several changes in a batch the last one counts.
    """

    topic: str
    store: TopicStore[ChangeT]
    change_of: Callable[[Record, datetime], ChangeT | None]
    key_of: Callable[[ChangeT], Hashable]


class Materialiser(Generic[ChangeT]):
    """Reads a topic into its store. Several may do so at once.

    The position is in the store, written in the same step as the records before it. So whatever happens to
    Redis, to the broker or to this process, the store ends as if it had been filled from the beginning.

    Attributes:
        progress: how far the store was when it was last asked; None if it has not answered yet.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        feed: Feed[ChangeT],
        settings: Settings,
        metrics: ServingMetrics,
        *,
        report: Callable[[int, int], None] = lambda _records, _behind: None,
    ) -> None:
        """Prepare.

        Args:
            connection: to Kafka.
            feed: which topic, and where to.
            settings: of Kafka and of the serving role.
            metrics: told what happens.
            report: told after each batch how many records were read, and how many are known to follow.
        """
        self._connection = connection
        self._feed = feed
        self._store = feed.store
        self._kafka = settings.kafka
        self._topic = feed.topic
        self._batch_records = settings.serving.batch_records
        self._rebuild_after_s = settings.serving.rebuild_after_s
        self._metrics = metrics
        self._report = report
        self.progress: Progress | None = None
        self._believed: dict[int, int] = {}
        self._at_end: set[int] = set()
        self._lags: dict[int, int] = {}
        self._polled_ms: dict[int, int] = {}
        self._ahead_since_s: dict[int, float] = {}
        self._told_s: dict[int, float] = {}
        self._looked_s = 0.0
        self._has_leftovers = False
        self._is_placed = False
        self._records = 0

    async def run(self, *, until_complete: bool = False) -> None:
        """Follow the topic, for ever or until its end was reached in every partition; waits for whoever is away.

        Raises:
            ConfigurationError: there is no such topic.
        """
        while not await self._read_topic(until_complete=until_complete):
            log.info("the topic is opened anew", topic=self._topic)

    @retried((KafkaError, RetryableError))
    async def _read_topic(self, *, until_complete: bool) -> bool:
        """Read until the end if that is wanted; False if the topic has to be opened anew."""
        self._is_placed = False
        has_read = False
        async with subscribed(self._connection, self._kafka, self._topic) as subscription:
            while not subscription.has_more_partitions():
                try:
                    await self._read_batch(subscription)
                except KafkaError as error:
                    if not has_read:
                        raise
                    # What worked until now is no further try of something that failed.
                    log.warning("the broker went away", error=repr(error))
                    return False
                has_read = True
                if until_complete and self._is_at_end(subscription):
                    return True
        return False

    @retried(StoreAwayError)
    async def _read_batch(self, subscription: Subscription) -> None:
        """Bring Redis on by what the broker has now; where Redis was away, from where it is."""
        try:
            if not self._is_placed:
                await self._go_where_redis_is(subscription)
            fetched = await subscription.fetch(timeout_ms=_POLL_MS, most=self._batch_records)
            for partition in range(subscription.partitions):
                await self._advance(subscription, partition, fetched.get(partition, ()))
        except PositionUnknownError as error:
            log.debug("waiting for a position", error=str(error))
        except _TopicReplacedError as error:
            await self._begin_again(str(error), self.progress.epoch if self.progress is not None else "")
            self._is_placed = False
        except StoreAwayError:
            self._metrics.redis_errors.inc()
            self._is_placed = False
            raise

    def _is_at_end(self, subscription: Subscription) -> bool:
        return self._is_placed and len(self._at_end) == subscription.partitions

    async def _go_where_redis_is(self, subscription: Subscription) -> None:
        """Read on from where the store is, or from the beginning if what it holds cannot be built on."""
        progress = await self._store.progress()
        if progress.offsets and progress.behind_s > self._rebuild_after_s:
            await self._begin_again(
                f"redis was not at the end for {progress.behind_s:.0f} s: removals may have been compacted away",
                progress.epoch,
            )
            progress = await self._store.progress()
        self.progress = progress
        self._at_end.clear()
        self._polled_ms.clear()
        self._ahead_since_s.clear()
        for number in range(subscription.partitions):
            self._go_to(subscription, number, progress.offsets.get(number, 0))
        self._is_placed = True

    def _go_to(self, subscription: Subscription, partition: int, offset: int) -> None:
        subscription.seek(partition, offset)
        self._believed[partition] = offset
        self._at_end.discard(partition)
        self._told_s.pop(partition, None)

    async def _advance(self, subscription: Subscription, partition: int, records: Sequence[Record]) -> None:
        """Write one partition's records, and how far that is."""
        standing = await subscription.standing(partition)
        believed = self._believed[partition]
        self._raise_if_replaced(partition, standing, believed)
        has_moved = standing.position > believed
        if not has_moved and not self._is_time(partition, standing):
            return
        changes = self._changes(records)
        batch = Batch(
            partition,
            believed,
            standing.position,
            tuple({self._feed.key_of(change): change for change in changes}.values()),
            subscription.partitions,
            standing.ms_since_end,
        )
        applied = await self._store.apply(batch)
        if not applied.is_accepted:
            self._metrics.rewinds.inc()
            log.warning(
                "redis lost what it held; filling it again", partition=partition,
                believed=believed, redis_is_at=applied.next_offset,
            )  # fmt: skip
            self._go_to(subscription, partition, applied.next_offset)
            return
        self._records += len(records)
        self._metrics.applied(self._topic, applied.written, len(changes) - applied.written)
        self._believed[partition] = standing.position
        await self._look(partition, standing)
        if applied.next_offset > standing.position:  # another process has brought it further
            self._go_to(subscription, partition, applied.next_offset)

    def _raise_if_replaced(self, partition: int, standing: Standing, believed: int) -> None:
        now_s = asyncio.get_running_loop().time()
        if not standing.is_ahead:
            self._ahead_since_s.pop(partition, None)
        ahead_s = now_s - self._ahead_since_s.setdefault(partition, now_s) if standing.is_ahead else 0.0
        if standing.position < believed or ahead_s > _AHEAD_S:
            raise _TopicReplacedError(
                f"partition {partition} ends before what was read: the topic was made anew"
            )
        before_ms = self._polled_ms.get(partition)
        if standing.polled_ms is None:
            return
        self._polled_ms[partition] = standing.polled_ms
        away_s = (standing.polled_ms - before_ms) / 1000 if before_ms is not None else 0
        if away_s > self._rebuild_after_s:
            raise _TopicReplacedError(
                f"the broker was away for {away_s:.0f} s: removals may have been compacted away"
            )

    def _is_time(self, partition: int, standing: Standing) -> bool:
        """Whether to tell Redis how far a partition is that brought nothing new."""
        has_just_ended = standing.ms_since_end is not None and partition not in self._at_end
        told_s = self._told_s.get(partition)
        return has_just_ended or told_s is None or asyncio.get_running_loop().time() - told_s >= _LOOK_S

    def _changes(self, records: Sequence[Record]) -> list[ChangeT]:
        changes = []
        now = datetime.now(UTC)
        for record in records:
            try:
                change = self._feed.change_of(record, now)
            except RejectedEventError as error:
                # No dead letter: every process that serves, and every rebuild, would write it again.
                self._metrics.unreadable(self._topic, str(error.reason))
                log.warning(
                    "a record cannot be read, and is skipped", topic=self._topic, partition=record.partition,
                    offset=record.offset, reason=str(error.reason), error=str(error),
                )  # fmt: skip
            else:
                if change is not None:
                    changes.append(change)
        return changes

    async def _look(self, partition: int, standing: Standing) -> None:
        """Keep what is told of the state up to date, and remove leftovers once there is something better."""
        self._lags[partition] = standing.lag
        self._metrics.lag(self._topic, partition, standing.lag)
        self._report(self._records, sum(self._lags.values()))
        now_s = asyncio.get_running_loop().time()
        self._told_s[partition] = now_s
        has_just_ended = standing.ms_since_end is not None and partition not in self._at_end
        if standing.ms_since_end is None:
            self._at_end.discard(partition)
        else:
            self._at_end.add(partition)
        if has_just_ended or now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            self.progress = await self._store.progress()
            self._metrics.behind(self._topic, self.progress.behind_s)
            if self._has_leftovers and self.progress.is_complete:
                self._has_leftovers = False
                log.info("leftovers removed", topic=self._topic, keys=await self._store.sweep())

    async def _begin_again(self, why: str, epoch: str) -> None:
        log.warning("filling redis from the beginning", topic=self._topic, why=why)
        try:
            await self._store.begin_again(epoch)
        except StoreAwayError as error:
            log.warning("waiting for redis", error=str(error))
            return
        self._metrics.rewinds.inc()
        self._has_leftovers = True


class _TopicReplacedError(Exception):
    """What was read cannot be built on."""
