"""The whole pipeline recounted by a reader of committed records: what went in, what came of it, and what is missing."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from aiokafka import ConsumerRecord, TopicPartition

from schemas import dead_letters
from schemas.alerts import ProductAlert
from schemas.summaries import ProductSummary
from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_REVIEW,
    PRODUCT_ALERT,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    dead_letter_topic,
)
from streams.kafka.connection import KafkaConnection
from streams.rolling.alerts import look_at_newest
from streams.rolling.applying import apply_review
from streams.rolling.events import read_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.surges import Surge
from tests.e2e.feed import BAD_WORD
from tests.histories import Recount, enriched, summary_counts

PARTITIONS = 4
_DEAD = dead_letter_topic(NEW_REVIEW.name)
_DEAD_INSIDE = tuple(
    dead_letter_topic(one.name) for one in (ENRICHED_REVIEW, PRODUCT_TEXT, REFRESH_REQUESTED)
)
_TOPICS = (
    *(one.name for one in (NEW_REVIEW, ENRICHED_REVIEW, PRODUCT_SUMMARY, PRODUCT_ALERT)),
    *(one.name for one in (REFRESH_REQUESTED, PRODUCT_TEXT)),
    _DEAD,
    *_DEAD_INSIDE,
)


class ExpectedAlerts:
    """What one reader of `enriched-review` raises and resolves, whom nothing disturbs."""

    def __init__(self) -> None:
        self._tables: dict[int, MemoryTables] = {}
        self.alerts: Counter[tuple[str, str]] = Counter()

    def add(self, record: ConsumerRecord) -> None:
        """Look at one more review; those of a partition in their order."""
        tables = self._tables.setdefault(record.partition, MemoryTables())
        product = apply_review(tables, read_review(record.value), record.offset)
        if product is not None:
            for change in look_at_newest(product):
                is_raised = isinstance(change.cause, Surge)
                self.alerts[change.state.alert_id, "raised" if is_raised else "resolved"] += 1


@dataclass(frozen=True, slots=True)
class Tally:
    """What a recount found.

    Attributes:
        reviews: records of `new-review`, enriched or set aside.
        alerts: raised or resolved.
        refreshes: asked for.
        texts: written for them.
        lost: records without an outcome, alerts that were not told, generations that were left out or not answered.
        twice: outputs of each kind too many.
        wrong: products whose counters or whose text's generation are not what they should be, and outputs that nothing
            is known of.
    """

    reviews: int
    alerts: int
    refreshes: int
    texts: int
    lost: int
    twice: int
    wrong: int

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing; something may be there twice."""
        return not self.lost and not self.wrong

    def as_dict(self) -> dict[str, int]:
        """To be printed."""
        return asdict(self)


