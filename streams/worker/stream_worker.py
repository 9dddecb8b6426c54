"""What every role that reads Kafka through Faust shares: pages, broker, delivery, app, and when it is ready."""

import asyncio
import gc
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import structlog

from models.memory import keep_freed_memory
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.dead_letters import DeadLetterWriter, dead_letter_output
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.faust_app import new_app
from streams.delivery.faust_driver import ChunkApp
from streams.delivery.intake import Intake
from streams.delivery.probe import choose_guarantee, probe
from streams.delivery.pump import Pump
from streams.delivery.records import Handler, TickHandler
from streams.delivery.sink import Checkpoint, Sink, pass_by
from streams.delivery.sizes import TopicSizes
from streams.errors import ConfigurationError, FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_plan import TopicSpec, is_missing, summary, wanted_topics
from streams.settings import DeliveryGuarantee, Settings
from streams.worker.health import HealthServer
from streams.worker.lag import LagWatch
from streams.worker.lifecycle import run_app, wait_for_broker
from streams.worker.metrics import WorkerMetrics
from streams.worker.readiness import STUCK_AFTER_S, Readiness, WorkerState, is_hopeless, judge
from streams.worker.role import Role
from streams.worker.stop_times import app_stop_s

log = structlog.get_logger(__name__)

#: A thread that computes wants the interpreter for some microseconds between two operations. Python's 5 ms, for which
#: a thread that decodes or identifies languages may keep it, would leave the core idle.
_SWITCH_INTERVAL_S = 0.0001
#: Allocations, and collections of the younger generations, before each generation is collected.
_COLLECT_AFTER = (100_000, 20, 50)
_LOOK_FOR_HOPELESS_S = 5.0


