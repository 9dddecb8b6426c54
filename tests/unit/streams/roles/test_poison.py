"""Nothing that stands on a topic stops a role: each record is an effect or a dead letter, and good ones come out."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.readers.interfaces import ReviewReading, SentimentPrediction
from schemas.dead_letters import DeadLetterReason
from schemas.fields import is_identifier
from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    NEW_REVIEW,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    ROLLING_STATE,
    Topic,
    topic_named,
)
from streams.app import ROLES
from streams.delivery.records import DeadLetter, Effects, Handler, Output, Partition
from streams.errors import RejectedEventError
from streams.lane.values import Answer
from streams.roles.enrich.handler import EnrichReviews
from streams.roles.enrich.readers import ANY_LANGUAGE, Reader, Readers
from streams.roles.generate.handler import AnswerRequests, Route
from streams.roles.generate.product_texts import ProductTextWriter
from streams.roles.rolling.handler import RollProducts
from streams.roles.rolling.tables import ProductTables
from streams.roles.serve.records import change_of
from streams.serde import decode, require_key
from streams.settings import RollingSettings
from streams.state.store import PartitionStore, StoreMemory
from tests.fakes import FakePreparer, FakeRecord, fake_composer
from tests.poison import CONSUMED, EDGES, NO_TIMES, Sent, good, places, poisoned

NOW = datetime(2026, 9, 21, tzinfo=UTC)
LATEST_MS = NOW.timestamp() * 1000 + 2 * 86_400_000
EARLIEST_MS = 631_152_000_000
#: Of each topic; with six topics 3,000.
POISONED = 500
PRODUCTS = 5


class OneTableSet:
    """The tables of one partition that is always held."""

    changelog = ROLLING_STATE

    def __init__(self, tables: ProductTables) -> None:
        self.tables = tables

    def of(self, _partition: int) -> ProductTables:
        return self.tables

    def is_held(self, _partition: int) -> bool:
        return True

    def holds(self, tables: ProductTables) -> bool:
        return tables is self.tables


@dataclass
class Roles:
    """Every handler with doubles for the models, and the reading of the store's records."""

    executor: ThreadPoolExecutor
    directory: Path
    opened: ExitStack
    _numbers: Iterator[int] = field(default_factory=count)

    def of(self, topic: Topic) -> Handler:
        """The handler that reads this topic, new."""
        if topic is NEW_REVIEW:
            readers = Readers({ANY_LANGUAGE: Reader("fake", "1", _ask)})
            return EnrichReviews(
                readers, FakePreparer(), executor=self.executor, now=lambda: NOW, least_confidence=0.5
            )
        if topic is REFRESH_REQUESTED:
            route = Route(REFRESH_REQUESTED, PRODUCT_TEXT.name, ProductTextWriter(fake_composer()))
            routes = {REFRESH_REQUESTED.name: route}
            return AnswerRequests(routes, executor=self.executor, batch_records=8, now=lambda: NOW)
        if topic is PRODUCT_SUMMARY:
            return _materialise
        return self.rolling(known=PRODUCTS if topic is PRODUCT_TEXT else 0)

    def rolling(self, known: int) -> Handler:
        """Tables on disk that know some of the good products, and a tick right after each chunk."""
        directory = self.directory / f"{next(self._numbers)}"
        store = PartitionStore(directory, StoreMemory(8 * 1024 * 1024))
        self.opened.callback(store.close)
        tables = ProductTables(store, 100)
        handler = RollProducts(
            OneTableSet(tables),  # type: ignore[arg-type]
            RollingSettings(prompt_summaries=1_000_000, refreshes_per_minute=1_000_000),
            now=lambda: NOW,
        )

        products = records_of(NEW_PRODUCT, [good(NEW_PRODUCT, number) for number in range(known)])

        async def roll(records: Sequence[Any]) -> Effects:
            if products:
                await handler(products)
                products.clear()
            effects = await handler(records)
            ticked = await handler.tick(Partition(records[0].topic, 0))
            outputs = [*effects.outputs, *ticked.outputs]
            tables.delivered(
                [(one.key or b"", one.value) for one in outputs if one.topic == ROLLING_STATE], None
            )
            return Effects(outputs, effects.dead_letters)

        return roll


async def _ask(texts: Sequence[str]) -> list[Answer[ReviewReading]]:
    reading = ReviewReading(SentimentPrediction(0.1, 0.2, 0.7))
    return [Answer(reading, 1.0, 1.0, 1.0) for _ in texts]


async def _materialise(records: Sequence[Any]) -> Effects:
    """What the materialiser would write, as outputs; what it skips, as dead letters."""
    outputs, dead = [], []
    for record in records:
        try:
            change = change_of(record, NOW)
        except RejectedEventError as rejected:
            dead.append(DeadLetter(record, rejected.reason, str(rejected)))
        else:
            assert EARLIEST_MS <= change.timestamp_ms <= LATEST_MS
            outputs.append(Output(PRODUCT_SUMMARY.name, change.product_id.encode(), change.document))
    return Effects(outputs, dead)


@pytest.fixture
def roles(tmp_path: Path) -> Iterator[Roles]:
    with ExitStack() as opened:
        yield Roles(opened.enter_context(ThreadPoolExecutor(1)), tmp_path, opened)


def records_of(topic: Topic, sent: Iterable[Sent]) -> list[FakeRecord]:
    return [
        FakeRecord(offset, one.key, one.value, topic.name, timestamp=one.timestamp_ms)
        for offset, one in enumerate(sent)
    ]


