"""A changelog in memory, and a connection whose consumers read it, for tests of tables without a broker."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from aiokafka import TopicPartition

from streams.kafka.connection import KafkaConnection
from streams.state.tables import Change
from tests.fakes import FakeRecord

CHANGELOG = "state"


@dataclass
class FakeChangelog:
    """Partitions of keys and values, as a broker that never fails has them."""

    partitions: dict[int, list[Change]] = field(default_factory=dict)
    reads: int = 0

    @property
    def connection(self) -> KafkaConnection:
        """What makes consumers of it."""
        return cast("KafkaConnection", self)

    def consumer(self) -> "FakeConsumer":
        """A new consumer."""
        return FakeConsumer(self)

    def append(self, partition: int, changes: Collection[Change]) -> int:
        """Publish changes; the offset of the first."""
        log = self.partitions.setdefault(partition, [])
        log.extend(changes)
        return len(log) - len(changes)


class FakeConsumer:
    """As much of aiokafka's consumer as a restoration asks for."""

    def __init__(self, changelog: FakeChangelog, most: int = 2) -> None:
        self._changelog = changelog
        self._most = most
        self._at: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def assign(self, partitions: Collection[TopicPartition]) -> None:
        self._at = dict.fromkeys(partitions, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._at[partition] = offset

    def paused(self) -> set[TopicPartition]:
        return self._paused

    def pause(self, partition: TopicPartition) -> None:
        self._paused.add(partition)

    def highwater(self, partition: TopicPartition) -> int:
        return len(self._changelog.partitions.get(partition.partition, ()))

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {partition: self.highwater(partition) for partition in partitions}

    async def position(self, partition: TopicPartition) -> int:
        return self._at[partition]

    async def getmany(self, **_options: Any) -> Mapping[TopicPartition, list[FakeRecord]]:
        fetched = {}
        for partition, at in self._at.items():
            if partition in self._paused:
                continue
            log = self._changelog.partitions.get(partition.partition, [])[at : at + self._most]
            fetched[partition] = [
                FakeRecord(at + number, key, value, CHANGELOG, partition.partition)
                for number, (key, value) in enumerate(log)
            ]
            self._at[partition] += len(log)
            self._changelog.reads += len(log)
        return {partition: records for partition, records in fetched.items() if records}
