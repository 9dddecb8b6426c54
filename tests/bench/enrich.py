"""The run: every contender on the same reviews, interleaved, repeated; then transport, latency and memory."""

import asyncio
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from streams.errors import ConfigurationError, FatalError
from tests.bench import contenders, latency
from tests.bench.brokers import BenchBroker, create_topics, open_broker
from tests.bench.contenders import SHORT_SOURCE, SOURCE, Contender, enrich_contenders, transport_contenders
from tests.bench.cores import confined, cores, split_cores
from tests.bench.drain import Drained, drain, fill
from tests.bench.report import Report
from tests.bench.reviews import BenchReview, costless_reviews

LOADS = (0.5, 0.8)
#: What can be asked for on its own.
KEYS = (
    "bare",
    *(one.key for one in enrich_contenders("")),
    *(one.key for one in transport_contenders()),
    "scaling",
    "latency",
)
_SHORT_SHARE = 8  # slow contenders are measured on an eighth
_SCALING_TIMES = 4

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What is measured, and how often.

    Attributes:
        reviews: the same for all contenders.
        repeats: of every contender; all of them once, then all again.
        transport_events: for the costless model, where memory is watched too.
        latency_s: seconds of open-loop load, at each load.
        broker: see `open_broker`.
        only: keys of contenders and phases, from `KEYS`; empty for all. The bare model always runs.
    """

    reviews: Sequence[BenchReview]
    repeats: int = 5
    transport_events: int = 200_000
    latency_s: float = 40.0
    broker: str = "auto"
    only: frozenset[str] = frozenset()

    def wants(self, key: str) -> bool:
        """Whether this one takes part."""
        # Latency is measured at shares of what the pipeline reached.
        return not self.only or key in self.only or (key == "pipeline" and "latency" in self.only)


def keys_of(text: str) -> frozenset[str]:
    """Read a list of keys, comma separated; `_rps` at their end is fine.

    Raises:
        ConfigurationError: one of them does not exist.
    """
    keys = frozenset(key.strip().removesuffix("_rps") for key in text.split(",") if key.strip())
    unknown = sorted(keys - set(KEYS))
    if unknown:
        raise ConfigurationError(f"bench: --only: wanted keys of {', '.join(KEYS)}; got {', '.join(unknown)}")
    return keys


@dataclass
class _Bare:
    """The bare model's runs, and what the ideal batcher needs of them."""

    rps: list[float] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=list)
    forwards: list[tuple[int, int, float]] = field(default_factory=list)
    streams: int = 1
    max_tokens: int = 1024
    dtype: str = "float32"
    parts_us: dict[str, float] = field(default_factory=dict)


def run(options: Options, say: Say) -> Report:
    """Measure everything.

    Raises:
        FatalError: a contender lost a review or did not work; nothing is reported then.
        ConfigurationError: no broker.
    """
    reason = contenders.install_baselines(say)
    if reason:
        say(f"the baselines with packages of their own are left out: {reason}")
    report = Report(machine=machine(), missing=reason)
    with tempfile.TemporaryDirectory(prefix="reviewstream-bench-") as directory:
        runner = _Runner(options, report, Path(directory), say)
        bare = runner.enrich()
        if options.wants("scaling"):
            runner.scaling()
        if options.wants("transport") or options.wants("quix_transport"):
            runner.transport()
        if options.wants("latency"):
            runner.latency(bare)
    return report


