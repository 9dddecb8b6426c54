"""What can happen to the tables of rolling workers, as processes on a real broker: every count is right in the end.

Files are damaged while no worker runs, disks are full, the changelog refuses a value, a worker dies while it upgrades
older tables. Each scenario ends with a recount of each product.
"""

import asyncio
import json
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import orjson
import psutil
import pytest

from schemas.summaries import ProductSummary
from schemas.topics import ENRICHED_REVIEW, ROLLING_STATE
from streams.app import ROLES, ports
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.local.embedded import free_ports
from streams.local.supervisor import RestartPolicy
from streams.settings import HttpSettings, Settings
from tests.brokers import ApacheKafka, unique_name
from tests.conftest import kafka_or_skip
from tests.disks import fill, small_disk
from tests.e2e.cluster import Cluster
from tests.e2e.test_rolling_kills import everything, expected_counts, is_right, read_until_right
from tests.histories import Recount, enriched, random_history, random_version
from tests.limits import change_limit, create_topics
from tests.roles import topics

pytestmark = [pytest.mark.kafka]

COMMAND = (sys.executable, "-m", "streams.cli", "worker", "rolling")
PRODUCTS = 40
History = Sequence[dict[str, Any]]


class Machine(Cluster):
    """One rolling worker after the other, with a disk that stays.

    Args:
        state: where the tables are on disk.
    """

    def __init__(self, kafka: ApacheKafka, directory: Path, state: Path, **more: Any) -> None:
        self._port = free_ports(len(ROLES))
        environment = {
            "REVIEWSTREAM_STATE__DIRECTORY": str(state),
            "REVIEWSTREAM_ROLLING__TICK_S": "0.2",
            "REVIEWSTREAM_HTTP__PORT": str(self._port),
            **more.pop("environment", {}),
        }
        more = {"command": COMMAND, **more}
        super().__init__(
            kafka.bootstrap_servers,
            directory,
            group=unique_name("rolling"),
            delivery="exactly_once",
            environment=environment,
            **more,
        )
        self.state = state

    async def metric(self, name: str, **labels: str) -> float:
        """What the running worker counts under a name and labels."""
        port = ports(Settings(http=HttpSettings(port=self._port)))["rolling"]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/metrics") as page,
        ):
            lines = (await page.text()).splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith((f"{name}{{", f"{name} ")) and all(one in line for one in wanted)
        )

    async def until_right(self, history: History, *, seconds: float = 180) -> dict[str, ProductSummary]:
        """Wait until the last summary of every product is what a recount of these events says."""
        expected, summaries = expected_counts(list(history)), dict[str, ProductSummary]()
        reading = asyncio.ensure_future(read_until_right(self.client, summaries, expected))
        ending = asyncio.ensure_future(self.ended(seconds=seconds))
        await asyncio.wait({reading, ending}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        is_over = reading.done()
        for task in (reading, ending):
            task.cancel()
        await asyncio.gather(reading, ending, return_exceptions=True)
        wrong = [one for one in expected if not is_right(summaries, expected, one)]
        assert is_over, (
            f"{len(wrong)} of {len(expected)} products are wrong: {wrong[:5]}\n{self.logs()[-4000:]}"
        )
        return summaries

    async def ended(self, *, seconds: float = 120) -> int:
        """Wait for the end of the worker that was started last; its exit code."""
        async with asyncio.timeout(seconds):
            while (code := self.workers[-1].poll()) is None:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.1)
        return code

    async def stopped(self) -> None:
        """Stop the worker in good order."""
        assert await self.stop() == [0], self.logs()[-4000:]

    def files(self, pattern: str, partition: int | None = None) -> list[Path]:
        """Files of the tables on disk, of one partition or of all."""
        return sorted(self.state.rglob(f"{'*' if partition is None else partition}/{pattern}"))


@pytest.fixture(scope="module")
def running_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A broker for this module: no test here stops it."""
    with kafka_or_skip(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture
def kafka(running_kafka: ApacheKafka) -> Iterator[ApacheKafka]:
    """The broker, without topics."""
    yield running_kafka
    asyncio.run(delete_topics(running_kafka.client))


async def delete_topics(client: KafkaConnection) -> None:
    names = [spec.name for spec in topics()]
    admin = client.admin()
    await admin.start()
    try:
        await admin.delete_topics(names)
        async with asyncio.timeout(30):
            while await topic_admin.facts(client, names):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


@pytest.fixture
def machine(kafka: ApacheKafka, tmp_path: Path) -> Iterator[Machine]:
    """A worker's machine with a large disk."""
    made = Machine(kafka, tmp_path, tmp_path / "state")
    yield made
    made.kill_all()


