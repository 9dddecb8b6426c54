"""Producers that may fail: started or closed again, stopped without waiting, and what waiting cannot mend."""

import asyncio
import contextlib

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalOperation,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedVersionError,
)
from aiokafka.producer.transaction_manager import TransactionState

from streams.delivery.sizes import SETTING, SizeRefusedError
from streams.errors import FatalError

log = structlog.get_logger(__name__)

_STOP_S = 5.0
#: Waiting cannot mend these.
_HOPELESS = (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    InvalidTopicError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedVersionError,
)
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError)


async def started(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    """Connect a producer; if that fails, it has closed what it opened.

    Raises:
        KafkaError: it cannot connect, or is not let in.
    """
    await producer.start()
    return producer


async def stopped(producer: AIOKafkaProducer | None) -> None:
    """Stop a producer if there is one."""
    if producer is not None:
        await producer.stop()


async def aborted(producer: AIOKafkaProducer | None) -> None:
    """Abort the transaction of a producer if one is open; the producer may be broken, so wait a moment at most."""
    if producer is None or not _can_abort(producer):
        return
    with contextlib.suppress(KafkaError, TimeoutError, OSError, IllegalOperation):
        async with asyncio.timeout(_STOP_S):
            await producer.abort_transaction()


def _can_abort(producer: AIOKafkaProducer) -> bool:
    """Whether a transaction is open: aiokafka fails an assertion where none is, or where the producer is fenced."""
    state = producer._txn_manager.state  # noqa: SLF001
    return bool(TransactionState.is_transition_valid(state, TransactionState.ABORTING_TRANSACTION))


def told_by_broker(error: BaseException) -> BaseException:
    """What the broker said, where aiokafka's sender ended over it and says only that it did.

    >>> refused = KafkaError("Unexpected error during batch delivery")
    >>> refused.__cause__ = TopicAuthorizationFailedError("new-review")
    >>> told_by_broker(refused)
    TopicAuthorizationFailedError('new-review')
    """
    cause = error.__cause__
    return cause if type(error) is KafkaError and isinstance(cause, KafkaError) else error


def raise_if_hopeless(error: BaseException) -> None:
    """Do nothing about an error that waiting may mend.

    Raises:
        SizeRefusedError: it cannot, and other batches may.
        FatalError: it cannot.
    """
    error = told_by_broker(error)
    if isinstance(error, _TOO_LARGE):
        raise SizeRefusedError(
            f"publishing: the broker does not take a record batch of this size ({error!r}), and its topics' "
            f"{SETTING} say that it should; compare with `reviewstream topics check`, and look at the broker's "
            "message.max.bytes and replica.fetch.max.bytes"
        ) from error
    if isinstance(error, _HOPELESS):
        raise FatalError(
            f"publishing: the broker refuses for good ({error!r}); check the topics with "
            "`reviewstream topics check` and the rights of this user"
        ) from error
