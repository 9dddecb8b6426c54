"""Whatever a topic takes at once, what comes out fits it, and what cannot is told."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from schemas import dead_letters as headers
from schemas.dead_letters import DeadLetterReason
from streams.delivery.batches import enqueue
from streams.delivery.dead_letters import dead_letter_output
from streams.delivery.intake import Chunk, Intake
from streams.delivery.pump import MAX_DELIVERY_BYTES, MAX_DELIVERY_RECORDS, Pump
from streams.delivery.records import DeadLetter, Effects, Output, Partition, Record
from streams.delivery.sizes import DEFAULT_BYTES, SizeRefusedError, TopicSizes
from streams.errors import HopelessError
from streams.kafka.connection import MAX_BATCH_BYTES
from tests.fakes import FakeRecord, FakeSink

P0 = Partition("new-review", 0)
RECORDS = [FakeRecord(offset) for offset in range(5)]


async def sizes_of(
    limits: Mapping[str, int], *, changelogs: Sequence[str] = (), dropped: list[Output] | None = None
) -> TopicSizes:
    async def ask() -> Mapping[str, int]:
        return limits

    on_dropped = dropped.append if dropped is not None else lambda _output: None
    sizes = TopicSizes(ask, changelogs=changelogs, on_dropped=on_dropped)
    await sizes.learn()
    return sizes


def output(value_bytes: int, *, offset: int | None = None, topic: str = "out", key: bytes = b"k") -> Output:
    """An output of this size that says which record it comes from."""
    event: dict[str, object] = {"text": "x" * value_bytes}
    if offset is not None:
        event["source"] = {"topic": "new-review", "partition": 0, "offset": offset}
    return Output(topic, key, orjson.dumps(event))


async def test_what_fits_is_left_alone() -> None:
    """Nothing is copied where nothing is too large; a topic of which nothing is known takes a mebibyte."""
    effects = Effects([output(1_000), output(900_000, topic="unknown")])
    sizes = await sizes_of({"out": 2_000})
    assert sizes.fit(effects, RECORDS) is effects
    assert sizes.limit("unknown") == DEFAULT_BYTES


async def test_an_output_too_large_for_its_topic_is_its_records_dead_letter() -> None:
    """Only the guilty record is set aside, once, with its reason in numbers; the other outputs go on in order."""
    small = [output(100, offset=offset) for offset in range(5)]
    effects = Effects(
        [*small[:3], output(3_000, offset=2), output(3_000, offset=2, topic="also"), *small[3:]]
    )
    fitting = (await sizes_of({"out": 2_000, "also": 2_000})).fit(effects, RECORDS)
    assert list(fitting.outputs) == small
    (letter,) = fitting.dead_letters
    assert (letter.record, letter.reason) == (RECORDS[2], DeadLetterReason.TOO_LARGE)
    assert "out: wanted at most 2000 bytes, got 31" in letter.error


async def test_a_record_that_is_set_aside_already_stays_one_dead_letter() -> None:
    """Its first reason stands."""
    first = DeadLetter(RECORDS[2], DeadLetterReason.MODEL_ERROR, "boom")
    fitting = (await sizes_of({"out": 2_000})).fit(Effects([output(3_000, offset=2)], [first]), RECORDS)
    assert (list(fitting.outputs), list(fitting.dead_letters)) == ([], [first])


@pytest.mark.parametrize("value", [b"", b"\xff" * 3_000, b"[1]" + b" " * 3_000, None])
async def test_the_only_record_of_a_chunk_needs_no_source(value: bytes | None) -> None:
    """Where there is one record it is the cause, whatever the output looks like."""
    large = Output("out", b"k" * 3_000, value)
    fitting = (await sizes_of({"out": 2_000})).fit(Effects([large]), RECORDS[:1])
    assert [letter.record for letter in fitting.dead_letters] == RECORDS[:1]


@pytest.mark.parametrize("records", [[], RECORDS])
async def test_an_output_of_no_record_is_dropped_and_told(records: list[Record]) -> None:
    """A tick has no record to set aside: its output is counted, and the rest is delivered."""
    dropped: list[Output] = []
    large, small = output(3_000), output(10)
    fitting = (await sizes_of({"out": 2_000}, dropped=dropped)).fit(Effects([large, small]), records)
    assert (list(fitting.outputs), list(fitting.dead_letters), dropped) == ([small], [], [large])


async def test_a_change_too_large_for_its_changelog_ends_the_worker() -> None:
    """A table must not miss a change: the message names key, size, limit and the setting, and nothing is published.

    Nobody starts such a worker again: the next start would meet the same value.
    """
    sizes = await sizes_of({"tables": 2_000}, changelogs=["tables"])
    told = r"value of 'p7' is 31\d\d bytes, and tables takes 2000; raise max.message.bytes"
    with pytest.raises(HopelessError, match=told):
        sizes.fit(Effects([output(3_000, topic="tables", key=b"p7")]), RECORDS)


@dataclass
class StrictProducer:
    """A broker that refuses a batch above the topic's limit, as brokers do, by its size on the wire."""

    limit: int
    batches: list[int] = field(default_factory=list)
    records: int = 0

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(MAX_BATCH_BYTES, 0)

    async def send_batch(
        self, batch: BatchBuilder, _topic: str, *, partition: int
    ) -> "asyncio.Future[object]":
        assert partition == 0
        self.records += batch.record_count()
        self.batches.append(len(batch._build()))
        assert self.batches[-1] <= self.limit
        return asyncio.get_running_loop().create_future()