async def put(machine: Machine, history: History) -> None:
    """Publish enriched reviews."""
    records = [RawRecord(event["product_id"].encode(), orjson.dumps(event)) for event in history]
    await publish(machine.client, ENRICHED_REVIEW.name, records)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def removed(path: Path) -> None:
    path.unlink()


DAMAGED = {"role": "rolling", "reason": "damaged"}
DAMAGE: Mapping[str, Callable[[Path], None]] = {"*.sst": cut, "MANIFEST-*": overwritten, "CURRENT": removed}


async def test_damaged_tables_are_restored_and_said_to_be(machine: Machine) -> None:
    """A data file, a manifest and CURRENT, of a partition each, while no worker runs: log and metric tell of three."""
    history = random_history(7, 900, products=PRODUCTS)
    await machine.create_topics()
    await put(machine, history[:600])
    machine.start()
    await machine.until_right(history[:600])
    assert await machine.metric("reviewstream_rebuilt_tables_total") == 0
    await machine.stopped()
    for partition, (pattern, damage) in enumerate(DAMAGE.items()):
        for path in machine.files(pattern, partition):
            damage(path)
    await put(machine, history[600:])
    machine.start()
    await machine.until_right(history)
    assert await machine.metric("reviewstream_rebuilt_tables_total", **DAMAGED) == len(DAMAGE)
    assert machine.logs().count("tables are damaged; the changelog restores them") == len(DAMAGE)
    await machine.stopped()


@pytest.mark.slow
async def test_counts_are_right_after_twenty_damages(machine: Machine) -> None:
    """Any file of any partition, cut, zeroed or gone: a worker ends at most once over it, and counts on right."""
    drawn, rounds, each = random.Random(3), 21, 250
    history = random_history(8, rounds * each, products=PRODUCTS)
    await machine.create_topics()
    ends = rebuilt = 0
    for number in range(1, rounds + 1):
        await put(machine, history[(number - 1) * each : number * each])
        machine.start()
        try:
            await machine.until_right(history[: number * each])
        except AssertionError:
            assert machine.workers[-1].poll() == 1, machine.logs()[-4000:]
            assert "they are damaged. Start the worker again" in machine.logs()
            ends += 1
            machine.start()
            await machine.until_right(history[: number * each])
        rebuilt += int(await machine.metric("reviewstream_rebuilt_tables_total", **DAMAGED))
        await machine.stopped()
        damaged = drawn.choice(machine.files(drawn.choice(["*.sst", "MANIFEST-*", "CURRENT", "OPTIONS-*"])))
        drawn.choice([cut, overwritten, removed])(damaged)
    print(json.dumps({"damages": rounds - 1, "rebuilt": rebuilt, "ended_once_over_it": ends, "wrong": 0}))
    assert rebuilt > rounds // 3


async def test_a_full_disk_is_said_and_loses_nothing(kafka: ApacheKafka, tmp_path: Path) -> None:
    """Full under a running worker, and at its next start: exit code 2, which no supervisor starts again, and why."""
    history = random_history(9, 1_000, products=PRODUCTS)
    small_cache = {"REVIEWSTREAM_STATE__CACHE_BYTES": str(1024 * 1024)}
    with small_disk(tmp_path / "disk", mebibytes=64) as disk:
        machine = Machine(kafka, tmp_path, disk / "state", environment=small_cache)
        try:
            await machine.create_topics()
            await put(machine, history[:600])
            machine.start()
            await machine.until_right(history[:600])
            ballast = fill(disk)
            await put(machine, history[600:900])
            for is_running in (True, False):
                assert await machine.ended() in RestartPolicy().hopeless_exit_codes, machine.logs()[-4000:]
                told = machine.logs().splitlines()[-1]
                assert "No space left on device" in told
                assert "REVIEWSTREAM_STATE__DIRECTORY" in told
                if is_running:
                    machine.start()
            ballast.unlink()
            await put(machine, history[900:])
            machine.start()
            await machine.until_right(history)
            await machine.stopped()
        finally:
            machine.kill_all()


async def test_a_value_that_the_changelog_refuses_stops_for_good_until_its_limit_is_raised(
    kafka: ApacheKafka, machine: Machine
) -> None:
    """The worker names key, size, topic and setting, with the exit code for what a restart does not mend."""
    history = random_history(10, 200, products=4)
    await create_topics(kafka.bootstrap_servers, {ROLLING_STATE: 2_000})
    await put(machine, history)
    machine.start()
    assert await machine.ended() in RestartPolicy().hopeless_exit_codes, machine.logs()[-4000:]
    told = machine.logs().splitlines()[-1]
    assert "error state: the value of 'pp" in told
    assert f"{ROLLING_STATE} takes 2000; raise max.message.bytes of that topic" in told
    await change_limit(machine.client, ROLLING_STATE, 1_000_000)
    machine.start()
    await machine.until_right(history)
    await machine.stopped()


