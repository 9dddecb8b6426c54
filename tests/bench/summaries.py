"""The generate role: texts a minute, its generator beside the bare one, and what it takes from enrichment.

In every repeat the role drains the same snapshots, then the same requests go to the bare generator and to plain
transformers, each in a process of its own, one after the other.
"""

import asyncio
import importlib.metadata
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from schemas.topics import NEW_REVIEW, PRODUCT_TEXT
from streams import settings
from streams.errors import FatalError
from tests.bench import contenders
from tests.bench.brokers import BenchBroker, open_broker
from tests.bench.contenders import enrich_contenders
from tests.bench.drain import drain, fill, read_all
from tests.bench.enrich import machine
from tests.bench.reviews import drawn_reviews
from tests.bench.snapshots import make_snapshots, multiplied
from tests.bench.summaries_report import SummariesReport
from tests.bench.texts import (
    DrainedTexts,
    Snapshots,
    drain_texts,
    fill_snapshots,
    generate_role,
    generated_share,
    until_texts,
)

_BARE, _PLAIN = "tests.bench.ours.bare_writing", "tests.bench.baselines.plain_writing"
#: Plain transformers is slow, and is measured on this share of the requests.
_PLAIN_SHARE = 4
#: So much more to write than in the other phase, so that it lasts as long as the reviews.
_BACKLOG_TIMES = 20

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What is measured, and how often.

    Attributes:
        products: snapshots, each of a product of its own.
        repeats: of every measurement; all of them once, then all again.
        reviews: for enrichment, alone and beside.
        broker: see `open_broker`.
    """

    products: int = 32
    repeats: int = 3
    reviews: int = 1_200
    broker: str = "auto"


def run(options: Options, say: Say) -> SummariesReport:
    """Measure everything.

    Raises:
        FatalError: a text is missing or came twice, or a process did not work; nothing is reported then.
        ConfigurationError: no broker.
    """
    versions = {name: importlib.metadata.version(name) for name in ("torch", "transformers", "aiokafka")}
    report = SummariesReport(machine=machine() | {"versions": versions})
    snapshots = make_snapshots(options.products, settings.load(), say)
    with tempfile.TemporaryDirectory(prefix="reviewstream-bench-") as directory:
        runner = _Runner(options, report, Path(directory), say)
        runner.writing(snapshots)
        runner.enriching(multiplied(snapshots, _BACKLOG_TIMES))
    return report


class _Runner:
    """The phases of a run; each has a broker of its own."""

    def __init__(self, options: Options, report: SummariesReport, directory: Path, say: Say) -> None:
        self._options = options
        self._report = report
        self._directory = directory
        self._say = say
        self._count = 0

    def writing(self, snapshots: Snapshots) -> None:
        """The role, the bare generator, plain transformers."""
        with open_broker(self._options.broker) as broker:
            self._report.broker = broker.name
            self._say(f"broker: {broker.name}; {len(snapshots)} products, {self._options.repeats} repeats")
            asyncio.run(fill_snapshots(broker, snapshots))
            for repeat in range(self._options.repeats):
                self._say(f"repeat {repeat + 1} of {self._options.repeats}")
                group, directory = self._next()
                drained = asyncio.run(drain_texts(broker, snapshots, group=group, directory=directory))
                self._add_role(drained)
                requests = drained.account["requests"]
                rows = self._report.model.get("bare_rows", 0)
                bare = self._process(_BARE, requests, str(rows))
                self._report.model = {"name": bare["model"], "bare_rows": bare["rows"]}
                self._add("bare_tokens_per_second", bare["tokens"] / bare["seconds"])
                self._add("bare_tokens_per_cpu_second", bare["tokens"] / bare["cpu_s"])
                plain = self._process(_PLAIN, requests[: max(1, len(requests) // _PLAIN_SHARE)])
                self._add("transformers_tokens_per_second", plain["tokens"] / plain["seconds"])

    def enriching(self, backlog: Snapshots) -> None:
        """Enrichment alone, and while the generate role has more to write than it can."""
        reviews = drawn_reviews(self._options.reviews)
        with open_broker(self._options.broker) as broker:
            asyncio.run(fill_snapshots(broker, backlog))
            asyncio.run(fill(broker, NEW_REVIEW.name, reviews))
            self._enrich(broker, reviews)  # warms the broker up; not counted
            for repeat in range(self._options.repeats):
                self._say(f"enrichment, repeat {repeat + 1} of {self._options.repeats}")
                self._add("enrich_rps_alone", self._enrich(broker, reviews))
                group, directory = self._next()
                before = self._texts(broker)
                with generate_role(broker, group=group, directory=directory) as worker:
                    asyncio.run(until_texts(broker, worker, len(before) + 1))
                    first = self._texts(broker)
                    self._add("enrich_rps_beside", self._enrich(broker, reviews))
                    written = self._texts(broker)[len(first) :]
                self._add("texts_beside", len(written))
                if written:
                    self._add("generated_share_beside", generated_share(written))
                if len(written) >= len(backlog):
                    raise FatalError("bench: the generate role had nothing to write beside enrichment")

    def _add_role(self, drained: DrainedTexts) -> None:
        account = drained.account
        seconds = account["seconds"]
        self._add("summaries_per_minute", 60 * drained.texts / seconds)
        self._add("tokens_per_second", account["tokens"] / seconds)
        self._add("tokens_per_cpu_second", account["tokens"] / account["cpu_s"])
        self._add("generated_share", drained.generated_share)
        self._add("cut_short", account["cut"])
        for name in ("phrasing", "reading", "composing"):
            self._add(f"{name}_share", account[f"{name}_s"] / seconds)

    def _enrich(self, broker: BenchBroker, reviews: Sequence[Any]) -> float:
        group, directory = self._next()
        pipeline = enrich_contenders("")[0]
        return asyncio.run(
            drain(pipeline, broker, reviews, source=NEW_REVIEW.name, group=group, directory=directory)
        ).rps

    def _texts(self, broker: BenchBroker) -> list[dict[str, Any]]:
        return [orjson.loads(record.value) for record in asyncio.run(read_all(broker, PRODUCT_TEXT.name))]

    def _process(self, module: str, requests: Sequence[dict[str, Any]], *arguments: str) -> dict[str, Any]:
        file = self._directory / "requests.json"
        file.write_bytes(orjson.dumps(requests))
        command = [sys.executable, "-m", module, str(file), *arguments]
        done = subprocess.run(command, cwd=contenders.ROOT, capture_output=True, check=False)
        if done.returncode:
            raise FatalError(f"bench: {module}: {done.stderr.decode(errors='replace')[-800:]}")
        told: dict[str, Any] = orjson.loads(done.stdout)
        return told

    def _add(self, key: str, value: float) -> None:
        self._report.add(key, value)
        self._say(f"  {key:<32} {value:>9.2f}")

    def _next(self) -> tuple[str, Path]:
        """A consumer group and a directory that nobody has used."""
        self._count += 1
        directory = self._directory / str(self._count)
        directory.mkdir()
        return f"bench-{self._count}", directory
