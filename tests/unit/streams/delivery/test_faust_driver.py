"""The seam to Faust: what we rely on is still there, and every default that loses data is set right."""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.delivery import faust_driver
from streams.delivery.faust_app import new_app
from streams.delivery.intake import Chunk, Intake
from streams.delivery.records import Partition
from streams.kafka import clients
from streams.settings import ChunkSettings, KafkaSettings
from tests.fakes import FakeRecord, FakeSink

P0 = Partition("new-review", 0)


def consumer_of(app: faust_driver.ChunkApp) -> faust_driver.Consumer:
    """Our consumer without its thread and its connection: the decisions only need the app."""
    consumer = faust_driver.Consumer.__new__(faust_driver.Consumer)
    consumer.app = app
    return consumer


def make_app(
    intake: Intake | None = None, sink: FakeSink | None = None, **kafka: object
) -> faust_driver.ChunkApp:
    return new_app(
        "a-group",
        kafka=KafkaSettings.model_validate({"bootstrap_servers": "127.0.0.1:1,127.0.0.1:2", **kafka}),
        chunk=ChunkSettings(),
        intake=intake or Intake(["new-review"], max_in_flight_records=100),
        sink=sink or FakeSink(),
        is_kafka=True,
        data_directory="/tmp",
    )


@pytest.mark.parametrize("name", sorted(faust_driver.OVERRIDDEN))
def test_the_internals_of_faust_are_the_ones_we_know(name: str) -> None:
    """An upgrade of Faust that changes a method we override or call fails here, not in production."""
    owner, method = name.split(".")
    signature = inspect.signature(getattr(getattr(driver, owner), method))
    bare = signature.replace(
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
    assert str(bare) == faust_driver.OVERRIDDEN[name]


def test_every_override_is_listed() -> None:
    """No override of a Faust internal escapes the signature test."""
    listed = {name.split(".")[1] for name in faust_driver.OVERRIDDEN}
    for ours in (faust_driver.Consumer, faust_driver.Producer, faust_driver.ConsumerThread):
        base = ours.__mro__[1]
        overridden = {name for name in vars(ours) if callable(vars(ours)[name]) and hasattr(base, name)}
        assert {name for name in overridden if not name.startswith("__")} <= listed


def test_fausts_producer_closes_what_it_opened_like_ours() -> None:
    """Also if the worker is stopped while it starts."""
    assert driver.Producer._producer_type.fget is not None
    assert faust_driver.Producer._producer_type.fget(None) is clients.Producer


async def test_defaults_that_lose_stall_or_listen_are_set_right() -> None:
    """Pitfalls 3, 11, 12, 14, 18, 19, 20, 21, 25 and 27: the settings that answer them."""
    conf = make_app(session_timeout_s=6).conf
    assert conf.agent_supervisor.__name__ == "CrashingSupervisor"
    assert conf.broker_max_poll_interval == 86_400
    assert conf.id == "a-group"
    assert (
        conf.processing_guarantee.value == "at_least_once"
    )  # Faust's own exactly-once is broken; ours is beside it
    assert conf.topic_allow_declare is False
    assert conf.consumer_auto_offset_reset == "earliest"
    assert conf.broker_commit_interval < 1
    assert conf.topic_disable_leader is True
    assert conf.web_enabled is False
    assert conf.broker_session_timeout == 6
    assert conf.broker_heartbeat_interval == 2
    assert conf.producer_request_timeout <= 60
    assert conf.worker_redirect_stdouts is False


async def test_several_servers_reach_the_driver() -> None:
    """Every bootstrap server is passed on, through our own transport."""
    app = make_app()
    assert isinstance(app.transport, faust_driver.Transport)
    assert driver.server_list(app.transport.url, 9092) == ["127.0.0.1:1", "127.0.0.1:2"]


async def test_the_environment_of_faust_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust lets BROKER_URL and its like win over what a program passes; here they do not."""
    monkeypatch.setenv("BROKER_URL", "kafka://somewhere.else:9092")
    monkeypatch.setenv("WEB_ENABLED", "yes")
    monkeypatch.setenv("PROCESSING_GUARANTEE", "exactly_once")
    conf = make_app().conf
    assert "somewhere" not in str(conf.broker)
    assert conf.web_enabled is False
    assert conf.processing_guarantee.value == "at_least_once"


async def test_the_producer_is_idempotent_and_waits_for_all_replicas() -> None:
    """Pitfall 27: Faust's own producer, too, is acknowledged by every in-sync replica."""
    app = make_app()
    producer = app.transport.create_producer(loop=app.loop, beacon=app.beacon)
    assert producer._settings_extra() == {"acks": "all", "enable_idempotence": True}


@pytest.mark.parametrize(
    ("protocol", "has_context"), [("SASL_SSL", True), ("SASL_PLAINTEXT", False), ("SSL", True)]
)
async def test_credentials_are_what_the_protocol_says(protocol: str, has_context: bool) -> None:
    """Pitfall 22: SASL over TLS gets a TLS context, else Faust would send the password in plaintext."""
    app = make_app(security_protocol=protocol, sasl_username="u", sasl_password="secret")
    auth = driver.credentials_to_aiokafka_auth(app.conf.broker_credentials, app.conf.ssl_context)
    assert auth["security_protocol"] == protocol
    assert (auth["ssl_context"] is not None) is has_context


async def test_only_what_is_done_is_committed() -> None:
    """Pitfall 4: the offset to commit is the lease's `done`, whatever was fetched or handed out beyond it."""
    intake = Intake(["new-review"], max_in_flight_records=100)
    consumer = consumer_of(make_app(intake))
    await intake.assign({P0: 10})
    await intake.offer(P0, [FakeRecord(offset) for offset in range(10, 30)], intake.epoch)
    chunk = await intake.next()
    assert list(consumer._filter_tps_with_pending_acks()) == []
    intake.mark_done(Chunk.of(chunk.lease, chunk.records[:5]))
    assert consumer._filter_committable_offsets(consumer._filter_tps_with_pending_acks()) == {TP(*P0): 15}


async def test_a_failed_commit_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pitfall 5: after a commit that failed the offset is still to be committed, after one that worked no more."""
    intake = Intake(["new-review"], max_in_flight_records=100)
    consumer = consumer_of(make_app(intake))
    await intake.assign({P0: None})
    await intake.offer(P0, [FakeRecord(0), FakeRecord(1)], intake.epoch)
    intake.mark_done(await intake.next())
    answers = iter([False, True])

    async def answer(_consumer: object, _offsets: object) -> bool:
        return next(answers)

    monkeypatch.setattr(driver.Consumer, "_commit", answer, raising=False)
    tp = TP(*P0)
    await consumer._commit({tp: 2})
    assert consumer._should_commit(tp, 2)
    await consumer._commit({tp: 2})
    assert not consumer._should_commit(tp, 2)
    assert not consumer._should_commit(tp, 1)


class FakeFetching(faust_driver.Consumer):
    """Our fetch loop on a log of 1,000 records, with a position that fetches and seeks move, as aiokafka's."""

    consumer_stopped_errors = ()

    def __init__(self, app: faust_driver.ChunkApp, on_fetch: Callable[[int], Awaitable[None]]) -> None:
        self.app = app
        self.position = 0
        self.fetches = 0
        self.on_fetch = on_fetch
        self._stopped = self.fetcher_stopped = asyncio.Event()
        self.flow_active = True
        self._thread = self

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        (self.position,) = partitions.values()

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        assert all(isinstance(partition, TopicPartition) for partition in partitions), "aiokafka insists"
        self.position = 0

    async def _wait_next_records(self, timeout: float) -> tuple[dict[TP, list[FakeRecord]], None]:  # noqa: ARG002, ASYNC109
        self.fetches += 1
        await asyncio.sleep(0)
        first, self.position = self.position, self.position + 10
        await self.on_fetch(self.fetches)
        if self.fetches > 8:
            self._stopped.set()
            return {}, None
        return {TP(*P0): [FakeRecord(offset) for offset in range(first, first + 10)]}, None


@pytest.mark.parametrize("start", [None, 40])
@pytest.mark.parametrize("is_resumed_at_once", [True, False])
async def test_a_fetch_across_a_rebalance_skips_nothing(start: int | None, is_resumed_at_once: bool) -> None:
    """A fetch that returns while leases change has moved the position: the new lease starts at its own all the same.

    Faust seeks to the committed offsets during a rebalance, but a fetch under way may move on after that.
    """
    intake = Intake(["new-review"], max_in_flight_records=1_000)

    async def rebalance(fetch: int) -> None:
        if fetch == 3:
            consumer.flow_active = is_resumed_at_once
            await intake.revoke()
            await intake.assign({P0: start})
            consumer.can_resume_flow.set()
            if not is_resumed_at_once:
                asyncio.get_running_loop().call_later(0.01, resume)

    def resume() -> None:
        consumer.flow_active = True

    consumer = FakeFetching(make_app(intake), rebalance)
    consumer.can_resume_flow = asyncio.Event()

    async def wait(event: asyncio.Event) -> None:
        await event.wait()
        await asyncio.sleep(0.005)

    consumer.wait = wait
    await intake.assign({P0: 20})
    fetcher = SimpleNamespace(_stopped=asyncio.Event())
    await asyncio.wait_for(consumer._drain_messages(fetcher), 5)

    taken = []
    while intake.in_flight_records:
        chunk = await intake.next()
        taken += [record.offset for record in chunk.records]
        await intake.release(chunk)
    assert taken == list(range(start or 0, (start or 0) + len(taken)))
    assert len(taken) >= 40


@pytest.mark.parametrize(
    ("chunk_s", "gathered_s"), [(0.08, 0.02), (30.0, KafkaSettings().fetch_wait_ms / 1000)]
)
async def test_a_started_consumer_gathers_for_a_share_of_a_chunks_time_and_never_longer_than_was_set(
    chunk_s: float, gathered_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread's fetcher is told, once there is one."""
    told: list[Callable[[], float]] = []

    async def connect(thread: Any) -> None:
        fetcher = SimpleNamespace(_proc_fetch_request=None)
        coordinator = SimpleNamespace(_send_req=None)
        thread._consumer = SimpleNamespace(_fetcher=fetcher, _group_id="enrich", _coordinator=coordinator)

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "on_start", connect)
    monkeypatch.setattr(
        faust_driver, "gather_before_fetches", lambda _fetcher, gathering_s: told.append(gathering_s)
    )
    thread = faust_driver.ConsumerThread.__new__(faust_driver.ConsumerThread)
    thread.app = make_app()
    thread.app.intake._chunk_s = chunk_s
    await thread.on_start()
    assert [gathering_s() for gathering_s in told] == [gathered_s]


async def test_what_was_given_up_is_asked_of_the_group_once() -> None:
    """Leases that turned out to be another's are not fetched for; the group is joined anew, once, until it answers."""
    intake = Intake(["new-review"], max_in_flight_records=1_000)
    joins = 0

    async def give_up(fetch: int) -> None:
        if fetch == 3:
            await intake.give_up()

    class Rejoining(FakeFetching):
        async def join_anew(self) -> None:
            nonlocal joins
            joins += 1
            fetched = self.fetches
            await asyncio.sleep(0.3)
            assert self.fetches == fetched
            await intake.revoke()
            await intake.assign({P0: 20})

    consumer = Rejoining(make_app(intake), give_up)
    consumer.can_resume_flow = asyncio.Event()
    await intake.assign({P0: 20})
    await asyncio.wait_for(consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event())), 5)
    assert joins == 1
    chunk = await intake.next()
    assert chunk.lease.is_held
    assert chunk.records[0].offset == 20


async def test_exactly_once_leaves_commits_to_the_transaction() -> None:
    """With a sink that commits by itself the consumer never does."""
    intake = Intake(["new-review"], max_in_flight_records=100)
    consumer = consumer_of(make_app(intake, FakeSink(is_committed_by_consumer=False)))
    await intake.assign({P0: None})
    await intake.offer(P0, [FakeRecord(0)], intake.epoch)
    intake.mark_done(await intake.next())
    assert list(consumer._filter_tps_with_pending_acks()) == []


def test_nothing_is_decoded_by_faust() -> None:
    """Pitfalls 2, 23, 24 and 30: no Faust record, codec or serializer but `raw` is named anywhere in streams."""
    package = Path(faust_driver.__file__).parents[1]
    sources = "\n".join(path.read_text() for path in package.rglob("*.py"))
    assert not re.search(r"faust\.Record|faust\.serializers|codec_registry|pickle", sources)
    assert set(re.findall(r"(?:key|value)_serializer=(\S+?)[,)]", sources)) == {'"raw"'}
