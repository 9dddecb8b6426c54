"""What tables were counted from: the topics, which of their lives, and how many partitions share the keys.

Kept in the changelog beside the tables, once a partition, so that any machine knows it.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec
import structlog

from streams.errors import ConfigurationError
from streams.kafka.topic_facts import TopicFacts
from streams.state.versions import VersionedCodec

log = structlog.get_logger(__name__)

#: Where an origin lies in a store and in the changelog. No table's keys begin with a zero byte.
ORIGIN_PREFIX = b"\x00origin"
_HOW_TO_REBUILD = "docs/operating.md, 'Partition counts', says how to rebuild the tables"


class PartitionCountError(ConfigurationError):
    """Keys do not meet, or not where they met before; a restart does not help."""


class LostTablesError(ConfigurationError):
    """The changelog does not hold what was counted before; a restart does not help."""


class Life(NamedTuple):
    """One life of a topic that may have been deleted and made anew.

    Attributes:
        topic_id: its id then; empty where the broker tells none.
        epoch: how many lives were before it.
    """

    topic_id: str
    epoch: int = 0


class TableOrigin(msgspec.Struct, array_like=True, frozen=True):
    """What a partition's tables were counted from.

    Attributes:
        partitions: of every topic that shares their keys.
        inputs: the topics that are read, and the life of each.
    """

    partitions: int
    inputs: dict[str, Life]

    def epoch(self, topic: str) -> int:
        """How often a topic was made anew while the tables were kept."""
        return self.inputs[topic].epoch if topic in self.inputs else 0


ORIGIN_CODEC = VersionedCodec(TableOrigin, version=1, readers={})


def require_equal_counts(facts: Mapping[str, TopicFacts]) -> int:
    """The number of partitions that all topics have.

    Raises:
        PartitionCountError: they differ.

    >>> require_equal_counts({"a": TopicFacts(4), "b": TopicFacts(4)})
    4
    """
    counts = {name: known.partitions for name, known in facts.items()}
    if len(set(counts.values())) != 1:
        told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        raise PartitionCountError(
            f"tables: wanted equally many partitions of all topics that share keys; got {told}. A key's events would "
            f"lie in partitions of several numbers, and workers would overwrite each other; {_HOW_TO_REBUILD}"
        )
    return next(iter(counts.values()))


def require_same_count(changelog: str, known: int, now: int) -> None:
    """Do nothing if the tables were counted with as many partitions as there are now.

    Raises:
        PartitionCountError: they were not.
    """
    if known != now:
        raise PartitionCountError(
            f"tables: {changelog} was counted with {known} partitions of each topic; got {now}. Keys lie in other "
            f"partitions than their tables; {_HOW_TO_REBUILD}"
        )


def succeeding(
    known: TableOrigin | None, partitions: int, facts: Mapping[str, TopicFacts], inputs: Collection[str]
) -> TableOrigin:
    """The origin of tables that go on with the topics as they are now.

    A topic with another id than before was deleted and made anew: its offsets start again, so it begins an epoch.
    Its earlier events stay counted.
    """
    lives = {}
    for topic in inputs:
        before = known.inputs.get(topic) if known is not None else None
        lives[topic] = _next_life(topic, before, facts[topic].topic_id)
    return TableOrigin(partitions, lives)


def renewed(known: TableOrigin | None, now: TableOrigin) -> frozenset[str]:
    """The topics that were made anew between two origins."""
    if known is None:
        return frozenset()
    return frozenset(topic for topic in now.inputs if now.epoch(topic) > known.epoch(topic))


def _next_life(topic: str, before: Life | None, topic_id: str) -> Life:
    if before is None or not before.topic_id or before.topic_id == topic_id:
        return Life(topic_id, before.epoch if before is not None else 0)
    if not topic_id:
        return before
    log.warning(
        "a topic was made anew; what it held before stays counted", topic=topic, epoch=before.epoch + 1
    )
    return Life(topic_id, before.epoch + 1)
