"""Every count is right, whatever dies: rolling workers killed under load, then a recount of each product.

Meanwhile somebody answers every refresh with a text. What summaries say in the end stands on reviews that are still
there, and exactly once no older text replaces a newer one. No alert and no refresh is lost, and exactly once none comes
twice.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord, TopicPartition

from schemas.alerts import ProductAlert
from schemas.summaries import ProductSummary, RefreshRequested
from schemas.topics import (
    ENRICHED_REVIEW,
    PRODUCT_ALERT,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    ROLLING_STATE,
)
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.kafka.tailing import follow
from streams.roles.generate.handler import AnswerRequests, Route
from streams.roles.generate.product_texts import ProductTextWriter
from streams.rolling.alerts import look_at_newest
from streams.rolling.applying import apply_review
from streams.rolling.events import read_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.product_state import POLARITIES
from streams.rolling.surges import Surge
from streams.rolling_state import REVIEW_CODEC, REVIEWS, ids_of
from tests.brokers import ApacheKafka, unique_name
from tests.e2e.cluster import CHECKPOINTS, Cluster, kill_and_replace, paced
from tests.fakes import FakeRecord, fake_composer
from tests.histories import NOW_MS, Recount, enriched, random_history, summary_counts

pytestmark = [pytest.mark.kafka]

PRODUCTS = 101
LOAD_PER_SECOND = 400
#: Products whose reviews turn bad, beside the others.
SURGES = 8
#: Before the changelog and after it, beside all points of delivery. Without transactions they come first in turn.
ROLLING_CHECKPOINTS = ("before_changelog", *CHECKPOINTS, "before_tables")


def new_cluster(kafka: ApacheKafka, directory: Path, delivery: str) -> Cluster:
    return Cluster(
        kafka.bootstrap_servers,
        directory,
        group=unique_name("rolling"),
        delivery=delivery,
        script=Path(__file__).with_name("rolling_worker.py"),
        environment={
            "REVIEWSTREAM_STATE__DIRECTORY": str(directory / "state"),
            "REVIEWSTREAM_ROLLING__TICK_S": "0.2",
            "REVIEWSTREAM_ROLLING__REFRESHES_PER_MINUTE": "600",
        },
    )


@contextlib.asynccontextmanager
async def answered_refreshes(cluster: Cluster) -> AsyncIterator[None]:
    """Every refresh that is asked for is answered meanwhile, as the generate role does."""

    async def answer(executor: ThreadPoolExecutor) -> None:
        route = Route(REFRESH_REQUESTED, PRODUCT_TEXT.name, ProductTextWriter(fake_composer()))
        texts = AnswerRequests(
            {REFRESH_REQUESTED.name: route},
            executor=executor,
            batch_records=1,
            now=lambda: datetime.now(UTC),
        )
        async with follow(cluster.client, [REFRESH_REQUESTED.name], from_beginning=True) as tail:
            async for record in tail:
                asked = FakeRecord(record.offset, record.key, record.value, record.topic, record.partition)
                for output in (await texts([asked])).outputs:
                    await publish(cluster.client, output.topic, [RawRecord(output.key or b"", output.value)])

    with ThreadPoolExecutor(1) as executor:
        answering = asyncio.create_task(answer(executor))
        try:
            yield
        finally:
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answering


async def run_with_kills(
    kafka: ApacheKafka, cluster: Cluster, history: list[dict[str, Any]], *, kills: int, restarts_broker: bool
) -> tuple[dict[str, ProductSummary], int]:
    """Publish a history while workers die, join and leave.

    Returns:
        The summaries that products end with, and how often one had an older text than before.
    """
    await cluster.create_topics()
    expected = expected_counts(history)
    records = [RawRecord(event["product_id"].encode(), orjson.dumps(event)) for event in history]
    killing_is_over = asyncio.Event()

    async def publish_under_way() -> None:
        for number, batch in enumerate(paced(records, 100)):
            await publish(cluster.client, ENRICHED_REVIEW.name, batch)
            if not killing_is_over.is_set():
                await asyncio.sleep(100 / LOAD_PER_SECOND)
            if restarts_broker and number == len(records) // 200:
                await asyncio.to_thread(kafka.stop)
                await asyncio.to_thread(kafka.start)

    async def kill() -> None:
        await kill_and_replace(cluster, kills=kills, seed=11, checkpoints=ROLLING_CHECKPOINTS)
        killing_is_over.set()

    summaries: dict[str, ProductSummary] = {}
    went_back = 0
    try:
        async with asyncio.timeout(kills * 30 + 150), answered_refreshes(cluster):
            await asyncio.gather(publish_under_way(), kill())
            went_back = await read_until_right(cluster.client, summaries, expected)
    except TimeoutError:
        wrong = [one for one in expected if not is_right(summaries, expected, one)]
        pytest.fail(
            f"{len(wrong)} of {len(expected)} products are wrong: {wrong[:5]}\n{cluster.logs()[-4000:]}"
        )
    return summaries, went_back


def with_surges(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history with more products, whose reviews turn bad; all of it comes now, so that no alert ends by the clock."""
    now_ms = max(NOW_MS, int(datetime.now(UTC).timestamp() * 1000))
    surges = [
        enriched(
            f"r{number}",
            1,
            product_id=f"s{product}",
            rating=4,
            created_at=datetime.fromtimestamp(now_ms // 1000 - 60 * (100 - number), UTC).isoformat(),
            sentiment={"label": "positive" if number < 40 or number > 60 else "negative"},
            language={"code": "en", "confidence": 1.0},
        )
        for number in range(100)
        for product in range(SURGES)
    ]
    every = len(history) // len(surges)
    mixed = [
        event
        for number, surge in enumerate(surges)
        for event in (*history[number * every : (number + 1) * every], surge)
    ]
    mixed += history[len(surges) * every :]
    return [{**event, "source": {**event["source"], "timestamp_ms": now_ms}} for event in mixed]


async def everything(cluster: Cluster, topic: str) -> list[ConsumerRecord]:
    """All committed records of a topic, those of a partition in their order."""
    consumer = cluster.client.consumer()
    await consumer.start()
    records: list[ConsumerRecord] = []
    try:
        partitions = [TopicPartition(topic, number) for number in range(4)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(known) < end for known, end in ends.items()]):
            for fetched in (await consumer.getmany(timeout_ms=200)).values():
                records += fetched
    finally:
        await consumer.stop()
    return records


