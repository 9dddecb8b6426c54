"""Workers as processes, a load with hostile events, and the recount."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from schemas import dead_letters
from schemas.reviews import ReviewEnriched
from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW, dead_letter_topic
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord
from streams.kafka.tailing import follow
from tests.roles import topics

WORKER = Path(__file__).with_name("worker.py")
CREATED_AT = "2026-10-01T12:00:00Z"
#: Where delivery may be cut off, and how each guarantee passes there.
CHECKPOINTS = ("before_output", "after_output", "before_commit", "after_commit", "before_done")


@dataclass(frozen=True)
class Load:
    """What is published: the records, and what must become of each review id."""

    records: tuple[RawRecord, ...]
    valid: frozenset[str]
    invalid: Mapping[str, str]


def make_load(count: int, *, raising_every: int, undecodable_every: int) -> Load:
    """Reviews of 101 products; some make the model raise, some are no JSON (and name their id all the same)."""
    records: list[RawRecord] = []
    valid: set[str] = set()
    invalid: dict[str, str] = {}
    for number in range(count):
        review_id, product_id = f"r{number}", f"p{number % 101}"
        text = "a fine thing, would buy again"
        if number % raising_every == raising_every - 1:
            text, invalid[review_id] = "boom", "model_error"
        value = orjson.dumps(
            {"review_id": review_id, "product_id": product_id, "text": text, "created_at": CREATED_AT}
        )
        if number % undecodable_every == undecodable_every - 1:
            value, invalid[review_id] = b'{"review_id":"%s", not json' % review_id.encode(), "malformed_json"
        if review_id not in invalid:
            valid.add(review_id)
        records.append(RawRecord(product_id.encode(), value))
    return Load(tuple(records), frozenset(valid), invalid)


@dataclass
class Recount:
    """What a reader of committed records finds, counted independently of the pipeline."""

    enriched: Counter[str] = field(default_factory=Counter)
    dead: Counter[tuple[str, str]] = field(default_factory=Counter)
    order_violations: int = 0
    _last_offset: dict[tuple[int, str], int] = field(default_factory=dict)

    def add(self, record: Any) -> None:
        if record.topic.endswith(".dlq"):
            headers = dict(record.headers)
            review_id = record.value.split(b'"review_id":"', 1)[1].split(b'"', 1)[0].decode()
            self.dead[review_id, headers[dead_letters.REASON].decode()] += 1
            return
        event = ReviewEnriched.model_validate_json(record.value)
        first_time = event.review_id not in self.enriched
        self.enriched[event.review_id] += 1
        key = (event.source.partition, event.product_id)
        if first_time and event.source.offset < self._last_offset.get(key, -1):
            self.order_violations += 1
        self._last_offset[key] = max(event.source.offset, self._last_offset.get(key, -1))

    def is_complete(self, load: Load) -> bool:
        return load.valid <= self.enriched.keys() and set(load.invalid.items()) <= self.dead.keys()

    def summary(self, load: Load) -> dict[str, int]:
        repeats = sum(self.enriched.values()) + sum(self.dead.values()) - len(self.enriched) - len(self.dead)
        return {
            "valid": len(load.valid),
            "invalid": len(load.invalid),
            "lost": len(load.valid - self.enriched.keys()),
            "dead_lettered": len(self.dead),
            "not_dead_lettered": len(set(load.invalid.items()) - self.dead.keys()),
            "wrong": len(self.enriched.keys() - load.valid)
            + len(self.dead.keys() - set(load.invalid.items())),
            "repeats": repeats,
            "order_violations": self.order_violations,
        }


class Cluster:
    """Workers of one role that share a group.

    Args:
        script: of a worker that takes a failpoint.
        arguments: of the worker's script, after the failpoint.
        command: a worker without failpoints, instead of the script.
        environment: settings beside those that all have.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        directory: Path,
        *,
        group: str,
        delivery: str,
        script: Path = WORKER,
        arguments: Sequence[str] = (),
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.client = KafkaConnection(bootstrap_servers)
        self._directory = directory
        self._command = command
        self._script = [sys.executable, str(script)]
        self._arguments = arguments
        self._environment = {
            **os.environ,
            "REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
            "REVIEWSTREAM_KAFKA__GROUP_PREFIX": group,
            "REVIEWSTREAM_KAFKA__SESSION_TIMEOUT_S": "6",
            "REVIEWSTREAM_HTTP__PORT": "0",
            "REVIEWSTREAM_DELIVERY": delivery,
            "REVIEWSTREAM_LANE__FORWARD_TIMEOUT_S": "5",
            **(environment or {}),
        }
        self.workers: list[subprocess.Popen[bytes]] = []

    async def create_topics(self) -> None:
        await topic_admin.create(self.client, topics())

    def start(self, *, failpoint: str = "") -> subprocess.Popen[bytes]:
        number = len(self.workers)
        log = self._log(number).open("ab")
        worker = subprocess.Popen(
            self._command or [*self._script, failpoint, *self._arguments],
            env=self._environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self.workers.append(worker)
        return worker

    def log_of(self, worker: subprocess.Popen[bytes]) -> Path:
        """What it wrote."""
        return self._log(self.workers.index(worker))

    def _log(self, number: int) -> Path:
        return self._directory / f"worker-{number}.log"

    def alive(self) -> list[subprocess.Popen[bytes]]:
        return [worker for worker in self.workers if worker.poll() is None]

    def killed(self) -> int:
        """How many workers ended by SIGKILL."""
        return sum(worker.poll() == -signal.SIGKILL for worker in self.workers)

    async def stop(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        alive = self.alive()
        for worker in alive:
            worker.send_signal(signal.SIGTERM)
        return [await asyncio.to_thread(worker.wait, 30) for worker in alive]

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._directory.glob("worker-*.log")))

    def kill_all(self) -> None:
        for worker in self.alive():
            worker.kill()
            worker.wait()


