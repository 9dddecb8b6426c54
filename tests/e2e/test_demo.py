"""The demonstration and `up` as a user runs them: exact counts, samples, addresses, and a clean end at Ctrl-C."""

import asyncio
import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from schemas.reviews import ReviewEnriched
from schemas.topics import NEW_REVIEW
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.settings import PREFIX
from tests.brokers import ApacheKafka, unique_name

pytestmark = pytest.mark.model

TIMEOUT_S = 120.0
BROKER_VARIABLE = f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS"
#: A group's join takes half of the session timeout on the embedded broker; waiting for it tests nothing here.
QUICK = {f"{PREFIX}KAFKA__SESSION_TIMEOUT_S": "3"}

OWN_REVIEWS = """id,sku,body,stars
a1,lamp,"Bright, warm light, and it was mounted in minutes.",5
a2,lamp,"Broke after two days, and nobody answers my mails.",1
a3,,A review of nothing.,3
a4,desk,桌子很稳，颜色也好看。,5
"""
RENAMED = ("--map", "review_id=id,product_id=sku,text=body,rating=stars")


@pytest.fixture
def own_reviews(tmp_path: Path) -> Path:
    """Three good reviews, and one without a product on line 4."""
    path = tmp_path / "reviews.csv"
    path.write_text(OWN_REVIEWS, encoding="utf-8")
    return path


@dataclass
class Program:
    """The program while it runs, in a process group of its own, as a shell would start it."""

    process: subprocess.Popen[bytes]
    out_path: Path
    err_path: Path

    @property
    def out(self) -> str:
        return self.out_path.read_text()

    @property
    def err(self) -> str:
        return self.err_path.read_text()

    def wait_for(self, what: Callable[[], Any], called: str) -> Any:
        """The first truthy answer of `what`; fails if the program ends before it or takes too long."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (answer := what()):
            assert self.process.poll() is None, f"ended before {called}: {self.err}"
            assert time.monotonic() < deadline, f"no {called}: {self.err}"
            time.sleep(0.05)
        return answer

    def interrupt(self) -> int:
        """Ctrl-C: SIGINT to its process group. Returns the exit code; fails if a child outlives it."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        assert children
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(20)
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == [], self.err
        assert "Traceback" not in self.err, self.err
        return code


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program with these settings, and none of our own environment's."""
    started: list[Program] = []

    def start_program(*arguments: str, settings: Mapping[str, str] | None = None) -> Program:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        out_path = tmp_path / f"{len(started)}.out"
        err_path = tmp_path / f"{len(started)}.err"
        with out_path.open("wb") as out, err_path.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", *arguments],
                env=environment | dict(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
            )
        started.append(Program(process, out_path, err_path))
        return started[-1]

    yield start_program
    for program in started:  # the guardian of each ends its children
        program.process.kill()
        program.process.wait()


def report_of(program: Program, code: int = 0) -> dict[str, Any]:
    """The one JSON object that standard output holds when the demonstration has ended."""
    assert program.process.wait(TIMEOUT_S) == code, program.err
    assert program.out.count("\n") == 1
    report: dict[str, Any] = json.loads(program.out)
    assert report["published"] == report["enriched"] + report["dead_lettered"] + report["skipped"]
    assert sum(report["by_label"].values()) == report["enriched"]
    assert sum(report["by_reason"].values()) == report["dead_lettered"]
    return report


def catalogue(name: str) -> list[dict[str, Any]]:
    lines = resources.files("streams.demo").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def assert_is_the_catalogues(report: Mapping[str, Any]) -> None:
    """The counts are those of the catalogue's files, counted here without the project's own code."""
    reviews, malformed = catalogue("reviews.jsonl"), catalogue("malformed.jsonl")
    removals = sum(bool(review.get("removed")) for review in reviews)
    assert report["published"] == len(reviews) + len(malformed)
    assert report["skipped"] == removals
    assert report["enriched"] == len(reviews) - removals
    assert report["by_reason"] == Counter(bad["reason"] for bad in malformed)
    assert report["repeats"] == 0


@pytest.mark.embedded
def test_the_demonstration_counts_every_event(start: Start) -> None:
    """On the embedded stack, as delivered: each event of the catalogue meets its fate, and 8 samples are shown."""
    report = report_of(start("demo", "--json"))
    assert_is_the_catalogues(report)
    assert report["seconds"] > 0
    assert report["reviews_per_second"] > 0
    samples = [ReviewEnriched.model_validate_json(orjson.dumps(sample)) for sample in report["samples"]]
    assert len({(sample.source.partition, sample.source.offset) for sample in samples}) == 8
    assert {sample.review_id for sample in samples} <= {
        review["review_id"] for review in catalogue("reviews.jsonl")
    }
    assert any(sample.masked for sample in samples)
    assert any(sample.aspects for sample in samples)
    assert any(sample.flags for sample in samples)
    assert {"delivery", "packaging", "customer_service"} <= set(report["by_aspect"])


@pytest.mark.embedded
def test_the_demonstration_takes_reviews_of_ones_own(start: Start, own_reviews: Path) -> None:
    """`--input` publishes the user's rows, tells the bad ones with their line, and ends with 3 because of them."""
    program = start("demo", "--json", "--input", str(own_reviews), *RENAMED, settings=QUICK)
    report = report_of(program, code=3)
    assert (report["published"], report["enriched"], report["refused_rows"]) == (3, 3, 1)
    assert f"{own_reviews}:4: product_id" in program.err
    assert {sample["review_id"]: sample["product_id"] for sample in report["samples"]} == {
        "a1": "lamp",
        "a2": "lamp",
        "a4": "desk",
    }
    assert report["by_language"] == {"en": 2, "zh": 1}


