"""The rolling role against a plain Faust table: events a second, bytes kept, and how fast a lost table comes back.

Both read the same enriched reviews from a filled topic on the same broker, one after the other. Ours keeps the whole
state (counters, days, key points, latest reviews) and publishes summaries; the plain agent counts, and nothing else.
"""

import asyncio
import datetime as dt
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.events import SCHEMA_VERSION
from schemas.topics import ENRICHED_REVIEW, ROLLING_STATE
from streams.errors import FatalError
from streams.state.store import PartitionStore, StoreMemory
from tests.bench.brokers import PARTITIONS, BenchBroker, create_topics, open_broker
from tests.bench.drain import stop
from tests.bench.serving import measure_serving

_ASPECTS = ("quality", "design", "delivery", "price_and_value", "ease_of_use", "performance")
_LABELS = ("negative", "neutral", "positive")
_STALL_S = 120.0
_TITLES = {
    "events_per_second": "events a second",
    "naive_events_per_second": "the same, plain Faust table that counts",
    "recovery_keys_per_second": "keys restored a second",
    "naive_recovery_keys_per_second": "the same, plain Faust table",
    "bytes_per_product": "bytes kept a product",
    "bytes_per_review": "bytes kept a review",
}
_NAIVE_CHANGELOG = "bench-naive-counts-changelog"
#: Two lines of Faust's log, and how it writes the time.
_FAUST_STEPS = ("Restoring state from changelog topics", "Restore complete!")
_FAUST_TIME = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})\]")
_NAIVE_AGENT = "tests.bench.baselines.counting_agent"


@dataclass(frozen=True)
class Drained:
    """How fast a topic was emptied, and how fast a worker without its files had the tables back."""

    events_per_second: float
    recovery_keys_per_second: float
    keys: int


