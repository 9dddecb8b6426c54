"""The serving role ends when it is told to, whatever its clients are doing."""

import asyncio

import pytest

from streams.roles.serve.worker import _end


async def deaf_once() -> None:
    """Takes its first cancellation for something else, as a client that reconnects may."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(60)


@pytest.mark.thorough
async def test_a_task_that_misses_its_cancellation_is_cancelled_again() -> None:
    """Within seconds, beside one that hears at once and one that has failed."""

    async def failing() -> None:
        raise RuntimeError

    tasks = [asyncio.ensure_future(one) for one in (deaf_once(), asyncio.sleep(60), failing())]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await _end(tasks)
    assert all(task.done() for task in tasks)
