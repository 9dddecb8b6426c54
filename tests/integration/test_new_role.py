"""A role is added by a folder of its own and one row of the table: nothing else knows of it."""

import asyncio
import importlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from schemas.topics import Topic, dead_letter_topic
from streams.app import ROLES, planned_topics, ports, role_named, run_role
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.kafka.tailing import follow
from streams.local.embedded import free_ports
from streams.worker.role import Role
from tests.brokers import Broker, unique_name
from tests.integration.workers import make_settings

CONTRACT = '''
from schemas.events import Event, Output
from schemas.fields import Count, Identifier

class ShelfViewed(Event):
    """Somebody stood before a shelf."""
    product_id: Identifier
    viewer: Identifier

class ShelfCounted(Output):
    """How often a product was seen."""
    product_id: Identifier
    views: Count
'''

ROLE = '''
from datetime import UTC, datetime

from schemas.events import SCHEMA_VERSION
from streams.delivery.records import DeadLetter, Effects, Output
from streams.errors import RejectedEventError
from streams.serde import decode, encode, require_key
from streams.state.tables import PartitionTables
from streams.state.versions import VersionedCodec
from streams.worker.stateful_worker import StatefulWorker
from shelf.contract import ShelfViewed

COUNTS = VersionedCodec(tuple[int, int], version=1, readers={})

class ShelfTables(PartitionTables):
    """Views by product: how many, and the offset of the last one that counts."""

    def __init__(self, store):
        super().__init__(store)
        self.views = self.add(b"v", COUNTS, cached=10)

class CountViews:
    """Handler: every view counts once."""

    def __init__(self, tables, output, changelog):
        self._tables, self._output, self._changelog = tables, output, changelog

    async def __call__(self, records):
        tables = self._tables.of(records[0].partition)
        counted, dead = {}, []
        for record in records:
            try:
                event = decode(ShelfViewed, record.value)
                require_key(record.key, event.product_id)
            except RejectedEventError as rejected:
                dead.append(DeadLetter(record, rejected.reason, str(rejected)))
                continue
            views, applied = tables.views.get(record.key) or (0, -1)
            if record.offset > applied:
                tables.views.put(record.key, (views + 1, record.offset))
                counted[record.key] = (event.product_id, views + 1, record)
        outputs = [Output(self._output, key, encode(self._event(*what))) for key, what in counted.items()]
        changes = [Output(self._changelog, *change) for change in tables.take_changes()]
        return Effects([*changes, *outputs], dead)

    async def tick(self, partition):
        return Effects()

    def _event(self, product_id, views, record):
        source = {"topic": record.topic, "partition": record.partition, "offset": record.offset,
                  "timestamp_ms": record.timestamp}
        return {"schema_version": SCHEMA_VERSION, "product_id": product_id, "views": views, "source": source,
                "made_at": datetime.now(UTC), "model": None, "replay_id": None}

class ShelfWorker(StatefulWorker[ShelfTables]):
    """See `StatefulWorker`."""

    tick_s = 1.0

    def make_tables(self, store, partitions):
        return ShelfTables(store)

    def new_handler(self, tables, is_behind):
        return CountViews(tables, self._role.writes[0].name, self._role.changelogs[0])
'''


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Role]:
    """The row of a role whose code lies in a package of this test."""
    package = tmp_path / "packages" / "shelf"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "contract.py").write_text(textwrap.dedent(CONTRACT))
    (package / "worker.py").write_text(textwrap.dedent(ROLE))
    monkeypatch.syspath_prepend(str(package.parent))
    contract, worker = importlib.import_module("shelf.contract"), importlib.import_module("shelf.worker")
    name = unique_name("shelf")
    yield Role(
        "shelf",
        port_offset=9,
        does="counts who looks at what",
        worker=worker.ShelfWorker,
        reads=(Topic(f"{name}-viewed", contract.ShelfViewed),),
        writes=(Topic(f"{name}-counted", contract.ShelfCounted, dead_letters=False),),
        changelogs=(f"{name}-state",),
    )
    for module in [module for module in sys.modules if module.startswith("shelf")]:
        del sys.modules[module]


def views(number: int) -> list[RawRecord]:
    """So many views of five products, and one event that is none."""
    seen = [
        RawRecord(f"p{n % 5}".encode(), orjson.dumps({"product_id": f"p{n % 5}", "viewer": f"v{n}"}))
        for n in range(number)
    ]
    return [*seen, RawRecord(b"p0", b'{"product_id": "p0"}')]


async def counted(client: Any, topic: str, wanted: dict[str, int]) -> None:
    """Wait until the latest count of every product is the wanted one."""
    latest: dict[str, int] = {}
    async with asyncio.timeout(60), follow(client, [topic], from_beginning=True) as tail:
        async for record in tail:
            event = orjson.loads(record.value or b"")
            assert event["views"] >= latest.get(event["product_id"], 0)
            latest[event["product_id"]] = event["views"]
            if latest == wanted:
                return


async def test_a_role_is_a_folder_and_a_row(broker: Broker, shelf: Role, tmp_path: Path) -> None:
    """Its topics are planned and made, its pages answer, its counts are exact, and a new worker has its tables."""
    roles = {**ROLES, shelf.name: shelf}
    client = KafkaConnection(broker.bootstrap_servers)

    async def run_until_counted(directory: str, wanted: dict[str, int]) -> None:
        settings = make_settings(
            broker.bootstrap_servers,
            unique_group,
            http={"port": free_ports(len(roles) + 9)},
            state={"directory": str(tmp_path / directory)},
        )
        if directory == "first":
            await topic_admin.create(client, planned_topics(settings.kafka, [shelf]))
        await publish(client, shelf.reads[0].name, views(100))
        stop = asyncio.Event()
        running = asyncio.create_task(run_role(role_named("shelf", roles), settings, stop=stop))
        try:
            await counted(client, shelf.writes[0].name, wanted)
            port = ports(settings, roles.values())["shelf"]
            ready = f"http://127.0.0.1:{port}/readyz"
            async with aiohttp.ClientSession() as session, session.get(ready) as answer:
                assert answer.status == 200
        finally:
            stop.set()
            await asyncio.wait_for(running, 60)

    unique_group = unique_name("group")
    await run_until_counted("first", {f"p{n}": 20 for n in range(5)})
    await run_until_counted("second", {f"p{n}": 40 for n in range(5)})  # restored from the changelog
    dead: list[bytes | None] = []
    dead_letters = dead_letter_topic(shelf.reads[0].name)
    async with asyncio.timeout(30), follow(client, [dead_letters], from_beginning=True) as tail:
        async for record in tail:
            dead.append(record.value)
            if len(dead) == 2:
                break
    assert dead == [b'{"product_id": "p0"}'] * 2
