"""Fetches that wait for more records, and those that do not."""

import asyncio
import inspect
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher

from streams.delivery.gathering import gather_before_fetches

GATHERING_S = 0.05


class FakeFetcher:
    """Says when each fetch began, and whether it brought records."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.began: list[float] = []

    async def _proc_fetch_request(self, _assignment: Any, _node: int, _request: Any) -> bool:
        self.began.append(time.monotonic())
        return self.answers.pop(0)


class Assignment:
    """Of which every partition has its committed records up to `end`, as the last answer told."""

    def __init__(self, end: int | None) -> None:
        self.end = end

    def state_value(self, _partition: object) -> Any:
        """The state of one partition."""
        return SimpleNamespace(lso=self.end)


def request(*offsets: int) -> Any:
    """Asks for one topic's partitions from these offsets on."""
    return SimpleNamespace(topics=[("new-review", [(number, at, 1024) for number, at in enumerate(offsets)])])


async def waits(fetcher: FakeFetcher, assignment: Any, nodes: list[int], asked: Any) -> list[bool]:
    """Which of some fetches, one after the other, were gathered for."""
    gather_before_fetches(fetcher, lambda: GATHERING_S)
    waited = []
    for node in nodes:
        started = time.monotonic()
        await fetcher._proc_fetch_request(assignment, node, asked)
        waited.append(fetcher.began[-1] - started >= GATHERING_S)
    return waited


async def test_after_records_the_next_fetch_waits_and_after_a_silence_it_does_not() -> None:
    """So the first record after a silence finds a fetch under way, and is brought at once."""
    assert await waits(FakeFetcher(True, False, True, True), Assignment(7), [0] * 4, request(7, 7)) == [
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(("end", "is_gathered"), [(8, False), (7, True), (None, True)])
async def test_what_the_broker_is_known_to_have_is_fetched_at_once(
    end: int | None, *, is_gathered: bool
) -> None:
    """A worker that is behind has nothing to gather; of any partition is enough."""
    asked = request(9, 7)
    assert await waits(FakeFetcher(True, True), Assignment(end), [0, 0], asked) == [False, is_gathered]


async def test_each_broker_is_waited_for_on_its_own() -> None:
    """Records of one are no reason to wait before another is asked."""
    assert await waits(FakeFetcher(True, False, True), Assignment(7), [0, 1, 0], request(7)) == [
        False,
        False,
        True,
    ]


async def test_a_stop_while_records_are_gathered_ends_as_one_while_they_are_fetched() -> None:
    """Aiokafka's fetcher awaits what it cancels without protection: an error would keep the consumer from closing."""
    fetcher = FakeFetcher(True)
    gather_before_fetches(fetcher, lambda: 60.0)
    await fetcher._proc_fetch_request(Assignment(7), 0, request(7))
    gathering = asyncio.ensure_future(fetcher._proc_fetch_request(Assignment(7), 0, request(7)))
    await asyncio.sleep(0)
    gathering.cancel()
    assert await gathering is False


def test_aiokafkas_fetcher_sends_its_requests_where_it_is_replaced() -> None:
    """The method exists, with these parameters, and the fetcher looks it up on itself."""
    assert str(inspect.signature(Fetcher._proc_fetch_request)) == "(self, assignment, node_id, request)"
    assert "self._proc_fetch_request(assignment, node_id, request)" in inspect.getsource(
        Fetcher._fetch_requests_routine
    )
    assert ".lso = lso" in inspect.getsource(Fetcher._proc_fetch_request)
