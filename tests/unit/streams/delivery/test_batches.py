import asyncio
from dataclasses import dataclass, field

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from schemas import dead_letters as headers
from schemas.dead_letters import DeadLetterReason
from streams.delivery.batches import (
    _parts,
    enqueue,
)
from streams.delivery.dead_letters import (
    MAX_DEAD_LETTER_KEY_BYTES,
    MAX_DEAD_LETTER_VALUE_BYTES,
    dead_letter_output,
)
from streams.delivery.masked_dead_letters import masked_dead_letter_output
from streams.delivery.records import DeadLetter, Effects, Output
from streams.delivery.sizes import BATCH_OVERHEAD_BYTES, TopicSizes, record_bytes
from streams.kafka.connection import MAX_BATCH_BYTES, MAX_REQUEST_BYTES
from streams.settings import Settings
from streams.settings.sections import PrivacySettings
from streams.worker.stream_worker import dead_letter_writer
from tests.fakes import FakeRecord

#: What Apache Kafka takes in one record batch unless it is told otherwise (message.max.bytes).
BROKER_LIMIT_BYTES = 1_048_588

header_lists = st.lists(
    st.tuples(st.text(st.characters(codec="ascii"), max_size=20), st.binary(max_size=30)), max_size=3
).map(tuple)
outputs = st.builds(
    Output,
    st.just("t"),
    st.none() | st.binary(max_size=100),
    st.none() | st.binary(max_size=50) | st.integers(0, 3_000).map(bytes),
    header_lists,
)


@dataclass
class FakeProducer:
    """Keeps the batches; acknowledges when told to."""

    sent: list[tuple[str, int, bytes]] = field(default_factory=list)
    futures: list["asyncio.Future[object]"] = field(default_factory=list)

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(MAX_BATCH_BYTES, 0)

    async def send_batch(
        self, batch: BatchBuilder, topic: str, *, partition: int
    ) -> "asyncio.Future[object]":
        self.sent.append((topic, partition, bytes(batch._build())))
        self.futures.append(asyncio.get_running_loop().create_future())
        return self.futures[-1]


def read(batch: bytes) -> list[Output]:
    """The records of a built batch, as a consumer would read them."""
    built = MemoryRecords(batch).next_batch()
    assert built is not None
    return [Output("t", record.key, record.value, tuple(record.headers)) for record in built]


def letter(record: FakeRecord, error: str = "rating: wanted a number") -> DeadLetter:
    return DeadLetter(record, DeadLetterReason.INVALID_EVENT, error)


def headers_of(output: Output) -> dict[str, str]:
    return {name: value.decode() for name, value in output.headers}


@given(st.lists(outputs, max_size=12), st.integers(200, 4_000))
def test_every_part_fits_a_batch_and_nothing_is_lost(items: list[Output], max_bytes: int) -> None:
    """Cut into parts, all outputs are there, in order, and the producer's builder takes each part whole."""
    parts = list(_parts(items, max_bytes))
    assert [output for part in parts for output in part] == items
    for part in parts:
        builder = BatchBuilder(max_bytes, 0)
        for output in part:
            taken = builder.append(
                timestamp=None, key=output.key, value=output.value, headers=list(output.headers)
            )
            assert taken is not None, "the builder dropped a record"
        assert len(part) == 1 or builder.size() <= max_bytes


@given(st.lists(outputs, max_size=10))
def test_a_chunks_outputs_arrive_in_order_on_its_partition(items: list[Output]) -> None:
    """What a subscriber reads of a topic is what the handler gave, in that order, on the source's partition."""
    producer = FakeProducer()
    asyncio.run(enqueue(producer, 3, Effects(items), TopicSizes()))  # type: ignore[arg-type]
    assert all((topic, partition) == ("t", 3) for topic, partition, _ in producer.sent)
    assert [output for _, _, batch in producer.sent for output in read(batch)] == items