class Ledger:
    """Reads the topics on from where it stood, and recounts them from their beginning.

    Args:
        client: to the broker.
        knows_model: whether reviews are read by the model of the tests, so that what it says of them is known; else
            tables are compared with what was published of the reviews.

    Attributes:
        newest: the offset of the last record seen in each partition.
    """

    def __init__(self, client: KafkaConnection, *, knows_model: bool = True) -> None:
        self._client = client
        self._published: list[dict[str, Any]] | None = None if knows_model else []
        self._positions: dict[TopicPartition, int] = {}
        self.newest: dict[TopicPartition, int] = {}
        self._reviews: dict[tuple[int, int], dict[str, Any] | None] = {}
        self._enriched: Counter[tuple[int, int]] = Counter()
        self._dead: Counter[tuple[int, int]] = Counter()
        self._dead_inside = 0
        self._summaries: dict[str, bytes] = {}
        self._alerts: Counter[tuple[str, str]] = Counter()
        self._expected_alerts = ExpectedAlerts()
        self._asked: Counter[tuple[str, int]] = Counter()
        self._answered: Counter[tuple[str, int]] = Counter()

    async def read(self) -> None:
        """Read everything that is committed by now."""
        consumer = self._client.consumer()
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, number) for topic in _TOPICS for number in range(PARTITIONS)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            for partition in partitions:
                consumer.seek(partition, self._positions.get(partition, 0))
            while any([await consumer.position(one) < end for one, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    self._add(records)
            for partition in partitions:
                self._positions[partition] = await consumer.position(partition)
        finally:
            await consumer.stop()

    def _add(self, records: Iterable[ConsumerRecord]) -> None:
        for record in records:
            self.newest[TopicPartition(record.topic, record.partition)] = record.offset
            if record.topic == NEW_REVIEW.name:
                self._reviews[record.partition, record.offset] = _event_of(record.value)
            elif record.topic == ENRICHED_REVIEW.name:
                review = orjson.loads(record.value)
                self._enriched[review["source"]["partition"], review["source"]["offset"]] += 1
                if self._published is not None:
                    self._published.append({name: told for name, told in review.items() if told is not None})
                self._expected_alerts.add(record)
            elif record.topic == PRODUCT_SUMMARY.name:
                self._summaries[record.key.decode()] = record.value
            elif record.topic == PRODUCT_ALERT.name:
                alert = ProductAlert.model_validate_json(record.value)
                self._alerts[alert.alert_id, alert.state] += 1
            elif record.topic == _DEAD:
                headers = dict(record.headers)
                place = headers[dead_letters.SOURCE_PARTITION], headers[dead_letters.SOURCE_OFFSET]
                self._dead[int(place[0]), int(place[1])] += 1
            elif record.topic in _DEAD_INSIDE:
                self._dead_inside += 1
            else:
                event = orjson.loads(record.value)
                of_text = record.topic == PRODUCT_TEXT.name
                counter = self._answered if of_text else self._asked
                counter[event["product_id"], event["generation"]] += 1

    async def complete(self, *, at_most_s: float = 300) -> Tally:
        """Wait until nothing is missing, and a little longer for what may come twice; then recount."""
        tally = None
        try:
            async with asyncio.timeout(at_most_s):
                while tally is None or not tally.is_complete:
                    await asyncio.sleep(0.5)
                    await self.read()
                    tally = self.tally()
        except TimeoutError:
            raise AssertionError(f"not complete after {at_most_s} s: {tally}") from None
        await asyncio.sleep(1)
        await self.read()
        return self.tally()

    def has_all(self, published: dict[str, int]) -> bool:
        """Whether `new-review` has all that its publisher knows to be there."""
        there = {(event["review_id"], event["version"]) for event in self._reviews.values() if event}
        return there >= set(published.items())

    def tally(self) -> Tally:
        """Recount what was read."""
        valid = {place for place, event in self._reviews.items() if event is not None}
        invalid = self._reviews.keys() - valid
        expected = self._expected_alerts.alerts
        latest: dict[str, int] = {}
        for product_id, generation in self._asked:
            latest[product_id] = max(generation, latest.get(product_id, 0))
        generations = {(one, number) for one, last in latest.items() for number in range(1, last + 1)}
        lost = (
            len(valid - self._enriched.keys())
            + len(invalid - self._dead.keys())
            + len(expected.keys() - self._alerts.keys())
            + len(generations - self._asked.keys())
            + len(generations - self._answered.keys())
        )
        counters = (self._enriched, self._dead, self._alerts, self._asked, self._answered)
        unknown = (
            len(self._enriched.keys() - valid)
            + len(self._dead.keys() - invalid)
            + len(self._alerts.keys() - expected.keys())
            + self._dead_inside
        )
        return Tally(
            reviews=len(self._reviews),
            alerts=self._alerts.total(),
            refreshes=self._asked.total(),
            texts=self._answered.total(),
            lost=lost,
            twice=sum(counter.total() - len(counter) for counter in counters),
            wrong=unknown + (0 if lost else self._wrong_products(latest)),
        )

    def _wrong_products(self, latest: dict[str, int]) -> int:
        """Products whose newest summary is not what the reviews add up to, or has an old text."""
        history = self._published
        if history is None:
            history = [_as_enriched(event) for event in self._reviews.values() if event is not None]
        known = Recount(history, now_ms=int(time.time() * 1000))
        wrong = 0
        for product_id in {event["product_id"] for event in history}:
            value = self._summaries.get(product_id)
            if value is None:
                wrong += 1
                continue
            summary = ProductSummary.model_validate_json(value)
            has_newest_text = summary.text is None or summary.text_generation == latest.get(product_id, 0)
            wrong += summary_counts(summary) != known.counts(product_id) or not has_newest_text
        return wrong


def _event_of(value: bytes) -> dict[str, Any] | None:
    try:
        event: dict[str, Any] = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return event


def _as_enriched(event: dict[str, Any]) -> dict[str, Any]:
    """A review as the model of the tests reads it."""
    review_id, version, product_id = event["review_id"], event["version"], event["product_id"]
    created_at = event["created_at"]
    if event["removed"]:
        return enriched(review_id, version, product_id=product_id, removed=True, created_at=created_at)
    return enriched(
        review_id,
        version,
        product_id=product_id,
        rating=event["rating"],
        created_at=created_at,
        language={"code": "en", "confidence": 1.0},
        sentiment={"label": "negative" if BAD_WORD in event["text"] else "positive"},
    )
