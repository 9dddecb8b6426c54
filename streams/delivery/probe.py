"""Finds out what a broker can do, by trying it. What it does not say is not known, and weakens nothing."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownError,
    UnsupportedVersionError,
)
from aiokafka.protocol.admin import ApiVersionRequest

from streams.delivery.committed import committed_offset
from streams.delivery.producing import stopped, told_by_broker
from streams.delivery.records import Partition
from streams.errors import FatalError, RetryableError
from streams.kafka.connection import KafkaConnection
from streams.retries import retried
from streams.settings import DeliveryGuarantee

log = structlog.get_logger(__name__)
_TIMEOUT_S = 10.0
_TRIES = 3
_FIRST_PAUSE_S = 1.0
_LOOK_AGAIN_S = 0.2
#: The request in which a broker that coordinates transactions tells others how one ended.
_WRITE_TXN_MARKERS = 27
_UNSUPPORTED = (IncompatibleBrokerVersion, UnsupportedVersionError)
_DENIED = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
_WAY_OUT = "or set REVIEWSTREAM_DELIVERY=at_least_once, and outputs may repeat"


@dataclass(frozen=True, slots=True)
class BrokerAbilities:
    """What the broker showed.

    Attributes:
        has_transactions: a transaction's offset was committed and read back.
        is_kafka: it gives producer ids, so readers can be told to read committed records only.
        why_not: what went wrong where something is missing.
        is_definite: False where it only did not work now; then it may have transactions all the same.
        advice: what an operator can do about it.
    """

    has_transactions: bool
    is_kafka: bool
    why_not: str = ""
    is_definite: bool = True
    advice: str = ""


def _may_pass(error: Exception) -> bool:
    if isinstance(told_by_broker(error), (*_UNSUPPORTED, *_DENIED)):
        return False
    return isinstance(error, (KafkaError, OSError))  # a TimeoutError is an OSError


async def probe(
    connection: KafkaConnection, *, group: str, topic: str, wanted: DeliveryGuarantee
) -> BrokerAbilities:
    """Ask for a producer id; then commit one offset of a probe group in a transaction, and read it back.

    Brokers that speak the protocol without the substance may accept the calls and forget the offset, so the answer
    that counts is the offset. The probe group is `<group>-probe`; no record is written. What fails and may pass is
    tried three times, for ten seconds each. At least once needs no transactions, and none is tried.

    Args:
        connection: to the broker.
        group: the consumer group of the role.
        topic: an existing topic; its partition 0 is named in the probe's offset.
        wanted: the guarantee that the settings ask for.

    Raises:
        RetryableError: the broker cannot be reached.
        FatalError: it is reached, and does not say whether it gives producer ids.
    """
    if not await _has_producer_ids(connection):
        return BrokerAbilities(
            has_transactions=False,
            is_kafka=False,
            why_not="this broker has no producer ids, so no transactions",
        )
    if wanted is DeliveryGuarantee.AT_LEAST_ONCE:
        return BrokerAbilities(has_transactions=False, is_kafka=True, why_not="no transactions are asked for")
    try:
        await _try_transaction(connection, f"{group}-probe", topic)
    except KafkaConnectionError as error:
        raise _unreachable(connection, error) from error
    except (KafkaError, OSError) as error:
        return _judged(told_by_broker(error), group, topic)
    return BrokerAbilities(has_transactions=True, is_kafka=True)


def _judged(error: BaseException, group: str, topic: str) -> BrokerAbilities:
    """What a transaction that failed says of the broker: only "unsupported" is definite.

    >>> _judged(TimeoutError(), "g", "t").is_definite, _judged(UnsupportedVersionError(), "g", "t").is_definite
    (False, True)
    """
    name = type(error).__name__
    if isinstance(error, _UNSUPPORTED):
        return BrokerAbilities(
            has_transactions=False, is_kafka=True, why_not=f"this broker does not know transactions ({name})"
        )
    if isinstance(error, _DENIED):
        why_not = f"this user may not use transactions ({name})"
        advice = (
            f"give it WRITE on transactional ids that begin with {group}-, and READ on the group {group}-probe and on "
            f"the topic {topic}"
        )
    else:
        why_not = f"the broker did not complete a transaction in {_TRIES} tries ({name})"
        advice = (
            "see the broker's log: is __transaction_state there, with as many replicas as "
            "transaction.state.log.replication.factor and transaction.state.log.min.isr want"
        )
    return BrokerAbilities(
        has_transactions=False, is_kafka=True, why_not=why_not, is_definite=False, advice=advice
    )


async def _has_producer_ids(connection: KafkaConnection) -> bool:
    try:
        await _try_producer_id(connection)
    except _UNSUPPORTED:
        return False
    except _DENIED:
        return True  # a broker with access control; what it denies is asked again where it is needed
    except UnknownError as error:
        # The embedded broker's "not supported"; of a broker that coordinates transactions, any failure of its own.
        if not await _coordinates_transactions(connection):
            return False
        raise _silent(connection, error) from error
    except KafkaConnectionError as error:
        raise _unreachable(connection, error) from error
    except (KafkaError, OSError) as error:
        raise _silent(connection, error) from error
    return True


@retried(_may_pass, attempts=_TRIES, first_pause_s=_FIRST_PAUSE_S)
async def _try_producer_id(connection: KafkaConnection) -> None:
    producer = connection.producer(is_idempotent=True)
    try:
        with _failures_are_answers():
            async with asyncio.timeout(_TIMEOUT_S):
                await producer.start()
    finally:
        await stopped(producer)


@retried(_may_pass, attempts=_TRIES, first_pause_s=_FIRST_PAUSE_S)
async def _try_transaction(connection: KafkaConnection, group: str, topic: str) -> None:
    # Of its own for each probe: workers that start together must not fence one another.
    transactional_id = f"{group}-{uuid.uuid4().hex[:12]}"
    producer = connection.producer(is_idempotent=True, transactional_id=transactional_id)
    try:
        with _failures_are_answers():
            async with asyncio.timeout(_TIMEOUT_S):
                await producer.start()
                await producer.begin_transaction()
                await producer.send_offsets_to_transaction({TopicPartition(topic, 0): 0}, group)
                await producer.commit_transaction()
                await _until_visible(connection, group, Partition(topic, 0))
    finally:
        await stopped(producer)


async def _until_visible(connection: KafkaConnection, group: str, partition: Partition) -> None:
    """A commit is acknowledged before its markers are written, and a group may be loading: it takes a moment."""
    offset = None
    while offset != 0:
        try:
            offset = await committed_offset(connection, group, partition)
        except KafkaError as error:
            if not error.retriable:
                raise
        await asyncio.sleep(_LOOK_AGAIN_S)


@retried((KafkaError, OSError), attempts=_TRIES, first_pause_s=_FIRST_PAUSE_S)
async def _coordinates_transactions(connection: KafkaConnection) -> bool:
    admin = connection.admin()
    try:
        await admin.start()
        answer = await admin._send_request(ApiVersionRequest())  # noqa: SLF001 - the public call gives less
    finally:
        await admin.close()
    return any(key == _WRITE_TXN_MARKERS for key, *_ in answer.api_versions)


def _unreachable(connection: KafkaConnection, error: Exception) -> RetryableError:
    return RetryableError(
        f"broker: wanted an answer from {connection.bootstrap_servers}, got {error}; is it running?"
    )


def _silent(connection: KafkaConnection, error: Exception) -> FatalError:
    return FatalError(
        f"delivery: wanted a producer id from {connection.bootstrap_servers}, got {error!r} in {_TRIES} tries; "
        "nothing is known of its transactions, so nothing is read or published. Look into the broker's log, and "
        "start again"
    )


@contextlib.contextmanager
def _failures_are_answers() -> Iterator[None]:
    """Aiokafka logs an error for each thing the broker cannot do; here that is what we want to know."""
    logger = logging.getLogger("aiokafka.producer.sender")

    def is_no_answer(_record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(is_no_answer)
    try:
        yield
    finally:
        logger.removeFilter(is_no_answer)


def choose_guarantee(wanted: DeliveryGuarantee, abilities: BrokerAbilities) -> DeliveryGuarantee:
    """What to run with: what was asked for, or for `auto` the best the broker can.

    Raises:
        FatalError: exactly once was asked for and the broker cannot, or `auto` and the broker did not say.
    """
    is_weaker = wanted is DeliveryGuarantee.AT_LEAST_ONCE or not abilities.has_transactions
    if not is_weaker:
        log.info("delivery", delivery=str(DeliveryGuarantee.EXACTLY_ONCE))
        return DeliveryGuarantee.EXACTLY_ONCE
    if wanted is DeliveryGuarantee.EXACTLY_ONCE or (
        wanted is DeliveryGuarantee.AUTO and not abilities.is_definite
    ):
        advice = abilities.advice or "use Apache Kafka"
        raise FatalError(f"delivery: wanted {wanted}, but {abilities.why_not}; {advice}, {_WAY_OUT}")
    why = abilities.why_not if wanted is DeliveryGuarantee.AUTO else "the settings ask for it"
    log.warning("delivery is at least once: outputs may repeat after a failure", why=why)
    return DeliveryGuarantee.AT_LEAST_ONCE
