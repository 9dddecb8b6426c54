"""A worker starts its parts in one order, ends with any of them, and closes exactly what it opened."""

import asyncio
import gc
import sys
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest
from structlog.testing import CapturingLogger

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Intake
from streams.delivery.probe import BrokerAbilities
from streams.delivery.pump import Pump
from streams.delivery.records import Effects, Handler, Output, Partition, Record, TickHandler
from streams.delivery.sink import Sink
from streams.errors import ConfigurationError, FatalError, HopelessError
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_plan import TopicSpec
from streams.settings import DeliveryGuarantee, Settings
from streams.worker import stream_worker
from streams.worker.lag import LagWatch
from streams.worker.role import Role
from streams.worker.stop_times import app_stop_s
from streams.worker.stream_worker import StreamWorker
from tests.fakes import FakeSink

SETTINGS = Settings.model_validate({"kafka": {"bootstrap_servers": "nowhere:1"}, "http": {"port": 8600}})
KAFKA = BrokerAbilities(has_transactions=True, is_kafka=True)
EMBEDDED = BrokerAbilities(has_transactions=False, is_kafka=False, why_not="no producer ids")
P0 = Partition("new-review", 0)


class FakeApp:
    """As much of the app as readiness and the lag look at."""

    rebalancing = False


class Scene:
    """Everything around a worker: notes what is done, in order, and fails or waits at one step if told to."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.fails_at = ""
        self.waits_at = ""
        self.problems: list[str] = []
        self.abilities = KAFKA
        self.app_options: dict[str, Any] = {}
        self.pump_options: dict[str, Any] = {}
        self.run_options: dict[str, Any] = {}
        self.asked: dict[str, Any] = {}
        self.waits = asyncio.Event()
        self.sinks: list[Sink] = []

    async def step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.fails_at:
            raise FatalError(f"{name} failed")
        if name == self.waits_at:
            self.waits.set()
            try:
                await asyncio.Event().wait()
            finally:
                for _ in range(20):  # what is let go takes its time
                    await asyncio.sleep(0)
                self.steps.append("let go")

    def checkpoint(self, _name: str) -> None:
        """Where a test might crash."""

    async def check(self, _client: object, wanted: Sequence[TopicSpec]) -> list[str]:
        await self.step("topics")
        self.asked["topics"] = [spec.name for spec in wanted]
        return self.problems

    async def probe(self, _client: object, **asked: object) -> BrokerAbilities:
        await self.step("probe")
        self.asked["probe"] = asked
        return self.abilities

    async def batch_limits(self, _client: object, names: Collection[str]) -> Mapping[str, int]:
        await self.step("sizes")
        self.asked["sizes"] = sorted(names)
        return {"enriched-review": 1_000, "kept": 1_000}

    def new_app(self, group: str, **options: Any) -> FakeApp:
        self.steps.append("app")
        self.app_options = {"group": group, **options}
        return FakeApp()

    def new_pump(self, intake: Intake, handler: Handler, sink: Sink, **options: Any) -> Pump:
        self.pump_options = {"intake": intake, "handler": handler, "sink": sink, **options}
        return Pump(intake, handler, sink, **options)

    async def run_app(
        self, _app: FakeApp, _pump: Pump, *, background: Sequence[Coroutine[Any, Any, None]], **options: Any
    ) -> None:
        self.run_options = {**options, "background": [one.__name__ for one in background]}
        for one in background:
            one.close()
        await self.step("run")


class NotingPages:
    """Notes their start and their stop."""

    def __init__(self, scene: Scene, host: str, port: int, **_more: object) -> None:
        scene.asked["pages"] = (host, port)
        self._scene = scene

    async def start(self) -> None:
        await self._scene.step("pages")

    async def stop(self) -> None:
        await self._scene.step("pages closed")


class NotingSink(FakeSink):
    """Notes its start and its stop."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(is_committed_by_consumer=False)
        self._scene = scene

    async def start(self) -> None:
        await self._scene.step("sink")

    async def stop(self) -> None:
        await self._scene.step("sink closed")