def shown_as_told(program: Program) -> str:
    """What the command prints that a demonstration which stays up tells."""
    (show,) = [
        line.strip() for line in program.err.splitlines() if line.strip().startswith("reviewstream show ")
    ]
    shown = subprocess.run(
        [sys.executable, "-m", "streams.cli", *shlex.split(show)[1:]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    return shown.stdout


@pytest.mark.embedded
def test_the_demonstration_runs_on_renamed_topics(start: Start, own_reviews: Path) -> None:
    """With a prefix and a name of its own for one: all roles, and what asks them, know no other names."""
    names = {
        f"{PREFIX}KAFKA__TOPIC_PREFIX": "shop.",
        f"{PREFIX}KAFKA__TOPIC_NAMES": '{"new-review": "reviews"}',
    }
    arguments = ("demo", "--keep", "--json", "--input", str(own_reviews), *RENAMED)
    program = start(*arguments, settings=QUICK | names)
    program.wait_for(lambda: "Ctrl-C" in program.err, "word that it stays up")
    report = json.loads(program.out)
    assert (report["published"], report["enriched"]) == (3, 3)
    assert {product["product_id"] for product in report["products"]} == {"lamp", "desk"}
    assert {sample["source"]["topic"] for sample in report["samples"]} == {"reviews"}
    assert {product["source"]["topic"] for product in report["products"]} == {"shop.enriched-review"}
    assert "reviews · " in shown_as_told(program)
    program.interrupt()


def strangers(seconds: int, rate: int) -> list[RawRecord]:
    """What other platforms publish meanwhile: good reviews and unreadable ones in turn."""
    fields = {"product_id": "stranger", "text": "Not bad.", "created_at": "2026-01-01T00:00:00Z"}
    good = [orjson.dumps(fields | {"review_id": f"s{number}"}) for number in range(seconds * rate // 2)]
    return [RawRecord(b"stranger", value) for one in good for value in (one, b"no json")]


@pytest.mark.kafka
async def test_the_demonstration_counts_its_own_events_only(start: Start, apache_kafka: ApacheKafka) -> None:
    """On a user's Kafka whose topics hold events already, and get others meanwhile: exact counts, own samples."""
    client = KafkaConnection(apache_kafka.bootstrap_servers)
    settings = QUICK | {
        BROKER_VARIABLE: apache_kafka.bootstrap_servers,
        f"{PREFIX}KAFKA__GROUP_PREFIX": unique_name("demo"),
    }
    assert start("topics", "create", settings=settings).process.wait(TIMEOUT_S) == 0
    await publish(client, NEW_REVIEW.name, strangers(1, 100))
    others = asyncio.create_task(publish(client, NEW_REVIEW.name, strangers(60, 50), rate=15))
    try:
        for _ in range(2):
            report = await asyncio.to_thread(report_of, start("demo", "--json", settings=settings))
            assert_is_the_catalogues(report)
            assert "stranger" not in {sample["product_id"] for sample in report["samples"]}
        assert not others.done()
    finally:
        others.cancel()
        await asyncio.gather(others, return_exceptions=True)


@pytest.mark.embedded
def test_ctrl_c_ends_a_kept_demonstration(start: Start, own_reviews: Path) -> None:
    """`demo --keep` stays up after its report; Ctrl-C ends it within seconds, with no process left."""
    arguments = ("demo", "--keep", "--json", "--input", str(own_reviews), *RENAMED)
    program = start(*arguments, settings=QUICK)
    program.wait_for(lambda: "Ctrl-C" in program.err, "word that it stays up")
    assert json.loads(program.out)["enriched"] == 3
    assert "reviews · " in shown_as_told(program)
    assert "the first review came out" in program.err
    assert program.interrupt() in {0, 3, 130}


@pytest.mark.embedded
def test_ctrl_c_ends_a_demonstration_that_starts(start: Start) -> None:
    """Ctrl-C while models load ends `demo` with 130 and no process left, and nothing is called a failure."""
    program = start("demo", settings=QUICK)
    program.wait_for(lambda: "models" in program.err, "word that models are loaded")
    assert program.interrupt() == 130
    assert "error" not in program.err
    assert program.out == ""


def status_of(port: int, path: str) -> int:
    """The status of a page's answer; 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.mark.embedded
def test_up_runs_until_ctrl_c(start: Start, own_reviews: Path) -> None:
    """`up` tells its addresses, becomes ready, enriches what is published, and ends at Ctrl-C, leaving nothing."""
    program = start("up", settings=QUICK | {f"{PREFIX}HTTP__PORT": "0"})
    found = program.wait_for(lambda: re.search(rf"{BROKER_VARIABLE}=(\S+)", program.err), "broker's address")
    broker = {BROKER_VARIABLE: found[1]}
    told = program.wait_for(
        lambda: re.search(r"http://127\.0\.0\.1:(\d+)/readyz", program.err), "worker's address"
    )
    port = int(told[1])
    program.wait_for(lambda: status_of(port, "/readyz") == 200, "readiness")
    assert status_of(port, "/healthz") == 200
    assert status_of(port, "/metrics") == 200

    publishing = start("publish", str(own_reviews), *RENAMED, settings=broker)
    assert publishing.process.wait(TIMEOUT_S) == 3, publishing.err
    arguments = ("--from-beginning", "--product", "desk", "--count", "1", "--json")
    tailing = start("tail", "enriched-review", *arguments, settings=broker)
    assert tailing.process.wait(TIMEOUT_S) == 0, tailing.err
    event = ReviewEnriched.model_validate_json(orjson.dumps(json.loads(tailing.out)["value"]))
    assert (event.review_id, event.text) == ("a4", "桌子很稳，颜色也好看。")

    assert program.interrupt() in {0, 130}
    assert program.out == ""
    assert status_of(port, "/healthz") == 0
