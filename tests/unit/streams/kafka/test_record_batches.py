"""A batch that cannot be decoded is fetched again before it is given up, and then nothing is read past it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

from streams.kafka.record_batches import UndecodableBatchError, guard_batches

PARTITION = TopicPartition("new-review", 3)


class FakeRecords:
    """One answer of a broker: records from an offset on, and what decoding raises behind them."""

    def __init__(self, begin: int, records: int, error: Exception | None) -> None:
        self._tp = PARTITION
        self.next_fetch_offset = begin
        self._records = SimpleNamespace()
        self._records_iterator = self._decoded(records, error)

    def _decoded(self, records: int, error: Exception | None) -> Iterator[int]:
        for _ in range(records):
            self.next_fetch_offset += 1
            yield self.next_fetch_offset - 1
        if error is not None:
            raise error


class FakeFetcher:
    """Holds the answer that a test gives it."""

    def __init__(self) -> None:
        self._records: dict[TopicPartition, Any] = {}

    async def _proc_fetch_request(self, _assignment: object, _node: int, request: FakeRecords) -> bool:
        result: Any = object.__new__(FetchResult)
        result._partition_records = request
        self._records = {PARTITION: result}
        return True


@pytest.fixture
def fetcher() -> FakeFetcher:
    fetcher = FakeFetcher()
    guard_batches(fetcher, group="shop-enrich")
    return fetcher


async def fetched(fetcher: FakeFetcher, answer: FakeRecords) -> list[int]:
    """The offsets that a reader gets of an answer."""
    await fetcher._proc_fetch_request(None, 0, answer)
    return list(answer._records_iterator)


async def test_a_batch_is_given_up_at_the_third_fetch(fetcher: FakeFetcher) -> None:
    """The line or one replica may have garbled it; then the error says where it is and what to do."""
    for _ in range(2):
        assert await fetched(fetcher, FakeRecords(7, 0, CorruptRecordException("CRC"))) == []
    with pytest.raises(
        UndecodableBatchError, match=r"new-review, partition 3, offsets 7 to 7.*CRC"
    ) as raised:
        await fetched(fetcher, FakeRecords(7, 0, CorruptRecordException("CRC")))
    assert (raised.value.offset, raised.value.next_offset) == (7, 8)
    assert "--group shop-enrich" in str(raised.value)


async def test_a_batch_that_was_garbled_on_its_way_is_read(fetcher: FakeFetcher) -> None:
    """What comes before it is handed over, and counts as no failure of what follows."""
    assert await fetched(fetcher, FakeRecords(5, 2, ValueError("garbled"))) == [5, 6]
    assert await fetched(fetcher, FakeRecords(7, 0, ValueError("garbled"))) == []
    assert await fetched(fetcher, FakeRecords(7, 3, None)) == [7, 8, 9]


async def test_a_codec_that_is_not_installed_is_not_waited_for(fetcher: FakeFetcher) -> None:
    """No fetch brings another codec."""
    with pytest.raises(UndecodableBatchError, match="pip install cramjam"):
        await fetched(fetcher, FakeRecords(7, 0, UnsupportedCodecError("zstd")))