def make_events(products: int, events: int, *, seed: int = 0) -> list[tuple[bytes, bytes]]:
    """Enriched reviews, keyed by product; a tenth are edits. Products are as unequal as a shop's (Zipf, 1)."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(products)]
    chosen = rng.choices(range(products), weights, k=events)
    made: list[tuple[bytes, bytes]] = []
    for number, product in enumerate(chosen):
        made.append((b"p%d" % product, orjson.dumps(_event(rng, number, product))))
    return made


def _event(rng: random.Random, number: int, product: int) -> dict[str, Any]:
    is_edit = number > 100 and rng.random() < 0.1
    sentences, aspects, text = [], [], ""
    for _ in range(rng.choice([1, 2, 2, 3, 4])):
        start = len(text)
        aspect, label = rng.choice(_ASPECTS), rng.choices(_LABELS, [2, 1, 6])[0]
        text += f"The {aspect} is {rng.choice(['fine', 'poor', 'odd'])} on day {rng.randrange(400)}. "
        where = {"field": "text", "start": start, "end": len(text) - 1}
        bits = b64encode(_bits(rng, f"{aspect} {label} {rng.randrange(4)}")).decode()
        sentences.append({**where, "sentiment": label, "score": 0.91, "embedding": bits})
        if rng.random() < 0.8:
            opinion = {"aspect": aspect, "sentiment": label, "score": 0.9, "confidence": 0.8}
            aspects.append({**opinion, **where, "quote": text[start:-2]})
    day = rng.randrange(1, 28)
    return {
        "schema_version": SCHEMA_VERSION,
        "review_id": f"r{number - 1 if is_edit else number}",
        "product_id": f"p{product}",
        "review_version": 2 if is_edit else 1,
        "status": "enriched",
        "title": None,
        "text": text,
        "author_id": None,
        "rating": float(rng.randint(1, 5)),
        "language": {"code": "en", "confidence": 0.99},
        "sentiment": {"label": label, "negative": 0.1, "neutral": 0.1, "positive": 0.8},
        "sentences": sentences,
        "aspects": aspects,
        "flags": [],
        "masked": [],
        "signature": b64encode(rng.randbytes(64)).decode(),
        "verified_purchase": rng.random() < 0.7,
        "platform": "shop",
        "created_at": f"2026-{rng.randint(8, 10):02}-{day:02}T12:00:00Z",
        "source": {
            "topic": "new-review",
            "partition": 0,
            "offset": number,
            "timestamp_ms": 1_795_000_000_000,
        },
        "made_at": "2026-11-20T12:00:00Z",
        "model": {"name": "builtin:reviews-en", "version": "1"},
        "replay_id": None,
        "timings": {"queue_ms": 1.0, "tokenise_ms": 1.0, "forward_ms": 20.0},
    }


def _bits(rng: random.Random, claim: str) -> bytes:
    """The embedding of a sentence: most say one of some things in other words, a third says something of its own."""
    if rng.random() < 1 / 3:
        return rng.randbytes(32)
    said = random.Random(claim).getrandbits(256)
    noise = rng.getrandbits(256) & rng.getrandbits(256) & rng.getrandbits(256)  # one bit in eight differs
    return (said ^ noise).to_bytes(32)


def run(products: Sequence[int], events: int, *, broker: str, say: Callable[[str], None]) -> dict[str, Any]:
    """A run for each number of products.

    Returns:
        By key (`events_per_second`, `bytes_per_product`, ...; `naive_...` of the plain agent), by number of products;
        and `serving`, what `measure_serving` returns.

    Raises:
        FatalError: a worker ended or stood still.
    """
    report: dict[str, Any] = {"events": events, "broker": "", "cores": os.cpu_count()}
    for number in products:
        with open_broker(broker) as opened, tempfile.TemporaryDirectory(prefix="reviewstream-") as directory:
            report["broker"] = opened.name
            for key, value in _measured(opened, number, events, Path(directory), say).items():
                report.setdefault(key, {})[str(number)] = round(value)
    say("serving: 10,000 products, 16 connections, 100 updates a second")
    return report | {"serving": measure_serving()}


def _measured(
    broker: BenchBroker, products: int, events: int, directory: Path, say: Callable[[str], None]
) -> dict[str, float]:
    say(f"{products:,} products: publishing {events:,} enriched reviews to {broker.name}")
    asyncio.run(_fill(broker, make_events(products, events)))
    say("the rolling role")
    place = directory / "ours"
    ours = _measure(
        broker, _our_worker(broker, place), place, group="bench-rolling", changelog=ROLLING_STATE, say=say
    )
    product_bytes, review_bytes = _kept_bytes(place)
    say("a plain Faust table")
    place = directory / "naive"
    naive = _measure(
        broker, _naive_worker(broker, place), place, group="bench-naive", changelog=_NAIVE_CHANGELOG, say=say
    )
    return {
        "events_per_second": ours.events_per_second,
        "naive_events_per_second": naive.events_per_second,
        "bytes_per_product": product_bytes,
        "bytes_per_review": review_bytes,
        "recovery_keys_per_second": ours.recovery_keys_per_second,
        "naive_recovery_keys_per_second": naive.recovery_keys_per_second,
        "recovered_keys": ours.keys,
        "naive_recovered_keys": naive.keys,
    }


def to_markdown(report: Mapping[str, Any]) -> str:
    """The table for the README."""
    numbers = list(report["events_per_second"])
    lines = [
        "| | " + " | ".join(f"{int(number):,} products" for number in numbers) + " |",
        "|---" * (len(numbers) + 1) + "|",
    ]
    for key, title in _TITLES.items():
        lines.append(f"| {title} | " + " | ".join(f"{report[key][number]:,}" for number in numbers) + " |")
    serving = report["serving"]
    answered = (
        f"{serving['get_rps']:,} GET a second, p50 {serving['get_p50_ms']} ms, p99 {serving['get_p99_ms']} ms"
    )
    lines += [
        "",
        f"Serving: {answered}; Redis filled at {serving['materialised_per_s']:,} products a second.",
    ]
    return "\n".join(lines)


def _our_worker(broker: BenchBroker, directory: Path) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "-m", "streams.cli", "worker", "rolling"], {
        **broker.environment,
        "REVIEWSTREAM_KAFKA__GROUP_PREFIX": "bench",
        "REVIEWSTREAM_STATE__DIRECTORY": str(directory / "state"),
        "REVIEWSTREAM_HTTP__PORT": "0",
        "REVIEWSTREAM_LOG__FORMAT": "json",
    }


def _naive_worker(broker: BenchBroker, directory: Path) -> tuple[list[str], dict[str, str]]:
    task = {
        "bootstrap_servers": broker.bootstrap_servers,
        "source": ENRICHED_REVIEW.name,
        "output": "",
        "group": "bench-naive",
        "variant": "rocksdb://",
        "directory": str(directory / "state"),
    }
    return [sys.executable, "-m", _NAIVE_AGENT, orjson.dumps(task).decode()], {}


def _measure(
    broker: BenchBroker,
    worker: tuple[list[str], dict[str, str]],
    directory: Path,
    *,
    group: str,
    changelog: str,
    say: Callable[[str], None],
) -> Drained:
    directory.mkdir(parents=True)
    log = directory / "log"
    process = _start(worker, log)
    try:
        rate = asyncio.run(_until_committed(broker, group, process, say))
    finally:
        stop(process)
    shutil.copytree(directory / "state", directory / "kept")
    shutil.rmtree(directory / "state")
    log.write_text("")
    process = _start(worker, log)
    try:
        seconds = _until_restored(process, log)
    finally:
        stop(process)
    keys = asyncio.run(_keys(broker, changelog))
    return Drained(rate, keys / seconds if seconds else 0.0, keys)


def _start(worker: tuple[list[str], Mapping[str, str]], log: Path) -> "subprocess.Popen[bytes]":
    command, environment = worker
    with log.open("ab") as output:
        return subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)


async def _fill(broker: BenchBroker, events: Sequence[tuple[bytes, bytes]]) -> None:
    await create_topics(broker)
    producer = AIOKafkaProducer(**broker.client.options, linger_ms=5, max_batch_size=512 * 1024)
    await producer.start()
    try:
        for key, value in events:
            await producer.send(ENRICHED_REVIEW.name, value, key=key)
    finally:
        await producer.stop()


async def _until_committed(
    broker: BenchBroker, group: str, process: "subprocess.Popen[bytes]", say: Callable[[str], None]
) -> float:
    """Events a second, from the first commit seen until everything is committed."""
    partitions = [TopicPartition(ENRICHED_REVIEW.name, number) for number in range(PARTITIONS)]
    consumer = broker.client.consumer()
    await consumer.start()
    ends = await consumer.end_offsets(partitions)
    await consumer.stop()
    admin = broker.client.admin()
    await admin.start()
    first: tuple[float, int] | None = None
    done, moved, told_at = 0, time.monotonic(), time.monotonic()
    try:
        while done < sum(ends.values()):
            if process.poll() is not None:
                raise FatalError(f"bench rolling: a worker ended with exit code {process.returncode}")
            before = done
            try:
                offsets = await admin.list_consumer_group_offsets(group)
                done = sum(min(offsets[tp].offset, ends[tp]) for tp in partitions if tp in offsets)
            except KafkaError:  # the topic of the groups is still being made
                continue
            now = time.monotonic()
            if done > before:
                moved = now
                first = first or (now, done)
            if now - moved > _STALL_S:
                raise FatalError(f"bench rolling: it stands still at {done} of {sum(ends.values())} events")
            if now - told_at > 5:
                told_at = now
                say(f"{done:,} of {sum(ends.values()):,} events")
            await asyncio.sleep(0.02)
    finally:
        await admin.close()
    if first is None:
        raise FatalError("bench rolling: there was nothing to do")
    seconds = time.monotonic() - first[0]
    return (sum(ends.values()) - first[1]) / seconds if seconds else 0.0


def _until_restored(process: "subprocess.Popen[bytes]", log: Path) -> float:
    """Seconds that the worker took to restore its tables, as its log has it: ours says so, Faust's begins and ends."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        text = log.read_text(errors="replace")
        for line in text.splitlines():
            if '"tables restored"' in line and (said := orjson.loads(line))["records"]:
                return float(said["seconds"])
        times = [
            _FAUST_TIME.search(line) for line in text.splitlines() if any(one in line for one in _FAUST_STEPS)
        ]
        if len(times) == len(_FAUST_STEPS) and times[0] and times[1]:
            begin, end = (dt.datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S,%f") for found in times if found)
            return (end - begin).total_seconds()
        if process.poll() is not None:
            raise FatalError(f"bench rolling: a worker ended with exit code {process.returncode}")
        time.sleep(0.1)
    raise FatalError(f"bench rolling: the tables were not restored in five minutes; {log} says why")


async def _keys(broker: BenchBroker, changelog: str) -> int:
    """Records in a changelog: what a worker without files has to read."""
    consumer = broker.client.consumer()
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(changelog, number) for number in range(PARTITIONS)])
    finally:
        await consumer.stop()
    return sum(ends.values())


def _kept_bytes(directory: Path) -> tuple[float, float]:
    """Bytes of key and value of a product and of a review, on average."""
    totals = {b"p": [0, 0], b"r": [0, 0]}
    memory = StoreMemory(16 * 1024 * 1024)
    for path in sorted((directory / "kept").glob("*/*/[0-9]*")):
        store = PartitionStore(path, memory)
        for prefix, (count, size) in totals.items():
            sizes = [len(key) + len(value) for key, value in store.scan(prefix)]
            totals[prefix] = [count + len(sizes), size + sum(sizes)]
        store.close()
    (products, product_bytes), (reviews, review_bytes) = totals[b"p"], totals[b"r"]
    return product_bytes / max(1, products), review_bytes / max(1, reviews)
