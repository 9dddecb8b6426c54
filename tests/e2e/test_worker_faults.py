"""Workers that freeze and come back, die by the dozen, or hang under `up`: everything is recounted afterwards."""

import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.settings import PREFIX
from tests.brokers import ApacheKafka
from tests.e2e.cluster import CHECKPOINTS
from tests.e2e.feed import Feed
from tests.e2e.ledger import Ledger, Tally
from tests.e2e.pipeline import Pipeline
from tests.roles import topics

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

FREEZES = 5
KILLS = 40
PATIENCE_S = 300.0
CHECKPOINTS_OF = {
    "enrich": CHECKPOINTS,
    "rolling": ("before_changelog", *CHECKPOINTS, "before_tables"),
    "generate": CHECKPOINTS,
}
PER_SECOND = 30


def assert_right(tally: Tally, delivery: str = "exactly_once") -> None:
    assert (tally.lost, tally.wrong) == (0, 0)
    if delivery == "exactly_once":
        assert tally.twice == 0
    assert tally.alerts > 0
    assert tally.texts > 0


async def outlive_freeze(pipeline: Pipeline, role: str, number: int) -> dict[str, object]:
    """One of two workers stands still until the other has its partitions and has caught up, and then goes on."""
    cluster = pipeline.roles[role]
    victim = cluster.alive()[number % 2]
    log = cluster.log_of(victim)
    async with pipeline.feed.flowing():
        await asyncio.sleep(random.Random(number).uniform(1, 3))
        (metrics,) = [page.body for page in await pipeline.pages("/metrics") if page.log == log]
        held = metrics.count("reviewstream_lag_messages{")
        assert held > 0, metrics
        victim.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(2)  # until some of the feed is in each of its partitions
            taken_over_s = await pipeline.until_lag_is_clear(at_most_s=PATIENCE_S)
            await asyncio.sleep(2)
        finally:
            victim.send_signal(signal.SIGCONT)
        clear_s = await pipeline.until_lag_is_clear(at_most_s=PATIENCE_S)
        await pipeline.until_ready(at_most_s=PATIENCE_S)
    tally = await pipeline.recounted()
    seconds = {"taken_over_s": round(taken_over_s, 1), "clear_s": round(clear_s, 1)}
    print(json.dumps({"zombie": role, "held": held, **seconds, **tally.as_dict()}), flush=True)
    assert_right(tally)
    return seconds


@pytest.mark.parametrize("role", ["enrich", "rolling"])
async def test_a_worker_that_was_frozen_is_fenced(own_kafka: ApacheKafka, tmp_path: Path, role: str) -> None:
    """Whatever it had begun when it froze, its successor has done; it has no effect, joins again, and goes on."""
    pipeline = Pipeline(own_kafka.bootstrap_servers, tmp_path / "pipeline", delivery="exactly_once")
    try:
        async with asyncio.timeout(FREEZES * 1_200):
            await pipeline.start(workers=2)
            await pipeline.until_ready(at_most_s=PATIENCE_S)
            for number in range(FREEZES):
                await outlive_freeze(pipeline, role, number)
            assert pipeline.exits() == 0
            codes = await pipeline.stop()
    finally:
        pipeline.kill_all()
    assert codes == {0}


