"""One contender empties a filled topic; then every result is read and recounted.

The rate is taken from the times at which the broker received the results, from the first to the last, so neither
start nor rebalance counts, and nobody reads along meanwhile. A result that is missing, or offsets that are not
committed, make the run fail: what loses reviews is not fast.
"""

import asyncio
import contextlib
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.errors import FatalError
from streams.kafka import topic_admin
from tests.bench import contenders
from tests.bench.brokers import PARTITIONS, BenchBroker
from tests.bench.contenders import Contender
from tests.bench.reviews import BenchReview

_POLL_S = 0.2
_SAMPLE_S = 0.1
_QUIET_POLLS = 3
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
        memory: resident bytes of the first worker, by seconds since the first result.
    """

    reviews: int
    rps: float
    seconds: float
    repeats: int
    cpu_s: float
    broker_cpu_s: float | None
    labels: Mapping[str, str]
    memory: Sequence[tuple[float, int]] = ()


async def fill(broker: BenchBroker, topic: str, reviews: Sequence[BenchReview]) -> None:
    """Publish reviews, in order, spread by key as a platform's producer does."""
    producer = AIOKafkaProducer(**broker.client.options, linger_ms=5, max_batch_size=256 * 1024)
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
    count: int = 1,
    on_cores: Collection[int] | None = None,
) -> Drained:
    """Let a contender, or `count` of it in one group, work until all of `source` is committed; then recount.

    Raises:
        FatalError: it ended, stood still, lost a review, or gave one that nobody published.
    """
    begin = await ends_of(broker, contender.output)
    workers = [
        contenders.start(
            contender,
            broker,
            source=source,
            group=group,
            directory=directory,
            arguments=arguments,
            environment=environment,
            on_cores=on_cores,
        )
        for _ in range(count)
    ]
    memory = _MemoryWatch(workers[0].pid)
    wanted = {review.review_id for review in reviews}
    try:
        clock = _CpuClock([worker.pid for worker in workers], broker.pid)
        if broker.is_kafka:
            await _until_committed(
                contender, broker, workers, source=source, group=group, begin=begin, clock=clock
            )
        else:  # it does not tell a group's offsets, so the results themselves are watched
            await _until_seen(broker, workers, wanted, begin, clock)
        cpu_s, broker_cpu_s = clock.since_first_result()
        memory.stop()
        records = await read_since(broker, begin)
    except FatalError as error:
        tail = (directory / "log").read_text(errors="replace")[-1500:]
        raise FatalError(f"bench: {contender.key}: {error}. Its last lines: {tail}") from error
    finally:
        for worker in workers:
            stop(worker)
    cpu = cpu_s, broker_cpu_s
    return recount(contender, records, wanted, cpu=cpu, memory=memory.samples)


class _CpuClock:
    """CPU time of the workers and the broker since the first result was seen."""

    def __init__(self, workers: Sequence[int], broker: int | None) -> None:
        self._workers = [psutil.Process(pid) for pid in workers]
        self._broker = psutil.Process(broker) if broker is not None else None
        self._marked: tuple[float, float] | None = None

    def mark(self) -> None:
        if self._marked is None:
            self._marked = self._now()

    def since_first_result(self) -> tuple[float, float | None]:
        before, after = self._marked or self._now(), self._now()
        return after[0] - before[0], after[1] - before[1] if self._broker else None

    def _now(self) -> tuple[float, float]:
        broker = _cpu_seconds(self._broker) if self._broker else 0.0
        return sum(map(_cpu_seconds, self._workers)), broker


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


class _MemoryWatch:
    """A process's resident memory, sampled on a thread: (seconds, bytes)."""

    def __init__(self, pid: int) -> None:
        self.samples: list[tuple[float, int]] = []
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            while not self._stopped.wait(_SAMPLE_S):
                self.samples.append((time.time(), self._process.memory_info().rss))