sized = st.integers(0, 3_000)


@given(
    st.integers(1_200, 5_000),
    st.lists(st.tuples(sized, st.integers(0, 40), st.booleans()), max_size=30),
    st.lists(st.tuples(sized, sized, st.text(max_size=1_200)), max_size=5),
)
def test_every_batch_fits_its_topic(
    limit: int, items: list[tuple[int, int, bool]], letters: list[tuple[int, int, str]]
) -> None:
    """Outputs and dead letters of all sizes, on topics of any limit: no batch is refused, and none is lost."""

    async def main() -> None:
        topics = {"out": limit, "new-review.dlq": limit}
        sizes = await sizes_of(topics)
        outputs = [
            Output("out", b"k" * key, b"v" * value, (("name", b"h" * 20),) if has_header else ())
            for value, key, has_header in items
        ]
        records = [
            FakeRecord(n, key=b"k" * key, value=b"v" * value) for n, (key, value, _) in enumerate(letters)
        ]
        set_aside = [
            DeadLetter(record, DeadLetterReason.INVALID_EVENT, error)
            for record, (*_, error) in zip(records, letters, strict=True)
        ]
        fitting = sizes.fit(Effects(outputs, set_aside), [])
        producer = StrictProducer(limit)
        await enqueue(producer, 0, fitting, sizes)  # type: ignore[arg-type]
        assert producer.records == len(fitting.outputs) + len(set_aside)
        assert all(
            len(one.value or b"") + len(one.key or b"") > limit - 300
            for one in outputs
            if one not in fitting.outputs
        )

    asyncio.run(main())


@given(st.integers(1_200, 4_000), sized, sized, st.text(max_size=2_000))
def test_a_dead_letter_is_cut_to_its_topic(limit: int, key_bytes: int, value_bytes: int, error: str) -> None:
    """However small its topic, every header is there, and one says how large the record was if it was cut."""
    record = FakeRecord(7, key=b"k" * key_bytes, value=b"v" * value_bytes)
    letter = dead_letter_output(DeadLetter(record, DeadLetterReason.TOO_LARGE, error), limit)
    told = {name: value.decode() for name, value in letter.headers}
    assert set(headers.HEADERS) - headers.OPTIONAL_HEADERS <= set(told)
    assert told[headers.SOURCE_OFFSET] == "7"
    is_cut = (letter.key, letter.value) != (record.key, record.value)
    assert told.get(headers.TRUNCATED_FROM) == (str(key_bytes + value_bytes) if is_cut else None)
    assert (record.key or b"").startswith(letter.key or b"")
    assert (record.value or b"").startswith(letter.value or b"")