async def as_an_older_version_left_it(machine: Machine) -> None:
    """Make the changelog that of a version whose tables had no lists of reviews, and forget the disk."""
    newest = {
        (record.partition, record.key): record.value for record in await everything(machine, ROLLING_STATE)
    }
    producer = machine.client.producer(is_idempotent=True)
    await producer.start()
    try:
        for (partition, key), value in newest.items():
            if value is not None and key.startswith((b"p", b"l")):
                older = version_1(value) if key.startswith(b"p") else None
                await producer.send(ROLLING_STATE, older, key=key, partition=partition)
    finally:
        await producer.stop()
    shutil.rmtree(machine.state)


def version_1(product: bytes) -> bytes:
    """A product as it was kept then: the last two fields were not there."""
    return b"\x01" + msgspec.msgpack.encode(msgspec.msgpack.decode(product[1:])[:-2])


def without_the_newest(history: History) -> list[dict[str, Any]]:
    """The latest reviews of each product are removed, so that what follows them has to be found."""
    recount = Recount(history)
    return [
        enriched(review_id, 10**6, product_id=product_id, removed=True)
        for product_id in sorted({event["product_id"] for event in history})
        for _, review_id in recount.counts(product_id)["latest"]
    ]


async def check_upgrade(
    kafka: ApacheKafka, directory: Path, history: History, *, kills: Sequence[int]
) -> None:
    """Die after so many pieces of the lists; then count on, and remove what the lists have to replace."""
    machine = Machine(
        kafka,
        directory,
        directory / "state",
        command=(),
        script=Path(__file__).with_name("upgrading_worker.py"),
    )
    try:
        await machine.create_topics()
        await put(machine, history)
        machine.start()
        await machine.until_right(history)
        await machine.stopped()
        await as_an_older_version_left_it(machine)
        for pieces in kills:
            machine.start(failpoint=f"listing:{pieces}")
            assert await machine.ended() == -signal.SIGKILL, machine.logs()[-4000:]
        machine.start()
        removals = without_the_newest(history)
        await put(machine, removals)
        await machine.until_right([*history, *removals])
        await machine.stopped()
    finally:
        machine.kill_all()


async def test_a_worker_that_dies_while_it_lists_older_reviews_goes_on_right(
    kafka: ApacheKafka, tmp_path: Path
) -> None:
    """Between two pieces of a partition, some of whose lists are on disk."""
    await check_upgrade(kafka, tmp_path, random_history(11, 600, products=PRODUCTS), kills=(6,))


@pytest.mark.slow
async def test_an_upgrade_survives_a_kill_after_every_few_pieces(kafka: ApacheKafka, tmp_path: Path) -> None:
    """Eight kills in a row, each later than the one before."""
    history = random_history(12, 4_000, products=PRODUCTS)
    await check_upgrade(kafka, tmp_path, history, kills=range(1, 61, 8))


@pytest.mark.slow
async def test_memory_stays_flat_over_two_hundred_thousand_events(kafka: ApacheKafka, tmp_path: Path) -> None:
    """Reviews of the same products, edited and removed again and again: from 50,000 on, a tenth more at most."""
    events, each = 200_000, 50_000
    history = steady_history(13, events)
    # A cache that is soon full, and few summaries: neither is what may grow.
    environment = {
        "REVIEWSTREAM_STATE__CACHE_BYTES": str(4 * 1024 * 1024),
        "REVIEWSTREAM_ROLLING__TICK_S": "2",
        "REVIEWSTREAM_ROLLING__REFRESHES_PER_MINUTE": "1",
    }
    machine = Machine(kafka, tmp_path, tmp_path / "state", environment=environment)
    resident = {}
    try:
        await machine.create_topics()
        worker = machine.start()
        for end in range(each, events + 1, each):
            await put(machine, history[end - each : end])
            await machine.until_right(history[:end], seconds=600)
            resident[end] = psutil.Process(worker.pid).memory_info().rss / 2**20
            print(json.dumps({"events": end, "MiB": round(resident[end], 1)}), flush=True)
        await machine.stopped()
    finally:
        machine.kill_all()
    assert resident[events] < 1.1 * resident[each]


def steady_history(seed: int, events: int) -> list[dict[str, Any]]:
    """Versions of some thousand reviews: the tables are as large after a quarter of them as at the end."""
    drawn = random.Random(seed)
    return [
        random_version(drawn, f"p{number % 101}", f"r{drawn.randrange(40)}", version)
        for version, number in enumerate(range(events), start=1)
    ]
