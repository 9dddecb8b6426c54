"""What brokers say of topics, and that a topic made anew is another one."""

import asyncio

from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_plan import TopicSpec
from tests.brokers import Broker, unique_name


async def test_a_topic_made_anew_has_another_id(broker: Broker) -> None:
    """On both brokers; partitions are told, and a topic that is not there is left out and not made."""
    client, name = KafkaConnection(broker.bootstrap_servers), unique_name()
    spec = TopicSpec(name, 3, 1, {})
    await topic_admin.create(client, [spec])
    absent = unique_name()
    before = await topic_admin.facts(client, [name, absent])
    assert list(before) == [name]
    assert before[name].partitions == 3
    assert before[name].topic_id
    assert await topic_admin.facts(client, [name, absent]) == before
    admin = client.admin()
    await admin.start()
    try:
        await admin.delete_topics([name])
        async with asyncio.timeout(20):
            while await topic_admin.facts(client, [name]):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
    await topic_admin.create(client, [spec])
    after = await topic_admin.facts(client, [name])
    assert after[name].topic_id not in {"", before[name].topic_id}
