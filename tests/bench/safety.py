"""Failing models, poison and kills: our role beside plain Faust agents, counted by a reader of what came out."""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW, PRODUCT_SUMMARY
from streams.kafka.publishing import RawRecord, publish
from tests.bench import contenders
from tests.bench.brokers import OUTPUT_PREFIX, BenchBroker, create_topics, open_broker
from tests.bench.contenders import Contender
from tests.bench.drain import read_all, stop
from tests.e2e.cluster import WORKER, Load, make_load
from tests.histories import enriched

_QUIET_S = 25.0
_NEVER = 10**9
_PUBLISHED_AT_ONCE = 200
_REVIEWS_PER_SECOND = 500
_COST_A_TOKEN = 0.00005

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """What came of one run.

    Attributes:
        who: the contender.
        what: what was done to it.
        valid: reviews that should come out.
        lost: of those, never came out.
        repeated: came out more than once.
        stalled: some are still to come, but nothing moves any more.
        wrong_counts: products whose reviews somebody who counts the output, or the table, has wrong.
    """

    who: str
    what: str
    valid: int
    lost: int
    repeated: int
    stalled: bool
    wrong_counts: int


_AGENT = Contender("fragile", "tests.bench.baselines.fragile_agent", "Faust agent, take(64)")
_TABLE = Contender("counting", "tests.bench.baselines.counting_agent", "Faust table, counts[id] += 1")
_ROLLING = "Reviewstream, rolling tables"
_ROLLING_WORKER = WORKER.with_name("rolling_worker.py")
_OURS = {"Reviewstream, exactly once": "exactly_once", "Reviewstream, at least once": "at_least_once"}