class StreamWorker(ABC):
    """One role's parts, in the order they start.

    Args:
        role: its row in the table of roles.
        settings: of the process.
        stack: closes what it opens.
        checkpoint: called by name at the points where a crash is most interesting.
    """

    #: Whether partitions of one number change the same tables, whatever their topic.
    shares_tables: ClassVar[bool] = False

    def __init__(
        self, role: Role, settings: Settings, stack: AsyncExitStack, *, checkpoint: Checkpoint = pass_by
    ) -> None:
        self._role = role
        self._settings = settings
        self._stack = stack
        self._checkpoint = checkpoint
        self._names = settings.kafka.names
        self._topics = tuple(self._names(topic.name) for topic in role.reads)
        self._group = role.group(settings.kafka)
        self._metrics = WorkerMetrics(role.name)
        self._intake = Intake(
            self._topics,
            max_in_flight_records=self.max_in_flight_records,
            in_flight_s=settings.chunk.in_flight_s,
        )
        self._lag: LagWatch | None = None
        self._app: ChunkApp | None = None
        self._guarantee: DeliveryGuarantee | None = None

    @property
    def max_in_flight_records(self) -> int:
        """Between fetch and acknowledgement, at most."""
        return self._settings.chunk.max_in_flight_records

    async def run(self, stop: asyncio.Event) -> None:
        """See `Worker`."""
        preparing = asyncio.create_task(self._prepare())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({preparing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if preparing.done():
                app, pump, lag = preparing.result()
                _tune_process()
                await run_app(
                    app,
                    pump,
                    topics=self._topics,
                    agent=f"{self._role.name}_agent",
                    stop=stop,
                    stop_timeout_s=app_stop_s(self._settings.chunk),
                    background=[lag.run(), self._end_if_hopeless(), *self.background()],
                )
        finally:
            preparing.cancel()
            stopping.cancel()
            await asyncio.gather(preparing, stopping, return_exceptions=True)

    @abstractmethod
    async def load_handler(self, client: KafkaConnection, *, is_kafka: bool) -> Handler:
        """Make what decides what a chunk does; may take long."""

    def tick_handler(self) -> TickHandler | None:
        """What decides what the passing of time does, after `load_handler`."""
        return None

    def wrap_sink(self, sink: Sink) -> Sink:
        """What is done beside publishing, after `load_handler`."""
        return sink

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the app, each without end."""
        return ()

    def missing(self) -> Sequence[str]:
        """What keeps the role from working beside what all roles need."""
        return ()

    @property
    def stuck_after_s(self) -> float:
        """How long no offset may move and no batch be finished while records wait."""
        return STUCK_AFTER_S

    def finished_batch(self) -> None:
        """Count a batch that is finished as progress."""
        if self._lag is not None:
            self._lag.moved()

    def readiness(self) -> Readiness:
        """Whether the worker works."""
        return replace(judge(self._state()), delivery=self._guarantee and str(self._guarantee))

    def _state(self) -> WorkerState:
        lag = self._lag
        return WorkerState(
            has_joined=self._intake.has_been_assigned,
            is_rebalancing=bool(self._app is not None and self._app.rebalancing),
            missing=tuple(self.missing()),
            partitions=len(self._intake.leases),
            lag_messages=lag.messages if lag is not None else 0,
            idle_s=lag.idle_s if lag is not None else 0.0,
            silent_s=lag.silent_s if lag is not None else 0.0,
            unknown_s=lag.unknown_s if lag is not None else 0.0,
            stuck_after_s=self.stuck_after_s,
        )

    async def _end_if_hopeless(self) -> None:
        """End the worker once it has been stuck for long; whoever supervises it starts another.

        Raises:
            FatalError: it has.
        """
        while True:
            await asyncio.sleep(_LOOK_FOR_HOPELESS_S)
            if is_hopeless(state := self._state()):
                break
        raise FatalError(
            f"{self._role.name}: {'; '.join(judge(state).reasons)}, and the broker answers: this worker is stuck and "
            "ends, so that another begins where it stands. If it happens again, its log from before says what it was at"
        )

    async def _prepare(self) -> tuple[ChunkApp, Pump, LagWatch]:
        """Everything up to joining the group: pages, broker, handler, sink, app."""
        settings = self._settings
        health = HealthServer(
            settings.http.host,
            self._role.port(settings.http),
            readiness=self.readiness,
            registry=self._metrics.registry,
        )
        await health.start()
        self._stack.push_async_callback(health.stop)

        client = KafkaConnection.of(settings.kafka)
        guarantee, is_kafka = await self._settle_with_broker(client)
        sizes = await self._learn_sizes(client)
        handler = await self.load_handler(client, is_kafka=is_kafka)
        sink = self.wrap_sink(self._new_sink(client, guarantee, sizes, is_kafka=is_kafka))
        await sink.start()
        self._stack.push_async_callback(sink.stop)
        pump = Pump(
            self._intake,
            handler,
            sink,
            on_tick=self.tick_handler(),
            sizes=sizes,
            observe=self._metrics.delivered,
            checkpoint=self._checkpoint,
            shares_tables=self.shares_tables,
        )
        # Faust wants a directory although it keeps no tables; nothing is ever written to it.
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
        self._lag = LagWatch(
            app,
            self._intake,
            self._metrics,
            ping=partial(topic_admin.ping, client),
            is_asking=is_kafka,
        )
        return app, pump, self._lag

    async def _settle_with_broker(self, client: KafkaConnection) -> tuple[DeliveryGuarantee, bool]:
        """Wait for the broker, check the topics, and find out how to deliver."""
        await wait_for_broker(client)
        problems = await topic_admin.check(client, self._wanted_topics())
        if any(is_missing(problem) for problem in problems):
            raise ConfigurationError(
                f"topics: {summary(problems)}; create them with `reviewstream topics create`"
            )
        for problem in problems:
            log.warning("a topic differs from what was planned", difference=problem)
        asked = self._settings.delivery
        abilities = await probe(client, group=self._group, topic=self._topics[0], wanted=asked)
        self._guarantee = choose_guarantee(asked, abilities)
        self._metrics.delivers_exactly_once.set(self._guarantee is DeliveryGuarantee.EXACTLY_ONCE)
        return self._guarantee, abilities.is_kafka

    def _wanted_topics(self) -> Sequence[TopicSpec]:
        role = self._role
        return wanted_topics(self._settings.kafka, (*role.reads, *role.writes), role.changelogs)

    async def _learn_sizes(self, client: KafkaConnection) -> TopicSizes:
        """What the topics take at once, now and whenever it is asked again."""
        names = {spec.name for spec in self._wanted_topics()}
        sizes = TopicSizes(
            lambda: topic_admin.batch_limits(client, names),
            changelogs=tuple(map(self._names, self._role.changelogs)),
            on_dropped=self._metrics.dropped,
        )
        await sizes.learn()
        return sizes

    def _new_sink(
        self, client: KafkaConnection, guarantee: DeliveryGuarantee, sizes: TopicSizes, *, is_kafka: bool
    ) -> Sink:
        write = dead_letter_writer(self._settings)
        checkpoint = self._checkpoint
        if guarantee is DeliveryGuarantee.EXACTLY_ONCE:
            return ExactlyOnceSink(
                client, group=self._group, sizes=sizes, write_dead_letter=write, checkpoint=checkpoint
            )
        return AtLeastOnceSink(
            client, is_idempotent=is_kafka, sizes=sizes, write_dead_letter=write, checkpoint=checkpoint
        )


def dead_letter_writer(settings: Settings) -> DeadLetterWriter:
    """What makes records of dead letters: raw bytes, or masked where the settings ask for that."""
    if not settings.privacy.mask_dead_letters:
        return dead_letter_output
    from streams.delivery.masked_dead_letters import (  # noqa: PLC0415 - reads the tables of phone numbers
        masked_dead_letter_output,
    )

    return masked_dead_letter_output


def _tune_process() -> None:
    """Settle what is loaded, and set interpreter and memory up for a few large chunks at a time.

    What a worker keeps (code, contracts, weights) is not looked through for garbage again, and what a chunk makes
    (some objects an event, freed by reference counts) is not looked through at every 700th: a third of the
    CPU time of the pipeline around the model went there.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    keep_freed_memory()
