"""The plain Faust agent of the safety runs: `take(64, within=0.2)` around a model that may raise.

Written as Faust's documentation shows batching; nothing is done to make it fail. The "model" sleeps as long as a
small real one computes, on a thread, and raises for a text it cannot take, which any model does now and then.
"""

import asyncio
import time

import faust

from tests.bench.baselines import Task, result
from tests.bench.baselines.faust_app import Review, app_of

_SECONDS_A_REVIEW = 0.0004

task = Task.of_command_line()
app = app_of(task, broker_session_timeout=6, broker_heartbeat_interval=2)
reviews = app.topic(task.source, value_type=Review)
enriched = app.topic(task.output)


def classify(batch: list[Review]) -> None:
    """Raise if one of the texts is too much for the model."""
    time.sleep(_SECONDS_A_REVIEW * len(batch))
    if any(review.text == "boom" for review in batch):
        raise RuntimeError("boom")


@app.agent(reviews)
async def enrich(stream: faust.Stream[Review]) -> None:
    """Up to 64 reviews at a time."""
    async for batch in stream.take(64, within=0.2):
        await asyncio.get_running_loop().run_in_executor(None, classify, batch)
        for review in batch:
            value = result(review.asdict(), "positive", [0.1, 0.2, 0.7])
            await enriched.send(key=review.product_id, value=value)


if __name__ == "__main__":
    faust.Worker(app, loglevel="warning").execute_from_commandline()
