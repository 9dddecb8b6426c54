import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import stamina
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupLoadInProgressError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.structs import OffsetAndMetadata, RecordMetadata

from streams.delivery import exactly_once
from streams.delivery.at_least_once import AtLeastOnceSink
from streams.delivery.committed import Committed
from streams.delivery.exactly_once import ExactlyOnceSink
from streams.delivery.intake import Chunk, Intake
from streams.delivery.records import Effects, Output, Partition
from streams.errors import FatalError, LeaseLostError
from streams.kafka.connection import KafkaConnection
from tests.fakes import FakeRecord, unexpected

P0 = Partition("new-review", 0)
EFFECTS = Effects([Output("enriched-review", b"p1", b"{}")])
#: Nobody listens on port 1, so a connection is refused at once.
NOWHERE = KafkaConnection("127.0.0.1:1")


@dataclass
class Broker:
    """What a broker remembers, and the errors it gives, one a call."""

    published: list[int] = field(default_factory=list)
    committed: int | None = None
    mark: str = ""
    send_errors: list[Exception | None] = field(default_factory=list)
    unanswered: int = 0
    commit_errors: list[tuple[BaseException, bool]] = field(default_factory=list)
    ask_errors: list[Exception] = field(default_factory=list)
    producers: list["FakeProducer"] = field(default_factory=list)


@dataclass
class FakeProducer:
    """Publishes to the fake broker; the error of a commit says whether it went through all the same.

    As Kafka 4 does, it does not bear a batch under way while the group is added to the transaction. What may be done
    when is aiokafka's own rule.
    """

    broker: Broker
    is_open: bool = True
    _sent: "list[asyncio.Future[object]]" = field(default_factory=list)
    _pending: list[int] = field(default_factory=list)
    _offset: int | None = None
    _mark: str = ""
    aborts: int = 0

    def __post_init__(self) -> None:
        self.broker.producers.append(self)
        self._txn_manager = TransactionManager("t", 60_000)
        self._txn_manager.set_pid_and_epoch(1, 0)

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(10_000, 0)

    async def send_batch(
        self, batch: BatchBuilder, topic: str, *, partition: int
    ) -> "asyncio.Future[object]":
        assert self.is_open
        assert batch.record_count() == 1
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[object] = loop.create_future()
        self._sent.append(acknowledged)
        if self.broker.unanswered:
            self.broker.unanswered -= 1
            return acknowledged
        error = self.broker.send_errors.pop(0) if self.broker.send_errors else None
        if error is None:
            self.broker.published.append(partition)
            offset = len(self.broker.published) - 1
            metadata = RecordMetadata(topic, partition, None, offset, None, None, None)
            loop.call_soon(acknowledged.set_result, metadata)
        else:
            loop.call_soon(acknowledged.set_exception, error)
        return acknowledged

    async def begin_transaction(self) -> None:
        self._txn_manager.begin_transaction()

    async def abort_transaction(self) -> None:
        self._txn_manager.aborting_transaction()
        self._txn_manager.complete_transaction()
        self.aborts += 1

    async def send_offsets_to_transaction(
        self, offsets: dict[object, OffsetAndMetadata], _group: str
    ) -> None:
        assert all(batch.done() for batch in self._sent)
        ((self._offset, self._mark),) = offsets.values()

    async def commit_transaction(self) -> None:
        self._txn_manager.committing_transaction()
        error, went_through = self.broker.commit_errors.pop(0) if self.broker.commit_errors else (None, True)
        if went_through:
            self.broker.committed, self.broker.mark = self._offset, self._mark
        if error is not None:
            raise error
        self._txn_manager.complete_transaction()

    async def stop(self) -> None:
        self.is_open = False


class OfflineAtLeastOnce(AtLeastOnceSink):
    """With a fake broker behind it."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(NOWHERE, is_idempotent=True)
        self.broker = broker

    async def _new_producer(self) -> FakeProducer:  # type: ignore[override]
        return FakeProducer(self.broker)


class OfflineExactlyOnce(ExactlyOnceSink):
    """With a fake broker behind it; `on_renew` happens whenever a producer is started, once it may."""

    def __init__(self, broker: Broker, on_renew: Callable[[], None] = lambda: None) -> None:
        super().__init__(NOWHERE, group="g")
        self.broker = broker
        self.on_renew = on_renew
        self.may_start = asyncio.Event()
        self.may_start.set()

    async def _new_producer(self, _partition: Partition) -> FakeProducer:  # type: ignore[override]
        await self.may_start.wait()
        self.on_renew()
        return FakeProducer(self.broker)


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A fake broker that is asked for committed offsets too."""
    broker = Broker(committed=0)

    async def committed(*_arguments: object) -> Committed:
        if broker.ask_errors:
            raise broker.ask_errors.pop(0)
        return Committed(broker.committed, broker.mark)

    monkeypatch.setattr(exactly_once, "committed", committed)
    return broker


