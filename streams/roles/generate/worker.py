"""What a worker of the generate role is made of: the writers, the thread they write on, the handler."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial

from streams.delivery.records import Handler
from streams.delivery.sink import Checkpoint, pass_by
from streams.kafka.connection import KafkaConnection
from streams.lane.device_threads import give_way
from streams.roles.generate.handler import AnswerRequests, Route
from streams.roles.generate.writers import WRITERS, WriterEntry
from streams.settings import Settings
from streams.worker.role import Role
from streams.worker.stream_worker import StreamWorker

#: A text may wait, the reviews of a shop may not: on one machine enrichment computes first.
NICENESS = 15


class GenerateWorker(StreamWorker):
    """See `StreamWorker`, and for the arguments that are not named here, too.

    Args:
        writers: who answers which topic.
    """

    def __init__(
        self,
        role: Role,
        settings: Settings,
        stack: AsyncExitStack,
        *,
        writers: Sequence[WriterEntry] = WRITERS,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        super().__init__(role, settings, stack, checkpoint=checkpoint)
        self._entries = writers
        self._is_loaded = False

    @property
    def max_in_flight_records(self) -> int:
        """Some batches, and as many that are decoded or published meanwhile."""
        return min(super().max_in_flight_records, 8 * self._settings.generation.batch_snapshots)

    async def load_handler(self, client: KafkaConnection, *, is_kafka: bool) -> Handler:
        """Load the writers, on the thread that they are asked from."""
        del client, is_kafka
        executor = ThreadPoolExecutor(1, thread_name_prefix="write", initializer=partial(give_way, NICENESS))
        self._stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        loop = asyncio.get_running_loop()
        routes = {}
        for entry in self._entries:
            writer = await loop.run_in_executor(executor, entry.load, self._settings)
            # Called before the executor's: Python waits for its thread.
            self._stack.callback(writer.stop)
            answers = self._names(entry.answers.name)
            routes[self._names(entry.requests.name)] = Route(entry.requests, answers, writer)
        self._is_loaded = True
        return AnswerRequests(
            routes,
            executor=executor,
            batch_records=self._settings.generation.batch_snapshots,
            now=lambda: datetime.now(UTC),
            finished_batch=self.finished_batch,
        )

    @property
    def stuck_after_s(self) -> float:
        """A batch that fails is asked again, request by request, and with a harmless one."""
        generation = self._settings.generation
        return super().stuck_after_s + (2 + generation.batch_snapshots) * generation.batch_s

    def missing(self) -> Sequence[str]:
        """The writers, until they are loaded."""
        return () if self._is_loaded else ("what writes the texts is not loaded",)