async def read_until_complete(cluster: Cluster, load: Load, recount: Recount) -> None:
    """Read both output topics from the beginning until every event has met its fate."""
    topics = [ENRICHED_REVIEW.name, dead_letter_topic(NEW_REVIEW.name)]
    async with follow(cluster.client, topics, from_beginning=True) as tail:
        async for record in tail:
            recount.add(record)
            if recount.is_complete(load):
                break
        # What was out twice may still be on its way.
        try:
            async with asyncio.timeout(3):
                async for record in tail:
                    recount.add(record)
        except TimeoutError:
            pass


def paced(records: Iterable[RawRecord], chunk: int) -> Iterator[list[RawRecord]]:
    """Cut records into pieces to publish one after the other."""
    batch: list[RawRecord] = []
    for record in records:
        batch.append(record)
        if len(batch) == chunk:
            yield batch
            batch = []
    if batch:
        yield batch


async def kill_and_replace(
    cluster: Cluster, *, kills: int, seed: int, checkpoints: Sequence[str] = CHECKPOINTS
) -> None:
    """Kill one of two workers again and again: at a failpoint, or at a random time. Now and then a third joins."""
    random_numbers = random.Random(seed)
    cluster.start()
    failpoints = itertools.cycle(checkpoints)
    for number in range(kills):
        if number % 2 == 0:
            victim = cluster.start(failpoint=f"{next(failpoints)}:{random_numbers.randint(2, 10)}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(victim.wait, 15)
        else:
            victim = cluster.start()
            await asyncio.sleep(random_numbers.uniform(4, 9))
        victim.kill()  # at its failpoint it has done so itself
        assert await asyncio.to_thread(victim.wait) == -9, cluster.logs()[-4000:]
        if number % 5 == 2:
            await let_one_leave(cluster)


async def let_one_leave(cluster: Cluster) -> None:
    """The worker that has lived through all kills ends in good order, and a new one takes its place."""
    veteran = cluster.alive()[0]
    cluster.start()
    await asyncio.sleep(3)
    veteran.terminate()
    # As long as docker-compose.yml gives a worker: the broker may be away at this moment.
    assert await asyncio.to_thread(veteran.wait, 40) == 0, cluster.logs()[-4000:]