@pytest.fixture
async def intake() -> Intake:
    intake = Intake(["new-review"], max_in_flight_records=100)
    await intake.assign({P0: 0})
    return intake


async def chunk_of(intake: Intake, *offsets: int) -> Chunk:
    assert await intake.offer(P0, [FakeRecord(offset) for offset in offsets], intake.epoch)
    return await intake.next()


class TestAtLeastOnce:
    async def test_trouble_only_makes_it_take_longer(self, intake: Intake, broker: Broker) -> None:
        """A batch the broker did not acknowledge is sent again, by a producer without a hole in its sequence."""
        sink = OfflineAtLeastOnce(broker)
        await sink.start()
        broker.send_errors = [RequestTimedOutError(), None]
        await sink.deliver(await chunk_of(intake, 0, 1), EFFECTS)
        assert broker.published == [0]
        assert [producer.is_open for producer in broker.producers] == [False, True]
        await sink.stop()
        assert not broker.producers[-1].is_open

    @pytest.mark.parametrize(
        "error",
        [
            MessageSizeTooLargeError(),
            TopicAuthorizationFailedError("t"),
            unexpected(TopicAuthorizationFailedError("t")),
        ],
    )
    async def test_what_waiting_cannot_mend_ends_the_worker(
        self, intake: Intake, broker: Broker, error: KafkaError
    ) -> None:
        """A refusal for good is a fatal error that says what to check, not an endless loop."""
        sink = OfflineAtLeastOnce(broker)
        await sink.start()
        broker.send_errors = [error]
        with pytest.raises(FatalError, match="topics check"):
            await sink.deliver(await chunk_of(intake, 0), EFFECTS)

    async def test_a_lost_lease_ends_the_waiting(self, intake: Intake, broker: Broker) -> None:
        """While the broker is away a partition may go; then its chunk is dropped, for its new owner reads it."""
        sink = OfflineAtLeastOnce(broker)
        await sink.start()
        chunk = await chunk_of(intake, 0)
        broker.send_errors = [RequestTimedOutError()] * 100
        delivering = asyncio.create_task(sink.deliver(chunk, EFFECTS))
        await asyncio.sleep(0.01)
        await intake.revoke()
        with pytest.raises(LeaseLostError):
            await delivering
        assert broker.published == []

    async def test_a_stop_ends_the_waiting(self, intake: Intake, broker: Broker) -> None:
        """A worker that is told to stop while the broker is away does not wait for it."""
        sink = OfflineAtLeastOnce(broker)
        await sink.start()
        broker.send_errors = [RequestTimedOutError()] * 100
        delivering = asyncio.create_task(sink.deliver(await chunk_of(intake, 0), EFFECTS))
        await asyncio.sleep(0.01)
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
        assert len(broker.send_errors) == 99

    async def test_a_producer_that_cannot_connect_is_closed(self) -> None:
        """A broker that is away for an hour does not leave an open producer behind for every attempt."""
        with pytest.raises(KafkaConnectionError):
            await AtLeastOnceSink(NOWHERE, is_idempotent=True).start()
        gc.collect()  # an unclosed producer warns when it goes, and warnings are errors


