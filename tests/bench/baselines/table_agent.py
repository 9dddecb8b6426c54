"""A plain Faust agent that counts reviews a product in a RocksDB table, as the documentation's first table does.

Says in its log how many keys came back, and in how many seconds, when its table was restored.
"""

import time

import faust
import orjson

from tests.bench.baselines import Task

task = Task.of_command_line()
app = faust.App(
    task.group,
    broker=f"kafka://{task.bootstrap_servers}",
    store="rocksdb://",
    datadir=task.directory,
    broker_session_timeout=6,
    broker_heartbeat_interval=2,
    topic_partitions=4,
    topic_disable_leader=True,
    web_enabled=False,
)


class Review(faust.Record):
    """What the enrich role publishes; other fields are ignored."""

    review_id: str
    product_id: str


reviews = app.topic(task.source, value_type=Review, key_type=str)
counts = app.Table("counts", default=int, partitions=4)


@app.agent(reviews)
async def count(stream: faust.Stream[Review]) -> None:
    """One more."""
    async for review in stream:
        counts[review.product_id] += 1


@app.on_rebalance_complete.connect
async def tell(_app: faust.App, **_: object) -> None:
    """Faust says that it is done; here how much that was."""
    recovery = app.tables.recovery
    offsets = [offset for offset in recovery.active_offsets.values() if offset is not None]
    started = recovery._recovery_started_at
    said = {
        "event": "tables restored",
        "records": sum(offset + 1 for offset in offsets),
        "seconds": time.monotonic() - started if started else 0.0,
    }
    print(orjson.dumps(said).decode(), flush=True)


if __name__ == "__main__":
    faust.Worker(app, loglevel="warning", redirect_stdouts=False).execute_from_commandline()