class _Runner:
    """The phases of a run; each has a broker of its own."""

    def __init__(self, options: Options, report: Report, directory: Path, say: Say) -> None:
        self._options = options
        self._report = report
        self._directory = directory
        self._say = say
        self._count = 0
        self._texts = directory / "texts.json"

    def enrich(self) -> _Bare:
        """The bare model and everything that drains a topic with it."""
        options, bare = self._options, _Bare()
        reviews = options.reviews
        short = reviews[: max(1, len(reviews) // _SHORT_SHARE)]
        self._texts.write_bytes(orjson.dumps([review.text for review in reviews]))
        with open_broker(options.broker) as broker:
            self._report.broker = broker.name
            self._say(f"broker: {broker.name}; {len(reviews)} reviews, {options.repeats} repeats")
            self._run_bare(bare)  # its dtype is the one that others are to have; not counted
            taking_part = [one for one in enrich_contenders(bare.dtype) if self._takes_part(one)]
            asyncio.run(self._prepare(broker, taking_part, {SOURCE: reviews, SHORT_SOURCE: short}))
            if taking_part:
                self._drain(taking_part[0], broker, reviews, SOURCE)  # warms the broker up; not counted
            bare.rps.clear()
            for repeat in range(options.repeats):
                self._say(f"repeat {repeat + 1} of {options.repeats}")
                self._run_bare(bare)
                for one in taking_part:
                    source, wanted = (SHORT_SOURCE, short) if one.is_slow else (SOURCE, reviews)
                    drained = self._drain(one, broker, wanted, source)
                    self._report.add(f"{one.key}_rps", drained.rps)
                    self._report.same_labels[one.key] = _share_equal(drained.labels, bare.labels)
                    if one.key == "pipeline":
                        self._report.add("broker_us", 1e6 * (drained.broker_cpu_s or 0) / drained.reviews)
        for rps in bare.rps:
            self._report.add("bare_rps", rps)
        self._report.model = {"dtype": bare.dtype, "streams": bare.streams, "batch_tokens": bare.max_tokens}
        self._report.parts_us |= bare.parts_us
        return bare

    def scaling(self) -> None:
        """The pipeline on one core, on all, and as two workers of one core each."""
        pipeline = enrich_contenders("")[0]
        # More of them than elsewhere: until the second worker has joined, seconds go by with one at work.
        reviews = _repeated(self._options.reviews, _SCALING_TIMES * len(self._options.reviews), "s")
        with open_broker(self._options.broker) as broker:
            asyncio.run(self._prepare(broker, [], {SOURCE: reviews}))
            for name, threads, count in (
                ("1 worker, 1 core", 1, 1),
                ("1 worker, all cores", None, 1),
                ("2 workers, 1 core each", 1, 2),
            ):
                environment = {} if threads is None else {"REVIEWSTREAM_MODEL__THREADS": str(threads)}
                drained = self._drain(pipeline, broker, reviews, SOURCE, environment=environment, count=count)
                self._report.scaling[name] = round(drained.rps, 1)

    def transport(self) -> None:
        """The costless model: ours and Quix Streams, CPU by stage, memory."""
        options = self._options
        events = costless_reviews(options.transport_events)
        with open_broker(options.broker) as broker:
            taking_part = [one for one in transport_contenders() if self._takes_part(one)]
            asyncio.run(self._prepare(broker, taking_part, {SOURCE: events}))
            account = self._directory / "account.json"
            for repeat in range(options.repeats + 1):
                for one in taking_part:
                    arguments = [str(account), "whole"] if one.is_ours else []
                    drained = self._drain(one, broker, events, SOURCE, arguments=arguments)
                    if repeat == 0:
                        continue  # warms the broker up
                    self._report.add(f"{one.key}_rps", drained.rps)
                    if one.is_ours:
                        self._report.add("tax_us", orjson.loads(account.read_bytes())["whole_us"])
                        self._report.memory = _memory(drained)
                        self._report.add("memory_slope", self._report.memory["slope_mb_per_100k_events"])
            ours = [one for one in taking_part if one.is_ours]
            if ours:
                self._drain(ours[0], broker, events, SOURCE, arguments=[str(account), "stages"])
                self._report.stages = orjson.loads(account.read_bytes())

    def latency(self, bare: _Bare) -> None:
        """Open-loop load: everything on the same cores, then the worker on half of them and all else on the rest."""
        capacity = self._report.median("pipeline_rps")
        if capacity is None:
            return
        self._latency_at_loads(bare, capacity, "")
        split = split_cores()
        if split is None:
            return
        with confined(split.rest):
            alone = _Bare()
            self._run_bare(alone, on_cores=split.worker)
            with open_broker(self._options.broker) as broker:
                if broker.pid is None:
                    self._say("the worker on cores of its own: left out, the broker's are not ours to choose")
                    return
                asyncio.run(self._prepare(broker, [], {SOURCE: self._options.reviews}))
                pipeline = enrich_contenders("")[0]
                for _ in range(2):  # the first warms the broker up
                    drained = self._drain(
                        pipeline, broker, self._options.reviews, SOURCE, on_cores=split.worker
                    )
            self._latency_at_loads(alone, drained.rps, ", worker on cores of its own", split.worker)

    def _latency_at_loads(
        self, bare: _Bare, capacity: float, where: str, on_cores: Collection[int] | None = None
    ) -> None:
        """At shares of the capacity that was just measured."""
        pipeline, cost = enrich_contenders("")[0], latency.cost_of(bare.forwards)
        for load in LOADS:
            count = max(50, round(self._options.latency_s * load * capacity))
            reviews = _repeated(self._options.reviews, count, "l")
            tokens = [bare.tokens[n % len(bare.tokens)] for n in range(count)]
            with open_broker(self._options.broker) as broker:
                asyncio.run(create_topics(broker))
                self._say(f"latency at {load:.0%} of {capacity:.0f} reviews/s{where}, {count} reviews")
                found = asyncio.run(
                    latency.measure(
                        pipeline,
                        broker,
                        reviews,
                        tokens,
                        load=load,
                        capacity_rps=capacity,
                        cost=cost,
                        streams=bare.streams,
                        max_tokens=bare.max_tokens,
                        group=self._group(),
                        directory=self._directory,
                        on_cores=on_cores,
                    )
                )
            self._report.latency[f"{load:.0%}{where}"] = asdict(found) | {
                "p99_over_ideal": found.p99_over_ideal
            }

    def _takes_part(self, one: Contender) -> bool:
        return self._options.wants(one.key) and not (one.needs_baselines_python and self._report.missing)

    async def _prepare(
        self,
        broker: BenchBroker,
        taking_part: Sequence[Contender],
        topics: dict[str, Sequence[BenchReview]],
    ) -> None:
        outputs = [one.output for one in taking_part if not one.is_ours]
        await create_topics(broker, (*outputs, *(topic for topic in topics if topic != SOURCE)))
        for topic, reviews in topics.items():
            await fill(broker, topic, reviews)

    def _run_bare(self, bare: _Bare, on_cores: Collection[int] | None = None) -> None:
        command = [sys.executable, "-m", "tests.bench.ours.bare", str(self._texts)]
        with confined(on_cores):
            done = subprocess.run(command, cwd=contenders.ROOT, capture_output=True, check=False)
        if done.returncode:
            raise FatalError(f"bench: the bare model: {done.stderr.decode(errors='replace')[-800:]}")
        told = orjson.loads(done.stdout)
        bare.rps.append(told["rps"])
        bare.forwards += [tuple(one) for one in told["forwards"]]
        bare.tokens, bare.streams, bare.max_tokens = (
            told["tokens"],
            told["streams"],
            told["best_batch_tokens"],
        )
        bare.dtype, bare.parts_us = told["dtype"], told["parts_us"]
        names = (review.review_id for review in self._options.reviews)
        bare.labels = dict(zip(names, told["labels"], strict=True))
        self._say(f"  {'the model alone':<48} {told['rps']:>9.1f}/s")

    def _drain(
        self, one: Contender, broker: BenchBroker, reviews: Sequence[BenchReview], source: str, **more: Any
    ) -> Drained:
        self._count += 1
        directory = self._directory / f"{self._count}-{one.key}"
        directory.mkdir()
        drained = asyncio.run(
            drain(one, broker, reviews, source=source, group=self._group(), directory=directory, **more)
        )
        self._say(f"  {one.title:<48} {drained.rps:>9.1f}/s")
        return drained

    def _group(self) -> str:
        return f"bench-{self._count}"


def _share_equal(labels: dict[str, str], others: dict[str, str]) -> float:
    return round(sum(label == others[name] for name, label in labels.items()) / len(labels), 4)


def _repeated(reviews: Sequence[BenchReview], count: int, prefix: str) -> list[BenchReview]:
    """So many reviews, the same ones over and over under new ids."""
    repeated = []
    for number in range(count):
        one, review_id = reviews[number % len(reviews)], f"{prefix}{number}"
        value = orjson.dumps(orjson.loads(one.value) | {"review_id": review_id})
        repeated.append(BenchReview(review_id, one.product_id, one.text, value))
    return repeated


def _memory(drained: Drained) -> dict[str, float]:
    """Peak, and the slope over the second half of the run, when everything has its size."""
    seconds, resident = np.array(drained.memory, dtype=np.float64).T
    half = seconds >= seconds[-1] / 2
    slope = np.polyfit(seconds[half] * drained.rps / 1e5, resident[half] / 1e6, 1)[0]
    return {
        "events": drained.reviews,
        "peak_mb": round(float(resident.max()) / 1e6, 1),
        "slope_mb_per_100k_events": round(float(slope), 2),
    }


def machine() -> dict[str, Any]:
    """What it is measured on, and when."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return {
        "cpu": name,
        "cores": cores(),
        "python": platform.python_version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
