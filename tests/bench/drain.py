"""One contender empties a filled topic; then every result is read and recounted.

The rate is taken from the times at which the broker received the results, from the first to the last, so neither
start nor rebalance counts, and nobody reads along meanwhile. A result that is missing, or offsets that are not
committed, make the run fail: what loses reviews is not fast.
"""

import asyncio
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.errors import FatalError
from tests.bench import contenders
from tests.bench.brokers import PARTITIONS, BenchBroker
from tests.bench.contenders import Contender
from tests.bench.reviews import BenchReview

_POLL_S = 0.2
_STALL_S = 90.0
_STOP_S = 40.0


@dataclass(frozen=True)
class Drained:
    """What came of a drain.

    Attributes:
        reviews: results, each review once.
        rps: reviews a second between the first result and the last.
        seconds: between those.
        repeats: results that came more than once.
        cpu_s: user and system time of the contender from its first result to the last.
        broker_cpu_s: the broker's, where it is a process of ours; else None.
        labels: by review id.
    """

    reviews: int
    rps: float
    seconds: float
    repeats: int
    cpu_s: float
    broker_cpu_s: float | None
    labels: Mapping[str, str]


async def fill(broker: BenchBroker, topic: str, reviews: Sequence[BenchReview]) -> None:
    """Publish reviews, in order, spread by key as a platform's producer does."""
    producer = AIOKafkaProducer(**broker.client, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    try:
        for review in reviews:
            await producer.send(topic, review.value, key=review.product_id.encode())
    finally:
        await producer.stop()


async def drain(
    contender: Contender,
    broker: BenchBroker,
    reviews: Sequence[BenchReview],
    *,
    source: str,
    group: str,
    directory: Path,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Drained:
    """Let a contender work until its group has committed all of `source`, then recount.

    Raises:
        FatalError: it ended, stood still, lost a review, or gave one that nobody published.
    """
    begin = await _ends(broker, contender.output)
    worker = contenders.start(
        contender,
        broker,
        source=source,
        group=group,
        directory=directory,
        arguments=arguments,
        environment=environment,
    )
    try:
        clock = _CpuClock(worker.pid, broker.pid)
        await _until_committed(
            contender, broker, worker, source=source, group=group, begin=begin, clock=clock
        )
        cpu_s, broker_cpu_s = clock.since_first_result()
        records = await _read(broker, contender.output, begin)
    except FatalError as error:
        tail = (directory / "log").read_text(errors="replace")[-1500:]
        raise FatalError(f"bench: {contender.key}: {error}. Its last lines: {tail}") from error
    finally:
        _stop(worker)
    return _recount(contender, records, {review.review_id for review in reviews}, cpu_s, broker_cpu_s)


class _CpuClock:
    """CPU time of the worker and the broker since the first result was seen."""

    def __init__(self, *pids: int | None) -> None:
        self._processes = [psutil.Process(pid) if pid is not None else None for pid in pids]
        self._marked: list[float | None] | None = None

    def mark(self) -> None:
        if self._marked is None:
            self._marked = self._now()

    def since_first_result(self) -> tuple[float, float | None]:
        before, after = self._marked or self._now(), self._now()
        spent = [None if a is None or b is None else b - a for a, b in zip(before, after, strict=True)]
        return spent[0] or 0.0, spent[1]

    def _now(self) -> list[float | None]:
        return [sum(process.cpu_times()[:2]) if process else None for process in self._processes]


async def _until_committed(
    contender: Contender,
    broker: BenchBroker,
    worker: "subprocess.Popen[bytes]",
    *,
    source: str,
    group: str,
    begin: Mapping[TopicPartition, int],
    clock: _CpuClock,
) -> None:
    loop = asyncio.get_running_loop()
    wanted = {tp: end for tp, end in (await _ends(broker, source)).items() if end}
    admin = AIOKafkaAdminClient(**broker.client)
    await admin.start()
    consumer = AIOKafkaConsumer(**broker.client)
    await consumer.start()
    try:
        seen, moved = begin, loop.time()
        while True:
            if worker.poll() is not None:
                raise FatalError(f"it ended with exit code {worker.returncode}")
            try:
                told = await admin.list_consumer_group_offsets(contenders.group_id(contender, group))
            except KafkaError:  # on a new broker the topic of the groups is still being made
                told = {}
            if all(tp in told and told[tp].offset >= end for tp, end in wanted.items()):
                return
            ends = await consumer.end_offsets(list(begin)) if broker.is_kafka else seen
            if ends != begin:
                clock.mark()
            if ends != seen or not broker.is_kafka:
                seen, moved = ends, loop.time()
            if loop.time() - moved > _STALL_S:
                raise FatalError(f"no result for {_STALL_S:.0f} s; committed {told}, wanted {wanted}")
            await asyncio.sleep(_POLL_S)
    finally:
        await consumer.stop()
        await admin.close()


async def _ends(broker: BenchBroker, topic: str) -> dict[TopicPartition, int]:
    consumer = AIOKafkaConsumer(**broker.client)
    await consumer.start()
    try:
        return dict(await consumer.end_offsets([TopicPartition(topic, n) for n in range(PARTITIONS)]))
    finally:
        await consumer.stop()


async def _read(broker: BenchBroker, topic: str, begin: Mapping[TopicPartition, int]) -> list[ConsumerRecord]:
    """Every committed record of a topic since `begin`."""
    consumer = AIOKafkaConsumer(
        **broker.client,
        isolation_level="read_committed" if broker.is_kafka else "read_uncommitted",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    await consumer.start()
    try:
        consumer.assign(list(begin))
        for tp, offset in begin.items():
            consumer.seek(tp, offset)
        records: list[ConsumerRecord] = []
        quiet = 0
        while quiet < 3:
            got = await consumer.getmany(timeout_ms=400)
            quiet = 0 if got else quiet + 1
            records += [record for part in got.values() for record in part]
        return records
    finally:
        await consumer.stop()


def _recount(
    contender: Contender,
    records: Sequence[ConsumerRecord],
    wanted: Collection[str],
    cpu_s: float,
    broker_cpu_s: float | None,
) -> Drained:
    results: list[tuple[int, dict[str, Any]]] = [(r.timestamp, orjson.loads(r.value)) for r in records]
    counts = Counter(result["review_id"] for _, result in results)
    lost, strange = set(wanted) - counts.keys(), counts.keys() - set(wanted)
    if lost or strange:
        some = ", ".join(sorted(lost | strange)[:5])
        raise FatalError(
            f"bench: {contender.key} lost {len(lost)} of {len(wanted)} reviews and made up {len(strange)} "
            f"({some} ...); a contender that loses reviews is not measured"
        )
    times = sorted(timestamp for timestamp, _ in results)
    at_first = times.count(times[0])
    seconds = (times[-1] - times[0]) / 1000
    rps = (len(times) - at_first) / seconds if seconds else float("inf")
    labels = {result["review_id"]: _label(result) for _, result in results}
    repeats = len(results) - len(counts)
    return Drained(len(counts), rps, seconds, repeats, cpu_s, broker_cpu_s, labels)


def _label(result: Mapping[str, Any]) -> str:
    if "label" in result:
        return str(result["label"])
    return str(result["sentiment"]["label"]) if result.get("sentiment") else str(result["status"])


def _stop(worker: "subprocess.Popen[bytes]") -> None:
    if worker.poll() is not None:
        return
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def cores() -> int:
    """Cores this run may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
