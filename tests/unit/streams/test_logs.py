import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
import stamina
import stamina.instrumentation
import structlog

from streams import logs
from streams.logs import Line, RepeatLimit


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging is global: put back what other tests expect."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in logs._TALKATIVE}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, of_library in levels.items():
        logging.getLogger(name).setLevel(of_library)
    stamina.instrumentation.set_on_retry_hooks(None)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was written to standard error since it was last asked; not a terminal."""
    return lambda: capsys.readouterr().err


def lines(stderr: Callable[[], str]) -> list[dict[str, object]]:
    """Each line as the JSON object it has to be."""
    return [json.loads(line) for line in stderr().splitlines()]


def test_json_is_one_object_a_line(stderr: Callable[[], str]) -> None:
    """A collector reads level, logger, time, role, message and fields of each line."""
    logs.configure("info", "json", role="enrich")
    structlog.get_logger("streams.mine").warning("a text is set aside", reason="model_error", text="两\n行")
    (line,) = lines(stderr)
    assert line["event"] == "a text is set aside"
    assert (line["level"], line["logger"], line["role"]) == ("warning", "streams.mine", "enrich")
    assert (line["reason"], line["text"]) == ("model_error", "两\n行")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_log_the_same_way(stderr: Callable[[], str]) -> None:
    """Faust's and aiokafka's lines have the same form as ours, arguments filled in."""
    logs.configure("info", "json", role="enrich")
    logging.getLogger("aiokafka.conn").warning("lost %s:%d", "broker", 9092)
    (line,) = lines(stderr)
    assert line["event"] == "lost broker:9092"
    assert (line["level"], line["logger"], line["role"]) == ("warning", "aiokafka.conn", "enrich")


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_is_told(stderr: Callable[[], str], style: Literal["json", "console"]) -> None:
    """An exception keeps its traceback, in JSON within its one line."""
    logs.configure("info", style)
    for log in (structlog.get_logger("streams.mine"), logging.getLogger("faust.app")):
        try:
            int("the cause")
        except ValueError:
            log.exception("failed")
    written = stderr()
    assert written.count("ValueError: invalid literal") == 2
    if style == "json":
        told = [json.loads(line)["exception"] for line in written.splitlines()]
        assert all("ValueError: invalid literal" in exception for exception in told)
        assert len(told) == 2


def test_the_role_is_on_every_line_whatever_thread_wrote_it(stderr: Callable[[], str]) -> None:
    """The consumer, the device and the tokeniser have threads of their own; their lines name the role too."""
    logs.configure("info", "json", role="enrich")

    def work() -> None:
        structlog.get_logger("streams.mine").warning("ours")
        logging.getLogger("aiokafka").warning("theirs")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [line.get("role") for line in lines(stderr)] == ["enrich", "enrich"]


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        ("debug", ["debug", "info", "warning", "error"], ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"], ["warning", "error"]),
        ("error", ["error"], ["warning", "error"]),
    ],
)
def test_levels(stderr: Callable[[], str], level: str, ours: list[str], theirs: list[str]) -> None:
    """Our log is shown from the level on; libraries from a warning on, or all of it when debugging."""
    logs.configure(level, "json")
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger("streams.mine"), name)("line")
        getattr(logging.getLogger("aiokafka"), name)("line")
    seen = [(line["logger"], line["level"]) for line in lines(stderr)]
    assert [shown for logger, shown in seen if logger == "streams.mine"] == ours
    assert [shown for logger, shown in seen if logger == "aiokafka"] == theirs


def test_what_kafka_retries_by_itself_is_not_shown(stderr: Callable[[], str]) -> None:
    """The answer to a transaction's first batch is dropped, other trouble of the same sender is not."""
    logs.configure("info", "json")
    sender = logging.getLogger("aiokafka.producer.sender")
    sender.warning("Got error produce response: %s", "[Error 19] NotEnoughReplicasError")
    sender.warning("Got error produce response: %s", "[Error 7] RequestTimedOutError")
    assert [line["event"] for line in lines(stderr)] == [
        "Got error produce response: [Error 7] RequestTimedOutError"
    ]


