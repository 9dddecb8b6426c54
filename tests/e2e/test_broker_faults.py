"""A broker that stops, dies, freezes or is cut off, under a whole pipeline: no worker ends, nothing is lost or twice.

After every fault everything is recounted: each review enriched or set aside, each product's counters, each alert, each
refresh and its text.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.brokers import KAFKA_DIRECTORY, ApacheKafka
from tests.e2e.pipeline import Pipeline
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.kafka

FREEZE_S = 40.0
REFUSE_S = 30.0
#: In the long form the lag is clear so soon after the broker is back.
CLEAR_S = 60.0
#: And never later than that, however busy the machine is.
PATIENCE_S = 300.0
#: From so long an outage on a worker must say that it is not ready: 30 s of silence, and the question before.
LONG_S = 36.0
#: Of one worker in one outage. Every failed try in it would be hundreds of times as much.
MOST_LOGGED_BYTES = 150_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the broker, and for how long it is away, in seconds."""

    name: str
    seconds: float = 1.0


class Suspect:
    """A broker behind a proxy, to do something to."""

    def __init__(self, kafka: ApacheKafka, proxy: TcpProxy) -> None:
        self._kafka = kafka
        self._proxy = proxy
        self.servers = f"127.0.0.1:{proxy.port}"

    @asynccontextmanager
    async def suffering(self, fault: Fault) -> AsyncIterator[None]:
        """Away from the beginning of the block to its end."""
        kafka, proxy = self._kafka, self._proxy
        if fault.name == "frozen":
            assert kafka.pid is not None
            os.kill(kafka.pid, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(kafka.pid, signal.SIGCONT)
        elif fault.name == "refused":
            await asyncio.to_thread(proxy.refuse)
            yield
            await asyncio.to_thread(proxy.accept)
        else:
            await asyncio.to_thread(kafka.stop if fault.name == "terminated" else kafka.kill)
            yield
            await asyncio.to_thread(kafka.start)


@pytest.fixture
def suspect(tmp_path: Path) -> Iterator[Suspect]:
    if not (KAFKA_DIRECTORY / "run-kafka").exists():
        pytest.skip("no Apache Kafka whose address can be set")
    with TcpProxy() as proxy:
        advertised = {"advertised.listeners": f"CLIENT://127.0.0.1:{proxy.port}"}
        kafka = ApacheKafka(tmp_path / "kafka", advertised)
        proxy.target = lambda: kafka.port
        with kafka:
            yield Suspect(kafka, proxy)


async def suffer(pipeline: Pipeline, suspect: Suspect, fault: Fault) -> dict[str, float]:
    """One fault under the feed, and what came of it."""
    logged = pipeline.logged_bytes()
    async with pipeline.feed.flowing():
        await asyncio.sleep(1)
        async with suspect.suffering(fault):
            await asyncio.sleep(fault.seconds)
            pages = await pipeline.pages()
        clear_s = await pipeline.until_lag_is_clear(at_most_s=PATIENCE_S)
        await pipeline.until_ready(at_most_s=PATIENCE_S)
    grown = max(size - logged[path] for path, size in pipeline.logged_bytes().items())
    tally = await pipeline.recounted()
    found = {
        "seconds_away": fault.seconds,
        "clear_s": round(clear_s, 1),
        "exits": pipeline.exits(),
        "log_bytes": grown,
        **tally.as_dict(),
    }
    print(json.dumps({"fault": fault.name, **found}), flush=True)
    if fault.seconds >= LONG_S:
        assert not any(page.is_ready for page in pages), pages
        assert all("the broker has not answered" in page.body for page in pages), pages
    return found


async def check(
    directory: Path, suspect: Suspect, delivery: str, faults: Sequence[Fault]
) -> list[dict[str, float]]:
    pipeline = Pipeline(suspect.servers, directory / "pipeline", delivery=delivery)
    try:
        async with asyncio.timeout(600 + sum(fault.seconds + 900 for fault in faults)):
            await pipeline.start(workers=1)
            rounds = [await suffer(pipeline, suspect, fault) for fault in faults]
            codes = await pipeline.stop()
    finally:
        pipeline.kill_all()
    for found in rounds:
        assert (found["lost"], found["wrong"], found["exits"]) == (0, 0, 0)
        assert found["log_bytes"] < MOST_LOGGED_BYTES
        if delivery == "exactly_once":
            assert found["twice"] == 0
    assert rounds[-1]["alerts"] > 0
    assert codes == {0}
    return rounds


async def test_no_fault_of_the_broker_loses_or_repeats_anything(tmp_path: Path, suspect: Suspect) -> None:
    """Killed, and cut off for longer than a session: the same workers go on, and everything is counted."""
    faults = [Fault("killed"), Fault("refused", 7)]
    await check(tmp_path, suspect, "exactly_once", faults)


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
@pytest.mark.parametrize(
    "fault",
    [Fault("terminated"), Fault("killed"), Fault("frozen", FREEZE_S), Fault("refused", REFUSE_S)],
    ids=lambda fault: fault.name,
)
async def test_no_fault_of_the_broker_does_in_five_rounds(
    tmp_path: Path, suspect: Suspect, fault: Fault, delivery: str
) -> None:
    """Five times each: as above. A worker whose broker is away for long says that it is not ready."""
    rounds = await check(tmp_path, suspect, delivery, [fault] * 5)
    assert max(found["clear_s"] for found in rounds) <= CLEAR_S
