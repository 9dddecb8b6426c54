"""Every command as a user runs it: what it prints where, how it fails, and its exit code."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from schemas import documents
from schemas.topics import NEW_REVIEW, ROLLING_STATE, TOPICS, dead_letter_topic
from streams.cli import app
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord, publish
from streams.local.embedded import EmbeddedStack, free_port
from streams.settings import PREFIX
from tests.brokers import Broker, unique_name

BROKER_VARIABLE = f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS"
#: What the slowest command may take. One that waits longer than it says it does fails its test here.
TIMEOUT_S = 20.0
COLUMNS = 80


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON document that standard output holds, and nothing else."""
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)


def run(*arguments: str, settings: Mapping[str, str] | None = None) -> Ended:
    """Run the program with these settings, and none of our own environment's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", **(settings or {})}
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def run_all(
    commands: Sequence[Sequence[str]], settings: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Ended]]:
    """Run several commands at once; yields each with how it ended."""
    with ThreadPoolExecutor(4) as threads:
        ended = threads.map(lambda arguments: run(*arguments, settings=settings), commands)
        yield from zip(map(" ".join, commands), ended, strict=True)


def on(broker: Broker | EmbeddedStack) -> dict[str, str]:
    return {BROKER_VARIABLE: broker.bootstrap_servers}


@pytest.fixture
def topics(broker: Broker) -> dict[str, str]:
    """The settings for a broker that has the topics."""
    assert run("topics", "create", settings=on(broker)).code == 0
    return on(broker)


@pytest.fixture
def embedded_topics(embedded_broker: EmbeddedStack) -> dict[str, str]:
    """The settings for an embedded broker that has the topics."""
    assert run("topics", "create", settings=on(embedded_broker)).code == 0
    return on(embedded_broker)


def commands_of(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command with the words that call it, groups included."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands_of(command, (*path, name))


def test_every_help_is_complete_and_fits() -> None:
    """`--help` of the program and each command names all its commands and options, within 80 columns."""
    commands = dict(commands_of(typer.main.get_command(app)))
    assert ("topics", "check") in commands
    helps = run_all([[*path, "--help"] for path in commands])
    for (called, ended), command in zip(helps, commands.values(), strict=True):
        assert (ended.code, ended.err) == (0, ""), called
        options = [name for option in command.params for name in option.opts if name.startswith("--")]
        for wanted in (*options, *getattr(command, "commands", {})):
            assert wanted in ended.out.replace("│", " ").split(), f"{called} does not name {wanted}"
        assert max(map(len, ended.out.splitlines())) <= COLUMNS, called
        assert "…" not in ended.out, f"{called} is cut off"


def test_a_misspelt_setting_is_told_in_one_line() -> None:
    """An unknown variable with our prefix ends any command with 2 and the name that was probably meant."""
    ended = run("topics", "list", settings={f"{PREFIX}KAFKA__BOOTSTRAP_SERVER": "127.0.0.1:9092"})
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert f"{PREFIX}KAFKA__BOOTSTRAP_SERVER;" in ended.err
    assert BROKER_VARIABLE in ended.err


def test_an_unfitting_setting_is_told_in_one_line() -> None:
    """A value that does not fit ends the command with 2 and names its variable."""
    ended = run("topics", "list", settings={f"{PREFIX}KAFKA__PARTITIONS": "four"})
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert f"{PREFIX}KAFKA__PARTITIONS" in ended.err


BROKER_COMMANDS = (["topics", "check"], ["topics", "create"], ["tail", NEW_REVIEW.name])


def test_no_broker_says_how_to_configure_one(tmp_path: Path) -> None:
    """Commands that need a broker end with 2 and name the variable to set when none is configured."""
    file = reviews_file(tmp_path, "reviews.jsonl", "p")
    for called, ended in run_all([*BROKER_COMMANDS, ["publish", str(file)], ["worker", "enrich"]]):
        assert (ended.code, ended.out) == (2, ""), called
        assert BROKER_VARIABLE in ended.err, called


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_an_unreachable_broker_is_told_in_time(how: str, silent_port: int, tmp_path: Path) -> None:
    """A broker that refuses or never answers ends commands with 1 and its address, in less than 20 s."""
    address = f"127.0.0.1:{free_port() if how == 'refused' else silent_port}"
    file = reviews_file(tmp_path, "reviews.jsonl", "p")
    commands = [*BROKER_COMMANDS, ["publish", str(file), *RENAMED]]
    for called, ended in run_all(commands, {BROKER_VARIABLE: address}):
        assert (ended.code, ended.out) == (1, ""), called
        last = ended.err.strip().splitlines()[-1]
        assert last.startswith("error "), called
        assert address in last, called


def test_topics_list_names_every_topic() -> None:
    """Every topic and dead-letter topic is listed in full, for people and for machines, without a broker."""
    names = {topic.name for topic in TOPICS}
    names |= {dead_letter_topic(topic.name) for topic in TOPICS if topic.dead_letters} | {ROLLING_STATE}
    settings = {f"{PREFIX}KAFKA__PARTITIONS": "12"}
    rows = run("topics", "list", "--json", settings=settings).json()
    assert {row["name"] for row in rows} == names
    own = {topic.name: topic.partitions for topic in TOPICS if topic.partitions is not None}
    for row in rows:
        assert row["partitions"] == own.get(row["name"].removesuffix(".dlq"), 12)
    assert names <= set(run("topics", "list", settings=settings).out.split())


async def delete_topic(servers: str, name: str) -> None:
    admin = KafkaConnection(servers).admin()
    try:
        await admin.start()
        await admin.delete_topics([name])
    finally:
        await admin.close()


async def test_topics_are_checked_and_created(broker: Broker, topics: dict[str, str]) -> None:
    """`check` names exactly what differs and exits 1; `create` makes exactly what is missing; then all is well."""
    await delete_topic(broker.bootstrap_servers, "copy-request")

    (difference,) = run("topics", "check", "--json", settings=topics).json()["differences"]
    assert "copy-request" in difference
    assert "missing" in difference
    checked = run("topics", "check", settings=topics)
    assert (checked.code, checked.out) == (1, difference + "\n")

    assert run("topics", "create", "--json", settings=topics).json() == {"created": ["copy-request"]}
    checked = run("topics", "check", "--json", settings=topics)
    assert (checked.code, checked.json()) == (0, {"differences": []})

    more = run("topics", "check", settings=topics | {f"{PREFIX}KAFKA__PARTITIONS": "5"})
    assert more.code == 1
    assert "topic new-review: partitions: wanted 5; got 4\n" in more.out


async def test_a_missing_topic_is_told_at_once(
    broker: Broker, topics: dict[str, str], tmp_path: Path
) -> None:
    """Without their topic `publish` and `tail` end with 1, and the command that creates it, in a few lines."""
    await delete_topic(broker.bootstrap_servers, "copy-request")
    try:
        file = reviews_file(tmp_path, "requests.jsonl", "p")
        fields = ("--map", "request_id=id,product_id=sku", "--set", "kind=ad")
        publishing = ["publish", str(file), "--topic", "copy-request", *fields]
        for called, ended in run_all([publishing, ["tail", "copy-request"]], topics):
            assert (ended.code, ended.out) == (1, ""), called
            assert "reviewstream topics " in ended.err, called
            assert len(ended.err.splitlines()) < 10, called
    finally:
        await delete_topic(broker.bootstrap_servers, "copy-request")  # in case it was made on first use
        assert run("topics", "create", settings=topics).code == 0


def reviews_file(directory: Path, name: str, product: str) -> Path:
    """Two good reviews under columns of the user's own, then two bad rows, on lines 4 and 5 of a table."""
    rows = [
        ("r1", product, "Bright lamp, easy to mount.", "5"),
        ("r2", product, "灯很亮，安装简单。", "4.5"),
        ("r3", "", "No product.", "3"),
        ("r4", product, "A rating beyond five.", "9"),
    ]
    columns = ("id", "sku", "body", "stars")
    path = directory / name
    if path.suffix == ".jsonl":
        lines = [json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows]
        lines = ["not json", *lines]  # so that the bad rows have the same line numbers, and one more
    elif path.suffix == ".csv":
        lines = [",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    else:
        lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


RENAMED = ("--map", "review_id=id,product_id=sku,text=body,rating=stars")


@pytest.mark.embedded
@pytest.mark.parametrize("name", ["reviews.jsonl", "reviews.csv", "reviews.tsv"])
def test_publish_takes_files_as_they_are(name: str, embedded_topics: dict[str, str], tmp_path: Path) -> None:
    """Rows of each format become events by --map and --set; each bad row is told with its line; exit code 3."""
    product = unique_name("product")
    file = reviews_file(tmp_path, name, product)
    ended = run(
        "publish",
        str(file),
        *RENAMED,
        "--set",
        "platform=shop,language=en",
        "--json",
        settings=embedded_topics,
    )

    told = ended.json()
    bad_lines = [1, 4, 5] if file.suffix == ".jsonl" else [4, 5]
    assert ended.code == 3
    assert (told["topic"], told["published"], told["refused"]) == ("new-review", 2, len(bad_lines))
    assert [row["line"] for row in told["bad_rows"]] == bad_lines
    assert "product_id" in told["bad_rows"][-2]["problem"]
    assert "rating" in told["bad_rows"][-1]["problem"]
    told_lines = re.findall(rf"^{re.escape(str(file))}:(\d+): ", ended.err, re.MULTILINE)
    assert told_lines == list(map(str, bad_lines))

    values = [record["value"] for record in tail("new-review", product, 2, embedded_topics)]
    assert [(one["review_id"], one["rating"], one["platform"]) for one in values] == [
        ("r1", 5, "shop"),
        ("r2", 4.5, "shop"),
    ]
    assert values[1]["text"] == "灯很亮，安装简单。"


def tail(topic: str, product: str, count: int, settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """The first records of a product, as `tail` tells them to a machine."""
    arguments = ("--from-beginning", "--product", product, "--count", str(count), "--json")
    ended = run("tail", topic, *arguments, settings=settings)
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


@pytest.mark.embedded
def test_publish_refuses_what_it_cannot_understand(embedded_topics: dict[str, str], tmp_path: Path) -> None:
    """An unknown field, topic, format or file ends `publish` with 2 and says what there is; nothing is sent."""
    file = str(reviews_file(tmp_path, "reviews.csv", "p"))
    spreadsheet = str(shutil.copy(file, tmp_path / "reviews.xlsx"))
    hints = {
        ("publish", file, "--map", "reviewid=id"): "review_id",
        ("publish", file, "--map", "review_id"): "field=column",
        ("publish", file, "--topic", "new-revew"): "'new-review'",
        ("publish", file, "--topic", "enriched-review"): "review-feedback",
        ("publish", spreadsheet): "save it as CSV",
        ("publish", file): "--map product_id=COLUMN",
        ("publish", file, "--map", "product_id=SKU"): "it has id, sku, body, stars",
        ("publish", file, "--encoding", "utf-99"): "--encoding",
        ("publish", file, "--preset", "yotpoo"): "yotpo",
        ("publish", file, "--rating-scale", "ten"): "--rating-scale",
        ("publish", file, "--timezone", "Berlin"): "Europe/Berlin",
        ("publish", str(tmp_path / "none.csv")): "none.csv",
    }
    ends = run_all(list(hints), embedded_topics)
    for (called, ended), hint in zip(ends, hints.values(), strict=True):
        assert (ended.code, ended.out) == (2, ""), called
        assert hint in ended.err, called


@pytest.mark.embedded
def test_publish_keeps_to_its_rate(embedded_topics: dict[str, str], tmp_path: Path) -> None:
    """Five events at four a second take at least the second that lies between the first and the last."""
    file = tmp_path / "reviews.jsonl"
    rows = [{"review_id": f"r{number}", "product_id": "p", "text": "Fine."} for number in range(5)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ended = run("publish", str(file), "--rate", "4", "--json", settings=embedded_topics)
    assert ended.code == 0
    told = ended.json()
    assert told["published"] == 5
    assert told["seconds"] >= 1.0


def test_tail_shows_what_was_published(topics: dict[str, str], tmp_path: Path) -> None:
    """`tail` tells each record of one product, in order, with where it lies, on both brokers."""
    mine, other = unique_name("product"), unique_name("product")
    for product in (mine, other):
        file = reviews_file(tmp_path, "reviews.csv", product)
        assert run("publish", str(file), *RENAMED, settings=topics).code == 3
    records = tail("new-review", mine, 2, topics)
    assert [record["value"]["review_id"] for record in records] == ["r1", "r2"]
    assert {record["key"] for record in records} == {mine}
    assert records[1]["offset"] == records[0]["offset"] + 1
    assert records[0].keys() == {
        "topic",
        "partition",
        "offset",
        "timestamp_ms",
        "key",
        "headers",
        "value",
    }


async def test_tail_shows_what_is_no_json(broker: Broker, topics: dict[str, str]) -> None:
    """A dead letter's raw bytes come out as text, whatever they are, and do not end the reading."""
    product = unique_name("product")
    topic = dead_letter_topic("new-review")
    records = [RawRecord(product.encode(), value) for value in (b'{"cut": \xff', None, b"{}")]
    await publish(KafkaConnection(broker.bootstrap_servers), topic, records)
    told = await asyncio.to_thread(tail, topic, product, 3, topics)
    assert [record["value"] for record in told] == ['{"cut": �', None, {}]


def test_tail_names_the_topics_there_are() -> None:
    """A topic that is none of ours ends `tail` with 2 and the names to choose from, without asking a broker."""
    ended = run("tail", "new-revew")
    assert (ended.code, ended.out) == (2, "")
    assert "new-review.dlq" in ended.err


def test_contracts_are_checked(tmp_path: Path) -> None:
    """`contracts --check` accepts the shipped documents, and names the stale and the missing one of a directory."""
    shipped = Path(documents.__file__).parent / "generated"
    directory = tmp_path / "generated"
    shutil.copytree(shipped, directory)
    (directory / "review.schema.json").write_text("{}\n")
    (directory / "product.schema.json").unlink()

    assert run("contracts", "--check").code == 0
    stale = run("contracts", "--check", "--directory", str(directory))
    assert stale.code == 1
    assert {line.split(":")[0] for line in stale.out.splitlines()} == {
        "review.schema.json",
        "product.schema.json",
    }
    assert run("contracts", "--directory", str(directory)).code == 0
    assert {path.name: path.read_text() for path in directory.iterdir()} == {
        path.name: path.read_text() for path in shipped.iterdir()
    }


def findings(ended: Ended) -> dict[str, str]:
    return {finding["subject"]: finding["status"] for finding in ended.json()["findings"]}


@pytest.mark.model
def test_doctor_is_content_without_a_broker() -> None:
    """Without broker and Redis all is well: both are embedded then, and `doctor` says so."""
    ended = run("doctor", "--json")
    assert (ended.code, ended.json()["ok"]) == (0, True)
    found = findings(ended)
    assert (found["broker"], found["redis"]) == ("note", "note")
    assert {
        found[subject] for subject in ("configuration", "packages", "codecs", "model", "device", "generator")
    } == {"ok"}


@pytest.mark.model
def test_doctor_examines_the_broker(broker: Broker, topics: dict[str, str]) -> None:
    """With a broker, `doctor` tells its topics and the delivery guarantee that it allows."""
    ended = run("doctor", "--json", settings=topics)
    assert ended.code == 0, ended
    found = {finding["subject"]: finding for finding in ended.json()["findings"]}
    assert {found[subject]["status"] for subject in ("broker", "topics", "delivery")} == {"ok"}
    guarantee = "exactly_once" if broker.supports_transactions else "at_least_once"
    assert guarantee in found["delivery"]["message"]


def test_doctor_finds_every_fault_at_once() -> None:
    """Faults of broker, Redis and model are each a finding with the variable to look at, and the exit code is 1."""
    faults = {
        BROKER_VARIABLE: f"127.0.0.1:{free_port()}",
        f"{PREFIX}REDIS__URL": f"redis://127.0.0.1:{free_port()}",
        f"{PREFIX}MODEL__READERS": '{"en": "builtin:nonsense"}',
    }
    ended = run("doctor", "--json", settings=faults)
    assert (ended.code, ended.json()["ok"]) == (1, False)
    found = findings(ended)
    assert {found[subject] for subject in ("broker", "redis", "model")} == {"failed"}
    assert (found["configuration"], found["packages"]) == ("ok", "ok")


LABELLED = """comment,verdict
"Love it, works perfectly and arrived early.",good
"Superb quality, my favourite purchase this year.",good
"Terrible, stopped working after one day.",bad
"A complete waste of money, avoid it.",bad
"It is a kettle. It boils water.",so-so
"Nobody knows what this label means.",purple
"""


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Five labelled reviews, and one with a label that means nothing."""
    path = tmp_path / "labelled.csv"
    path.write_text(LABELLED)
    return path


@pytest.mark.model
def test_evaluate_measures_the_users_own_reviews(labelled: Path) -> None:
    """`evaluate` reads columns and labels of the user's own, and its numbers agree with each other."""
    ended = run(
        *("evaluate", "sentiment", str(labelled), "--text", "comment", "--label", "verdict", "--json"),
        *("--map", "good=positive,bad=negative,so-so=neutral"),
    )
    assert ended.code == 0
    told = ended.json()
    assert (told["reviews"], told["skipped"]) == (5, 1)
    confusion = told["confusion"]
    assert [sum(row) for row in confusion] == [2, 1, 2]
    assert told["accuracy"] == sum(confusion[index][index] for index in range(3)) / 5
    assert told["accuracy"] >= 0.8
    assert set(told["per_class"]) == {"negative", "neutral", "positive"}
    assert 0 <= told["macro_f1"] <= 1
    assert 0 <= told["ece"] <= 1
    assert told["reviews_per_second"] > 0
    assert told["model"]["name"] == "reviews-en"


@pytest.mark.model
def test_evaluate_names_rows_with_too_many_cells(tmp_path: Path) -> None:
    """They are not taken for rows without a label; their line and what to do are told, the rest is measured."""
    file = tmp_path / "reviews.csv"
    file.write_text(
        "review_text,sentiment\nGreat value, I would buy it again.,positive\nBroke in a week.,negative\n"
        '"Fine, nothing more.",neutral\n'
    )
    columns = ("--text", "review_text", "--label", "sentiment")
    ended = run("evaluate", "sentiment", str(file), *columns, "--json")
    assert ended.code == 0
    assert (ended.json()["reviews"], ended.json()["skipped"]) == (2, 1)
    assert f"{file}:2: 3 cells for the 2 columns (review_text, sentiment)" in ended.err


@pytest.mark.model
def test_evaluate_compares_two_poles_with_each_other(tmp_path: Path) -> None:
    """Where a file knows no neutral, neutral is no mistake, but told; Chinese rows are read by the Chinese reader."""
    file, plot = tmp_path / "poles.jsonl", tmp_path / "poles.png"
    rows = [
        ("I love it, works great.", 1),
        ("Terrible, it broke.", 0),
        ("质量很好，很满意", 1),
        ("太差了，差评", 0),
    ]
    file.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    ended = run(
        *("evaluate", "sentiment", str(file), "--map", "0=negative,1=positive"),
        *("--plot", str(plot), "--json"),
    )
    assert ended.code == 0
    told = ended.json()
    assert told["labels"] == ["negative", "positive"]
    assert told["accuracy"] == told["macro_f1"] == 1.0
    assert "share_called_neutral" in told
    assert {one["name"]: one["reviews"] for one in told["models"]} == {
        "reviews-en": 2,
        "reviews-zh": 2,
    }
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.model
def test_evaluate_aspects_measures_finding_and_polarity(tmp_path: Path) -> None:
    """Both are told apart, by aspect and by class."""
    file = tmp_path / "aspects.csv"
    file.write_text(
        "text,aspect,label\n"
        "The parcel arrived two weeks late.,shipping,negative\n"
        "The box was crushed.,packaging,negative\n"
        "The waiter was rude.,staff,negative\n"
        "Delicious soup.,food,positive\n"
    )
    ended = run("evaluate", "aspects", str(file), "--json")
    assert ended.code == 0
    told = ended.json()
    assert set(told["category"]["per_aspect"]) == {
        *("delivery", "packaging", "customer_service", "taste_and_smell")
    }
    assert told["category"]["f1"] >= 0.75
    assert told["polarity"]["count"] == 4
    assert told["polarity"]["accuracy"] >= 0.75
    assert told["reviews"] == 4
    for_people = run("evaluate", "aspects", str(file))
    assert for_people.code == 0
    assert "customer_service" in for_people.out


@pytest.mark.model
def test_evaluate_names_the_aspects_that_were_never_found(tmp_path: Path) -> None:
    """They count as missed; of the sentiment towards them nothing is claimed."""
    file = tmp_path / "aspects.csv"
    file.write_text(
        "text,aspect,label\nThe box was crushed.,packaging,negative\nThe plot is thin.,safety,negative\n"
    )
    told = run("evaluate", "aspects", str(file), "--json").json()
    assert told["never_said"] == ["safety"]
    assert told["category"]["per_aspect"]["safety"]["recall"] == 0.0
    assert told["polarity"]["count"] == 1
    assert told["found_and_right"] <= 0.5
    assert "found in none of the texts: safety" in run("evaluate", "aspects", str(file)).err


@pytest.mark.model
def test_explain_shows_what_an_answer_stands_on() -> None:
    """Label, sentences, aspects with their words, masks, and the words that weigh, the heaviest first."""
    text = "I hate this kettle. It was delivered three weeks late. Mail me: a.b@example.com"
    ended = run("explain", text, "--json")
    assert ended.code == 0
    told = ended.json()
    assert "example.com" not in ended.out
    assert [mask["kind"] for mask in told["masked"]] == ["email"]
    assert [sentence["text"] for sentence in told["sentences"]][:2] == [
        "I hate this kettle.",
        "It was delivered three weeks late.",
    ]
    assert told["sentences"][0]["label"] == "negative"
    assert ("delivery", "It was delivered three weeks late") in [
        (one["aspect"], one["quote"]) for one in told["aspects"]
    ]
    weights = [abs(word["weight"]) for word in told["words"]]
    assert weights == sorted(weights, reverse=True)
    assert told["sentiment"]["label"] == "negative"
    assert "hate" in [word["text"] for word in told["words"][:3]]
    assert run("explain", text).out.count("delivery") >= 1
    chinese = run("explain", "物流很快，但是客服态度差。", "--json").json()
    assert chinese["model"]["name"] == "reviews-zh"
    found = {one["aspect"]: one["label"] for one in chinese["aspects"]}
    assert (found.get("delivery"), found.get("customer_service")) == ("positive", "negative")


def test_explain_names_what_is_missing() -> None:
    """An empty text, or one in a language that no model reads, ends with 2 and advice."""
    assert run("explain", "  ").code == 2
    ended = run("explain", "C'est un très bon produit, je le recommande.")
    assert (ended.code, ended.out) == (2, "")
    assert "READERS" in ended.err


def test_evaluate_names_the_columns_there_are(labelled: Path) -> None:
    """Columns or labels that are not in the file end `evaluate` with 2, and say what is in it."""
    ended = run("evaluate", "sentiment", str(labelled))
    assert (ended.code, ended.out) == (2, "")
    assert "comment, verdict" in ended.err
    columns = ("--text", "comment", "--label", "verdict")
    ended = run("evaluate", "sentiment", str(labelled), *columns, "--map", "good=great")
    assert (ended.code, ended.out) == (2, "")
    assert "negative, neutral, positive" in ended.err


def test_worker_names_the_roles_there_are() -> None:
    """A role that does not exist ends `worker` with 2 and the names of those that do."""
    ended = run("worker", "nonsense")
    assert (ended.code, ended.out) == (2, "")
    assert "enrich" in ended.err
