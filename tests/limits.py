"""Topics with `max.message.bytes` of their own, and how that is changed."""

import asyncio
from dataclasses import replace

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.delivery.sizes import SETTING
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from tests.roles import topics


async def create_topics(servers: str, limits: dict[str, int]) -> KafkaConnection:
    """The topics of the roles, some with a limit of their own."""
    client = KafkaConnection(servers)
    await topic_admin.create(
        client,
        [
            replace(spec, configuration={**spec.configuration, SETTING: str(limits[spec.name])})
            if spec.name in limits
            else spec
            for spec in topics()
        ],
    )
    return client


async def change_limit(client: KafkaConnection, topic: str, limit: int) -> None:
    """Give a topic another limit, and wait until the broker tells it."""
    admin = client.admin()
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {SETTING: str(limit)})])
    finally:
        await admin.close()
    async with asyncio.timeout(10):
        while (await topic_admin.batch_limits(client, [topic]))[topic] != limit:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
