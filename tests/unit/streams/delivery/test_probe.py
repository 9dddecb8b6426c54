"""What a broker does not say is not known: only a definite "unsupported" weakens the guarantee."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import stamina
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownError,
    UnsupportedVersionError,
)
from aiokafka.protocol.commit import OffsetFetchResponse_v3
from structlog.testing import CapturingLogger

from streams.delivery import probe as probing
from streams.delivery.probe import BrokerAbilities, choose_guarantee, probe
from streams.errors import FatalError, RetryableError
from streams.settings import DeliveryGuarantee
from tests.fakes import unexpected

ABLE = BrokerAbilities(has_transactions=True, is_kafka=True)
UNABLE = BrokerAbilities(has_transactions=False, is_kafka=False, why_not="this broker has no producer ids")
UNKNOWN = BrokerAbilities(
    has_transactions=False, is_kafka=True, why_not="no answer", is_definite=False, advice="see the log"
)
AUTO, EXACTLY, AT_LEAST = (
    DeliveryGuarantee.AUTO,
    DeliveryGuarantee.EXACTLY_ONCE,
    DeliveryGuarantee.AT_LEAST_ONCE,
)


@pytest.mark.parametrize(
    ("wanted", "abilities", "chosen"),
    [
        (AUTO, ABLE, EXACTLY),
        (AUTO, UNABLE, AT_LEAST),
        (EXACTLY, ABLE, EXACTLY),
        (AT_LEAST, ABLE, AT_LEAST),
        (AT_LEAST, UNABLE, AT_LEAST),
        (AT_LEAST, UNKNOWN, AT_LEAST),
    ],
)
def test_the_guarantee_is_what_was_asked_for_or_the_best_there_is(
    wanted: DeliveryGuarantee,
    abilities: BrokerAbilities,
    chosen: DeliveryGuarantee,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`auto` takes the best the broker can; anything else is taken at its word. What is weaker is a warning."""
    logger = CapturingLogger()  # whatever form other tests have given to the log of this process
    monkeypatch.setattr(probing, "log", logger)
    assert choose_guarantee(wanted, abilities) is chosen
    assert [call.method_name for call in logger.calls] == ["info" if chosen is EXACTLY else "warning"]


@pytest.mark.parametrize(("wanted", "abilities"), [(EXACTLY, UNABLE), (EXACTLY, UNKNOWN), (AUTO, UNKNOWN)])
def test_exactly_once_is_never_weakened_in_silence(
    wanted: DeliveryGuarantee, abilities: BrokerAbilities
) -> None:
    """A worker that cannot keep its promise, or does not know, does not start, and says why and what to do."""
    told = rf"wanted {wanted}, but {abilities.why_not}.*REVIEWSTREAM_DELIVERY=at_least_once"
    with pytest.raises(FatalError, match=told):
        choose_guarantee(wanted, abilities)


@dataclass
class FakeCluster:
    """Fails as scripted: errors of starting a plain producer, and of a transaction, one a try; then all is well."""

    start_errors: list[Exception] = field(default_factory=list)
    transaction_errors: list[Exception] = field(default_factory=list)
    api_keys: tuple[int, ...] = (0, 22, 24, 25, 26, 28)
    answers: list[Any] = field(default_factory=list)
    forgets: bool = False
    bootstrap_servers: str = "nowhere:1"
    transactions: int = 0
    opened: int = 0

    def producer(self, *, is_idempotent: bool, transactional_id: str | None = None) -> "FakeProducer":
        assert is_idempotent
        return FakeProducer(self, is_transactional=transactional_id is not None)

    def admin(self) -> "FakeAdmin":
        return FakeAdmin(self)


@dataclass
class FakeProducer:
    cluster: FakeCluster
    is_transactional: bool

    async def start(self) -> None:
        self.cluster.opened += 1
        errors = self.cluster.transaction_errors if self.is_transactional else self.cluster.start_errors
        if errors:
            raise errors.pop(0)

    async def begin_transaction(self) -> None: ...

    async def send_offsets_to_transaction(self, _offsets: object, _group: str) -> None: ...

    async def commit_transaction(self) -> None:
        self.cluster.transactions += 1

    async def stop(self) -> None:
        self.cluster.opened -= 1


