import asyncio
import contextlib
import gc
import types
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from typing import Any, NamedTuple

import pytest
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import KafkaError, NodeNotReadyError

from streams.kafka.connection import KafkaConnection
from tests.unit.streams.kafka.greeting_broker import GreetingBroker


@pytest.fixture
async def broker() -> AsyncIterator[GreetingBroker]:
    gc.freeze()  # what was there before is not looked at again at each collection
    async with GreetingBroker() as broker:
        yield broker
    gc.unfreeze()


async def consume(client: KafkaConnection) -> None:
    consumer = client.consumer()
    await consumer.start()
    try:
        await consumer.topics()
    finally:
        await consumer.stop()


async def produce(client: KafkaConnection) -> None:
    producer = client.producer(is_idempotent=False)
    await producer.start()
    try:
        await producer.client.fetch_all_metadata()
    finally:
        await producer.stop()


async def ask(client: KafkaConnection) -> None:
    admin = client.admin()
    await admin.start()
    try:
        await admin.list_topics()
    finally:
        await admin.close()


USES: dict[str, Callable[[KafkaConnection], Coroutine[Any, Any, None]]] = {
    "consumer": consume,
    "producer": produce,
    "admin": ask,
}
CANCELLATIONS = {"once": 1, "and at the next two waits": 3}


@types.coroutine
def cancelled_at(work: Coroutine[Any, Any, None], wait: int, times: int) -> Generator[Any, Any, bool]:
    """Do work in this task, cancelled where it waits for the nth time; False if it does not wait so often."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    waits = 0
    step: Callable[[], Any] = lambda: work.send(None)  # noqa: E731
    while True:
        try:
            waited_for = step()
        except StopIteration:
            return waits >= wait
        waits += 1
        if wait <= waits < wait + times:
            loop.call_soon(task.cancel)
        try:
            yield waited_for
        except BaseException as error:  # noqa: BLE001 - what the wait ends with is the work's to handle
            thrown = error
            step = lambda thrown=thrown: work.throw(thrown)  # type: ignore[misc]  # noqa: E731
        else:
            step = lambda: work.send(None)  # noqa: E731


class Left(NamedTuple):
    """What became of work, and what it left open."""

    has_waited: bool
    was_cancelled: bool
    warnings: list[str]
    tasks: list[str]


async def left_by(work: Awaitable[bool], broker: GreetingBroker) -> Left:
    before = asyncio.all_tasks()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=10)
        assert done, "it waits for ever"
        was_cancelled = task.cancelled()
        has_waited = was_cancelled or task.result()
        del task, done
        gc.collect()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):  # the broker's side of it ends a moment later
            while broker.connections or asyncio.all_tasks() - before:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.001)
    tasks = [str(one.get_coro()) for one in asyncio.all_tasks() - before]
    return Left(has_waited, was_cancelled, [str(one.message) for one in told], tasks)


@pytest.mark.parametrize("times", CANCELLATIONS.values(), ids=CANCELLATIONS)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_a_client_that_is_cancelled_anywhere_leaves_nothing_open(
    broker: GreetingBroker, use: Callable[[KafkaConnection], Coroutine[Any, Any, None]], times: int
) -> None:
    """At whichever wait of its start, its use and its end, also while it closes: the cancellation comes out too."""
    wait, has_waited = 0, True
    while has_waited:
        wait += 1
        left = await left_by(cancelled_at(use(broker.client), wait, times), broker)
        assert (wait, left.warnings, left.tasks) == (wait, [], [])
        assert left.was_cancelled is left.has_waited, f"the cancellation at wait {wait} is swallowed"
        has_waited = left.has_waited
    assert wait > 8


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_a_client_that_is_given_up_before_a_frozen_broker_leaves_nothing_open(
    broker: GreetingBroker, use: Callable[[KafkaConnection], Coroutine[Any, Any, None]]
) -> None:
    """A broker that takes the connection and tells nothing more: the caller's patience ends it, and at once."""
    broker.is_silent = True

    async def with_patience() -> bool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await use(broker.client)
        return True

    async with asyncio.timeout(3):
        left = await left_by(with_patience(), broker)
    assert (left.warnings, left.tasks) == ([], [])


@pytest.mark.parametrize("use", [consume, produce])
async def test_a_start_that_fails_closes_what_it_opened(
    broker: GreetingBroker,
    use: Callable[[KafkaConnection], Coroutine[Any, Any, None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever starts a client has to stop only one that has started."""

    async def fails(*_: object) -> None:
        raise NodeNotReadyError

    for part in ("consumer.consumer.AIOKafkaConsumer._wait_topics", "producer.sender.Sender.start"):
        monkeypatch.setattr(f"aiokafka.{part}", fails)

    async def failing() -> bool:
        with pytest.raises(KafkaError):
            await use(broker.client)
        return True

    left = await left_by(failing(), broker)
    assert (left.warnings, left.tasks) == ([], [])


async def test_a_part_that_does_not_close_keeps_no_other_open(
    broker: GreetingBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fetcher whose fetch has not begun yet ends with a cancellation; the connections close all the same."""

    async def ends_early(fetcher: Fetcher) -> None:
        fetcher._fetch_task.cancel()
        raise asyncio.CancelledError

    monkeypatch.setattr(Fetcher, "close", ends_early)

    async def consuming() -> bool:
        await consume(broker.client)
        return True

    left = await left_by(consuming(), broker)
    assert (left.was_cancelled, left.warnings, left.tasks) == (False, [], [])
