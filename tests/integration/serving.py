"""Serving processes inside the test, what they answer, and what is in their Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import aiohttp
import orjson
from pydantic import SecretStr

from schemas.topics import PRODUCT_SUMMARY, ROLLING_STATE
from streams.app import ROLES, run_role
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.local.embedded import free_port
from streams.roles.serve.rebuilding import rebuild
from streams.roles.serve.store import SORT_KEYS, Keys
from streams.settings import Settings
from tests.roles import topics
from tests.valkey_server import Valkey

PARTITIONS = 4
PREFIX = "test:"


def serving_settings(bootstrap_servers: str, redis_url: str, **serving: Any) -> Settings:
    """Settings of a serving process on a port of its own."""
    return Settings.model_validate(
        {
            "kafka": {"bootstrap_servers": bootstrap_servers, "partitions": PARTITIONS},
            "redis": {"url": SecretStr(redis_url)},
            "http": {"port": free_port()},
            "serving": {"key_prefix": PREFIX, "redis_timeout_s": 0.5, **serving},
        }
    )


async def create_topic(bootstrap_servers: str) -> None:
    wanted = topics(PARTITIONS, only=[PRODUCT_SUMMARY], changelogs=[ROLLING_STATE])
    await topic_admin.create(KafkaConnection(bootstrap_servers), wanted)


async def publish_summaries(bootstrap_servers: str, records: Iterable[RawRecord]) -> None:
    await publish(KafkaConnection(bootstrap_servers), PRODUCT_SUMMARY.name, records)


class Served:
    """A running serving process, asked over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, task: "asyncio.Task[None]") -> None:
        self._session = session
        self.task = task

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and body."""
        async with self._session.get(path) as response:
            body = await response.read()
            is_json = response.content_type == "application/json"
            return response.status, orjson.loads(body) if is_json else body.decode()

    async def until(self, path: str, status: int, *, timeout_s: float = 30, stale: bool | None = None) -> Any:
        """Ask until the answer has a status, and is stale or not."""
        got: Any = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    got = await self.get(path)
                    if got[0] == status and (stale is None or got[1].get("stale") == stale):
                        return got[1]
                    await asyncio.sleep(0.02)
        raise AssertionError(f"{path}: wanted {status}, got {got}")

    async def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        _, page = await self.get("/metrics")
        lines = [line for line in page.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


@contextlib.asynccontextmanager
async def serving(settings: Settings, *, is_ready: bool = True) -> AsyncIterator[Served]:
    """A serving process as a task, ready unless told otherwise; stopped at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_role(ROLES["serve"], settings, stop=stop))
    try:
        url = f"http://{settings.http.host}:{settings.http.port}"
        async with aiohttp.ClientSession(url) as session:
            served = Served(session, task)
            await _until_it_listens(served)
            if is_ready:
                await served.until("/readyz", 200)
            yield served
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def _until_it_listens(served: Served) -> None:
    async with asyncio.timeout(20):
        while True:
            if served.task.done():
                served.task.result()
            with contextlib.suppress(aiohttp.ClientConnectionError):
                await served.get("/healthz")
                return
            await asyncio.sleep(0.02)


def contents(valkey: Valkey, prefix: str = PREFIX) -> dict[str, Any]:
    """All that is in Redis but for the epoch and the times: products, indexes, positions."""
    keys = Keys(prefix)
    with valkey.client() as client:
        epoch = client.get(keys.epoch)
        products = {}
        for key in client.scan_iter(f"{prefix}product:*", count=1000):
            fields = client.hgetall(key)
            if fields.pop(b"epoch") == epoch:
                products[key.removeprefix(keys.products.encode())] = fields
        indexes = {sort: client.zrange(keys.index(sort), 0, -1, withscores=True) for sort in SORT_KEYS}
        return {"products": products, "indexes": indexes, "offsets": client.hgetall(keys.offsets)}


async def rebuilt_contents(settings: Settings, valkey: Valkey) -> dict[str, Any]:
    """What a rebuild from the topic puts into an empty Redis, below another prefix."""
    fresh = settings.serving.model_copy(update={"key_prefix": "fresh:"})
    with valkey.client() as client:
        for key in client.scan_iter("fresh:*"):
            client.delete(key)
    await rebuild(settings.model_copy(update={"serving": fresh}))
    return contents(valkey, "fresh:")
