"""What serving costs: GET of one product over HTTP, from a store with many, while summaries keep coming in."""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp

from schemas.topics import PRODUCT_SUMMARY, ROLLING_STATE
from streams.app import ROLES, run_role
from streams.cli.console import load_settings, stop_on_signals
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.local.embedded import EmbeddedStack, free_port
from tests.roles import topics
from tests.summaries import summary_record

_READY_TIMEOUT_S = 60.0
_FILLER = " ".join(["It is bright enough to read by, and it hums a little."] * 4)


def measure_serving(
    *, products: int = 10_000, seconds: float = 10.0, connections: int = 16, updates_per_s: float = 100.0
) -> dict[str, Any]:
    """Measure a serving process of its own, over keep-alive connections that each ask for one product at a time.

    An embedded broker and Valkey run on the same machine, and so does what asks.

    Args:
        products: summaries in the store, of about 9 kB each.
        seconds: how long to ask, after a warm-up of a tenth of it.
        connections: how many at the same time.
        updates_per_s: summaries published meanwhile.

    Returns:
        get_rps; get_p50_ms, get_p99_ms, get_max_ms; materialised_per_s, of the first filling; failures, answers
        other than 200; and the arguments.
    """
    with EmbeddedStack() as stack:
        return asyncio.run(_measure(stack, products, seconds, connections, updates_per_s))


async def _measure(
    stack: EmbeddedStack, products: int, seconds: float, connections: int, updates_per_s: float
) -> dict[str, Any]:
    client = KafkaConnection(stack.bootstrap_servers)
    await topic_admin.create(client, topics(only=[PRODUCT_SUMMARY], changelogs=[ROLLING_STATE]))
    await publish(client, PRODUCT_SUMMARY.name, (_record(number) for number in range(products)))
    async with _server(stack) as (port, filled_s):
        updating = asyncio.create_task(_update(client, products, updates_per_s))
        try:
            await _ask(port, products, seconds / 10, connections)
            started = time.perf_counter()
            asked = await _ask(port, products, seconds, connections)
            took_s = time.perf_counter() - started
        finally:
            updating.cancel()
            await asyncio.gather(updating, return_exceptions=True)
    latencies = sorted(latency for latency, status in asked if status == 200)
    return {
        "get_rps": round(len(latencies) / took_s, 1),
        "get_p50_ms": _percentile_ms(latencies, 0.50),
        "get_p99_ms": _percentile_ms(latencies, 0.99),
        "get_max_ms": _percentile_ms(latencies, 1.0),
        "failures": len(asked) - len(latencies),
        "materialised_per_s": round(products / filled_s),
        "products": products,
        "seconds": seconds,
        "connections": connections,
        "updates_per_s": updates_per_s,
    }


def _record(number: int) -> RawRecord:
    return summary_record(
        f"product-{number}", reviews=100 + number % 900, days=60, key_points=10, latest=10,
        as_of=datetime.now(UTC), text=_FILLER, method="extractive",
    )  # fmt: skip


async def _update(client: KafkaConnection, products: int, per_s: float) -> None:
    drawn = random.Random(5)
    while per_s:
        chosen = [_record(drawn.randrange(products)) for _ in range(max(1, round(per_s)))]
        await publish(client, PRODUCT_SUMMARY.name, chosen, rate=per_s)


async def _ask(port: int, products: int, seconds: float, connections: int) -> list[tuple[float, int]]:
    ends_at = time.perf_counter() + seconds
    askers = [_ask_on_one(port, products, ends_at, seed) for seed in range(connections)]
    return [one for answers in await asyncio.gather(*askers) for one in answers]


async def _ask_on_one(port: int, products: int, ends_at: float, seed: int) -> list[tuple[float, int]]:
    """Ask on one connection; written by hand, for a client library would take as much CPU as the server."""
    drawn = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    try:
        while (started := time.perf_counter()) < ends_at:
            number = drawn.randrange(products)
            writer.write(f"GET /products/product-{number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            answers.append((time.perf_counter() - started, int(head[9:12])))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return answers


@contextlib.asynccontextmanager
async def _server(stack: EmbeddedStack) -> AsyncIterator[tuple[int, float]]:
    """A serving process: its port, and the seconds until the store was filled."""
    port = free_port()
    environment = {
        "REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS": stack.bootstrap_servers,
        "REVIEWSTREAM_REDIS__URL": stack.redis_url,
        "REVIEWSTREAM_HTTP__PORT": str(port),
        "REVIEWSTREAM_LOG__LEVEL": "error",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.serving", env={**os.environ, **environment}
    )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            started = await _until(session, "/healthz")
            yield port, await _until(session, "/readyz") - started
    finally:
        process.terminate()
        await process.wait()


async def _until(session: aiohttp.ClientSession, path: str) -> float:
    async with asyncio.timeout(_READY_TIMEOUT_S):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(path) as response:
                    if response.status == 200:
                        return time.perf_counter()
            await asyncio.sleep(0.01)


def _percentile_ms(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return float("nan")
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


async def _serve() -> None:
    await run_role(ROLES["serve"], load_settings("serve"), stop=stop_on_signals())


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
