"""One log, on standard error: ours, Faust's and aiokafka's, for people or for machines."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

import stamina.instrumentation
import structlog

#: Libraries that say at `info` what belongs to `debug`.
_TALKATIVE = ("aiokafka", "faust", "mode", "asyncio", "aiohttp", "transformers", "torch")


_MASK = "***"


class Line(NamedTuple):
    """What lines have in common that are repetitions of each other: who says it, how loud, and its words."""

    logger: str
    level: int
    words: str


class RepeatLimit:
    """Lets so many repetitions of a line through in a while, and counts the others.

    Args:
        lines: of one kind, in each window.
        window_s: seconds from the first of them on.
        clock: in seconds, monotonic.

    >>> limit = RepeatLimit(lines=1, clock=iter([0, 1, 2, 60]).__next__)
    >>> [limit.left_out_before(Line("mine", 30, "lost")) for _ in range(4)]
    [0, None, None, 2]
    """

    #: So many kinds are remembered: words may be as many as what they name.
    MOST_KINDS = 1_000

    def __init__(
        self, *, lines: int = 10, window_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lines = lines
        self._window_s = window_s
        self._clock = clock
        self._kinds: dict[Line, _Window] = {}

    def left_out_before(self, line: Line) -> int | None:
        """How many like it were left out and not told yet; None: leave this one out, too."""
        now = self._clock()
        window = self._kinds.get(line)
        if window is None or now - window.began >= self._window_s:
            self._kinds.pop(line, None)  # so that the oldest window is the first
            self._kinds[line] = _Window(now)
            return window.left_out if window is not None else 0
        if window.passed >= self._lines:
            window.left_out += 1
            return None
        window.passed += 1
        return 0

    def take_over(self) -> Iterator[tuple[Line, int]]:
        """What was left out of windows that are over, or more than are remembered; it is told once."""
        now = self._clock()
        for line, window in list(self._kinds.items()):
            if now - window.began < self._window_s and len(self._kinds) <= self.MOST_KINDS:
                return
            del self._kinds[line]
            if window.left_out:
                yield line, window.left_out


class _Window:
    """When lines of a kind began, how many passed, and how many did not."""

    __slots__ = ("began", "left_out", "passed")

    def __init__(self, began: float) -> None:
        self.began = began
        self.passed = 1
        self.left_out = 0


class _LimitedHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error, where repetitions are limited: an outage fills no disk."""

    def __init__(self, limit: RepeatLimit) -> None:
        super().__init__(sys.stderr)
        self._limit = limit

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`; its lock is held."""
        line = _line_of(record)
        left_out = self._limit.left_out_before(line)
        for other, count in self._limit.take_over():
            super().emit(_summary(other, count))
        if left_out is None:
            return
        if left_out:
            super().emit(_summary(line, left_out))
        super().emit(record)


def _line_of(record: logging.LogRecord) -> Line:
    said = record.msg.get("event", "") if isinstance(record.msg, dict) else record.msg
    return Line(record.name, record.levelno, re.sub(r"\d+", "#", str(said)[:200]))


def _summary(line: Line, count: int) -> logging.LogRecord:
    words = "%d more lines like this were left out: %s"
    return logging.LogRecord(line.logger, line.level, "", 0, words, (count, line.words), None)


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets.

    >>> masked("AUTH hunter2", ("hunter2",))
    'AUTH ***'
    """
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return text


class _SecretFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks secrets in the finished line: libraries repeat addresses and commands in their errors."""

    def __init__(self, secrets: tuple[str, ...], **options: Any) -> None:
        super().__init__(**options)
        # Python's errors and JSON write some characters as escapes, one within the other.
        shown = [form for secret in secrets for form in (secret, repr(secret)[1:-1])]
        self._secrets = tuple(
            dict.fromkeys(part for form in shown for part in (json.dumps(form)[1:-1], form))
        )

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        return masked(super().format(record), self._secrets)


class _Expected(logging.Filter):
    """Drops what a library reports as trouble and is none.

    Kafka 4 answers a transaction's first batch with NotEnoughReplicas while it still verifies the
    transaction; aiokafka retries, as it should, and logs each time.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not (
            record.name == "aiokafka.producer.sender" and "NotEnoughReplicasError" in record.getMessage()
        )


def configure(
    level: str,
    style: Literal["auto", "console", "json"],
    *,
    role: str | None = None,
    libraries: str = "warning",
    secrets: tuple[str, ...] = (),
) -> None:
    """Send every log of this process to standard error; repetitions are limited unless `level` is debug.

    Args:
        level: the lowest level shown of our own log.
        style: `json`, one object a line; `console`, for people; `auto`, console on a terminal.
        role: added to every line.
        libraries: the lowest level shown of theirs; `debug` if ours is.
        secrets: masked in whatever is written.
    """

    def name_role(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return event if role is None else {**event, "role": role}

    is_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        name_role,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if is_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)]
    )
    formatter = _SecretFormatter(
        secrets,
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    stamina.instrumentation.set_on_retry_hooks([_log_retry])
    root = logging.getLogger()
    root.handlers = [_handler(formatter, is_limited=level != "debug")]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel("DEBUG" if level == "debug" else libraries.upper())


def _handler(formatter: logging.Formatter, *, is_limited: bool) -> logging.Handler:
    handler = _LimitedHandler(RepeatLimit()) if is_limited else logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_Expected())
    return handler


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """One line for each failed try. Stamina's own would tell the arguments too, among them reviews and passwords."""
    module_and_class, _, function = details.name.rpartition(".")
    structlog.get_logger(module_and_class).warning(
        "trying again",
        step=function.strip("_").replace("_", " "),
        error=str(details.caused_by) or type(details.caused_by).__name__,
        tries=details.retry_num,
        pause_s=round(details.wait_for, 2),
    )