class TestExactlyOnce:
    async def test_a_transaction_moves_the_groups_offset(self, intake: Intake, broker: Broker) -> None:
        """Outputs and offset go together, and the lease knows where the group stands."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        chunk = await chunk_of(intake, 0, 1)
        await sink.deliver(chunk, EFFECTS)
        assert (broker.published, broker.committed, chunk.lease.committed) == ([0], 2, 2)

    @pytest.mark.parametrize(("went_through", "sent"), [(True, 1), (False, 2)])
    async def test_a_commit_without_an_answer_is_asked_about(
        self, intake: Intake, broker: Broker, went_through: bool, sent: int
    ) -> None:
        """If it went through nothing is sent again, else everything is: never twice, never not at all."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        broker.commit_errors = [(RequestTimedOutError(), went_through)]
        chunk = await chunk_of(intake, 0, 1)
        await sink.deliver(chunk, EFFECTS)
        assert len(broker.published) == sent
        assert broker.committed == chunk.lease.committed == 2
        assert [producer.is_open for producer in broker.producers] == [False, True]

    async def test_a_partition_without_a_committed_offset_begins_the_same_way(self, broker: Broker) -> None:
        """The first transaction of a new group may be repeated as well."""
        broker.committed = None
        intake = Intake(["new-review"], max_in_flight_records=100)
        await intake.assign({P0: None})
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        broker.send_errors = [RequestTimedOutError(), None]
        chunk = await chunk_of(intake, 5)
        await sink.deliver(chunk, EFFECTS)
        assert (broker.published, broker.committed, chunk.lease.committed) == ([0], 6, 6)

    async def test_a_stop_ends_a_transaction_under_way(self, intake: Intake, broker: Broker) -> None:
        """A worker that is told to stop gives an open transaction up; it is not tried again."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        chunk = await chunk_of(intake, 0)
        broker.commit_errors = [(asyncio.CancelledError(), False)]
        with pytest.raises(asyncio.CancelledError):
            await sink.deliver(chunk, EFFECTS)
        assert (broker.committed, len(broker.producers)) == (0, 1)

    async def test_a_fenced_producer_of_a_lost_lease_drops_its_chunk(
        self, intake: Intake, broker: Broker
    ) -> None:
        """The partition's new owner fences us out, and reads the chunk again."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        chunk = await chunk_of(intake, 0)
        broker.commit_errors = [(ProducerFenced(), False)]
        await intake.revoke()
        with pytest.raises(LeaseLostError):
            await sink.deliver(chunk, EFFECTS)
        assert broker.committed == 0

    async def test_an_offset_that_somebody_else_moved_ends_the_worker(
        self, intake: Intake, broker: Broker
    ) -> None:
        """While the lease is held nobody else may move the group; if somebody did, nothing more is published."""
        sink = OfflineExactlyOnce(broker, on_renew=lambda: setattr(broker, "committed", 77))
        chunk = await chunk_of(intake, 0)
        with pytest.raises(FatalError, match="stands at 77"):
            await sink.deliver(chunk, EFFECTS)
        assert broker.published == []

    async def test_an_offset_that_the_new_owner_moved_ends_only_the_chunk(
        self, intake: Intake, broker: Broker
    ) -> None:
        """A partition that goes while its producer is renewed is another worker's, and so is its offset."""
        chunk = await chunk_of(intake, 0)

        def lose_it() -> None:
            broker.committed = 77
            chunk.lease.is_held = False

        sink = OfflineExactlyOnce(broker, on_renew=lose_it)
        with pytest.raises(LeaseLostError):
            await sink.deliver(chunk, EFFECTS)
        assert broker.published == []

    async def test_an_answer_that_does_not_say_is_asked_for_again(
        self, intake: Intake, broker: Broker
    ) -> None:
        """A group that is being loaded has an offset all the same: it is neither "none" nor somebody else's."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        broker.commit_errors = [(RequestTimedOutError(), True)]
        broker.ask_errors = [GroupLoadInProgressError(), RequestTimedOutError(), TimeoutError()]
        with stamina.set_testing(True, attempts=100, cap=True):  # without pauses
            await sink.deliver(await chunk_of(intake, 0, 1), EFFECTS)
        assert (broker.published, broker.committed, broker.ask_errors) == ([0], 2, [])
        assert [producer.is_open for producer in broker.producers] == [False, True]

    @pytest.mark.parametrize("went_through", [True, False])
    async def test_a_tick_whose_outcome_was_not_learnt_comes_once(
        self, intake: Intake, broker: Broker, went_through: bool
    ) -> None:
        """A tick moves no offset; the mark beside the offset says whether its transaction went through."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        await sink.deliver(await chunk_of(intake, 0), EFFECTS)
        await intake.tick("new-review")
        broker.commit_errors = [(RequestTimedOutError(), went_through)]
        tick = await intake.next()
        assert tick.is_tick
        await sink.deliver(tick, EFFECTS)
        assert len(broker.published) == (2 if went_through else 3)
        assert [producer.is_open for producer in broker.producers] == [False, True]

    async def test_a_tick_that_somebody_else_committed_is_not_sent_again(
        self, intake: Intake, broker: Broker
    ) -> None:
        """The same offset with another's mark is another's transaction."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        await sink.deliver(await chunk_of(intake, 0), EFFECTS)
        await intake.tick("new-review")
        broker.commit_errors = [(RequestTimedOutError(), False)]
        sink.on_renew = lambda: setattr(broker, "mark", "another")
        with pytest.raises(FatalError, match="somebody else moved it"):
            await sink.deliver(await intake.next(), EFFECTS)

    async def test_a_fenced_producer_is_final(self, intake: Intake, broker: Broker) -> None:
        """Nobody starts a new producer for a partition that somebody else took, though the lease is still held."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        broker.commit_errors = [(ProducerFenced(), False)]
        with pytest.raises(LeaseLostError, match="fenced"):
            await sink.deliver(await chunk_of(intake, 0), EFFECTS)
        assert [producer.is_open for producer in broker.producers] == [False]

    @pytest.mark.parametrize(
        ("point", "told", "has_moved"),
        [
            ("before_output", "after its outputs", False),
            ("after_output", "after its outputs", False),
            ("before_commit", "before its commit", True),
        ],
    )
    async def test_a_lease_that_goes_during_a_transaction_ends_it(
        self, intake: Intake, broker: Broker, point: str, told: str, *, has_moved: bool
    ) -> None:
        """After every wait before the commit the lease is looked at again; a lost one is aborted, and not committed.

        Nor is the group added to a transaction that will be aborted.
        """
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        chunk = await chunk_of(intake, 0)

        def lose(name: str) -> None:
            if name == point:
                chunk.lease.is_held = False

        sink.checkpoint = lose
        with pytest.raises(LeaseLostError, match=told):
            await sink.deliver(chunk, EFFECTS)
        (producer,) = broker.producers
        assert (broker.committed, producer.aborts, producer._offset is not None) == (0, 1, has_moved)

    async def test_a_lease_that_went_before_begins_no_transaction(
        self, intake: Intake, broker: Broker
    ) -> None:
        """Nothing is published that would have to be aborted."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        chunk = await chunk_of(intake, 0)
        chunk.lease.is_held = False
        with pytest.raises(LeaseLostError, match="before its transaction"):
            await sink.deliver(chunk, EFFECTS)
        assert (broker.published, broker.producers[0].aborts) == ([], 0)

    async def test_a_failed_transaction_of_a_lost_lease_is_not_tried_again(
        self, intake: Intake, broker: Broker
    ) -> None:
        """Whoever waits for the partition to be let go does not wait for the pause before another try."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        chunk = await chunk_of(intake, 0)
        broker.send_errors = [RequestTimedOutError()]
        sink.checkpoint = lambda _name: setattr(chunk.lease, "is_held", False)
        with pytest.raises(LeaseLostError, match="during its transaction"):
            await sink.deliver(chunk, EFFECTS)
        assert [producer.is_open for producer in broker.producers] == [False]

    @pytest.mark.parametrize("error", [MessageSizeTooLargeError(), TopicAuthorizationFailedError("t")])
    async def test_what_waiting_cannot_mend_ends_the_worker(
        self, intake: Intake, broker: Broker, error: KafkaError
    ) -> None:
        """A refusal for good is a fatal error that says what to check, not an endless loop."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        broker.send_errors = [error]
        with pytest.raises(FatalError, match="topics check"):
            await sink.deliver(await chunk_of(intake, 0), EFFECTS)

    async def test_a_group_that_may_not_be_asked_ends_the_worker(
        self, intake: Intake, broker: Broker
    ) -> None:
        """Missing rights stay missing: the question is not asked for ever."""
        broker.ask_errors = [GroupAuthorizationFailedError("g")]
        with pytest.raises(FatalError, match="rights of this user"):
            await OfflineExactlyOnce(broker).deliver(await chunk_of(intake, 0), EFFECTS)

    async def test_a_transaction_without_an_answer_is_given_up_and_tried_anew(
        self, intake: Intake, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The broker has aborted it by then; a new producer begins another."""
        monkeypatch.setattr(exactly_once, "TRANSACTION_TIMEOUT_MS", 10)
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        broker.unanswered = 1
        chunk = await chunk_of(intake, 0)
        async with asyncio.timeout(10):
            await sink.deliver(chunk, EFFECTS)
        assert (broker.published, broker.committed) == ([0], 1)
        assert [producer.is_open for producer in broker.producers] == [False, True]

    async def test_a_lost_lease_ends_the_asking(
        self, intake: Intake, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A group whose broker does not say where it stands is asked no more once its partition is another's."""
        chunk = await chunk_of(intake, 0)
        asked = 0

        async def lose(*_arguments: object) -> Committed:
            nonlocal asked
            asked += 1
            chunk.lease.is_held = asked < 3
            raise GroupLoadInProgressError if asked < 10 else FatalError("asked for ever")

        monkeypatch.setattr(exactly_once, "committed", lose)
        sink = OfflineExactlyOnce(broker)
        with (
            stamina.set_testing(True, attempts=100, cap=True),  # without pauses
            pytest.raises(LeaseLostError, match="while its offset was asked for"),
        ):
            await sink.deliver(chunk, EFFECTS)
        assert asked == 3

    async def test_a_lease_that_goes_while_its_producer_waits_for_its_turn_fences_nobody(
        self, intake: Intake, broker: Broker
    ) -> None:
        """One producer of a partition is started at a time; who comes too late starts none."""
        chunk = await chunk_of(intake, 0)
        sink = OfflineExactlyOnce(broker)
        sink.may_start.clear()
        acquiring = asyncio.create_task(sink.acquire([P0]))
        await asyncio.sleep(0)
        delivering = asyncio.create_task(sink.deliver(chunk, EFFECTS))
        for _ in range(5):
            await asyncio.sleep(0)
        chunk.lease.is_held = False
        sink.may_start.set()
        await acquiring
        with pytest.raises(LeaseLostError, match="before its producer was renewed"):
            await delivering
        assert [producer.is_open for producer in broker.producers] == [True]

    async def test_a_producer_that_took_anothers_place_stays(self, intake: Intake, broker: Broker) -> None:
        """The partition came back while a delivery of its last assignment was failing."""
        chunk = await chunk_of(intake, 0)
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])

        def replace(name: str) -> None:
            if name == "before_commit":
                chunk.lease.is_held = False
                sink._producers[P0] = FakeProducer(broker)  # type: ignore[assignment]

        sink.checkpoint = replace
        with pytest.raises(LeaseLostError):
            await sink.deliver(chunk, EFFECTS)
        old, new = broker.producers
        assert (old.is_open, new.is_open, sink._producers[P0] is new) == (False, True, True)

    async def test_a_lease_that_goes_while_the_offset_is_asked_for_is_no_more_than_lost(
        self, intake: Intake, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The new producer has no transaction to abort, which aiokafka would take for a programming error."""
        chunk = await chunk_of(intake, 0)

        async def lose(*_arguments: object) -> Committed:
            chunk.lease.is_held = False
            return Committed(0)

        monkeypatch.setattr(exactly_once, "committed", lose)
        sink = OfflineExactlyOnce(broker)
        with pytest.raises(LeaseLostError, match="while its offset was asked for"):
            await sink.deliver(chunk, EFFECTS)
        assert [(producer.is_open, producer.aborts) for producer in broker.producers] == [(False, 0)]

    async def test_a_producer_that_is_renewed_too_late_is_stopped(
        self, intake: Intake, broker: Broker
    ) -> None:
        """A lease that goes while its producer is renewed leaves no producer behind."""
        chunk = await chunk_of(intake, 0)
        sink = OfflineExactlyOnce(broker, on_renew=lambda: setattr(chunk.lease, "is_held", False))
        with pytest.raises(LeaseLostError, match="while its producer was renewed"):
            await sink.deliver(chunk, EFFECTS)
        assert [producer.is_open for producer in broker.producers] == [False]
        assert sink._producers == {}

    @pytest.mark.parametrize("failures", [2, 6, 60])
    async def test_taking_over_waits_as_long_as_it_takes(self, broker: Broker, failures: int) -> None:
        """A broker that is away while partitions are assigned costs a pause, and ends no worker."""
        errors = [KafkaConnectionError()] * failures

        def fail() -> None:
            if errors:
                raise errors.pop()

        sink = OfflineExactlyOnce(broker, on_renew=fail)
        with stamina.set_testing(True, attempts=100, cap=False):  # without pauses
            await sink.acquire([P0])
        assert [producer.is_open for producer in broker.producers] == [True]

    async def test_a_failed_take_over_of_one_partition_renews_only_that_one(self, broker: Broker) -> None:
        """A second try starts what is missing: another producer with an id that is in use would fence the first."""
        calls = 0

        def fail_once() -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise KafkaConnectionError

        sink = OfflineExactlyOnce(broker, on_renew=fail_once)
        with stamina.set_testing(True, attempts=100, cap=True):
            await sink.acquire([P0, Partition("new-review", 1)])
        assert [producer.is_open for producer in broker.producers] == [True, True]

    async def test_every_assignment_brings_new_producers(self, broker: Broker) -> None:
        """Kept partitions get a new producer as well: it settles what the old one left open."""
        sink = OfflineExactlyOnce(broker)
        await sink.acquire([P0])
        await sink.acquire([P0])
        assert [producer.is_open for producer in broker.producers] == [False, True]
        await sink.stop()
        assert not any(producer.is_open for producer in broker.producers)
