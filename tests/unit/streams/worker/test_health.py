import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.errors import ConfigurationError
from streams.worker.health import HealthServer
from streams.worker.metrics import WorkerMetrics
from streams.worker.readiness import Readiness

HOST = "127.0.0.1"


@dataclass
class Worker:
    """A health server on a free port, and what it is told to say."""

    url: str = ""
    readiness: Readiness = field(default_factory=lambda: Readiness(is_ready=True, reasons=()))
    metrics: WorkerMetrics = field(default_factory=lambda: WorkerMetrics("enrich"))

    async def get(self, path: str) -> tuple[int, str, str]:
        """Status, content type and body."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            return response.status, response.headers["Content-Type"], await response.text()


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker()
    server = HealthServer(HOST, 0, readiness=lambda: worker.readiness, registry=worker.metrics.registry)
    worker.url = await server.start()
    yield worker
    await server.stop()


async def test_a_process_that_answers_is_alive(worker: Worker) -> None:
    """Liveness asks for nothing but an event loop that runs, whatever the worker's state."""
    worker.readiness = Readiness(is_ready=False, reasons=("the model is not loaded",))
    status, content_type, body = await worker.get("/healthz")
    assert (status, content_type, body) == (200, "application/json", '{"status":"ok"}')


async def test_readiness_follows_the_worker(worker: Worker) -> None:
    """200 while it works, 503 with all reasons while it does not, asked anew each time."""
    assert await worker.get("/readyz") == (200, "application/json", '{"ready":true,"reasons":[]}')
    worker.readiness = Readiness(is_ready=True, reasons=(), delivery="at_least_once")
    told = '{"ready":true,"reasons":[],"delivery":"at_least_once"}'
    assert await worker.get("/readyz") == (200, "application/json", told)
    worker.readiness = Readiness(is_ready=False, reasons=("one", "two"))
    assert await worker.get("/readyz") == (503, "application/json", '{"ready":false,"reasons":["one","two"]}')


async def test_metrics_are_what_prometheus_reads(worker: Worker) -> None:
    """Prometheus' own parser reads the page, and finds the current values of every promised metric."""
    worker.metrics.lag("new-review", 0, 7, 1.5)
    worker.metrics.model("minilm", "0123")
    status, content_type, body = await worker.get("/metrics")
    assert status == 200
    assert content_type.startswith("text/plain; version=")
    samples = {
        (sample.name, sample.labels.get("partition")): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }
    assert samples["reviewstream_lag_messages", "0"] == 7
    assert samples["reviewstream_events_total", None] == 0
    promised = ("batch_fill_ratio", "queue_seconds_sum", "tokenise_seconds_sum", "forward_seconds_sum")
    promised += ("publish_seconds_sum", "batches_total", "lag_seconds", "model_info")
    assert {f"reviewstream_{name}" for name in promised} <= {name for name, _ in samples}


async def test_nothing_else_is_served(worker: Worker) -> None:
    """No page but the three, and none that changes anything."""
    assert (await worker.get("/"))[0] == 404
    async with aiohttp.ClientSession() as session, session.post(worker.url + "/readyz") as response:
        assert response.status == 405


async def test_a_taken_port_is_said_with_what_to_do() -> None:
    """A second worker on the same port names the setting to change."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        server = HealthServer(
            HOST,
            port,
            readiness=lambda: Readiness(is_ready=True, reasons=()),
            registry=WorkerMetrics("enrich").registry,
        )
        with pytest.raises(ConfigurationError, match=f"cannot listen on {HOST}:{port}.*HTTP__PORT"):
            await server.start()
        await server.stop()


async def test_a_server_that_never_started_can_be_stopped() -> None:
    """The way out of a failed start is the same as of a good one, leaves the port to others, and may be gone twice."""
    registry = WorkerMetrics("enrich").registry
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        server = HealthServer(HOST, port, readiness=lambda: Readiness(True, ()), registry=registry)
        await server.stop()
        with pytest.raises(ConfigurationError):
            await server.start()
        await server.stop()
        await server.stop()
    url = await server.start()
    async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as response:
        assert response.status == 200
    await server.stop()


async def test_after_a_stop_nobody_listens(worker: Worker) -> None:
    """A stopped worker frees its port at once."""
    server = HealthServer(HOST, 0, readiness=lambda: worker.readiness, registry=worker.metrics.registry)
    url = await server.start()
    await server.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz"):
            pass