async def kill_one(pipeline: Pipeline, role: str, numbers: random.Random) -> None:
    """A worker of a role dies at a named point or at any, and another has taken its place before."""
    cluster = pipeline.roles[role]
    veteran = cluster.alive()[0]
    if numbers.random() < 0.5:
        checkpoint = numbers.choice(CHECKPOINTS_OF[role])
        victim = cluster.start(failpoint=f"{checkpoint}:{numbers.randint(2, 10)}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(victim.wait, 15)
    else:
        victim = veteran
        cluster.start()
        await asyncio.sleep(numbers.uniform(0, 8))
    victim.kill()
    assert await asyncio.to_thread(victim.wait) == -signal.SIGKILL, pipeline.last_words()


async def kill_all_the_time(pipeline: Pipeline, kills: int) -> int:
    """Kill enrichment and tables in turn, now and then both at once, and texts beside them; how many died."""
    numbers = random.Random(17)
    roles = itertools.cycle(["enrich", "rolling"])
    left = kills
    while left:
        together = 2 if left > 1 and numbers.random() < 0.25 else 1
        await asyncio.gather(*(kill_one(pipeline, next(roles), numbers) for _ in range(together)))
        left -= together
    for _ in range(kills // 10):
        await kill_one(pipeline, "generate", numbers)
    return kills + kills // 10


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
async def test_nothing_is_lost_in_forty_kills_of_the_pipeline(
    own_kafka: ApacheKafka, tmp_path: Path, delivery: str
) -> None:
    """Enrichment and tables die in turn and together: reviews, counters, alerts, refreshes and texts are all there."""
    pipeline = Pipeline(own_kafka.bootstrap_servers, tmp_path / "pipeline", delivery=delivery)
    try:
        async with asyncio.timeout(900 + KILLS * 60):
            await pipeline.start(workers=1)
            async with pipeline.feed.flowing():
                killed = await kill_all_the_time(pipeline, KILLS)
                clear_s = await pipeline.until_lag_is_clear(at_most_s=PATIENCE_S)
            tally = await pipeline.recounted()
            assert pipeline.exits() == killed
            codes = await pipeline.stop()
    finally:
        pipeline.kill_all()
    print(
        json.dumps({"delivery": delivery, "kills": killed, "clear_s": round(clear_s, 1), **tally.as_dict()})
    )
    assert_right(tally, delivery)
    assert codes == {0}


class Up:
    """`reviewstream up` without a generator, on a broker that is there."""

    def __init__(self, servers: str, directory: Path) -> None:
        settings = {
            "KAFKA__BOOTSTRAP_SERVERS": servers,
            "KAFKA__SESSION_TIMEOUT_S": "6",
            "HTTP__PORT": "0",
            "LOG__FORMAT": "json",
            "STATE__DIRECTORY": str(directory / "state"),
            "MODEL__GENERATORS": "{}",
            "ROLLING__REFRESHES_PER_MINUTE": "1200",
        }
        self._log = directory / "up.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "up"],
                env={**os.environ, **{f"{PREFIX}{name}": value for name, value in settings.items()}},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def events(self, role: str, kind: str) -> list[dict[str, object]]:
        """What the supervisor said of a role."""
        said = [json.loads(line) for line in self.log.splitlines() if f'"role {kind}"' in line]
        return [one for one in said if one["supervised"] == role]

    async def wait_for(self, pattern: str, at_most_s: float) -> None:
        deadline = time.monotonic() + at_most_s
        while not re.search(pattern, self.log):
            assert self.process.poll() is None, self.log[-4000:]
            assert time.monotonic() < deadline, self.log[-4000:]
            await asyncio.sleep(0.5)


@pytest.mark.model
@pytest.mark.embedded
@pytest.mark.parametrize("role", ["enrich", "rolling"])
async def test_a_child_of_up_that_hangs_is_replaced(
    own_kafka: ApacheKafka, tmp_path: Path, role: str
) -> None:
    """A child that SIGSTOP freezes never ends; two silent minutes later `up` has another, and nothing is lost."""
    client = KafkaConnection(own_kafka.bootstrap_servers)
    await topic_admin.create(client, topics())
    feed, ledger = Feed(client, per_second=PER_SECOND, seed=3), Ledger(client, knows_model=False)
    up = Up(own_kafka.bootstrap_servers, tmp_path)
    try:
        await up.wait_for(r"\nready", PATIENCE_S)
        async with asyncio.timeout(900):
            async with feed.flowing():
                await asyncio.sleep(3)
                (first,) = up.events(role, "started")
                os.kill(int(str(first["pid"])), signal.SIGSTOP)
                began = time.monotonic()
                await up.wait_for(r"role hangs", PATIENCE_S)
                replaced_s = time.monotonic() - began
            tally = await ledger.complete()
        up.process.terminate()
        code = await asyncio.to_thread(up.process.wait, 60)
    finally:
        up.process.kill()
        up.process.wait()
    print(json.dumps({"hangs": role, "replaced_s": round(replaced_s), **tally.as_dict()}))
    assert ledger.has_all(feed.published)
    assert (tally.lost, tally.twice, tally.wrong) == (0, 0, 0)
    assert [event["exit_code"] for event in up.events(role, "exited")] == [-signal.SIGKILL]
    assert len(up.events(role, "started")) == 2
    assert code in {0, 130}
