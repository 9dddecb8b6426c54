"""Open-loop load: reviews come when they come, and each is timed from its publish timestamp to the read of its output.

Beside it the ideal batcher: the same arrivals, the measured forward times, no tokenising, no broker, no process.
"""

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW
from streams.errors import FatalError
from tests.bench import contenders
from tests.bench.brokers import PARTITIONS, BenchBroker
from tests.bench.contenders import Contender
from tests.bench.drain import stop
from tests.bench.reviews import BenchReview

#: Seconds of one forward pass over so many reviews with so many tokens.
Cost = Callable[[int, int], float]
# Of the same load, not counted: the broker compiles its code in its first seconds, the worker its kernels.
_WARM_UP_S = 12.0
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds from publish to read, and the ideal batcher's on the same arrivals."""

    load: float
    offered_rps: float
    reviews: int
    p50_ms: float
    p99_ms: float
    ideal_p50_ms: float
    ideal_p99_ms: float

    @property
    def p99_over_ideal(self) -> float:
        """How many times the ideal batcher's p99."""
        return self.p99_ms / self.ideal_p99_ms


def cost_of(forwards: Sequence[tuple[int, int, float]]) -> Cost:
    """Fit the measured forward passes: a constant, and so much a review and a token; never negative."""
    measured = np.array(forwards, dtype=np.float64)
    inputs = np.column_stack([np.ones(len(measured)), measured[:, 0], measured[:, 1]])
    constant, per_review, per_token = np.linalg.lstsq(inputs, measured[:, 2], rcond=None)[0]
    least = float(measured[:, 2].min())
    return lambda reviews, tokens: max(least, float(constant + per_review * reviews + per_token * tokens))


def ideal_latencies(
    arrivals: Sequence[float], tokens: Sequence[int], cost: Cost, *, streams: int, max_tokens: int
) -> list[float]:
    """Seconds each review takes if whoever is free takes at once all that waits, up to a budget.

    >>> ideal_latencies([0.0, 0.1, 0.2], [10, 10, 10], lambda reviews, _: 1.0, streams=1, max_tokens=100)
    [1.0, 1.9, 1.8]
    """
    free = [0.0] * streams
    seconds: list[float] = []
    first = 0
    while first < len(arrivals):
        begin = max(heapq.heappop(free), arrivals[first])
        behind, total = first + 1, tokens[first]
        while behind < len(arrivals) and arrivals[behind] <= begin and total + tokens[behind] <= max_tokens:
            total += tokens[behind]
            behind += 1
        end = begin + cost(behind - first, total)
        seconds += [end - arrivals[index] for index in range(first, behind)]
        heapq.heappush(free, end)
        first = behind
    return seconds


async def measure(
    contender: Contender,
    broker: BenchBroker,
    reviews: Sequence[BenchReview],
    tokens: Sequence[int],
    *,
    load: float,
    capacity_rps: float,
    cost: Cost,
    streams: int,
    max_tokens: int,
    group: str,
    directory: Path,
    on_cores: Collection[int] | None = None,
    seed: int = 7,
) -> Latency:
    """Publish with exponential gaps at a share of the capacity, and time what comes out.

    Raises:
        FatalError: a review did not come out.
    """
    rate = load * capacity_rps
    numbers = random.Random(seed)
    gaps = [numbers.expovariate(rate) for _ in reviews]
    worker = contenders.start(
        contender, broker, source=NEW_REVIEW.name, group=group, directory=directory, on_cores=on_cores
    )
    reader = broker.client.consumer()
    # As Kafka's own producer has it since 4.0.
    producer = AIOKafkaProducer(**broker.client.options, linger_ms=5)
    await reader.start()
    await producer.start()
    try:
        partitions = [TopicPartition(ENRICHED_REVIEW.name, number) for number in range(PARTITIONS)]
        reader.assign(partitions)
        await reader.seek_to_end(*partitions)
        for partition in partitions:
            await reader.position(partition)
        seen: dict[str, tuple[int, float]] = {}
        reading = asyncio.ensure_future(_read(reader, seen))
        warm_up = [
            _renamed(review, f"warm-{review.review_id}") for review in reviews[: round(rate * _WARM_UP_S)]
        ]
        for timed in (warm_up, reviews):
            await _publish(producer, timed, gaps)
            await _until(lambda timed=timed: all(one.review_id in seen for one in timed), reading)
        reading.cancel()
    finally:
        await producer.stop()
        await reader.stop()
        stop(worker)
    published = [seen[review.review_id][0] / 1000 for review in reviews]
    taken = [seen[review.review_id][1] - at for review, at in zip(reviews, published, strict=True)]
    ideal = ideal_latencies(
        [at - published[0] for at in published], tokens, cost, streams=streams, max_tokens=max_tokens
    )
    return Latency(load, rate, len(reviews), *_percentiles(taken), *_percentiles(ideal))


async def _publish(producer: AIOKafkaProducer, reviews: Sequence[BenchReview], gaps: Sequence[float]) -> None:
    """Each at its own moment, whatever has come out by then."""
    due = time.monotonic()
    for review, gap in zip(reviews, gaps, strict=False):
        due += gap
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        # The timestamp is the moment of the call, so a producer that waits for its turn counts too.
        stamp = int(time.time() * 1000)
        await producer.send(NEW_REVIEW.name, review.value, key=review.product_id.encode(), timestamp_ms=stamp)


async def _read(reader: AIOKafkaConsumer, seen: dict[str, tuple[int, float]]) -> None:
    while True:
        got = await reader.getmany(timeout_ms=1000)
        now = time.time()
        for records in got.values():
            for record in records:
                event = orjson.loads(record.value)
                seen.setdefault(event["review_id"], (event["source"]["timestamp_ms"], now))


async def _until(is_done: Callable[[], bool], reading: "asyncio.Future[None]") -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not is_done():
        if reading.done():
            reading.result()
        if time.monotonic() > deadline:
            raise FatalError(f"bench: latency: reviews did not come out within {_PATIENCE_S:.0f} s")
        await asyncio.sleep(0.05)


def _renamed(review: BenchReview, review_id: str) -> BenchReview:
    value = orjson.dumps(orjson.loads(review.value) | {"review_id": review_id})
    return replace(review, review_id=review_id, value=value)


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(np.array(seconds) * 1000, [50, 99])
    return float(p50), float(p99)
