"""The enrich role: reviews to the models, enriched reviews out."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import structlog

from models.interfaces import ReviewReader
from schemas.topics import NEW_REVIEW
from streams.delivery.records import Handler
from streams.lane.lane import Lane
from streams.lane.values import LaneLimits
from streams.roles.enrich.handler import EnrichReviews
from streams.roles.enrich.reading import Reader, Readers
from streams.roles.parts import Parts
from streams.settings import Settings
from streams.worker.stream_worker import StreamWorker

log = structlog.get_logger(__name__)


class EnrichWorker(StreamWorker):
    """See `StreamWorker`."""

    role = "enrich"
    topics = (NEW_REVIEW.name,)

    def __init__(self, settings: Settings, parts: Parts, stack: AsyncExitStack, number: int) -> None:
        super().__init__(settings, parts, stack, number)
        self._is_model_loaded = False

    async def load_handler(self, client: dict[str, Any], *, is_kafka: bool) -> Handler:
        """Load the models, a lane for each."""
        del client, is_kafka
        settings = self._settings
        models = await asyncio.to_thread(self._parts.load_readers, settings)
        preparer = await asyncio.to_thread(self._parts.load_preparer, settings)
        limits = LaneLimits(**settings.lane.model_dump())
        readers: dict[ReviewReader[Any], Reader] = {}
        for model in dict.fromkeys(models.values()):  # each once, however many languages it reads
            lane = await self._stack.enter_async_context(Lane(model, limits, observe=self._metrics.forwarded))
            readers[model] = Reader(model.name, model.version, lane.run)
            self._metrics.model(model.name, model.version)
            languages = [language for language, one in models.items() if one is model]
            log.info("model loaded", model=model.name, version=model.version, languages=languages)
        self._is_model_loaded = True
        executor = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        return EnrichReviews(
            Readers({language: readers[model] for language, model in models.items()}),
            preparer,
            executor=executor,
            now=lambda: datetime.now(UTC),
            answered=self._metrics.answered,
        )

    def missing(self) -> Sequence[str]:
        """The model, until it has answered its first text."""
        return () if self._is_model_loaded else ("the model is not loaded",)
