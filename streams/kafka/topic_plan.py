"""Topics as they should be, and how those of a broker differ from that; no broker is asked here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import DAY_MS, DEAD_LETTER_RETENTION_MS, Topic, dead_letter_topic
from streams.settings import KafkaSettings

_MISSING = "it is missing"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be, or as a broker describes it.

    Attributes:
        replication_factor: of the partition that has the fewest replicas.
        configuration: settings by Kafka's names; what a broker does not tell is not in it.
    """

    name: str
    partitions: int
    replication_factor: int
    configuration: Mapping[str, str]


def wanted_topics(
    kafka: KafkaSettings, topics: Iterable[Topic], changelogs: Iterable[str] = ()
) -> tuple[TopicSpec, ...]:
    """Every topic, dead-letter topic and changelog as it should be: the same partitions, so that keys meet.

    Topics whose keys meet nothing have as many partitions as their row says.

    >>> from schemas.topics import NEW_REVIEW
    >>> kafka = KafkaSettings(replication_factor=3, retention_days={"new-review": 30})
    >>> review, dead_letters = wanted_topics(kafka, [NEW_REVIEW])
    >>> review.partitions, review.configuration
    (4, {'min.insync.replicas': '2', 'cleanup.policy': 'delete', 'retention.ms': '2592000000'})
    """
    return (*_topic_specs(kafka, topics), *_changelog_specs(kafka, changelogs))


def _topic_specs(kafka: KafkaSettings, topics: Iterable[Topic]) -> Iterator[TopicSpec]:
    for topic in topics:
        partitions = kafka.partitions if topic.partitions is None else topic.partitions
        configuration = _in_sync(kafka) | {"cleanup.policy": topic.cleanup_policy}
        if topic.cleanup_policy == "delete":
            configuration["retention.ms"] = _retention_ms(kafka, topic.name, topic.retention_ms)
        yield TopicSpec(kafka.names(topic.name), partitions, kafka.replication_factor, configuration)
        if topic.dead_letters:
            name = dead_letter_topic(topic.name)
            kept = {
                "cleanup.policy": "delete",
                "retention.ms": _retention_ms(kafka, name, DEAD_LETTER_RETENTION_MS),
            }
            yield TopicSpec(kafka.names(name), partitions, kafka.replication_factor, _in_sync(kafka) | kept)


def _changelog_specs(kafka: KafkaSettings, changelogs: Iterable[str]) -> Iterator[TopicSpec]:
    for name in changelogs:
        compacted = _in_sync(kafka) | {"cleanup.policy": "compact"}
        yield TopicSpec(kafka.names(name), kafka.partitions, kafka.replication_factor, compacted)


def _in_sync(kafka: KafkaSettings) -> dict[str, str]:
    """Half of the replicas: acknowledged records survive a lost broker, and a lost broker stops nothing."""
    return {"min.insync.replicas": str((kafka.replication_factor + 1) // 2)}


def _retention_ms(kafka: KafkaSettings, name: str, default_ms: int | None) -> str:
    days = kafka.retention_days.get(name)
    if days is not None:
        return str(round(days * DAY_MS))
    return str(-1 if default_ms is None else default_ms)


def differences(wanted: Iterable[TopicSpec], actual: Iterable[TopicSpec]) -> list[str]:
    """Each way in which topics are not as they should be: the topic, what differs, wanted and got.

    Settings that the broker does not tell are no difference.

    >>> wanted = TopicSpec("r", 4, 1, {"cleanup.policy": "compact"})
    >>> differences([wanted], [])
    ['topic r: wanted 4 partitions; got none, it is missing']
    >>> differences([wanted], [TopicSpec("r", 2, 1, {"cleanup.policy": "delete"})])
    ['topic r: partitions: wanted 4; got 2', 'topic r: cleanup.policy: wanted compact; got delete']
    """
    lines = []
    for want, got in _paired(wanted, actual):
        if got is None:
            lines.append(f"topic {want.name}: wanted {want.partitions} partitions; got none, it is missing")
            continue
        wants = {**_numbers(want), **want.configuration}
        gots = {**_numbers(got), **got.configuration}
        lines += [
            f"topic {want.name}: {what}: wanted {wants[what]}; got {gots[what]}"
            for what in wants
            if what in gots and wants[what] != gots[what]
        ]
    return lines


def summary(lines: Sequence[str]) -> str:
    """Differences in one line, however many there are.

    >>> summary(["topic a: wanted 4 partitions; got none, it is missing"] * 3)
    '3 topics are missing'
    >>> summary(["topic a: partitions: wanted 4; got 2"])
    'topic a: partitions: wanted 4; got 2'
    """
    missing = [difference for difference in lines if is_missing(difference)]
    others = [difference for difference in lines if not is_missing(difference)]
    parts = [f"{len(missing)} topics are missing"] if missing else []
    parts += others[:3]
    if len(others) > 3:
        parts.append(f"and {len(others) - 3} more differences")
    return "; ".join(parts)


def is_missing(difference: str) -> bool:
    """Whether a difference is a topic that does not exist."""
    return difference.endswith(_MISSING)


def _numbers(spec: TopicSpec) -> dict[str, str]:
    return {"partitions": str(spec.partitions), "replication factor": str(spec.replication_factor)}


def _paired(
    wanted: Iterable[TopicSpec], actual: Iterable[TopicSpec]
) -> Iterator[tuple[TopicSpec, TopicSpec | None]]:
    by_name = {spec.name: spec for spec in actual}
    for want in wanted:
        yield want, by_name.get(want.name)
