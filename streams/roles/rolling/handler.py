"""The rolling role: applies events to the tables, and publishes what a product's reviews add up to."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice

from streams.delivery.records import DeadLetter, Effects, Output, Partition, Record
from streams.errors import LeaseLostError, RejectedEventError
from streams.roles.rolling.pace import CHANGE, LOOK, SUMMARY, Pace
from streams.roles.rolling.tables import ProductTables
from streams.roles.rolling.topics import LIVE, RollingTopics
from streams.roles.rolling.waiting import Waiting
from streams.rolling.alerts import AlertChange, alert_event, look_at_clock, look_at_newest, stands
from streams.rolling.applying import apply_product, apply_review, apply_text
from streams.rolling.documents import document_of
from streams.rolling.events import read_product, read_review, read_text
from streams.rolling.point_makers import makers_of
from streams.rolling.product_state import ProductState
from streams.rolling.refreshing import Reason, RefreshBudget, RefreshPolicy, due, refreshed
from streams.rolling.shown_points import LookUp
from streams.rolling.summaries import SummaryWriter
from streams.rolling.upkeep import revisit, sweep
from streams.serde import encode, recorded_ms, require_key
from streams.settings import RollingSettings
from streams.state.positions import epoch_of
from streams.state.positions import position as position_of
from streams.state.table_set import TableSet

_LESS_WHEN_BEHIND = 20
#: Products looked at when tables are new here, and reviews that were kept before and are worked on between events.
_SURVEYED_A_TICK, _SURVEYED_AT_ONCE = 5_000, 100
_KEPT_UP_A_TICK, _KEPT_UP_AT_ONCE = 500, 50
#: Changes encoded for the changelog.
_TAKEN_AT_ONCE = 100


class RollProducts:
    """Handler of reviews, products and their texts: records change the tables or are dead letters.

    A few changed products' summaries are published with their chunk. Under a backlog the others wait, each
    once however often it changes, for the ticks between chunks; refreshes of texts always do.

    Args:
        tables: of the partitions that are held.
        settings: when to publish and refresh.
        now: the clock, timezone-aware.
        is_behind: whether records wait to be applied.
        topics: which topic carries what.
    """

    def __init__(
        self,
        tables: TableSet[ProductTables],
        settings: RollingSettings,
        *,
        now: Callable[[], datetime],
        is_behind: Callable[[], bool] = lambda: False,
        topics: RollingTopics = LIVE,
    ) -> None:
        self._tables = tables
        self._settings = settings
        self._policy = RefreshPolicy(
            first_reviews=settings.first_reviews,
            growth=settings.growth,
            shrinkage=settings.shrinkage,
            shift=settings.shift,
            max_age_s=settings.max_age_s,
        )
        self._now = now
        self._is_behind = is_behind
        self._topics = topics
        self._budget = RefreshBudget(settings.refreshes_per_minute, now_s=now().timestamp())
        self._waiting: defaultdict[ProductTables, Waiting] = defaultdict(Waiting)
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Apply a chunk; see `Handler`. Chunks and ticks of one partition number take turns, in their order."""
        number = records[0].partition
        async with self._turns[number]:
            tables, pace = self._held(number)
            effects = await self._apply_chunk(tables, records, pace)
            changelog = await self._changelog(tables, pace)
            return Effects([*changelog, *effects.outputs], effects.dead_letters)

    async def tick(self, partition: Partition) -> Effects:
        """Publish summaries that wait, and ask for the refreshes that are due, hottest product first."""
        number = partition.partition
        if not self._tables.is_held(number):  # assigned, and still being restored
            return Effects()
        async with self._turns[number]:
            tables, pace = self._held(number)
            waiting = self._waiting_of(tables)
            await self._survey(tables, waiting, pace)
            await self._keep_up(tables, waiting.swept, sweep, pace)
            await self._keep_up(tables, waiting.revisited, revisit, pace)
            refreshes = [output async for output in self._refreshes(tables, number, waiting, pace)]
            most = self._settings.tick_summaries
            if self._is_behind():  # whoever asks now gets an old answer either way: catching up comes first
                most = max(1, most // _LESS_WHEN_BEHIND)
            unpublished = waiting.take_unpublished(most)
            summaries = [output async for output in self._summaries(tables, number, unpublished, pace)]
            recoveries = [output async for output in self._recoveries(tables, number, pace)]
            changelog = await self._changelog(tables, pace)
            return Effects([*changelog, *summaries, *refreshes, *recoveries])

    def _held(self, number: int) -> tuple[ProductTables, Pace]:
        """The tables of a partition, and the pace at which they are worked on.

        Raises:
            LeaseLostError: they went while this waited for its turn.
        """
        if not self._tables.is_held(number):
            raise LeaseLostError(f"the tables of partition {number} went before their chunk's turn")
        tables = self._tables.of(number)
        return tables, Pace(lambda: self._tables.holds(tables))

    async def _apply_chunk(self, tables: ProductTables, records: Sequence[Record], pace: Pace) -> Effects:
        partition = records[0].partition
        changed: dict[str, ProductState] = {}
        dead: list[DeadLetter] = []
        alerts: list[Output] = []
        for record in records:
            try:
                product = self._apply(tables, record)
            except RejectedEventError as rejected:
                dead.append(DeadLetter(record, rejected.reason, str(rejected)))
            else:
                if product is not None:
                    changed[product.product_id] = product
                if product is not None and record.topic == self._topics.reviews:
                    alerts += self._alerts(tables, partition, product, look_at_newest(product))
            await pace.spend()
        prompt = list(changed) if len(changed) <= self._settings.prompt_summaries else []
        self._waiting_of(tables).note(changed.values(), due_of=self._due)
        outputs = [output async for output in self._summaries(tables, partition, prompt, pace)]
        return Effects([*outputs, *alerts], dead)

    def _waiting_of(self, tables: ProductTables) -> Waiting:
        """What waits in a partition."""
        if tables not in self._waiting:
            for gone in [known for known in self._waiting if not self._tables.holds(known)]:
                del self._waiting[gone]
        return self._waiting[tables]

    async def _survey(self, tables: ProductTables, waiting: Waiting, pace: Pace) -> None:
        """Look for what waits in tables that are new here: so many products a tick, until all were seen."""
        for _ in range(_SURVEYED_AT_ONCE, _SURVEYED_A_TICK + 1, _SURVEYED_AT_ONCE):
            if waiting.surveyed is None:
                return
            products = list(islice(tables.products(waiting.surveyed), _SURVEYED_AT_ONCE))
            waiting.note(products, due_of=self._due)
            is_over = len(products) < _SURVEYED_AT_ONCE
            waiting.surveyed = None if is_over else products[-1].product_id
            await pace.spend(LOOK * len(products))

    async def _keep_up(
        self,
        tables: ProductTables,
        product_ids: dict[str, None],
        work: Callable[[ProductTables, ProductState, int], bool],
        pace: Pace,
    ) -> None:
        """Work on the reviews of products that wait for it: so many a tick."""
        for _ in range(0, _KEPT_UP_A_TICK, _KEPT_UP_AT_ONCE):
            product_id = next(iter(product_ids), None)
            if product_id is None:
                return
            product = tables.product(product_id)
            if work(tables, product, _KEPT_UP_AT_ONCE):
                del product_ids[product_id]
                self._waiting_of(tables).note([product], due_of=self._due)
            await pace.spend(_KEPT_UP_AT_ONCE)

    def _due(self, product: ProductState) -> bool:
        return due(product, self._policy, self._now_ms()) is not None

    async def _refreshes(
        self, tables: ProductTables, partition: int, waiting: Waiting, pace: Pace
    ) -> AsyncIterator[Output]:
        now = self._now()
        waiting.ripen(before_ms=self._now_ms() - int(self._policy.max_age_s * 1000))
        while (product_id := waiting.hottest_due()) is not None:
            product = tables.product(product_id)
            reason = due(product, self._policy, self._now_ms())
            if reason is not None and not self._budget.take(now.timestamp()):
                return
            waiting.drop_due(product_id)
            await pace.spend(LOOK)
            if reason is not None:
                yield self._refresh(tables, partition, product, reason)
                waiting.unpublished[product_id] = None
                await pace.spend(SUMMARY)

    def _refresh(
        self, tables: ProductTables, partition: int, product: ProductState, reason: Reason
    ) -> Output:
        product.refresh = refreshed(product)
        product.is_unpublished = True
        tables.touch(product)
        event = self._writer(tables, partition, product).refresh(product.refresh.generation, reason)
        return Output(self._topics.refreshes, product.product_id.encode(), encode(event))

    async def _recoveries(self, tables: ProductTables, partition: int, pace: Pace) -> AsyncIterator[Output]:
        waiting = self._waiting_of(tables)
        alerted = waiting.alerted
        for product_id in list(alerted):
            product = tables.product(product_id)
            for output in self._alerts(tables, partition, product, look_at_clock(product, self._now_ms())):
                product.is_unpublished = True  # its document names the alerts that stand
                waiting.unpublished[product_id] = None
                yield output
            if not stands(product):
                del alerted[product_id]
            await pace.spend(LOOK)

    def _alerts(
        self, tables: ProductTables, partition: int, product: ProductState, changes: Sequence[AlertChange]
    ) -> Iterator[Output]:
        for change in changes:
            tables.touch(product)
            event = alert_event(
                product,
                change,
                _look_up(tables, product),
                source=self._topics.source_of(product, partition),
                now=self._now(),
                replay_id=self._topics.replay_id,
            )
            yield Output(self._topics.alerts, product.product_id.encode(), encode(event))

    async def _summaries(
        self, tables: ProductTables, partition: int, product_ids: Iterable[str], pace: Pace
    ) -> AsyncIterator[Output]:
        waiting = self._waiting_of(tables)
        for product_id in product_ids:
            product = tables.product(product_id)
            waiting.unpublished.pop(product_id, None)
            if not product.is_unpublished:
                continue
            product.is_unpublished = False
            tables.touch(product)
            summary = document = None
            if not product.is_gone:
                written = self._writer(tables, partition, product).summary()
                summary, document = encode(written), encode(document_of(product, written))
            yield Output(self._topics.summaries, product_id.encode(), summary)
            yield Output(self._topics.documents, product_id.encode(), document)
            await pace.spend(SUMMARY)

    async def _changelog(self, tables: ProductTables, pace: Pace) -> list[Output]:
        outputs: list[Output] = []
        while changes := tables.take_changes(_TAKEN_AT_ONCE):
            outputs += [Output(self._tables.changelog, key, value) for key, value in changes]
            await pace.spend(CHANGE * len(changes))
        return outputs

    def _writer(self, tables: ProductTables, partition: int, product: ProductState) -> SummaryWriter:
        look_up, source = _look_up(tables, product), self._topics.source_of(product, partition)
        return SummaryWriter(
            product,
            look_up,
            source,
            self._now(),
            self._topics.replay_id,
            makers=partial(makers_of, tables, product),
        )

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    def _apply(self, tables: ProductTables, record: Record) -> ProductState | None:
        position = tables.position(record.topic, record.offset)
        if record.topic == self._topics.products:
            product = read_product(record.value)
            require_key(record.key, product.product_id)
            recorded = recorded_ms(record.timestamp, product.updated_at, self._now())
            return apply_product(tables, product, position, recorded)
        if record.topic == self._topics.texts:
            text = read_text(record.value)
            require_key(record.key, text.product_id)
            asked_at = tables.product(text.product_id).refresh.applied
            snapshot = position_of(epoch_of(asked_at), text.snapshot_offset)
            return apply_text(tables, text.model_copy(update={"snapshot_offset": snapshot}), position)
        review = read_review(record.value)
        require_key(record.key, review.product_id)
        review.source.timestamp_ms = recorded_ms(review.source.timestamp_ms, review.created_at, self._now())
        return apply_review(tables, review, position)


def _look_up(tables: ProductTables, product: ProductState) -> LookUp:
    return partial(tables.review, product.product_id)