async def _until_committed(
    contender: Contender,
    broker: BenchBroker,
    workers: "Sequence[subprocess.Popen[bytes]]",
    *,
    source: str,
    group: str,
    begin: Mapping[TopicPartition, int],
    clock: _CpuClock,
) -> None:
    loop = asyncio.get_running_loop()
    wanted = {tp: end for tp, end in (await ends_of(broker, source)).items() if end}
    admin = broker.client.admin()
    await admin.start()
    consumer = broker.client.consumer()
    await consumer.start()
    try:
        seen, moved = begin, loop.time()
        while True:
            raise_if_ended(workers)
            try:
                told = await admin.list_consumer_group_offsets(contenders.group_id(contender, group))
            except KafkaError:  # on a new broker the topic of the groups is still being made
                told = {}
            if all(tp in told and told[tp].offset >= end for tp, end in wanted.items()):
                return
            ends = await consumer.end_offsets(list(begin))
            if ends != begin:
                clock.mark()
            if ends != seen:
                seen, moved = ends, loop.time()
            if loop.time() - moved > _STALL_S:
                raise FatalError(f"no result for {_STALL_S:.0f} s; committed {told}, wanted {wanted}")
            await asyncio.sleep(_POLL_S)
    finally:
        await consumer.stop()
        await admin.close()


async def _until_seen(
    broker: BenchBroker,
    workers: "Sequence[subprocess.Popen[bytes]]",
    wanted: Collection[str],
    begin: Mapping[TopicPartition, int],
    clock: _CpuClock,
) -> None:
    missing = set(wanted)
    quiet_since = time.monotonic()
    async with _reader(broker, begin) as reader:
        while missing:
            raise_if_ended(workers)
            records = await _poll(reader)
            missing -= {orjson.loads(record.value)["review_id"] for record in records}
            if records:
                clock.mark()
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > _STALL_S:
                raise FatalError(
                    f"no result for {_STALL_S:.0f} s; {len(missing)} of {len(wanted)} are missing"
                )


def raise_if_ended(workers: "Sequence[subprocess.Popen[bytes]]") -> None:
    """Raise FatalError if one of them has ended by itself."""
    for worker in workers:
        if worker.poll() is not None:
            raise FatalError(f"it ended with exit code {worker.returncode}")


async def ends_of(broker: BenchBroker, topic: str) -> dict[TopicPartition, int]:
    """The end of each partition of a topic."""
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    async with _reader(broker, dict.fromkeys(partitions, 0)) as reader:
        if broker.is_kafka:
            return dict(await reader.end_offsets(partitions))
        await reader.seek_to_end(*partitions)
        return {partition: await reader.position(partition) for partition in partitions}


async def read_all(broker: BenchBroker, topic: str) -> list[ConsumerRecord]:
    """Every committed record of a topic; none if there is no such topic."""
    if not await topic_admin.describe(broker.client, [topic]):
        return []
    return await read_since(broker, {TopicPartition(topic, number): 0 for number in range(PARTITIONS)})


async def read_since(broker: BenchBroker, begin: Mapping[TopicPartition, int]) -> list[ConsumerRecord]:
    """Every committed record since `begin`."""
    records: list[ConsumerRecord] = []
    quiet = 0
    async with _reader(broker, begin) as reader:
        while quiet < _QUIET_POLLS:
            got = await _poll(reader)
            quiet = 0 if got else quiet + 1
            records += got
    return records


@contextlib.asynccontextmanager
async def _reader(
    broker: BenchBroker, begin: Mapping[TopicPartition, int]
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = broker.client.consumer()
    await consumer.start()
    try:
        consumer.assign(list(begin))
        for partition, offset in begin.items():
            consumer.seek(partition, offset)
        yield consumer
    finally:
        await consumer.stop()


async def _poll(reader: AIOKafkaConsumer) -> list[ConsumerRecord]:
    return [record for records in (await reader.getmany(timeout_ms=400)).values() for record in records]


def recount(
    contender: Contender,
    records: Sequence[ConsumerRecord],
    wanted: Collection[str],
    *,
    cpu: tuple[float, float | None] = (0.0, None),
    memory: Sequence[tuple[float, int]] = (),
) -> Drained:
    """What the results of a drain say.

    Raises:
        FatalError: a wanted review has none, or one is there that was not wanted.
    """
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
    first, last = times[0] / 1000, times[-1] / 1000
    at_work = [(at - first, bytes_) for at, bytes_ in memory if first <= at <= last]
    return Drained(len(counts), rps, seconds, repeats, *cpu, labels, at_work)


def _label(result: Mapping[str, Any]) -> str:
    if "label" in result:
        return str(result["label"])
    return str(result["sentiment"]["label"]) if result.get("sentiment") else str(result["status"])


def stop(worker: "subprocess.Popen[bytes]") -> None:
    """SIGTERM, and SIGKILL if that does not help."""
    if worker.poll() is not None:
        return
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