class NotingWorker(StreamWorker):
    """A role that does nothing; says when it is asked for its parts."""

    shares_tables = True
    stuck_after_s = 77.0

    def __init__(self, scene: Scene, role: Role, settings: Settings, stack: AsyncExitStack) -> None:
        super().__init__(role, settings, stack, checkpoint=scene.checkpoint)
        self.scene = scene
        self.lacks: Sequence[str] = ()

    async def handle(self, _records: Sequence[Record]) -> Effects:
        return Effects()

    async def tick(self, _partition: Partition) -> Effects:
        return Effects()

    async def load_handler(self, client: KafkaConnection, *, is_kafka: bool) -> Handler:
        assert client.bootstrap_servers == "nowhere:1"
        assert is_kafka == self.scene.abilities.is_kafka
        await self.scene.step("handler")
        return self.handle

    def tick_handler(self) -> TickHandler | None:
        return self.tick

    def wrap_sink(self, sink: Sink) -> Sink:
        self.scene.steps.append("wrap")
        self.scene.sinks.append(sink)
        return NotingSink(self.scene)

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (self.scene.step("of the role"),)

    def missing(self) -> Sequence[str]:
        return self.lacks


ROLE = Role(
    "enrich",
    port_offset=1,
    does="nothing",
    worker=cast("Any", None),
    reads=(NEW_REVIEW,),
    writes=(ENRICHED_REVIEW,),
    changelogs=("kept",),
)
STARTING = ["pages", "broker", "topics", "probe", "sizes", "handler", "wrap", "sink", "app"]
RUNNING = [*STARTING, "tune", "run"]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """In the place of all that a worker is made of."""
    scene = Scene()
    monkeypatch.setattr(stream_worker, "HealthServer", partial(NotingPages, scene))
    monkeypatch.setattr(stream_worker, "wait_for_broker", lambda _client: scene.step("broker"))
    monkeypatch.setattr(stream_worker.topic_admin, "check", scene.check)
    monkeypatch.setattr(stream_worker.topic_admin, "batch_limits", scene.batch_limits)
    monkeypatch.setattr(stream_worker, "probe", scene.probe)
    monkeypatch.setattr(stream_worker, "new_app", scene.new_app)
    monkeypatch.setattr(stream_worker, "run_app", scene.run_app)
    monkeypatch.setattr(stream_worker, "Pump", scene.new_pump)
    monkeypatch.setattr(stream_worker, "_tune_process", lambda: scene.steps.append("tune"))
    return scene


def new_worker(scene: Scene, stack: AsyncExitStack, settings: Settings = SETTINGS) -> NotingWorker:
    return NotingWorker(scene, ROLE, settings, stack)


async def run(scene: Scene, *, settings: Settings = SETTINGS) -> NotingWorker:
    """Run a worker to its end, and close what it opened."""
    async with AsyncExitStack() as stack:
        worker = new_worker(scene, stack, settings)
        await asyncio.wait_for(worker.run(asyncio.Event()), 5)
    return worker


async def test_parts_start_in_order_and_close_in_reverse(scene: Scene) -> None:
    """Pages first, so that a start can be watched; the sink closes before the pages do."""
    await run(scene)
    assert scene.steps == [*RUNNING, "sink closed", "pages closed"]


async def test_each_part_is_asked_for_what_the_row_says(scene: Scene) -> None:
    """Port, topics with dead letters and changelogs, group, and the guarantee that is wanted."""
    await run(scene)
    names = ["new-review", "new-review.dlq", "enriched-review", "enriched-review.dlq", "kept"]
    assert scene.asked == {
        "pages": (SETTINGS.http.host, 8601),
        "topics": names,
        "probe": {"group": "reviewstream-enrich", "topic": "new-review", "wanted": DeliveryGuarantee.AUTO},
        "sizes": sorted(names),
    }


async def test_renamed_topics_are_asked_for_by_their_names(scene: Scene) -> None:
    """What it checks, probes and reads; a changelog, too."""
    renamed = SETTINGS.kafka.model_copy(update={"topic_prefix": "s.", "topic_names": {"new-review": "in"}})
    worker = await run(scene, settings=SETTINGS.model_copy(update={"kafka": renamed}))
    names = ["in", "in.dlq", "s.enriched-review", "s.enriched-review.dlq", "s.kept"]
    assert (scene.asked["topics"], scene.asked["sizes"]) == (names, sorted(names))
    assert scene.asked["probe"]["topic"] == "in"
    assert worker._intake.topics == frozenset({"in"})
    assert scene.pump_options["sizes"]._changelogs == {"s.kept"}