def problem(topic: Topic, record: FakeRecord) -> str | None:
    """Why the contract in full, or the key, refuses a record; None if neither does."""
    if record.value is None and topic.nullable:
        key = (record.key or b"").decode("utf-8", "replace")
        return None if 1 <= len(key) <= 128 and "\ufffd" not in key and is_identifier(key) else "key_mismatch"
    try:
        require_key(record.key, topic.key_of(decode(topic.contract, record.value)))
    except RejectedEventError as rejected:
        return str(rejected.reason)
    return None


def check(topic: Topic, record: FakeRecord, effects: Effects) -> None:
    """One record became what it should."""
    for letter in effects.dead_letters:
        assert letter.record is record
        assert letter.reason in DeadLetterReason
        assert 0 < len(letter.error) <= 2_000
    wanted = problem(topic, record)
    if wanted is not None and topic is not ENRICHED_REVIEW:  # of which only a part is read
        assert len(effects.dead_letters) == 1, wanted
    if wanted is None:
        assert all(_is_beyond_the_contract(letter) for letter in effects.dead_letters)
    if topic in {NEW_REVIEW, REFRESH_REQUESTED}:
        assert len(effects.outputs) + len(effects.dead_letters) == 1
    for output in effects.outputs:
        check_output(output, is_ours=topic is not PRODUCT_SUMMARY)


def _is_beyond_the_contract(letter: DeadLetter) -> bool:
    """What is refused although the contract allows it: reviews from the future, and what is no base64."""
    return "days after the record" in letter.error or "base64" in letter.error


def check_output(output: Output, *, is_ours: bool) -> None:
    """What is published is valid, and the times that we put into it are."""
    if output.topic == ROLLING_STATE or output.value is None:
        return
    event: Any = decode(topic_named(output.topic).contract, output.value)
    if is_ours:
        assert EARLIEST_MS <= event.source.timestamp_ms <= LATEST_MS
        assert output.topic != PRODUCT_SUMMARY.name or event.as_of.timestamp() * 1000 <= LATEST_MS


def test_the_corpus_has_every_topic_that_a_role_reads() -> None:
    """A topic that a role comes to read is poisoned here as well."""
    assert set(CONSUMED) == {topic for role in ROLES.values() for topic in role.reads}


@pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)
def test_each_poisoned_record_is_an_effect_or_a_dead_letter(topic: Topic, roles: Roles) -> None:
    """Of 3,000 over all topics, none raises; what the contract refuses is set aside, what it accepts is not."""
    handler = roles.of(topic)
    refused = accepted = 0

    async def run() -> None:
        nonlocal refused, accepted
        for record in records_of(topic, poisoned(topic, POISONED, seed=1)):
            effects = await handler([record])
            check(topic, record, effects)
            refused += len(effects.dead_letters)
            accepted += not effects.dead_letters

    asyncio.run(run())
    assert refused > POISONED // 3
    assert accepted > POISONED // 50


@pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)
def test_good_records_between_poisoned_ones_come_out_as_without_them(topic: Topic, roles: Roles) -> None:
    """Byte for byte: the last that is published of each good product is the same."""
    mixed = [
        one
        for number, bad in enumerate(poisoned(topic, POISONED, seed=2))
        for one in (good(topic, number), bad)
    ]
    records = records_of(topic, mixed)

    def last_of(some: Sequence[FakeRecord]) -> dict[tuple[str, bytes | None], list[bytes | None]]:
        handler = roles.of(topic)
        came: dict[tuple[str, bytes | None], list[bytes | None]] = {}

        async def run() -> None:
            for start in range(0, len(records), 50):
                chunk = [record for record in some if start <= record.offset < start + 50]
                for output in (await handler(chunk)).outputs:
                    if (output.key or b"").startswith(b"good-") and output.topic != ROLLING_STATE:
                        came.setdefault((output.topic, output.key), []).append(output.value)

        asyncio.run(run())
        return came

    alone = last_of(records[::2])
    assert len({key for _, key in alone}) == PRODUCTS
    assert last_of(records) == alone


@pytest.mark.parametrize("topic", CONSUMED, ids=lambda topic: topic.name)
def test_no_bytes_stop_a_role(topic: Topic, roles: Roles) -> None:
    """Any bytes, any key, any time, and events with anything anywhere."""
    handler = roles.of(topic)
    offsets = count()

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(sent_records(topic))
    def fuzz(sent: Sent) -> None:
        record = replace(records_of(topic, [sent])[0], offset=next(offsets))
        check(topic, record, asyncio.run(handler([record])))

    fuzz()


def sent_records(topic: Topic) -> st.SearchStrategy[Sent]:
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )

    @st.composite
    def changed(draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
        event = orjson.loads(good(topic, draw(st.integers(0, 9))).value or b"")
        for _ in range(draw(st.integers(0, 3))):
            holder, name = draw(st.sampled_from([*places(event)]))
            holder[name] = draw(anything)
        return _json(event)

    raw = st.none() | st.binary(max_size=200) | st.sampled_from(EDGES) | anything.map(_json) | changed()
    times = st.sampled_from(NO_TIMES) | st.integers(-(2**63), 2**63 - 1)
    keys = (
        st.none()
        | st.binary(max_size=20)
        | st.sampled_from([f"good-{number}".encode() for number in range(5)])
    )
    return st.builds(Sent, keys, raw, times)


def _json(value: object) -> bytes:
    """As Python writes it: NaN, half pairs of surrogates and large integers as they are."""
    return json.dumps(value).encode()
