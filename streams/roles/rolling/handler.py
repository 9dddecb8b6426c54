"""The rolling role: applies events to the tables, and publishes what a product's reviews add up to."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from streams.delivery.records import DeadLetter, Effects, Output, Partition, Record
from streams.errors import RejectedEventError
from streams.roles.rolling.tables import ProductTables
from streams.roles.rolling.topics import LIVE, RollingTopics
from streams.roles.rolling.waiting import Waiting
from streams.rolling.alerts import AlertChange, alert_event, look_at_clock, look_at_newest, stands
from streams.rolling.applying import apply_product, apply_review, apply_text
from streams.rolling.events import read_product, read_review, read_text
from streams.rolling.product_state import ProductState
from streams.rolling.refreshing import RefreshBudget, RefreshPolicy, due, refreshed
from streams.rolling.summaries import LookUp, SummaryWriter
from streams.serde import JsonObject, encode, recorded_ms, require_key
from streams.settings import RollingSettings
from streams.state.table_set import TableSet

_LESS_WHEN_BEHIND = 20


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

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Apply a chunk; see `Handler`. Does not wait for anything, so chunks are applied in their order."""
        partition = records[0].partition
        tables = self._tables.of(partition)
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
        waiting = self._waiting_of(tables)
        prompt = changed if len(changed) <= self._settings.prompt_summaries else {}
        waiting.note(changed.values(), due_of=self._due)
        outputs = [*self._summaries(tables, partition, prompt.values())]
        return Effects([*_changelog(tables, self._tables.changelog), *outputs, *alerts], dead)

    async def tick(self, partition: Partition) -> Effects:
        """Publish summaries that wait, and ask for the refreshes that are due, hottest product first."""
        number = partition.partition
        if not self._tables.is_held(number):  # assigned, and still being restored
            return Effects()
        tables = self._tables.of(number)
        waiting = self._waiting_of(tables)
        refreshes = [*self._refreshes(tables, number, waiting)]
        most = self._settings.tick_summaries
        if self._is_behind():  # whoever asks now gets an old answer either way: catching up comes first
            most = max(1, most // _LESS_WHEN_BEHIND)
        unpublished = [tables.product(one) for one in waiting.take_unpublished(most)]
        outputs = [
            *self._summaries(tables, number, unpublished),
            *refreshes,
            *self._recoveries(tables, number),
        ]
        return Effects([*_changelog(tables, self._tables.changelog), *outputs])

    def _waiting_of(self, tables: ProductTables) -> Waiting:
        """What waits in a partition; looked for in its tables when they are new."""
        if tables not in self._waiting:
            for gone in [known for known in self._waiting if not self._tables.holds(known)]:
                del self._waiting[gone]
            self._waiting[tables].note(tables.products(), due_of=self._due)
        return self._waiting[tables]

    def _due(self, product: ProductState) -> bool:
        return due(product, self._policy, self._now_ms()) is not None

    def _refreshes(self, tables: ProductTables, partition: int, waiting: Waiting) -> Iterator[Output]:
        now = self._now()
        waiting.ripen(before_ms=self._now_ms() - int(self._policy.max_age_s * 1000))
        most = self._settings.refreshes_per_minute
        for product_id in heapq.nlargest(most, waiting.due, key=lambda one: waiting.due[one]):
            product = tables.product(product_id)
            reason = due(product, self._policy, self._now_ms())
            if reason is None:
                del waiting.due[product_id]
                continue
            if not self._budget.take(now.timestamp()):
                return
            del waiting.due[product_id]
            product.refresh = refreshed(product)
            product.is_unpublished = True
            tables.touch(product)
            waiting.unpublished[product.product_id] = None
            writer = self._writer(tables, partition, product)
            event = writer.refresh(product.refresh.generation, reason)
            yield Output(self._topics.refreshes, product.product_id.encode(), encode(event))

    def _recoveries(self, tables: ProductTables, partition: int) -> Iterator[Output]:
        for product_id in list(self._waiting_of(tables).alerted):
            product = tables.product(product_id)
            changes = look_at_clock(product, self._now_ms())
            yield from self._alerts(tables, partition, product, changes)
            if not stands(product):
                del self._waiting_of(tables).alerted[product_id]

    def _alerts(
        self, tables: ProductTables, partition: int, product: ProductState, changes: Sequence[AlertChange]
    ) -> Iterator[Output]:
        for change in changes:
            tables.touch(product)
            event = alert_event(
                product,
                change,
                _look_up(tables, product),
                source=self._source(product, partition),
                now=self._now(),
                replay_id=self._topics.replay_id,
            )
            yield Output(self._topics.alerts, product.product_id.encode(), encode(event))

    def _summaries(
        self, tables: ProductTables, partition: int, products: Iterable[ProductState]
    ) -> Iterator[Output]:
        waiting = self._waiting_of(tables)
        for product in products:
            waiting.unpublished.pop(product.product_id, None)
            if not product.is_unpublished:
                continue
            product.is_unpublished = False
            tables.touch(product)
            summary = None
            if not product.is_gone:
                summary = encode(self._writer(tables, partition, product).summary())
            yield Output(self._topics.summaries, product.product_id.encode(), summary)

    def _writer(self, tables: ProductTables, partition: int, product: ProductState) -> SummaryWriter:
        look_up, source = _look_up(tables, product), self._source(product, partition)
        return SummaryWriter(product, look_up, source, self._now(), self._topics.replay_id)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    def _apply(self, tables: ProductTables, record: Record) -> ProductState | None:
        if record.topic == self._topics.products:
            product = read_product(record.value)
            require_key(record.key, product.product_id)
            return apply_product(
                tables, product, record.offset, recorded_ms(record.timestamp, product.updated_at, self._now())
            )
        if record.topic == self._topics.texts:
            text = read_text(record.value)
            require_key(record.key, text.product_id)
            return apply_text(tables, text, record.offset)
        review = read_review(record.value)
        require_key(record.key, review.product_id)
        review.source.timestamp_ms = recorded_ms(review.source.timestamp_ms, review.created_at, self._now())
        return apply_review(tables, review, record.offset)

    def _source(self, product: ProductState, partition: int) -> JsonObject:
        """The last event that changed a product: a review, or the product itself if it has none."""
        is_review = product.applied >= 0
        return {
            "topic": self._topics.reviews if is_review else self._topics.products,
            "partition": partition,
            "offset": product.applied if is_review else max(0, product.product_applied),
            "timestamp_ms": product.changed_ms,
        }


def _look_up(tables: ProductTables, product: ProductState) -> LookUp:
    return partial(tables.review, product.product_id)


def _changelog(tables: ProductTables, topic: str) -> Iterator[Output]:
    for key, value in tables.take_changes():
        yield Output(topic, key, value)