def expected_alerts(reviews: list[ConsumerRecord]) -> Counter[tuple[str, str]]:
    """What one reader of the topic raises and resolves, whom nothing disturbs."""
    tables: dict[int, MemoryTables] = {}
    alerts: Counter[tuple[str, str]] = Counter()
    for record in reviews:
        of_partition = tables.setdefault(record.partition, MemoryTables())
        product = apply_review(of_partition, read_review(record.value), record.offset)
        if product is not None:
            for change in look_at_newest(product):
                is_raised = isinstance(change.cause, Surge)
                alerts[change.state.alert_id, "raised" if is_raised else "resolved"] += 1
    return alerts


async def check_alerts_and_refreshes(
    cluster: Cluster, summaries: dict[str, ProductSummary], *, is_exactly_once: bool
) -> dict[str, int]:
    """Every alert and every generation is out; exactly once, each of them once. How many there are."""
    expected = expected_alerts(await everything(cluster, ENRICHED_REVIEW.name))
    published = [
        ProductAlert.model_validate_json(record.value)
        for record in await everything(cluster, PRODUCT_ALERT.name)
    ]
    alerts = Counter((alert.alert_id, alert.state) for alert in published)
    asked = Counter(
        (request.product_id, request.generation)
        for record in await everything(cluster, REFRESH_REQUESTED.name)
        if (request := RefreshRequested.model_validate_json(record.value))
    )
    assert len(expected) >= SURGES
    assert set(alerts) == set(expected)
    for product_id, summary in summaries.items():
        generations = {number for product, number in asked if product == product_id}
        assert generations == set(range(1, max(generations, default=0) + 1))
        assert max(generations, default=0) >= summary.generation
    if is_exactly_once:
        assert alerts == expected
        assert set(asked.values()) == {1}
    return {"alerts": alerts.total(), "different_alerts": len(alerts), "refreshes": asked.total()}


async def listed_reviews(cluster: Cluster) -> dict[tuple[str, str | None, str | None], list[tuple[int, str]]]:
    """The reviews of every list, by product, sentiment and aspect, as a reader of the changelog finds them."""
    newest = {record.key: record.value for record in await everything(cluster, ROLLING_STATE)}
    lists: dict[tuple[str, str | None, str | None], list[tuple[int, str]]] = {}
    for key, value in newest.items():
        state = REVIEW_CODEC.decode(value) if value is not None and key.startswith(REVIEWS) else None
        if state is None or (counted := state.contribution) is None:
            continue
        product_id, review_id = ids_of(key[len(REVIEWS) :])
        names: list[tuple[str | None, str | None]] = [(None, None)]
        names += [(POLARITIES[counted.sentiment], None)] if counted.sentiment >= 0 else []
        names += [(POLARITIES[polarity], aspect) for aspect, polarity in counted.opinions]
        for sentiment, aspect in names:
            lists.setdefault((product_id, sentiment, aspect), []).append((counted.created_ms, review_id))
    return {name: sorted(reviews, reverse=True) for name, reviews in lists.items()}


