"""Producers that may fail: started or closed again, stopped without waiting, and what waiting cannot mend."""

import asyncio
from collections.abc import Awaitable

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
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

from streams.errors import FatalError

log = structlog.get_logger(__name__)

#: Waiting cannot mend these.
_HOPELESS = (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedVersionError,
)


async def started(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    """Connect a producer; if that fails, close what it opened.

    Raises:
        KafkaError: it cannot connect, or is not let in.
    """
    try:
        await producer.start()
    except BaseException:
        await stopped(producer)
        raise
    return producer


async def stopped(producer: AIOKafkaProducer | None) -> None:
    """Stop a producer that may be broken, without waiting for a broker that may be away."""
    if producer is None:
        return
    stopping: Awaitable[None] = producer.stop()
    try:
        async with asyncio.timeout(5):
            await stopping
    except (KafkaError, TimeoutError, OSError) as error:
        log.debug("an old producer did not stop cleanly", error=repr(error))


def raise_if_hopeless(error: BaseException) -> None:
    """Do nothing about an error that waiting may mend.

    Raises:
        FatalError: it cannot.
    """
    if isinstance(error, _HOPELESS):
        raise FatalError(
            f"publishing: the broker refuses for good ({error!r}); check the topics with "
            "`reviewstream topics check` and the rights of this user"
        ) from error
