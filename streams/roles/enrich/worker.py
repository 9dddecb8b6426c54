"""What a worker of the enrich role is made of: readers in their lanes, the preparer, the handler."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import structlog

from models.readers.interfaces import ReviewReader
from schemas.topics import ENRICHED_REVIEW
from streams.delivery.records import Handler
from streams.delivery.sink import Checkpoint, pass_by
from streams.kafka.connection import KafkaConnection
from streams.lane.lane import Lane
from streams.lane.loading import load_readers
from streams.lane.values import BatchReport, LaneLimits
from streams.roles.enrich.handler import EnrichReviews
from streams.roles.enrich.preparer import load_preparer
from streams.roles.enrich.readers import Preparer, Reader, Readers
from streams.settings import Settings
from streams.worker.role import Role
from streams.worker.stream_worker import StreamWorker

log = structlog.get_logger(__name__)


class EnrichWorker(StreamWorker):
    """See `StreamWorker`, and for the arguments that are not named here, too.

    Args:
        load_readers: loads the models, by the languages they are to read; called on a thread.
        load_preparer: makes what masks and identifies languages; called on a thread.
    """

    def __init__(
        self,
        role: Role,
        settings: Settings,
        stack: AsyncExitStack,
        *,
        load_readers: Callable[[Settings], Mapping[str, ReviewReader[Any]]] = load_readers,
        load_preparer: Callable[[Settings], Preparer] = load_preparer,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        super().__init__(role, settings, stack, checkpoint=checkpoint)
        self._load_readers = load_readers
        self._load_preparer = load_preparer
        self._is_model_loaded = False

    async def load_handler(self, client: KafkaConnection, *, is_kafka: bool) -> Handler:
        """Load the models, a lane for each."""
        del client, is_kafka
        models = await asyncio.to_thread(self._load_readers, self._settings)
        preparer = await asyncio.to_thread(self._load_preparer, self._settings)
        readers = {model: await self._reader(model, models) for model in dict.fromkeys(models.values())}
        self._is_model_loaded = True
        executor = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        return EnrichReviews(
            Readers({language: readers[model] for language, model in models.items()}),
            preparer,
            executor=executor,
            now=lambda: datetime.now(UTC),
            least_confidence=self._settings.model.least_confidence,
            answered=self._metrics.answered,
            output_topic=self._names(ENRICHED_REVIEW.name),
        )

    def missing(self) -> Sequence[str]:
        """The model, until it has answered its first text."""
        return () if self._is_model_loaded else ("the model is not loaded",)

    @property
    def stuck_after_s(self) -> float:
        """A batch may hang, each of its texts be tried alone, and the harmless one be asked."""
        return super().stuck_after_s + 3 * self._settings.lane.forward_timeout_s

    def _forwarded(self, report: BatchReport) -> None:
        self._metrics.forwarded(report)
        self.finished_batch()

    async def _reader(self, model: ReviewReader[Any], models: Mapping[str, ReviewReader[Any]]) -> Reader:
        """A model in a lane of its own, however many languages it reads."""
        limits = LaneLimits(**self._settings.lane.model_dump())
        lane = await self._stack.enter_async_context(Lane(model, limits, observe=self._forwarded))
        self._metrics.model(model.name, model.version)
        languages = [language for language, reader in models.items() if reader is model]
        log.info("model loaded", model=model.name, version=model.version, languages=languages)
        return Reader(model.name, model.version, lane.run, model.embedding_version)