async def test_a_large_chunk_becomes_several_batches() -> None:
    """More than a batch holds is sent in several, in order, each with its own acknowledgement."""
    items = [Output("t", b"k", bytes([number]) * (MAX_BATCH_BYTES // 3)) for number in range(5)]
    producer = FakeProducer()
    futures = await enqueue(producer, 0, Effects(items), TopicSizes())  # type: ignore[arg-type]
    assert futures == producer.futures
    assert [len(read(batch)) for _, _, batch in producer.sent] == [2, 2, 1]
    assert all(len(batch) <= MAX_BATCH_BYTES for _, _, batch in producer.sent)
    assert [output for _, _, batch in producer.sent for output in read(batch)] == items


async def test_topics_are_kept_apart() -> None:
    """One batch a topic: outputs in theirs, dead letters in that of their source."""
    producer = FakeProducer()
    effects = Effects(
        [Output("a", b"1", b"x"), Output("b", b"2", b"y"), Output("a", b"3", b"z")], [letter(FakeRecord(7))]
    )
    await enqueue(producer, 2, effects, TopicSizes())  # type: ignore[arg-type]
    assert [(topic, partition) for topic, partition, _ in producer.sent] == [
        ("a", 2),
        ("b", 2),
        ("new-review.dlq", 2),
    ]
    assert [output.key for output in read(producer.sent[0][2])] == [b"1", b"3"]


async def test_a_chunk_without_effects_sends_nothing() -> None:
    """Nothing to publish is done at once."""
    producer = FakeProducer()
    assert await enqueue(producer, 0, Effects(), TopicSizes()) == []  # type: ignore[arg-type]


def test_a_dead_letter_carries_its_payload_reason_and_origin() -> None:
    """The raw key and value are untouched, and every mandatory header is there, as documented."""
    record = FakeRecord(41, key=b"\xff", value=b"\x00raw", partition=3, timestamp=1_700_000_000_123)
    output = dead_letter_output(letter(record, "rating: 汉字"))
    assert (output.topic, output.key, output.value) == ("new-review.dlq", b"\xff", b"\x00raw")
    assert headers_of(output) == {
        headers.REASON: "invalid_event",
        headers.ERROR: "rating: 汉字",
        headers.SOURCE_TOPIC: "new-review",
        headers.SOURCE_PARTITION: "3",
        headers.SOURCE_OFFSET: "41",
        headers.SOURCE_TIMESTAMP: "1700000000123",
        headers.SCHEMA_VERSION: headers.DEAD_LETTER_VERSION,
    }
    assert set(headers_of(output)) == set(headers.HEADERS) - headers.OPTIONAL_HEADERS


@pytest.mark.parametrize(("key", "value"), [(None, None), (None, b""), (b"", None), (b"k", b"")])
async def test_an_empty_payload_is_set_aside_as_it_is(key: bytes | None, value: bytes | None) -> None:
    """A null key or value stays null in the dead letter, and an empty one empty."""
    producer = FakeProducer()
    await enqueue(producer, 0, Effects((), [letter(FakeRecord(0, key=key, value=value))]), TopicSizes())  # type: ignore[arg-type]
    (output,) = read(producer.sent[0][2])
    assert (output.key, output.value) == (key, value)


@given(st.integers(-2, 2), st.integers(-2, 2))
def test_a_payload_over_the_limits_is_cut_and_says_so(key_beyond: int, value_beyond: int) -> None:
    """Up to its limit a key or value is whole; above it the beginning is kept, and a header tells the size before."""
    key = b"k" * (MAX_DEAD_LETTER_KEY_BYTES + key_beyond)
    value = b"\xf0" * (MAX_DEAD_LETTER_VALUE_BYTES + value_beyond)
    output = dead_letter_output(letter(FakeRecord(0, key=key, value=value)))
    assert output.key == key[:MAX_DEAD_LETTER_KEY_BYTES]
    assert output.value == value[:MAX_DEAD_LETTER_VALUE_BYTES]
    told = headers_of(output).get(headers.TRUNCATED_FROM)
    assert told == (str(len(key) + len(value)) if max(key_beyond, value_beyond) > 0 else None)


@pytest.mark.parametrize("error", ["汉" * 5_000, "\ud800 alone", ""])
def test_an_error_text_always_fits_its_header(error: str) -> None:
    """However long or broken an error text is, its header is bounded and valid UTF-8."""
    told = headers_of(dead_letter_output(letter(FakeRecord(0), error)))[headers.ERROR]
    assert len(told) <= 1_000


def test_an_error_text_is_one_line() -> None:
    """The error header is one line, as `schemas.dead_letters` promises, also where an exception has several."""
    error = "RuntimeError: CUDA error\nCompile with TORCH_USE_CUDA_DSA\r\n"
    told = headers_of(dead_letter_output(letter(FakeRecord(0), error)))[headers.ERROR]
    assert told.splitlines() == [told]


@pytest.mark.parametrize(
    ("key_bytes", "value_bytes"),
    [(16, 1_048_400), (200_000, 848_400), (1_048_400, 0), (4_000_000, 4_000_000)],
)
async def test_whatever_a_broker_delivered_its_dead_letter_can_be_published(
    key_bytes: int, value_bytes: int
) -> None:
    """A record at the broker's limit, in its value or in its key, leaves a dead letter that the broker takes.

    Compressed, it may even have been larger. One that the broker refused would end the worker, and the
    next one, for ever.
    """
    record = FakeRecord(0, key=b"k" * key_bytes, value=b"v" * value_bytes)
    producer = FakeProducer()
    await enqueue(producer, 0, Effects((), [letter(record, "汉" * 1_000)]), TopicSizes())  # type: ignore[arg-type]
    ((_, _, batch),) = producer.sent
    assert len(batch) <= min(MAX_REQUEST_BYTES, BROKER_LIMIT_BYTES)


def test_a_dead_letter_is_masked_where_that_is_asked_for() -> None:
    """Payload and error; a header says that the bytes are not those of the source, and the key stays."""
    record = FakeRecord(41, key=b"p1", value=b'{"product_id":"p1","text":"mail jane@example.com"}')
    output = masked_dead_letter_output(letter(record, "text: got 'jane@example.com'"))
    assert output.value == b'{"product_id":"p1","text":"mail [email]"}'
    assert output.key == b"p1"
    told = headers_of(output)
    assert (told[headers.ERROR], told[headers.MASKED]) == ("text: got '[email]'", "true")
    assert (told[headers.SOURCE_OFFSET], told[headers.SOURCE_TOPIC]) == ("41", "new-review")


def test_a_dead_letter_without_personal_data_is_raw() -> None:
    """Byte for byte, and nothing says otherwise."""
    dead = letter(FakeRecord(41, value=b'{ "text" : "Bright" }'), "rating: wanted a number")
    assert masked_dead_letter_output(dead) == dead_letter_output(dead)


def test_a_masked_dead_letter_fits_its_topic() -> None:
    """With its additional header."""
    record = FakeRecord(0, value=b"mail jane@example.com " * 5_000)
    limit = 20_000
    output = masked_dead_letter_output(letter(record), limit)
    assert record_bytes(output) + BATCH_OVERHEAD_BYTES <= limit
    assert headers.TRUNCATED_FROM in headers_of(output)


async def test_dead_letters_are_written_as_the_sink_is_told() -> None:
    """The sink's writer makes all of them."""
    producer = FakeProducer()
    effects = Effects((), [letter(FakeRecord(0, value=b"mail jane@example.com"))])
    await enqueue(producer, 0, effects, TopicSizes(), masked_dead_letter_output)  # type: ignore[arg-type]
    (output,) = read(producer.sent[0][2])
    assert output.value == b"mail [email]"


@pytest.mark.parametrize(
    ("asked", "writer"), [(False, dead_letter_output), (True, masked_dead_letter_output)]
)
def test_a_setting_decides_whether_dead_letters_are_masked(*, asked: bool, writer: object) -> None:
    """Raw bytes unless it says otherwise."""
    settings = Settings(privacy=PrivacySettings(mask_dead_letters=asked))
    assert dead_letter_writer(settings) is writer