def run(*, reviews: int, kills: int, say: Say) -> list[dict[str, Any]]:
    """Every contender through every run.

    Raises:
        ConfigurationError: there is no Apache Kafka to start.
    """
    loads = {
        "1 in 200 makes the model raise": (
            make_load(reviews, raising_every=200, undecodable_every=_NEVER),
            0,
        ),
        "4 payloads are no JSON": (
            make_load(reviews, raising_every=_NEVER, undecodable_every=reviews // 4 - 1),
            0,
        ),
        f"{kills} SIGKILLs": (make_load(reviews, raising_every=_NEVER, undecodable_every=_NEVER), kills),
    }
    rows = []
    for what, (load, deaths) in loads.items():
        for who in (*_OURS, _AGENT.title, *([_TABLE.title, _ROLLING] if deaths else [])):
            with (
                open_broker("kafka") as broker,
                tempfile.TemporaryDirectory(prefix="reviewstream-") as directory,
            ):
                row = asyncio.run(
                    _Run(broker, who, what, load=load, kills=deaths, directory=Path(directory)).row()
                )
            say(
                f"  {row.who:<32} {row.what:<32} lost {row.lost}, repeated {row.repeated}, wrong {row.wrong_counts}"
            )
            rows.append(asdict(row))
    return rows


class _Run:
    """Two workers of one contender, a load, and what is done to them."""

    def __init__(
        self, broker: BenchBroker, who: str, what: str, *, load: Load, kills: int, directory: Path
    ) -> None:
        self._broker = broker
        self._who, self._what = who, what
        self._load, self._kills = load, kills
        self._directory = directory
        self._workers: list[subprocess.Popen[bytes]] = []
        self._is_over = False

    async def row(self) -> Row:
        outputs = () if self._who in _OURS else (f"{OUTPUT_PREFIX}fragile",)
        await create_topics(self._broker, outputs)
        self._workers = [self._start(), self._start()]
        nursing = asyncio.create_task(self._nurse())
        try:
            await asyncio.gather(self._publish(), self._kill())
            records = await self._until_quiet()
        finally:
            self._is_over = True
            await nursing
            for worker in self._workers:
                await asyncio.to_thread(stop, worker)
        return self._count(records)

    def _start(self) -> "subprocess.Popen[bytes]":
        script = WORKER if self._who in _OURS else _ROLLING_WORKER
        if self._who in _OURS or self._who == _ROLLING:
            environment = (
                os.environ
                | self._broker.environment
                | {
                    "REVIEWSTREAM_KAFKA__GROUP_PREFIX": "safety",
                    "REVIEWSTREAM_KAFKA__SESSION_TIMEOUT_S": "6",
                    "REVIEWSTREAM_HTTP__PORT": "0",
                    "REVIEWSTREAM_STATE__DIRECTORY": str(self._directory / "state"),
                    "REVIEWSTREAM_DELIVERY": _OURS.get(self._who, "exactly_once"),
                }
            )
            with (self._directory / "log").open("ab") as log:
                command = [sys.executable, str(script), "", str(_COST_A_TOKEN)]
                return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        contender = _AGENT if self._who == _AGENT.title else _TABLE
        return contenders.start(
            contender, self._broker, source=NEW_REVIEW.name, group="safety", directory=self._directory
        )

    async def _nurse(self) -> None:
        """What ends is started again, as a supervisor does it."""
        while not self._is_over:
            self._workers = [
                self._start() if worker.poll() is not None else worker for worker in self._workers
            ]
            await asyncio.sleep(0.5)

    async def _publish(self) -> None:
        topic, records = NEW_REVIEW.name, self._load.records
        if self._who == _ROLLING:
            topic, records = ENRICHED_REVIEW.name, tuple(_as_enriched(record) for record in records)
        for begin in range(0, len(records), _PUBLISHED_AT_ONCE):
            await publish(self._broker.client, topic, records[begin : begin + _PUBLISHED_AT_ONCE])
            await asyncio.sleep(_PUBLISHED_AT_ONCE / _REVIEWS_PER_SECOND)

    async def _kill(self) -> None:
        numbers = random.Random(7)
        for number in range(self._kills):
            await asyncio.sleep(numbers.uniform(6, 9))
            self._workers[number % 2].kill()

    async def _until_quiet(self) -> list[ConsumerRecord]:
        """Wait until all has come out, or nothing has for a while; then read it."""
        count, moved = -1, time.monotonic()
        while True:
            records = await read_all(self._broker, self._output())
            if len(records) != count:
                count, moved = len(records), time.monotonic()
            if time.monotonic() - moved > _QUIET_S or self._is_complete(records):
                return records
            await asyncio.sleep(2)

    def _is_complete(self, records: Sequence[ConsumerRecord]) -> bool:
        if self._who in {_TABLE.title, _ROLLING}:
            return False
        return self._load.valid <= {orjson.loads(record.value)["review_id"] for record in records}

    def _output(self) -> str:
        if self._who == _ROLLING:
            return PRODUCT_SUMMARY.name
        if self._who in _OURS:
            return ENRICHED_REVIEW.name
        return f"{OUTPUT_PREFIX}fragile" if self._who == _AGENT.title else "safety-counts-changelog"

    def _count(self, records: Sequence[ConsumerRecord]) -> Row:
        truth = Counter(_product_of(review_id) for review_id in self._load.valid)
        if self._who == _TABLE.title:
            table = {orjson.loads(record.key): orjson.loads(record.value) for record in records}
            wrong = _differences(truth, table)
            return Row(self._who, self._what, len(self._load.valid), 0, 0, stalled=False, wrong_counts=wrong)
        if self._who == _ROLLING:
            summaries = [orjson.loads(record.value) for record in records]
            counts = {summary["product_id"]: summary["counts"]["reviews"] for summary in summaries}
            wrong = _differences(truth, counts)
            return Row(self._who, self._what, len(self._load.valid), 0, 0, stalled=False, wrong_counts=wrong)
        seen = Counter(orjson.loads(record.value)["review_id"] for record in records)
        lost = len(self._load.valid - seen.keys())
        counted: Counter[str] = Counter()
        for review_id, times in seen.items():
            counted[_product_of(review_id)] += times
        return Row(
            self._who,
            self._what,
            len(self._load.valid),
            lost,
            sum(seen.values()) - len(seen),
            stalled=lost > 0,
            wrong_counts=_differences(truth, counted),
        )


def _as_enriched(record: RawRecord) -> RawRecord:
    """The review as the enrich role passes it on."""
    review = orjson.loads(record.value or b"{}")
    event = enriched(review["review_id"], 1, product_id=review["product_id"], text=review["text"])
    return RawRecord(record.key, orjson.dumps(event))


def _product_of(review_id: str) -> str:
    """As `make_load` spreads them."""
    return f"p{int(review_id[1:]) % 101}"


def _differences(truth: Mapping[str, int], counted: Mapping[str, int]) -> int:
    return sum(truth.get(product, 0) != counted.get(product, 0) for product in truth.keys() | counted.keys())


def to_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table for the README."""
    lines = [
        "| what happens | to whom | lost | repeated | stalled | wrong counts |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        lost, repeated = f"{row['lost']:,} of {row['valid']:,}", f"{row['repeated']:,}"
        if row["who"] in {_TABLE.title, _ROLLING}:
            lost = repeated = "-"
        stalled, wrong = "yes" if row["stalled"] else "no", f"{row['wrong_counts']} of 101 products"
        lines.append(f"| {row['what']} | {row['who']} | {lost} | {repeated} | {stalled} | {wrong} |")
    return "\n".join(lines)