@pytest.mark.parametrize("step", [name for name in RUNNING if name not in {"wrap", "app", "tune"}])
async def test_a_step_that_fails_ends_the_worker_and_closes_what_was_open(scene: Scene, step: str) -> None:
    """Its error is the worker's, nothing after it is begun, and what had not started is not closed."""
    scene.fails_at = step
    with pytest.raises(FatalError, match=f"{step} failed"):
        await run(scene)
    begun = RUNNING[: RUNNING.index(step) + 1]
    opened = [name for name in ("sink", "pages") if name in begun and name != step]
    assert scene.steps == [*begun, *(f"{name} closed" for name in opened)]


@pytest.mark.parametrize("step", [name for name in STARTING if name not in {"wrap", "app"}])
async def test_a_worker_that_is_still_starting_can_be_stopped(scene: Scene, step: str) -> None:
    """Wherever it waits, it goes no further, closes what it opened, and its end is no failure."""
    scene.waits_at = step
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        running = asyncio.create_task(new_worker(scene, stack).run(stop))
        await asyncio.wait_for(scene.waits.wait(), 5)
        stop.set()
        await asyncio.wait_for(running, 5)
    begun = STARTING[: STARTING.index(step) + 1]
    opened = [name for name in ("sink", "pages") if name in begun and name != step]
    assert scene.steps == [*begun, "let go", *(f"{name} closed" for name in opened)]


async def test_missing_topics_end_the_start_with_the_command(scene: Scene) -> None:
    """Before anything is probed or loaded."""
    scene.problems = ["topic kept: wanted 4 partitions; got none, it is missing"]
    with pytest.raises(
        ConfigurationError, match="1 topics are missing; create them with `reviewstream topics create`"
    ):
        await run(scene)
    assert scene.steps == ["pages", "broker", "topics", "pages closed"]


async def test_other_differences_are_only_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retention that somebody changed is nobody's ruin."""
    logger = CapturingLogger()
    monkeypatch.setattr(stream_worker, "log", logger)
    scene.problems = ["topic kept: cleanup.policy: wanted compact; got delete"]
    await run(scene)
    assert scene.steps[: len(RUNNING)] == RUNNING
    assert [(call.method_name, call.kwargs) for call in logger.calls] == [
        ("warning", {"difference": scene.problems[0]})
    ]


@pytest.mark.parametrize(
    ("abilities", "sink", "guarantee"),
    [
        (KAFKA, ExactlyOnceSink, "exactly_once"),
        (replace(KAFKA, has_transactions=False), AtLeastOnceSink, "at_least_once"),
        (EMBEDDED, AtLeastOnceSink, "at_least_once"),
    ],
)
async def test_the_guarantee_chooses_the_sink_and_is_told(
    scene: Scene, abilities: BrokerAbilities, sink: type[Sink], guarantee: str
) -> None:
    """Delivery, Faust's settings, the metric and readiness agree."""
    scene.abilities = abilities
    worker = await run(scene)
    (made,) = scene.sinks
    assert type(made) is sink
    assert made.checkpoint == scene.checkpoint
    if isinstance(made, AtLeastOnceSink):
        assert made._is_idempotent is abilities.is_kafka
    assert scene.app_options["is_kafka"] is abilities.is_kafka
    assert worker.readiness().delivery == guarantee
    told = worker._metrics.registry.get_sample_value("reviewstream_delivers_exactly_once", {"role": "enrich"})
    assert told == (1.0 if sink is ExactlyOnceSink else 0.0)


async def test_the_parts_are_given_to_one_another(scene: Scene) -> None:
    """One intake, the wrapped sink, the handler and its ticks, sizes that were learnt, metrics, shared tables."""
    worker = await run(scene)
    pump, app = scene.pump_options, scene.app_options
    assert pump["handler"] == worker.handle
    assert pump["on_tick"] == worker.tick
    assert pump["observe"] == worker._metrics.delivered
    assert pump["shares_tables"] is True
    assert pump["checkpoint"] == scene.checkpoint
    assert pump["sizes"].limit("enriched-review") == 1_000
    assert pump["intake"] is app["intake"] is worker._intake
    assert pump["sink"] is app["sink"]
    assert isinstance(app["sink"], NotingSink)
    assert app["group"] == "reviewstream-enrich"
    assert worker._intake.topics == {"new-review"}