@dataclass
class RefusingSink(FakeSink):
    """Refuses what is larger than the limit that holds now."""

    limit: int = 1_000

    async def deliver(self, chunk: Chunk, effects: Effects) -> dict[str, int]:
        if any(len(one.value or b"") > self.limit for one in effects.outputs):
            raise SizeRefusedError("too large")
        return await super().deliver(chunk, effects)


async def pump_one(sink: FakeSink, sizes: TopicSizes, effects: Effects) -> None:
    async def handle(_records: Sequence[Record]) -> Effects:
        return effects

    intake = Intake(["new-review"], max_in_flight_records=100)
    await intake.assign({P0: 0})
    await intake.offer(P0, RECORDS, intake.epoch)
    running = asyncio.create_task(Pump(intake, handle, sink, sizes=sizes).run())
    try:
        while not running.done() and intake.in_flight_records:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.001)
        if running.done():
            running.result()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_limit_that_was_lowered_is_asked_for_at_the_first_refusal() -> None:
    """An operator may change a topic under a running worker: the delivery is cut to what holds now, and goes on."""
    limits = {"out": 5_000}
    sizes = await sizes_of(limits)
    limits = {"out": 1_000}

    async def ask() -> Mapping[str, int]:
        return limits

    sizes._ask = ask
    sink = RefusingSink()
    await pump_one(sink, sizes, Effects([output(100, offset=0), output(2_000, offset=1)]))
    ((_, _, delivered),) = sink.delivered
    assert (len(delivered.outputs), [letter.record.offset for letter in delivered.dead_letters]) == (1, [1])


async def test_a_refusal_that_no_limit_explains_ends_the_worker() -> None:
    """Else it would be tried for ever."""
    sizes = await sizes_of({"out": 5_000})
    with pytest.raises(BaseExceptionGroup) as ended:
        await pump_one(RefusingSink(), sizes, Effects([output(2_000, offset=1)]))
    assert ended.group_contains(SizeRefusedError)


@pytest.mark.parametrize(("outputs", "value_bytes"), [(3_000, 10), (40, 100_000)])
async def test_deliveries_are_bounded(outputs: int, value_bytes: int) -> None:
    """However many chunks are ready, one delivery holds so many records and bytes; all come, in order."""
    gate = asyncio.Event()

    @dataclass
    class SlowSink(FakeSink):
        async def deliver(self, chunk: Chunk, effects: Effects) -> dict[str, int]:
            await gate.wait()
            return await super().deliver(chunk, effects)

    async def handle(records: Sequence[Record]) -> Effects:
        return Effects([Output("out", b"%d" % records[0].offset, b"v" * value_bytes)] * outputs)

    sink = SlowSink()
    intake = Intake(["new-review"], max_in_flight_records=1_000)
    await intake.assign({P0: 0})
    running = asyncio.create_task(Pump(intake, handle, sink).run())
    for offset in range(20):
        await intake.offer(P0, [FakeRecord(offset)], intake.epoch)
    await asyncio.sleep(0.05)
    gate.set()
    while intake.in_flight_records:  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    deliveries = [effects.outputs for _, _, effects in sink.delivered]
    assert 1 < len(deliveries) < 20
    for delivered in deliveries:
        assert len(delivered) <= MAX_DELIVERY_RECORDS
        assert sum(len(one.value or b"") for one in delivered) <= MAX_DELIVERY_BYTES
    keys = [int(one.key or b"") for delivered in deliveries for one in delivered]
    assert keys == [offset for offset in range(20) for _ in range(outputs)]