def test_auto_is_json_where_nobody_looks(stderr: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal people read, elsewhere machines do."""
    logs.configure("info", "auto")
    structlog.get_logger("streams.mine").info("line")
    assert lines(stderr)[0]["event"] == "line"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    logs.configure("info", "auto")
    structlog.get_logger("streams.mine").info("line")
    written = stderr()
    assert "line" in written
    assert not written.startswith("{")


def test_configured_again_nothing_is_said_twice(stderr: Callable[[], str]) -> None:
    """A second configuration replaces the first, role included."""
    logs.configure("info", "json", role="enrich")
    logs.configure("info", "json")
    structlog.get_logger("streams.mine").info("line")
    (line,) = lines(stderr)
    assert "role" not in line


async def test_a_failed_try_is_one_line_without_its_arguments(stderr: Callable[[], str]) -> None:
    """An operator reads once what failed, why and when it is tried again; passwords and reviews stay out."""
    logs.configure("info", "json", role="serve")

    @stamina.retry(on=OSError, attempts=2, wait_initial=0.0, wait_jitter=0.0)
    async def _reach_broker(_password: str) -> None:
        raise OSError("no route to it")

    with pytest.raises(OSError, match="no route"):
        await _reach_broker("hidden-word")
    written = stderr()
    (line,) = (json.loads(text) for text in written.splitlines())
    assert (line["event"], line["step"], line["error"]) == ("trying again", "reach broker", "no route to it")
    assert (line["level"], line["role"], line["tries"], line["pause_s"]) == ("warning", "serve", 1, 0)
    assert "hidden-word" not in written


def test_an_outage_fills_no_disk(stderr: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of line is there, few times; what was left out is counted, and the count is right."""
    now = [0.0]
    monkeypatch.setattr(logs, "RepeatLimit", lambda: RepeatLimit(clock=lambda: now[0]))
    logs.configure("info", "json", role="enrich")
    kinds = [("aiokafka.conn", f"Unable connect to node {kind} with id %s: %s") for kind in "abcdefgh"]
    lines_said = 17_000
    for number in range(lines_said):
        now[0] = number / 100
        name, words = kinds[number % len(kinds)]
        logging.getLogger(name).error(words, number, "[Errno 111] Connect call failed")
    structlog.get_logger("streams.mine").info("the broker is back")
    now[0] += 120
    structlog.get_logger("streams.mine").info("all is well")
    written = stderr()
    told = [json.loads(line)["event"] for line in written.splitlines()]
    left_out = [event for event in told if "were left out" in event]
    plain = [event for event in told if event.startswith("Unable")]
    assert len(written) < 100_000
    assert len(plain) == 3 * 10 * len(kinds)
    assert len(plain) + sum(int(event.split()[0]) for event in left_out) == lines_said
    assert {"the broker is back", "all is well"} <= set(told)


def test_our_own_lines_are_limited_by_what_they_say(stderr: Callable[[], str]) -> None:
    """Fields differ from line to line; the event is what is repeated. Other events are not touched."""
    logs.configure("info", "json")
    for number in range(50):
        structlog.get_logger("streams.mine").warning("a text is set aside", reason=f"r{number}")
    structlog.get_logger("streams.mine").warning("something else")
    events = [line["event"] for line in lines(stderr)]
    assert events == ["a text is set aside"] * 10 + ["something else"]


def test_debugging_sees_every_line(stderr: Callable[[], str]) -> None:
    """Who looks for a fault needs the repetitions, too."""
    logs.configure("debug", "json")
    for _ in range(50):
        structlog.get_logger("streams.mine").warning("again")
    assert len(lines(stderr)) == 50


def test_kinds_without_end_take_no_memory_without_end() -> None:
    """Words that differ each time are forgotten, the oldest first, and what was left out of them is told."""
    limit = RepeatLimit(lines=1, clock=lambda: 0.0)
    for number in range(3_000):
        assert limit.left_out_before(Line("mine", 30, f"word {number}")) == 0
        assert limit.left_out_before(Line("mine", 30, f"word {number}")) is None
        told = list(limit.take_over())
        assert told == ([(Line("mine", 30, f"word {number - 1_000}"), 1)] if number >= 1_000 else [])


def test_no_line_tells_a_secret(stderr: Callable[[], str]) -> None:
    """Neither words, nor arguments, nor fields, nor a traceback: libraries repeat what they were given."""
    secrets = ("hunter2/pw", 'quo"te\\d')
    logs.configure("info", "json", secrets=secrets)
    for secret in secrets:
        logging.getLogger("redis").warning("unknown command 'AUTH', with args beginning with: %s", secret)
        try:
            int(secret)
        except ValueError as error:
            structlog.get_logger("streams.mine").exception(
                "failed", error=str(error), url=f"redis://:{secret}@cache"
            )
    written = stderr()
    assert "hunter2" not in written
    assert "quo" not in written
    assert written.count("***") >= 8
