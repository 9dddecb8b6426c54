"""Delivery under thousands of histories of faults keeps its promises, and broken delivery does not pass."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina
import structlog
from aiokafka.errors import GroupLoadInProgressError, KafkaError

from streams.delivery import exactly_once
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.batches import enqueue
from streams.delivery.committed import Committed, committed
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Partition
from streams.kafka.connection import KafkaConnection
from tests.unit.streams.delivery.simulated_broker import BrokenPromiseError, Broker
from tests.unit.streams.delivery.simulation import GROUP, Ask, simulate

pytestmark = pytest.mark.thorough

_SEEDS = 1_000
_BATCHES = 4
_SEEDS_FOR_A_BUG = 200


def exactly(broker: Broker) -> ExactlyOnceSink:
    sink = ExactlyOnceSink(broker, group=GROUP)  # type: ignore[arg-type]
    sink.pause_s = 0.0
    return sink


def at_least(broker: Broker) -> AtLeastOnceSink:
    return AtLeastOnceSink(broker, is_idempotent=True)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Without logs: a fault costs three lines."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    stamina.instrumentation.set_on_retry_hooks([])
    yield
    structlog.configure(**before)
    stamina.instrumentation.set_on_retry_hooks(None)


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_exactly_once_is_kept(batch: int) -> None:
    """Late, lost and repeated requests, fences, zombies, kills: each output once, in order; a tick's at most once."""
    for seed in range(batch * _SEEDS // _BATCHES, (batch + 1) * _SEEDS // _BATCHES):
        try:
            simulate(seed, exactly, repeats=False)
        except BrokenPromiseError as broken:
            raise AssertionError(f"seed {seed}: {broken}") from broken


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_at_least_once_is_kept(batch: int) -> None:
    """The same faults: nothing is lost, and no offset is committed before all that is below it is out."""
    for seed in range(batch * _SEEDS // _BATCHES, (batch + 1) * _SEEDS // _BATCHES):
        try:
            simulate(seed, at_least, repeats=True)
        except BrokenPromiseError as broken:
            raise AssertionError(f"seed {seed}: {broken}") from broken


class NeverAsks(ExactlyOnceSink):
    """Planted: what became of a transaction is not asked for; it is sent again."""

    async def _has_been_committed(self, _chunk: Chunk, _mark: str) -> bool:
        return False


class RepeatsTicks(ExactlyOnceSink):
    """Planted: what moves no offset is taken for not committed."""

    async def _has_been_committed(self, chunk: Chunk, mark: str) -> bool:
        return not chunk.is_tick and await super()._has_been_committed(chunk, mark)


class Impatient(AtLeastOnceSink):
    """Planted: a delivery is done when it was tried, whatever the broker said."""

    async def deliver(self, chunk: Chunk, effects: Effects) -> dict[str, int]:
        with contextlib.suppress(KafkaError):
            producer = await self._living_producer()
            await asyncio.gather(
                *await enqueue(producer, chunk.lease.partition.partition, effects, self._sizes)
            )
        return {}


async def begin_at_the_beginning(connection: KafkaConnection, group: str, partition: Partition) -> Committed:
    """Planted: an answer that does not say counts as "nothing was committed"."""
    try:
        return await committed(connection, group, partition)
    except GroupLoadInProgressError:
        return Committed(None)


def skip_lease_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a transaction begins and ends whoever holds the partition by now."""
    monkeypatch.setattr(exactly_once, "_require", lambda _lease, _when: None)


def find_failure(sink: Callable[[Broker], Any], *, repeats: bool, ask: Ask = committed) -> str | None:
    """What the first seed says that finds something, if one of the first few does."""
    for seed in range(_SEEDS_FOR_A_BUG):
        try:
            simulate(seed, sink, repeats=repeats, ask=ask)
        except BrokenPromiseError as broken:
            return str(broken)
    return None


def test_a_transaction_sent_again_unasked_is_found() -> None:
    """Outputs come twice."""
    assert find_failure(lambda b: NeverAsks(b, group=GROUP), repeats=False) is not None  # type: ignore[arg-type]


def test_a_tick_sent_again_is_found() -> None:
    """Its effects come twice."""
    assert "tick" in (find_failure(lambda b: RepeatsTicks(b, group=GROUP), repeats=False) or "")  # type: ignore[arg-type]


def test_a_delivery_that_is_not_waited_for_is_found() -> None:
    """An offset passes what did not come out."""
    told = find_failure(lambda b: Impatient(b, is_idempotent=True), repeats=True)  # type: ignore[arg-type]
    assert "without" in (told or "")


@pytest.mark.parametrize("repeats", [True, False])
def test_a_start_at_the_beginning_is_found(repeats: bool) -> None:
    """Outputs come twice exactly once; at least once may repeat, and nothing is said."""
    told = find_failure(at_least if repeats else exactly, repeats=repeats, ask=begin_at_the_beginning)
    assert (told is None) == repeats


def test_transactions_without_lease_checks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk of a lease that is over goes through the producer of the next one."""
    skip_lease_checks(monkeypatch)
    assert find_failure(exactly, repeats=False) is not None
