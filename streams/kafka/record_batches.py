"""Batches as brokers send them: what aiokafka cannot decode becomes a clear stop that names batch and remedy.

aiokafka raises whatever its decoder raised, names no batch, and drops the records of the same answer that come
before it. Here those come out first, and the batch is asked for again before it is given up.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

from streams.errors import HopelessError
from streams.kafka.codecs import codec_name

log = structlog.get_logger(__name__)

#: The line to the broker may have garbled it, or another replica has it whole.
_TRIES = 3


class UndecodableBatchError(HopelessError):
    """A batch of a topic can never be read as it is, and nothing is read past it.

    Attributes:
        topic: its topic.
        partition: its partition.
        offset: the first one that cannot be read; all before it were.
        next_offset: where to go on without it.
    """

    def __init__(self, partition: TopicPartition, offset: int, next_offset: int, message: str) -> None:
        super().__init__(message)
        self.topic: str = partition.topic
        self.partition: int = partition.partition
        self.offset = offset
        self.next_offset = next_offset


def guard_batches(fetcher: Any, *, group: str | None = None) -> None:
    """Let a fetcher raise `UndecodableBatchError` where it would raise whatever its decoder did.

    Args:
        fetcher: aiokafka's, of a consumer that has been started.
        group: the group whose offset decides what is read; None for a reader without one.
    """
    fetch = fetcher._proc_fetch_request  # noqa: SLF001
    failures: dict[tuple[TopicPartition, int], int] = {}

    async def fetch_and_guard(assignment: Any, node: int, request: Any) -> bool:
        has_new_records: bool = await fetch(assignment, node, request)
        for result in fetcher._records.values():  # noqa: SLF001
            records = result._partition_records if isinstance(result, FetchResult) else None  # noqa: SLF001
            if records is not None and not isinstance(records._records, _Batches):  # noqa: SLF001
                _guard(records, failures, group)
        return has_new_records

    fetcher._proc_fetch_request = fetch_and_guard  # noqa: SLF001


class _Batches:
    """aiokafka's batches of one answer, with the one that is being decoded."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches
        self.current: Any = None

    def has_next(self) -> bool:
        """Whether another one follows."""
        return bool(self._batches.has_next())

    def next_batch(self) -> Any:
        """The next one."""
        self.current = None
        self.current = self._batches.next_batch()
        return self.current


def _guard(records: Any, failures: dict[tuple[TopicPartition, int], int], group: str | None) -> None:
    batches = _Batches(records._records)  # noqa: SLF001
    records._records = batches  # noqa: SLF001 - its iterator has not begun, and takes them from here
    decoded = records._records_iterator  # noqa: SLF001

    def readable() -> Iterator[Any]:
        begin = records.next_fetch_offset
        try:
            yield from decoded
        except Exception as error:
            partition, offset = records._tp, records.next_fetch_offset  # noqa: SLF001
            if offset > begin:
                return  # what comes before it is handed over first; the next fetch begins with it
            tries = failures[partition, offset] = failures.get((partition, offset), 0) + 1
            if tries < _TRIES and not isinstance(error, UnsupportedCodecError):
                log.warning(
                    "a batch cannot be decoded, and is fetched again", topic=partition.topic,
                    partition=partition.partition, offset=offset, error=repr(error),
                )  # fmt: skip
                return
            raise _explained(partition, offset, batches.current, error, group) from error

    records._records_iterator = readable()  # noqa: SLF001


def _explained(
    partition: TopicPartition, offset: int, batch: Any, error: Exception, group: str | None
) -> UndecodableBatchError:
    """The error that says which batch, why, and what to do."""
    next_offset = max(offset + 1, getattr(batch, "next_offset", 0))
    codec = codec_name(batch.compression_type) if hasattr(batch, "compression_type") else "an old format"
    where = (
        f"{partition.topic}, partition {partition.partition}, offsets {offset} to {next_offset - 1} ({codec})"
    )
    skip = _way_around(partition, next_offset, group)
    if isinstance(error, UnsupportedCodecError):
        why = f"this installation does not read {codec}"
        advice = f"Install what does (pip install cramjam; `reviewstream doctor` tells), or {skip}"
    else:
        is_crc = isinstance(error, CorruptRecordException)
        told = " ".join(str(error).split())[:200]
        why = (
            "its checksum (CRC) is wrong"
            if is_crc
            else f"its bytes are corrupt ({type(error).__name__}: {told})"
        )
        advice = (
            "Look at the broker's disk and at other replicas (kafka-dump-log.sh --deep-iteration); to go on "
            f"without it, {skip}"
        )
    message = f"read: wanted the batch of {where}; got bytes that cannot be decoded: {why}. {advice}"
    return UndecodableBatchError(partition, offset, next_offset, message)


def _way_around(partition: TopicPartition, next_offset: int, group: str | None) -> str:
    """How to go on behind a batch, with Kafka's own tools."""
    topic, number = partition
    if group is not None:
        return (
            f"stop the role and move its group behind it: kafka-consumer-groups.sh --group {group} "
            f"--topic {topic}:{number} --reset-offsets --to-offset {next_offset} --execute"
        )
    return (
        "delete the partition's records up to its end, for every reader: kafka-delete-records.sh with "
        f'{{"partitions": [{{"topic": "{topic}", "partition": {number}, "offset": {next_offset}}}], "version": 1}}'
    )
