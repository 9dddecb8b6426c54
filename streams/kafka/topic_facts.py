"""How many partitions topics have, and the ids that tell a topic from an earlier one of its name (KIP-516)."""

from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

_NO_ID = UUID(int=0)


class TopicFacts(NamedTuple):
    """What a broker says of a topic.

    Attributes:
        partitions: how many.
        topic_id: another one once the topic is deleted and made anew; empty where the broker tells none.
    """

    partitions: int
    topic_id: str = ""


class _Uuid(AbstractType[UUID]):  # type: ignore[misc]  # aiokafka has no types
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


class _MetadataResponse(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("in_sync", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _MetadataRequestStruct(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataRequestStruct]):  # type: ignore[misc]
    """The first version that is asked by name and answers with ids; aiokafka's own ends at 5."""

    API_KEY = 3

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_MetadataRequestStruct]) -> _MetadataRequestStruct:
        topics: list[tuple[UUID, str, dict[int, bytes]]] = [(_NO_ID, name, {}) for name in self._names]
        creates_topics = asks_for_rights = False
        return request_struct_class(topics, creates_topics, asks_for_rights, {})


async def ask(admin: AIOKafkaAdminClient, names: Collection[str]) -> Mapping[str, TopicFacts]:
    """The facts of those of the named topics that exist; without ids from a broker that knows none.

    Raises:
        KafkaError: the broker does not answer.
    """
    try:
        response = await admin._send_request(_MetadataRequest(list(names)))  # noqa: SLF001 - no public way
    except (IncompatibleBrokerVersion, NotImplementedError):
        # All of them: asking for a topic by name would create it on brokers that create topics on first use.
        described = await admin.describe_topics(None)
        return {
            topic["topic"]: TopicFacts(len(topic["partitions"]))
            for topic in described
            if topic["topic"] in names
        }
    topics: Sequence[dict[str, Any]] = response.to_object()["topics"]
    return {
        topic["name"]: TopicFacts(
            len(topic["partitions"]), "" if topic["topic_id"] == _NO_ID else str(topic["topic_id"])
        )
        for topic in topics
        if topic["error_code"] == 0
    }
