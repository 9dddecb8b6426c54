"""Finds out what a broker can do, by trying it."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.delivery.committed import committed_offset
from streams.delivery.records import Partition
from streams.errors import FatalError, RetryableError
from streams.kafka.connection import KafkaConnection
from streams.settings import DeliveryGuarantee

log = structlog.get_logger(__name__)
_TIMEOUT_S = 10.0
_LOOKS = 10


@dataclass(frozen=True, slots=True)
class BrokerAbilities:
    """What the broker showed. `why_not` says what went wrong where something is missing."""

    has_transactions: bool
    why_not: str = ""


async def probe(connection: KafkaConnection, *, group: str, topic: str) -> BrokerAbilities:
    """Commit one offset of a probe group in a transaction, and read it back.

    Brokers that speak the protocol without the substance accept the calls and forget the offset, so
    the answer that counts is the offset. The probe group is `<group>-probe`; no record is written.

    Args:
        connection: to the broker.
        group: the consumer group of the role.
        topic: an existing topic; its partition 0 is named in the probe's offset.

    Raises:
        RetryableError: the broker cannot be reached.
    """
    probe_group = f"{group}-probe"
    # Of its own for each probe: workers that start together must not fence one another.
    transactional_id = f"{probe_group}-{uuid.uuid4().hex[:12]}"
    producer = connection.producer(is_idempotent=True, transactional_id=transactional_id)
    try:
        with _failures_are_answers():
            async with asyncio.timeout(_TIMEOUT_S):
                await producer.start()
                await producer.begin_transaction()
                await producer.send_offsets_to_transaction({TopicPartition(topic, 0): 0}, probe_group)
                await producer.commit_transaction()
                offset = await _offset_once_visible(connection, probe_group, Partition(topic, 0))
    except KafkaConnectionError as error:
        raise RetryableError(
            f"broker: wanted an answer from {connection.bootstrap_servers}, got {error}; is it running?"
        ) from error
    except (KafkaError, TimeoutError, OSError) as error:
        return BrokerAbilities(
            has_transactions=False,
            why_not=f"this broker has no working transactions ({type(error).__name__})",
        )
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(producer.stop(), timeout=2)
    if offset != 0:
        return BrokerAbilities(
            has_transactions=False, why_not="this broker forgets what a transaction committed"
        )
    return BrokerAbilities(has_transactions=True)


async def _offset_once_visible(connection: KafkaConnection, group: str, partition: Partition) -> int | None:
    """A commit is acknowledged before its markers are written, so the offset may take a moment."""
    for _ in range(_LOOKS):
        offset = await committed_offset(connection, group, partition)
        if offset is not None:
            return offset
        await asyncio.sleep(0.2)
    return None


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
        FatalError: exactly once was asked for, and the broker cannot.
    """
    if wanted is DeliveryGuarantee.AUTO:
        best = (
            DeliveryGuarantee.EXACTLY_ONCE if abilities.has_transactions else DeliveryGuarantee.AT_LEAST_ONCE
        )
        log.info("delivery chosen by what the broker can", delivery=str(best), why=abilities.why_not or None)
        return best
    if wanted is DeliveryGuarantee.EXACTLY_ONCE and not abilities.has_transactions:
        raise FatalError(
            f"delivery: wanted exactly_once, but {abilities.why_not}; "
            "set REVIEWSTREAM_DELIVERY=at_least_once or use Apache Kafka"
        )
    return wanted
