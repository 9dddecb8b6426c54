"""What a group has committed is known, or asked for again."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    UnknownError,
    UnknownTopicOrPartitionError,
)
from aiokafka.protocol.commit import OffsetFetchResponse_v1, OffsetFetchResponse_v3

from streams.delivery.committed import Committed, refuse_unknown_offsets, told
from streams.delivery.records import Partition

P0 = Partition("new-review", 0)


def answer(offset: int = 7, *, code: int = 0, group_code: int = 0, mark: str = "") -> OffsetFetchResponse_v3:
    """An answer of one partition; of none where the group has an error, as brokers do."""
    partitions = [] if group_code else [("new-review", [(0, offset, mark, code)])]
    return OffsetFetchResponse_v3(0, partitions, group_code)


@pytest.mark.parametrize(
    ("response", "known"),
    [
        (answer(7, mark="m"), Committed(7, "m")),
        (answer(0), Committed(0)),
        (answer(-1), Committed(None)),
        (OffsetFetchResponse_v1([("new-review", [(0, 5, None, 0)])]), Committed(5)),
    ],
)
def test_an_answer_that_says_is_taken(response: Any, known: Committed) -> None:
    """An offset, offset 0 and "none was committed" are three answers; old brokers have no error for the group."""
    assert told(response)[P0] == known


@pytest.mark.parametrize(
    "response",
    [
        answer(group_code=GroupLoadInProgressError.errno),
        answer(group_code=NotCoordinatorForGroupError.errno),
        answer(group_code=UnknownError.errno),
        answer(group_code=88),  # UNSTABLE_OFFSET_COMMIT, which aiokafka does not know
        answer(code=UnknownTopicOrPartitionError.errno),
        answer(code=GroupLoadInProgressError.errno),
        OffsetFetchResponse_v3(0, [], 0),
    ],
)
def test_an_answer_that_does_not_say_is_worth_another_try(response: Any) -> None:
    """Whatever a broker in trouble answers is an error that may pass, and never "nothing was committed"."""
    with pytest.raises(KafkaError) as refused:
        told(response)[P0]
    assert refused.value.retriable


def test_missing_rights_are_final() -> None:
    """Who may not ask is told so, and does not wait for ever."""
    with pytest.raises(GroupAuthorizationFailedError) as refused:
        told(answer(group_code=GroupAuthorizationFailedError.errno))
    assert not refused.value.retriable


class ScriptedCoordinator(GroupCoordinator):  # type: ignore[misc]
    """aiokafka's own coordinator, its broker's answers scripted."""

    def __init__(self, answers: list[Any]) -> None:
        self.group_id = "g"
        self._retry_backoff_ms = 0
        self.answers = answers
        self.lookups = 0

    async def ensure_coordinator_known(self) -> None:
        self.lookups += 1

    def coordinator_dead(self) -> None: ...

    async def _send_req(self, _request: Any) -> Any:
        return self.answers.pop(0)


async def test_a_consumer_begins_where_its_group_stands_and_not_at_the_beginning() -> None:
    """While a broker loads the group aiokafka takes "not known" for "none"; now it asks until it is told."""
    tp = TopicPartition(*P0)
    loading = answer(group_code=GroupLoadInProgressError.errno)
    assert await ScriptedCoordinator([loading]).fetch_committed_offsets([tp]) == {}, (
        "aiokafka is mended: drop ours"
    )

    coordinator = ScriptedCoordinator(
        [loading, answer(group_code=NotCoordinatorForGroupError.errno), answer(group_code=-1), answer(41)]
    )
    refuse_unknown_offsets(coordinator)
    offsets = await coordinator.fetch_committed_offsets([tp])
    assert {key: value.offset for key, value in offsets.items()} == {tp: 41}
    assert coordinator.lookups == 4


async def test_none_committed_is_an_answer() -> None:
    """A new group begins at the beginning at once."""
    coordinator = ScriptedCoordinator([answer(-1)])
    refuse_unknown_offsets(coordinator)
    assert await coordinator.fetch_committed_offsets([TopicPartition(*P0)]) == {}


async def test_other_requests_pass_untouched() -> None:
    """Only the offsets are looked at."""
    response = SimpleNamespace(error_code=14, topics=())
    coordinator = ScriptedCoordinator([response])
    refuse_unknown_offsets(coordinator)
    assert await coordinator._send_req(object()) is response
