"""The generate role: snapshots of products to texts."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from schemas.topics import REFRESH_REQUESTED
from streams.delivery.records import Handler
from streams.lane.device_threads import give_way
from streams.roles.generate.handler import GenerateTexts
from streams.worker.stream_worker import StreamWorker

#: A text may wait, the reviews of a shop may not: on one machine enrichment computes first.
NICENESS = 15


class GenerateWorker(StreamWorker):
    """See `StreamWorker`."""

    role = "generate"
    topics = (REFRESH_REQUESTED.name,)
    _is_loaded = False

    @property
    def max_in_flight_records(self) -> int:
        """Some batches, and as many that are decoded or published meanwhile."""
        return min(super().max_in_flight_records, 8 * self._settings.generation.batch_snapshots)

    async def load_handler(self, client: dict[str, Any], *, is_kafka: bool) -> Handler:
        """Load what puts snapshots into words."""
        del client, is_kafka
        executor = ThreadPoolExecutor(
            1, thread_name_prefix="compose", initializer=partial(give_way, NICENESS)
        )
        self._stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        loop = asyncio.get_running_loop()
        composer = await loop.run_in_executor(executor, self._parts.load_composer, self._settings)
        self._is_loaded = True
        # Called before the executor's: Python waits for its thread.
        self._stack.callback(composer.stop)
        return GenerateTexts(
            composer,
            executor=executor,
            batch_records=self._settings.generation.batch_snapshots,
            now=lambda: datetime.now(UTC),
        )

    def missing(self) -> Sequence[str]:
        """The composer, until it is loaded."""
        return () if self._is_loaded else ("what writes the texts is not loaded",)
