"""The composition root: puts a role's parts together and runs it until it is told to stop."""

import asyncio
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from models.errors import ModelError
from models.interfaces import ReviewReader
from schemas.topics import NEW_REVIEW
from streams import topic_admin
from streams.agents.enrich import EnrichReviews
from streams.agents.reading import Preparer, Reader, Readers
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.connection import client_options
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.faust_driver import ChunkApp, new_app
from streams.delivery.intake import Intake
from streams.delivery.probe import choose_guarantee, probe
from streams.delivery.pump import Pump
from streams.delivery.records import Handler
from streams.delivery.sink import Checkpoint, Sink, pass_by
from streams.errors import ConfigurationError, FatalError
from streams.lag import LagWatch
from streams.lane.lane import Lane
from streams.lane.values import LaneLimits
from streams.lifecycle import run_app, wait_for_broker
from streams.metrics import WorkerMetrics
from streams.readiness import Readiness, WorkerState, judge
from streams.settings import DeliveryGuarantee, Settings
from streams.web.health import HealthServer

log = structlog.get_logger(__name__)

#: A thread that computes wants the interpreter for some microseconds between two operations. Python's 5 ms, for which
#: a thread that decodes or identifies languages may keep it, would leave the core idle.
_SWITCH_INTERVAL_S = 0.0001
#: Allocations, and collections of the younger generations, before each generation is collected.
_COLLECT_AFTER = (100_000, 20, 50)

#: The roles that exist, each with its offset from `http.port`.
ROLES = {"enrich": 1}


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of beside its settings; a test puts its own in.

    Attributes:
        load_readers: loads the models, by the languages they are to read; called on a thread.
        load_preparer: makes what masks and identifies languages; called on a thread.
        checkpoint: called by name at the points where a crash is most interesting.
    """

    load_readers: Callable[[Settings], Mapping[str, ReviewReader[Any]]]
    load_preparer: Callable[[Settings], Preparer]
    checkpoint: Checkpoint = pass_by


def default_parts() -> Parts:
    """The real models. Nothing is imported or loaded before a worker asks for it."""

    def load_readers(settings: Settings) -> Mapping[str, ReviewReader[Any]]:
        # torch takes seconds to import
        from models.loading import LoadOptions  # noqa: PLC0415
        from models.loading import load_readers as load  # noqa: PLC0415

        # Tokenising has a thread of its own; spread over all cores it would only get in the model's way.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

        model = settings.model
        try:
            options = LoadOptions(model.device, model.dtype, model.threads, model.engine, model.labels)
            return load(model.readers, options)
        except ModelError as error:
            raise ConfigurationError(str(error)) from error

    def load_preparer(settings: Settings) -> Preparer:
        from models.preparation import ReviewPreparer  # noqa: PLC0415 - reads its tables

        return ReviewPreparer(masks_personal_data=settings.privacy.mask_personal_data)

    return Parts(load_readers, load_preparer)


async def run_worker(
    role: str, settings: Settings, *, stop: asyncio.Event, parts: Parts | None = None
) -> None:
    """Run one role until `stop` is set; then finish what is in flight, and return.

    Raises:
        FatalError: the worker cannot go on; nothing of what it had in flight is lost.
    """
    if role not in ROLES:
        raise FatalError(f"worker: wanted one of {', '.join(ROLES)}, got {role!r}")
    parts = parts or default_parts()
    async with AsyncExitStack() as stack:
        worker = _EnrichWorker(settings, parts, stack)
        preparing = asyncio.create_task(worker.prepare())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({preparing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if preparing.done():
                app, pump, lag = preparing.result()
                _tune_interpreter()
                await run_app(app, pump, lag, topic=NEW_REVIEW.name, agent="enrich_reviews", stop=stop)
        finally:
            preparing.cancel()
            stopping.cancel()
            await asyncio.gather(preparing, stopping, return_exceptions=True)


def _tune_interpreter() -> None:
    """Settle what is loaded, and set the interpreter up for a few large chunks at a time.

    What a worker keeps (code, contracts, weights) is not looked through for garbage again, and what a chunk makes
    (some objects an event, freed by reference counts) is not looked through at every 700th: a third of the
    CPU time of the pipeline around the model went there.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


