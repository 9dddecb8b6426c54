"""Whether a child still answers: one that hangs does not end by itself, and nobody would start another."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import aiohttp

#: A child that says nothing for so long hangs. A start, which says nothing either, takes a tenth of that.
SILENT_AFTER_S = 120.0
_ASK_EVERY_S = 5.0
_ANSWER_S = 10.0


async def answers(url: str) -> bool:
    """Whether a page answers within ten seconds, whatever it says."""
    try:
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url):
            return True
    except (aiohttp.ClientError, OSError):  # a TimeoutError is an OSError
        return False


async def until_silent(
    asked: Callable[[], Awaitable[bool]],
    *,
    silent_after_s: float = SILENT_AFTER_S,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Return once there was no answer for too long.

    Args:
        asked: whether there is one.
        silent_after_s: seconds since the last one, or since this was called.
        now: a clock, in seconds.
        sleep: waits for seconds.
    """
    heard_at = now()
    while True:
        await sleep(min(_ASK_EVERY_S, silent_after_s))
        if await asked():
            heard_at = now()
        elif now() - heard_at >= silent_after_s:
            return