async def test_what_is_too_large_is_told_by_what_it_is(scene: Scene) -> None:
    """An output that no record caused is counted; a value of a changelog ends the worker."""
    worker = await run(scene)
    sizes = scene.pump_options["sizes"]
    sizes.fit(Effects([Output("enriched-review", b"p", b"x" * 2_000)]), [])
    told = worker._metrics.registry.get_sample_value(
        "reviewstream_dropped_outputs_total", {"role": "enrich", "topic": "enriched-review"}
    )
    assert told == 1
    with pytest.raises(HopelessError, match="kept takes 1000"):
        sizes.fit(Effects([Output("kept", b"p", b"x" * 2_000)]), [])


@pytest.mark.parametrize("abilities", [KAFKA, EMBEDDED])
async def test_the_lag_is_asked_of_the_app_and_the_broker(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, abilities: BrokerAbilities
) -> None:
    """A broker that is not Kafka is not asked with the ends of partitions, and has to be heard otherwise."""
    watches: list[dict[str, Any]] = []
    heard: list[KafkaConnection] = []

    def new_watch(*parts: Any, **options: Any) -> LagWatch:
        watches.append({"parts": parts, **options})
        return LagWatch(*parts, **options)

    async def ping(client: KafkaConnection) -> None:
        heard.append(client)

    monkeypatch.setattr(stream_worker, "LagWatch", new_watch)
    monkeypatch.setattr(stream_worker.topic_admin, "ping", ping)
    scene.abilities = abilities
    worker = await run(scene)
    (watch,) = watches
    assert watch["parts"] == (worker._app, worker._intake, worker._metrics)
    assert watch["is_asking"] is abilities.is_kafka
    await watch["ping"]()
    assert [client.bootstrap_servers for client in heard] == ["nowhere:1"]


async def test_the_app_runs_with_what_watches_it(scene: Scene) -> None:
    """Lag, the look for a hopeless state, and what the role adds; as long to stop as the settings grant."""
    settings = SETTINGS.model_copy(
        update={"chunk": SETTINGS.chunk.model_copy(update={"drain_timeout_s": 9.0})}
    )
    await run(scene, settings=settings)
    assert scene.run_options["background"] == ["run", "_end_if_hopeless", "step"]
    assert scene.run_options["topics"] == ("new-review",)
    assert scene.run_options["agent"] == "enrich_agent"
    assert scene.run_options["stop_timeout_s"] == app_stop_s(settings.chunk) == 34.0


async def test_readiness_follows_the_parts(scene: Scene) -> None:
    """Not before it has joined; not while partitions move; not while the role lacks something."""
    async with AsyncExitStack() as stack:
        worker = new_worker(scene, stack)
        assert not worker.readiness().is_ready
        assert worker.readiness().delivery is None
        await worker.run(asyncio.Event())
        await worker._intake.assign({P0: 0})
        assert worker.readiness().is_ready
        worker.lacks = ("a model",)
        assert any("a model" in reason for reason in worker.readiness().reasons)
        worker.lacks = ()
        assert worker._app is not None
        worker._app.rebalancing = True
        assert not worker.readiness().is_ready
        worker._app.rebalancing = False
        state = worker._state()
        assert (state.partitions, state.stuck_after_s) == (1, 77.0)


async def test_a_finished_batch_is_progress(scene: Scene) -> None:
    """Also before there is anything to count."""
    async with AsyncExitStack() as stack:
        worker = new_worker(scene, stack)
        worker.finished_batch()
        await worker.run(asyncio.Event())
        assert worker._lag is not None
        worker._lag._moved_at -= 100
        worker.finished_batch()
        assert worker._state().idle_s < 100


def test_a_process_is_tuned_for_few_large_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads change quickly, loaded code is not looked through again, freed memory is kept."""
    done: list[object] = []
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: done.append(("switch", seconds)))
    monkeypatch.setattr(gc, "collect", lambda: done.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: done.append("freeze"))
    monkeypatch.setattr(gc, "set_threshold", lambda *after: done.append(("threshold", after)))
    monkeypatch.setattr(stream_worker, "keep_freed_memory", lambda: done.append("keep"))
    stream_worker._tune_process()
    assert done == [("switch", 0.0001), "collect", "freeze", ("threshold", (100_000, 20, 50)), "keep"]