def expected_counts(history: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    recount = Recount(history, now_ms=history[0]["source"]["timestamp_ms"])
    return {
        product_id: recount.counts(product_id) for product_id in {event["product_id"] for event in history}
    }


def is_right(
    summaries: dict[str, ProductSummary], expected: dict[str, dict[str, Any]], product_id: str
) -> bool:
    return product_id in summaries and summary_counts(summaries[product_id]) == expected[product_id]


async def read_until_right(
    client: KafkaConnection, summaries: dict[str, ProductSummary], expected: dict[str, dict[str, Any]]
) -> int:
    """The last summary of every product, read until all are what the recount says; how often a text got older."""
    right: set[str] = set()
    newest: Counter[str] = Counter()
    went_back = 0
    async with follow(client, [PRODUCT_SUMMARY.name], from_beginning=True) as tail:
        async for record in tail:
            summary = ProductSummary.model_validate_json(record.value)
            summaries[summary.product_id] = summary
            went_back += summary.text_generation < newest[summary.product_id]
            newest[summary.product_id] = summary.text_generation
            if is_right(summaries, expected, summary.product_id):
                right.add(summary.product_id)
            else:
                right.discard(summary.product_id)
            if len(right) == len(expected):
                break
    return went_back


async def check(
    kafka: ApacheKafka,
    directory: Path,
    delivery: str,
    *,
    events: int,
    kills: int,
    restarts_broker: bool = False,
) -> None:
    history = with_surges(random_history(5, events, products=PRODUCTS))
    cluster = new_cluster(kafka, directory, delivery)
    try:
        summaries, went_back = await run_with_kills(
            kafka, cluster, history, kills=kills, restarts_broker=restarts_broker
        )
        codes = await cluster.stop()
        counted = await check_alerts_and_refreshes(
            cluster, summaries, is_exactly_once=delivery == "exactly_once"
        )
        lists = await listed_reviews(cluster)
    finally:
        cluster.kill_all()
    known = Recount(history, now_ms=history[0]["source"]["timestamp_ms"])
    texts = [summary for summary in summaries.values() if summary.text is not None]
    gone = {
        (summary.product_id, review_id)
        for summary in texts
        for claim in summary.claims
        for review_id in claim.review_ids
        if not known.has(summary.product_id, review_id)
    }
    wrong = sum(summary_counts(summary) != known.counts(one) for one, summary in summaries.items())
    figures = {"products": len(summaries), "wrong": wrong, "texts": len(texts), "older_texts": went_back}
    print(json.dumps({"delivery": delivery, "kills": cluster.killed(), **figures, **counted}))
    assert wrong == 0
    assert len(lists) > PRODUCTS
    assert {name: reviews for name, reviews in lists.items() if reviews != known.listed(*name)} == {}
    for product_id, summary in summaries.items():
        numbers = summary_counts(summary)
        lengths = {name[1:]: len(reviews) for name, reviews in lists.items() if name[0] == product_id}
        assert lengths.pop((None, None), 0) == numbers["reviews"]
        opinions = {(aspect, label): n for (label, aspect), n in lengths.items() if aspect is not None}
        assert opinions == numbers["aspects"]
        assert {label: n for (label, aspect), n in lengths.items() if aspect is None} == numbers["sentiment"]
    assert cluster.killed() == kills
    assert set(codes) == {0}
    assert any(claim.review_ids for summary in texts for claim in summary.claims)
    assert gone == set()
    if delivery == "exactly_once":
        assert went_back == 0
    for summary in summaries.values():
        for point in summary.key_points:
            assert point.count >= len(point.review_ids)


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_every_count_is_right_when_workers_are_killed(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Three kills under load, of 4,000 creations, edits, removals and repeats: every product as recounted."""
    await check(own_kafka, tmp_path, delivery, events=4_000, kills=3)


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_every_count_is_right_after_thirty_kills(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Thirty kills at random points and failpoints, workers joining and leaving, a restart of the broker."""
    await check(own_kafka, tmp_path, delivery, events=20_000, kills=30, restarts_broker=True)