class _EnrichWorker:
    """The enrich role's parts, in the order they start."""

    def __init__(self, settings: Settings, parts: Parts, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._parts = parts
        self._stack = stack
        self._group = f"{settings.kafka.group_prefix}-enrich"
        self._metrics = WorkerMetrics("enrich")
        self._intake = Intake(
            [NEW_REVIEW.name],
            max_in_flight_records=settings.chunk.max_in_flight_records,
            in_flight_s=settings.chunk.in_flight_s,
        )
        self._lag: LagWatch | None = None
        self._is_model_loaded = False
        self._app: ChunkApp | None = None

    async def prepare(self) -> tuple[ChunkApp, Pump, LagWatch]:
        """Everything up to joining the group: pages, broker, model, sink, app."""
        settings = self._settings
        port = settings.http.port + ROLES["enrich"] if settings.http.port else 0
        health = HealthServer(
            settings.http.host, port, readiness=self.readiness, registry=self._metrics.registry
        )
        await health.start()
        self._stack.push_async_callback(health.stop)

        client = client_options(settings.kafka)
        guarantee, is_kafka = await self._settle_with_broker(client)
        handler = await self._load_handler()
        sink = self._new_sink(client, guarantee, is_kafka=is_kafka)
        await sink.start()
        self._stack.push_async_callback(sink.stop)
        pump = Pump(
            self._intake,
            handler,
            sink,
            observe=self._metrics.delivered,
            checkpoint=self._parts.checkpoint,
        )
        # Faust wants a directory although this role keeps no tables; nothing is ever written to it.
        data_directory = Path(tempfile.gettempdir()) / "reviewstream" / self._group
        data_directory.mkdir(parents=True, exist_ok=True)
        app = new_app(
            self._group,
            kafka=settings.kafka,
            chunk=settings.chunk,
            intake=self._intake,
            sink=sink,
            is_kafka=is_kafka,
            data_directory=str(data_directory),
        )
        self._app = app
        self._lag = LagWatch(app, self._intake, self._metrics)
        return app, pump, self._lag

    async def _settle_with_broker(self, client: dict[str, Any]) -> tuple[DeliveryGuarantee, bool]:
        """Wait for the broker, check the topics, and find out how to deliver."""
        await wait_for_broker(client)
        problems = await topic_admin.check(
            client, self._settings.kafka.partitions, self._settings.kafka.replication_factor
        )
        if any(topic_admin.is_missing(problem) for problem in problems):
            raise ConfigurationError(
                f"topics: {topic_admin.summary(problems)}; create them with `reviewstream topics create`"
            )
        for problem in problems:
            log.warning("a topic differs from what was planned", difference=problem)
        abilities = await probe(client, group=self._group, topic=NEW_REVIEW.name)
        return choose_guarantee(self._settings.delivery, abilities), abilities.has_transactions

    async def _load_handler(self) -> Handler:
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

    def _new_sink(self, client: dict[str, Any], guarantee: DeliveryGuarantee, *, is_kafka: bool) -> Sink:
        checkpoint = self._parts.checkpoint
        if guarantee is DeliveryGuarantee.EXACTLY_ONCE:
            return ExactlyOnceSink(client, group=self._group, checkpoint=checkpoint)
        return AtLeastOnceSink(client, is_idempotent=is_kafka, checkpoint=checkpoint)

    def readiness(self) -> Readiness:
        lag = self._lag
        return judge(
            WorkerState(
                has_joined=self._intake.has_been_assigned,
                is_rebalancing=bool(self._app is not None and self._app.rebalancing),
                is_model_loaded=self._is_model_loaded,
                partitions=len(self._intake.leases),
                lag_messages=lag.messages if lag is not None else 0,
                idle_s=lag.idle_s if lag is not None else 0.0,
            )
        )