@dataclass
class FakeAdmin:
    cluster: FakeCluster

    async def start(self) -> None:
        self.cluster.opened += 1

    async def find_coordinator(self, _group: str) -> int:
        return 0

    async def _send_request(self, request: object, _node: int = 0) -> object:
        if type(request).__name__ == "ApiVersionRequest":
            return SimpleNamespace(api_versions=[(key, 0, 1) for key in self.cluster.api_keys])
        if self.cluster.answers:
            return self.cluster.answers.pop(0)
        offset = -1 if self.cluster.forgets else 0
        return OffsetFetchResponse_v3(0, [("new-review", [(0, offset, "", 0)])], 0)

    async def close(self) -> None:
        self.cluster.opened -= 1


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(probing, "_LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr(probing, "_TIMEOUT_S", 0.2)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def ask(cluster: FakeCluster, wanted: DeliveryGuarantee = AUTO) -> BrokerAbilities:
    told = await probe(cluster, group="g", topic="new-review", wanted=wanted)  # type: ignore[arg-type]
    assert cluster.opened == 0, "a client was left open"
    return told


@pytest.mark.parametrize(
    "trouble", [TimeoutError(), CoordinatorNotAvailableError(), UnknownError(), KafkaConnectionError()]
)
async def test_trouble_that_passes_is_tried_again(trouble: Exception) -> None:
    """Two failures at start, as under load, are no answer: the third try finds the transactions."""
    cluster = FakeCluster(start_errors=[trouble] * 2, transaction_errors=[trouble] * 2)
    assert await ask(cluster) == ABLE


@pytest.mark.parametrize("trouble", [TimeoutError(), CoordinatorNotAvailableError(), UnknownError()])
async def test_trouble_that_stays_is_no_definite_answer(trouble: Exception) -> None:
    """A broker that completes no transaction now may do so later, and committed records are read all the same."""
    told = await ask(FakeCluster(transaction_errors=[trouble] * 3))
    assert (told.has_transactions, told.is_kafka, told.is_definite) == (False, True, False)
    assert "__transaction_state" in told.advice


@pytest.mark.parametrize(
    "trouble",
    [
        TransactionalIdAuthorizationFailed("x"),
        GroupAuthorizationFailedError(),
        unexpected(TopicAuthorizationFailedError()),
    ],
)
async def test_a_missing_right_is_named_at_once(trouble: KafkaError) -> None:
    """Nothing is tried again, and the message names what to give."""
    cluster = FakeCluster(transaction_errors=[trouble])
    told = await ask(cluster)
    assert (told.has_transactions, told.is_kafka, told.is_definite) == (False, True, False)
    assert "AuthorizationFailed" in told.why_not
    assert "WRITE on transactional ids that begin with g-" in told.advice
    assert "READ on the group g-probe and on the topic new-review" in told.advice
    assert cluster.transactions == 0


async def test_a_user_without_the_right_to_a_plain_producer_id_may_have_transactions() -> None:
    """Access control of that is no answer about the broker: the transaction, which needs other rights, is tried."""
    cluster = FakeCluster(start_errors=[ClusterAuthorizationFailedError()])
    assert await ask(cluster) == ABLE
    assert cluster.transactions == 1


async def test_a_broker_without_producer_ids_is_definite() -> None:
    """The embedded broker fails at the first step, each time: at least once, and no committed records to wait for."""
    told = await ask(FakeCluster(start_errors=[UnknownError()] * 3))
    assert (told.has_transactions, told.is_kafka, told.is_definite) == (False, False, True)


@pytest.mark.parametrize("error", [IncompatibleBrokerVersion(), UnsupportedVersionError()])
async def test_a_broker_that_does_not_know_the_request_is_definite(error: KafkaError) -> None:
    """It says so in the protocol, and is not asked twice."""
    told = await ask(FakeCluster(start_errors=[error]))
    assert (told.has_transactions, told.is_kafka, told.is_definite) == (False, False, True)
    told = await ask(FakeCluster(transaction_errors=[error]))
    assert (told.has_transactions, told.is_kafka, told.is_definite) == (False, True, True)


@pytest.mark.parametrize("trouble", [TimeoutError(), UnknownError()])
async def test_a_broker_that_coordinates_transactions_and_gives_no_id_stops_the_worker(
    trouble: Exception,
) -> None:
    """Not even whether committed records can be read is known then."""
    with pytest.raises(FatalError, match="nothing is known of its transactions"):
        await ask(FakeCluster(start_errors=[trouble] * 3, api_keys=(22, 27)))


async def test_a_broker_that_is_away_is_away() -> None:
    """No connection is told as such."""
    with pytest.raises(RetryableError, match="is it running"):
        await ask(FakeCluster(start_errors=[KafkaConnectionError()] * 3))


async def test_a_broker_that_forgets_the_offset_has_no_transactions_that_work() -> None:
    """Accepted calls are not enough: the offset has to be there."""
    told = await ask(FakeCluster(forgets=True))
    assert (told.has_transactions, told.is_definite) == (False, False)


async def test_a_group_that_is_being_loaded_is_asked_again() -> None:
    """The error of a whole group is not an offset, and not "none"."""
    loading = OffsetFetchResponse_v3(0, [], 14)
    none = OffsetFetchResponse_v3(0, [("new-review", [(0, -1, "", 0)])], 0)
    assert await ask(FakeCluster(answers=[none, none, *[loading] * 10, none])) == ABLE


async def test_at_least_once_tries_no_transaction() -> None:
    """Who asks for less needs no rights to transactions, and no broker that can complete one."""
    cluster = FakeCluster(transaction_errors=[TransactionalIdAuthorizationFailed("x")])
    told = await ask(cluster, AT_LEAST)
    assert (told.is_kafka, cluster.transactions) == (True, 0)
    assert len(cluster.transaction_errors) == 1


async def test_a_probe_that_hangs_ends() -> None:
    """A broker that accepts the connection and says nothing is tried three times, bounded."""

    class Hanging(FakeCluster):
        def producer(self, **options: Any) -> FakeProducer:
            producer = super().producer(**options)

            async def hang() -> None:
                self.opened += 1
                await asyncio.sleep(60)

            producer.start = hang  # type: ignore[method-assign]
            return producer

    with pytest.raises(FatalError, match="in 3 tries"):
        await ask(Hanging())
