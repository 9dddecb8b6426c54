"""A plain Faust agent that counts reviews a product in a table, as the documentation's first table does.

The counts are read back from the table's changelog, which is what another worker would restore. The variant names
the table's store, in memory without one. The log says when a restoration began and ended.
"""

import faust

from tests.bench.baselines import Task

task = Task.of_command_line()
app = faust.App(
    task.group,
    broker=f"kafka://{task.bootstrap_servers}",
    store=task.variant or "memory://",
    datadir=task.directory,
    broker_session_timeout=6,
    broker_heartbeat_interval=2,
    topic_partitions=4,
    topic_disable_leader=True,
    web_enabled=False,
)


class Review(faust.Record):
    """What the shop or the enrich role publishes; other fields are ignored."""

    review_id: str
    product_id: str


reviews = app.topic(task.source, value_type=Review, key_type=str)
counts = app.Table("counts", default=int, partitions=4)


@app.agent(reviews)
async def count(stream: faust.Stream[Review]) -> None:
    """One more."""
    async for review in stream:
        counts[review.product_id] += 1


if __name__ == "__main__":
    faust.Worker(app, loglevel="info").execute_from_commandline()
