"""The generate role: snapshots of products to texts."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from schemas.topics import REFRESH_REQUESTED
from streams.agents.generate import GenerateTexts
from streams.delivery.records import Handler
from streams.roles.worker import StreamWorker


class GenerateWorker(StreamWorker):
    """See `StreamWorker`."""

    role = "generate"
    topics = (REFRESH_REQUESTED.name,)
    _is_loaded = False

    async def load_handler(self, client: dict[str, Any], *, is_kafka: bool) -> Handler:
        """Load what puts snapshots into words."""
        del client, is_kafka
        composer = await asyncio.to_thread(self._parts.load_composer, self._settings)
        self._is_loaded = True
        executor = ThreadPoolExecutor(1, thread_name_prefix="compose")
        self._stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        return GenerateTexts(composer, executor=executor, now=lambda: datetime.now(UTC))

    def missing(self) -> Sequence[str]:
        """The composer, until it is loaded."""
        return () if self._is_loaded else ("what writes the texts is not loaded",)
