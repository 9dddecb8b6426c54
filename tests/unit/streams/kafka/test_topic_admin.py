import asyncio
import dataclasses
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import DAY_MS, DEAD_LETTER_RETENTION_MS, ROLLING_STATE, TOPICS, dead_letter_topic
from streams.app import planned_topics
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_admin import BrokerUnreachableError
from streams.kafka.topic_plan import TopicSpec, differences
from streams.settings import KafkaSettings
from tests.roles import topics

CONFIGURATIONS = st.dictionaries(st.sampled_from(["cleanup.policy", "retention.ms"]), st.sampled_from("123"))
SPECS = st.builds(TopicSpec, st.sampled_from("abc"), st.integers(1, 3), st.integers(1, 3), CONFIGURATIONS)
SPEC_LISTS = st.lists(SPECS, unique_by=lambda spec: spec.name)


def test_all_topics_and_dead_letters_are_wanted() -> None:
    """Every topic of the contracts is wanted once, with its policy; those we read have dead letters."""
    specs = {spec.name: spec for spec in topics(6, 3)}
    dead_letters = {dead_letter_topic(topic.name) for topic in TOPICS if topic.dead_letters}
    assert set(specs) == {topic.name for topic in TOPICS} | dead_letters | {ROLLING_STATE}
    assert {topic.name: topic.cleanup_policy for topic in TOPICS}.items() <= {
        name: spec.configuration["cleanup.policy"] for name, spec in specs.items()
    }.items()
    for name in dead_letters:
        assert specs[name].configuration["retention.ms"] == str(DEAD_LETTER_RETENTION_MS)
        assert specs[name].configuration["cleanup.policy"] == "delete"


@given(st.integers(1, 100), st.integers(1, 9))
def test_partition_counts_are_equal(partitions: int, replication_factor: int) -> None:
    """All topics of products have the same partitions, all topics the same replicas; losing one stops no writer."""
    specs = topics(partitions, replication_factor)
    own = {topic.name: topic.partitions for topic in TOPICS if topic.partitions is not None}
    assert own
    for spec in specs:
        assert spec.replication_factor == replication_factor
        assert spec.partitions == own.get(spec.name.removesuffix(".dlq"), partitions)
    in_sync = {int(spec.configuration["min.insync.replicas"]) for spec in specs}
    assert in_sync <= set(range(1, max(1, replication_factor - 1) + 1))


def test_compacted_topics_have_no_retention() -> None:
    """Retention is set where records are deleted, and only there."""
    for spec in topics(1):
        assert ("retention.ms" in spec.configuration) == (spec.configuration["cleanup.policy"] == "delete")


def test_retention_is_as_the_settings_say() -> None:
    """By topic, dead letters too, in days; the others keep their own, and reviews can be read again for months."""
    kafka = KafkaSettings(retention_days={"new-product": 0.5, "new-review.dlq": 400})
    kept = {spec.name: spec.configuration.get("retention.ms") for spec in planned_topics(kafka)}
    assert kept["new-product"] == "43200000"
    assert kept["new-review.dlq"] == str(400 * DAY_MS)
    assert int(kept["new-review"] or 0) > 30 * DAY_MS
    assert kept["product-summary"] is None


@given(SPEC_LISTS)
def test_what_is_as_wanted_has_no_difference(specs: list[TopicSpec]) -> None:
    """Topics equal to the wanted ones have no difference."""
    assert differences(specs, reversed(specs)) == []


@given(SPEC_LISTS, SPEC_LISTS)
def test_each_difference_is_named_once(wanted: list[TopicSpec], actual: list[TopicSpec]) -> None:
    """There is one line for each value that differs, and none for values that the broker does not tell."""
    expected = 0
    by_name = {spec.name: spec for spec in actual}
    for want in wanted:
        got = by_name.get(want.name)
        if got is None:
            expected += 1
            continue
        expected += want.partitions != got.partitions
        expected += want.replication_factor != got.replication_factor
        expected += sum(
            value != got.configuration.get(key, value) for key, value in want.configuration.items()
        )
    assert len(differences(wanted, actual)) == expected


def test_messages_name_topic_what_wanted_and_got() -> None:
    """A difference says which topic, what, what was wanted and what came."""
    wanted = TopicSpec("r", 4, 3, {"cleanup.policy": "compact", "min.insync.replicas": "2"})
    actual = TopicSpec("r", 2, 1, {"cleanup.policy": "delete", "min.insync.replicas": "1"})
    assert differences([wanted], [actual]) == [
        "topic r: partitions: wanted 4; got 2",
        "topic r: replication factor: wanted 3; got 1",
        "topic r: cleanup.policy: wanted compact; got delete",
        "topic r: min.insync.replicas: wanted 2; got 1",
    ]
    assert "missing" in differences([wanted], [])[0]


def test_settings_the_broker_does_not_tell_are_unknown() -> None:
    """A setting the broker does not tell is no difference."""
    wanted = TopicSpec("r", 4, 1, {"cleanup.policy": "compact"})
    silent = dataclasses.replace(wanted, configuration={})
    assert differences([wanted], [silent]) == []


async def test_a_refusing_address_is_explained() -> None:
    """Where nobody listens, the error names the step, the address and what to do."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's
        address = f"127.0.0.1:{unheard.getsockname()[1]}"
        with pytest.raises(
            BrokerUnreachableError, match=rf"broker, create: wanted .*{address}.*; got .*; check"
        ):
            await topic_admin.create(KafkaConnection(address), topics(1))


@pytest.mark.thorough
async def test_a_silent_server_is_given_up() -> None:
    """A server that accepts and never answers is an error as well, not a wait for ever."""
    async with asyncio.timeout(30):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            with pytest.raises(BrokerUnreachableError):
                await topic_admin.ping(KafkaConnection(address, admin_timeout_ms=300))
