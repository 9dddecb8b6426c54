"""What a group has committed is known, or asked for again."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    RequestTimedOutError,
    UnknownError,
    UnknownTopicOrPartitionError,
)
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v1, OffsetFetchResponse_v3

from streams.delivery.committed import Committed, committed, committed_offset, refuse_unknown_offsets, told
from streams.delivery.records import Partition
from streams.kafka.connection import KafkaConnection

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


class ScriptedAdmin:
    """A connection, and the client that it makes: broker 7 coordinates the group, and answers as scripted."""

    def __init__(self, scripted: Any) -> None:
        self._scripted = scripted
        self.is_open = False

    @property
    def connection(self) -> KafkaConnection:
        return cast("KafkaConnection", self)

    def admin(self) -> "ScriptedAdmin":
        return self

    async def start(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def find_coordinator(self, group: str) -> int:
        assert group == "g"
        return 7

    async def _send_request(self, request: OffsetFetchRequest, broker: int) -> Any:
        assert self.is_open
        assert broker == 7
        assert vars(request) == vars(OffsetFetchRequest("g", [("new-review", [0])]))
        if isinstance(self._scripted, Exception):
            raise self._scripted
        return self._scripted


async def test_the_groups_own_coordinator_is_asked() -> None:
    """Another broker would answer with an error, or with nothing."""
    admin = ScriptedAdmin(answer(7, mark="m"))
    assert await committed(admin.connection, "g", P0) == Committed(7, "m")
    assert await committed_offset(admin.connection, "g", P0) == 7
    assert not admin.is_open


@pytest.mark.parametrize(
    "scripted",
    [
        answer(group_code=GroupLoadInProgressError.errno),
        OffsetFetchResponse_v3(0, [], 0),
        RequestTimedOutError(),
    ],
)
async def test_an_asking_that_fails_raises_and_leaves_nothing_open(scripted: Any) -> None:
    """An error of the group, an answer about something else, none at all."""
    admin = ScriptedAdmin(scripted)
    with pytest.raises(KafkaError):
        await committed(admin.connection, "g", P0)
    assert not admin.is_open


class ScriptedCoordinator(GroupCoordinator):  # type: ignore[misc]
    """aiokafka's own coordinator, its broker's answers scripted."""

    def __init__(self, answers: list[Any]) -> None:
        self.group_id = "g"
        self._retry_backoff_ms = 0
        self.answers = answers
        self.lookups = 0
        self._is_known = False

    async def ensure_coordinator_known(self) -> None:
        self.lookups += not self._is_known
        self._is_known = True

    def coordinator_dead(self) -> None:
        self._is_known = False

    async def _send_req(self, _request: Any) -> Any:
        return self.answers.pop(0)


async def test_a_consumer_begins_where_its_group_stands_and_not_at_the_beginning() -> None:
    """While a broker loads the group aiokafka takes "not known" for "none"; now it asks until it is told.

    A broker that is not the group's coordinator, or knows none, is not asked again: the coordinator is looked up anew.
    """
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
    assert coordinator.lookups == 3  # the first, and one after each of the two


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
