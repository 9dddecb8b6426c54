"""One log, on standard error: ours, Faust's and aiokafka's, for people or for machines."""

import logging
import sys
from typing import Literal

import stamina.instrumentation
import structlog

#: Libraries that say at `info` what belongs to `debug`.
_TALKATIVE = ("aiokafka", "faust", "mode", "asyncio", "aiohttp", "transformers", "torch")


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
) -> None:
    """Send every log of this process to standard error.

    Args:
        level: the lowest level shown of our own log.
        style: `json`, one object a line; `console`, for people; `auto`, console on a terminal.
        role: added to every line.
        libraries: the lowest level shown of theirs; `debug` if ours is.
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    handler.addFilter(_Expected())
    stamina.instrumentation.set_on_retry_hooks([_log_retry])
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel("DEBUG" if level == "debug" else libraries.upper())


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
