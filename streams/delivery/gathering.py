"""Gathers records before they are fetched, for a request costs the broker and this process what the model could use."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition


def gather_before_fetches(fetcher: Any, gathering_s: Callable[[], float]) -> None:
    """Let a fetch that follows upon records wait a moment, if the broker has no more of them yet.

    After a silence a fetch is under way and brings the first record at once; what the broker is known to have is
    fetched at once too.

    Args:
        fetcher: aiokafka's, of a consumer that has been started.
        gathering_s: how long a moment is now.
    """
    fetch = fetcher._proc_fetch_request  # noqa: SLF001
    brought_records: dict[int, bool] = {}

    async def gather_and_fetch(assignment: Any, node: int, request: Any) -> bool:
        if brought_records.get(node) and not _is_behind(assignment, request):
            try:
                await asyncio.sleep(gathering_s())
            except asyncio.CancelledError:
                return False  # as the fetch itself does: the fetcher's `close` awaits what it cancels, unprotected
        brought_records[node] = await fetch(assignment, node, request)
        return brought_records[node]

    fetcher._proc_fetch_request = gather_and_fetch  # noqa: SLF001


def _is_behind(assignment: Any, request: Any) -> bool:
    """Whether the last answers told of committed records that this request is about to fetch."""
    for topic, partitions in request.topics:
        for number, offset, _ in partitions:
            end = assignment.state_value(TopicPartition(topic, number)).lso
            if end is not None and offset < end:
                return True
    return False
