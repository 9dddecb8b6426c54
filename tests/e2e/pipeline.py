"""Enrichment, tables and texts as processes under a steady feed, and how they live through a fault."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW, PRODUCT_TEXT, REFRESH_REQUESTED
from tests.brokers import unique_name
from tests.e2e.cluster import WORKER, Cluster
from tests.e2e.feed import Feed
from tests.e2e.ledger import PARTITIONS, Ledger, Tally

REVIEWS_PER_SECOND = 60
#: The way of a review: who reads it, and where.
STAGES = (
    ("enrich", NEW_REVIEW.name),
    ("rolling", ENRICHED_REVIEW.name),
    ("generate", REFRESH_REQUESTED.name),
    ("rolling", PRODUCT_TEXT.name),
)
_SCRIPTS = {"enrich": "worker.py", "rolling": "rolling_worker.py", "generate": "generate_worker.py"}
_POLL_S = 0.2
#: Until workers have caught up for the first time, however busy the machine is.
_START_S = 300.0


@dataclass(frozen=True, slots=True)
class Page:
    """What a worker's page said; no answer is not ready."""

    log: Path
    is_ready: bool
    body: str


class Pipeline:
    """Workers of three roles on one broker, what they are fed, and the recount."""

    def __init__(self, servers: str, directory: Path, *, delivery: str, seed: int = 5) -> None:
        group = unique_name("pipeline")
        self._group = group
        self._addresses: dict[Path, str] = {}
        self.directory = directory
        self.roles = {
            role: Cluster(
                servers,
                _made(directory / role),
                group=group,
                delivery=delivery,
                script=WORKER.with_name(script),
                environment={
                    "REVIEWSTREAM_STATE__DIRECTORY": str(directory / "state"),
                    "REVIEWSTREAM_ROLLING__TICK_S": "0.2",
                    "REVIEWSTREAM_ROLLING__REFRESHES_PER_MINUTE": "1200",
                },
            )
            for role, script in _SCRIPTS.items()
        }
        self.client = self.roles["enrich"].client
        self.feed = Feed(self.client, per_second=REVIEWS_PER_SECOND, seed=seed)
        self.ledger = Ledger(self.client)

    async def start(self, *, workers: int) -> None:
        """Make the topics, start so many workers of each role, and wait until they have caught up with some reviews."""
        await self.roles["enrich"].create_topics()
        for _ in range(workers):
            for cluster in self.roles.values():
                cluster.start()
        async with self.feed.flowing():
            await self.until_lag_is_clear(at_most_s=_START_S)
            await self.until_ready(at_most_s=_START_S)

    def exits(self) -> int:
        """Workers that have ended."""
        return sum(len(one.workers) - len(one.alive()) for one in self.roles.values())

    def logged_bytes(self) -> dict[Path, int]:
        """The size of each worker's log."""
        return {path: path.stat().st_size for path in sorted(self.directory.glob("*/worker-*.log"))}

    def last_words(self) -> str:
        """The end of each log."""
        return "\n".join(f"{path}\n{path.read_text()[-3000:]}" for path in self.logged_bytes())

    async def pages(self, path: str = "/readyz") -> list[Page]:
        """What this page of every worker says now."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            return [await self._page(session, log, path) for log in self._logs_of_living()]

    def _logs_of_living(self) -> list[Path]:
        return [cluster.log_of(worker) for cluster in self.roles.values() for worker in cluster.alive()]

    async def _page(self, session: aiohttp.ClientSession, log: Path, path: str) -> Page:
        if log not in self._addresses:
            address = _address_in(log)
            if address is None:
                return Page(log, False, "no address yet")
            self._addresses[log] = address
        try:
            async with session.get(f"{self._addresses[log]}{path}") as answer:
                return Page(log, answer.status == 200, await answer.text())
        except (aiohttp.ClientError, TimeoutError) as error:
            return Page(log, False, repr(error))

    async def until_lag_is_clear(self, *, at_most_s: float) -> float:
        """Wait until the feed is on time, and what stands on `new-review` then has gone through all roles.

        Returns:
            The seconds it took.
        """
        clock = asyncio.get_running_loop()
        began = clock.time()
        waits_for = "the feed"
        try:
            async with asyncio.timeout(at_most_s):
                while self.feed.behind_s >= 1:  # noqa: ASYNC110 - a figure, no event
                    await asyncio.sleep(_POLL_S)
                for role, topic in STAGES:
                    waits_for = f"{role} on {topic}"
                    await self._until_passed(role, topic)
        except TimeoutError:
            pytest.fail(f"the lag of {waits_for} is not clear after {at_most_s} s\n{self.last_words()}")
        return clock.time() - began

    async def _until_passed(self, role: str, topic: str) -> None:
        """Wait until a role's group has committed what stands on a topic now."""
        newest: dict[TopicPartition, int] | None = None
        while True:
            # A broker that has just come back answers when it can.
            with contextlib.suppress(KafkaError, OSError):
                if newest is None:
                    await self.ledger.read()
                    newest = {one: at for one, at in self.ledger.newest.items() if one.topic == topic}
                committed = await self._committed(role, topic)
                if all(committed.get(partition, 0) > offset for partition, offset in newest.items()):
                    return
            await asyncio.sleep(_POLL_S)

    async def _committed(self, role: str, topic: str) -> dict[TopicPartition, int]:
        admin = self.client.admin()
        await admin.start()
        try:
            wanted = [TopicPartition(topic, number) for number in range(PARTITIONS)]
            answer = await admin.list_consumer_group_offsets(f"{self._group}-{role}", partitions=wanted)
        finally:
            await admin.close()
        return {partition: told.offset for partition, told in answer.items()}

    async def until_ready(self, *, at_most_s: float) -> None:
        """Wait until every worker says that it is ready."""
        pages = await self.pages()
        try:
            async with asyncio.timeout(at_most_s):
                while not all(page.is_ready for page in pages):
                    await asyncio.sleep(_POLL_S)
                    pages = await self.pages()
        except TimeoutError:
            pytest.fail(f"not ready after {at_most_s} s: {pages}\n{self.last_words()}")

    async def recounted(self) -> Tally:
        """Wait until nothing is missing, and recount."""
        try:
            tally = await self.ledger.complete()
        except AssertionError as error:
            error.add_note(self.last_words())
            raise
        assert self.ledger.has_all(self.feed.published)
        return tally

    async def stop(self) -> set[int]:
        """SIGTERM to all; their exit codes."""
        stopped = await asyncio.gather(*(cluster.stop() for cluster in self.roles.values()))
        return {code for codes in stopped for code in codes}

    def kill_all(self) -> None:
        for cluster in self.roles.values():
            cluster.kill_all()


def _address_in(log: Path) -> str | None:
    """Where a worker's pages are, once it has said so."""
    for line in log.read_text().splitlines():
        if '"health and metrics"' in line:
            return str(json.loads(line)["url"])
    return None


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory
