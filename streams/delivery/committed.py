"""What a consumer group has committed, known for certain: an answer that does not say is an error, not "nothing".

A broker that has just started loads its groups, and meanwhile answers for the group as a whole: an error, and no
partitions. aiokafka looks at the partitions alone, and would go on as if nothing had ever been committed.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from aiokafka.errors import (
    BrokerResponseError,
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest

from streams.delivery.records import Partition
from streams.kafka.connection import KafkaConnection

_NO_OFFSET = -1
_REFUSALS = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)


class Committed(NamedTuple):
    """Where a group stands in a partition.

    Attributes:
        offset: of the next record to read; None if nothing was ever committed.
        mark: what the committer wrote beside it.
    """

    offset: int | None
    mark: str = ""


async def committed(connection: KafkaConnection, group: str, partition: Partition) -> Committed:
    """Ask once where the group stands.

    Raises:
        KafkaError: the broker could not be asked, or does not know yet.
    """
    admin = connection.admin()
    try:
        await admin.start()
        coordinator = await admin.find_coordinator(group)
        request = OffsetFetchRequest(group, [(partition.topic, [partition.partition])])
        response = await admin._send_request(request, coordinator)  # noqa: SLF001 - the public call hides the error
    finally:
        await admin.close()
    return told(response)[partition]


async def committed_offset(connection: KafkaConnection, group: str, partition: Partition) -> int | None:
    """The group's committed offset, None if there is none; raises as `committed` does."""
    return (await committed(connection, group, partition)).offset


class _Told(dict[Partition, Committed]):
    """An answer; a partition that it does not have is not known."""

    def __missing__(self, partition: Partition) -> Committed:
        raise GroupCoordinatorNotAvailableError(f"the answer has nothing of {partition}")


def told(response: Any) -> dict[Partition, Committed]:
    """The offsets that an answer to OffsetFetch tells.

    Raises:
        KafkaError: it tells none, for the group or for one of the partitions.
    """
    for code in _codes(response):
        if code:
            raise _as_error(for_code(code))
    offsets = _Told()
    for topic, partitions in response.topics:
        for number, offset, mark, _ in partitions:
            known = None if offset == _NO_OFFSET else offset
            offsets[Partition(topic, number)] = Committed(known, mark or "")
    return offsets


def refuse_unknown_offsets(coordinator: Any) -> None:
    """Let a consumer ask again for offsets that its group does not know yet.

    Args:
        coordinator: aiokafka's, of a consumer that has been started. It tries again by itself after an error that
            may pass.
    """
    send: Callable[[Any], Awaitable[Any]] = coordinator._send_req  # noqa: SLF001

    async def send_and_look(request: Any) -> Any:
        response = await send(request)
        if isinstance(request, OffsetFetchRequest):
            try:
                told(response)
            except (NotCoordinatorForGroupError, GroupCoordinatorNotAvailableError):
                coordinator.coordinator_dead()
                raise
        return response

    coordinator._send_req = send_and_look  # noqa: SLF001


def _codes(response: Any) -> Iterator[int]:
    yield getattr(response, "error_code", 0)
    for _, partitions in response.topics:
        for *_, code in partitions:
            yield code


def _as_error(kind: type[BrokerResponseError]) -> BrokerResponseError:
    """Only missing rights are final: whatever else a broker in trouble says may pass."""
    if kind.retriable or issubclass(kind, _REFUSALS):
        return kind()
    return GroupCoordinatorNotAvailableError(f"the group's offsets are not known: {kind.__name__}")
