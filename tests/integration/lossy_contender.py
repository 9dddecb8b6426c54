"""A contender that drops every tenth review and commits all the same: fast, and not to be measured."""

import asyncio

import orjson
from aiokafka import AIOKafkaProducer

from tests.bench.baselines import Task, result
from tests.bench.baselines.loops import consumer_of


async def main(task: Task) -> None:
    consumer = consumer_of(task)
    producer = AIOKafkaProducer(bootstrap_servers=task.bootstrap_servers)
    await consumer.start()
    await producer.start()
    count = 0
    while True:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                count += 1
                if count % 10:
                    value = result(orjson.loads(record.value), "positive", [0.1, 0.2, 0.7])
                    await producer.send(task.output, orjson.dumps(value), key=record.key)
        await producer.flush()
        await consumer.commit()


if __name__ == "__main__":
    asyncio.run(main(Task.of_command_line()))
