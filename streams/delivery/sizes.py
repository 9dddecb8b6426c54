"""What a topic takes at once, and what becomes of an effect that is larger."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import orjson
import structlog

from schemas.dead_letters import DeadLetterReason
from streams.delivery.records import DeadLetter, Effects, Output, Record
from streams.errors import FatalError, HopelessError, RetryableError
from streams.retries import retried

log = structlog.get_logger(__name__)

SETTING = "max.message.bytes"
DEFAULT_BYTES = 1024 * 1024
#: What a record batch is beside its records.
BATCH_OVERHEAD_BYTES = 61
_RECORD_OVERHEAD_BYTES = 36
_HEADER_OVERHEAD_BYTES = 10
_SHOWN_KEY_BYTES = 100

#: Asks the broker; by topic, the largest record batch that it takes, in bytes.
AskLimits = Callable[[], Awaitable[Mapping[str, int]]]


class SizeRefusedError(FatalError):
    """The broker does not take a record batch of this size; fatal where its limits say that it should."""


async def _nothing_is_known() -> Mapping[str, int]:
    return {}


class TopicSizes:
    """The limit of each topic, as the broker said when it was asked last.

    Args:
        ask: asks the broker.
        changelogs: topics that hold tables. What is too large for one of them ends the worker: a table that misses a
            change is wrong for ever.
        on_dropped: told of each output that is published nowhere.
    """

    def __init__(
        self,
        ask: AskLimits = _nothing_is_known,
        *,
        changelogs: Collection[str] = (),
        on_dropped: Callable[[Output], None] = lambda _output: None,
    ) -> None:
        self._ask = ask
        self._changelogs = frozenset(changelogs)
        self._on_dropped = on_dropped
        self._limits: dict[str, int] = {}

    @retried(RetryableError)
    async def learn(self) -> bool:
        """Ask the broker, as long as it takes; whether a limit is another than before.

        Raises:
            FatalError: the broker does not let us ask.
        """
        before, self._limits = self._limits, dict(await self._ask())
        return before != self._limits

    def limit(self, topic: str) -> int:
        """The largest record batch that a topic takes, in bytes."""
        return self._limits.get(topic, DEFAULT_BYTES)

    def fit(self, effects: Effects, records: Sequence[Record]) -> Effects:
        """The effects without the outputs that their topics refuse.

        An output that is alone too large becomes a dead letter of the record that caused it. One that no record
        caused, as a tick's, is logged and counted, and the rest goes on.

        Args:
            effects: of a chunk.
            records: of the same chunk.

        Raises:
            HopelessError: a changelog would refuse a change.
        """
        refused = [output for output in effects.outputs if self._is_too_large(output)]
        if not refused:
            return effects
        letters = {letter.record.offset: letter for letter in effects.dead_letters}
        known = len(letters)
        for output in refused:
            self._stop_for_changelog(output)
            cause = _cause(output, records)
            if cause is None:
                log.error("an output is too large for its topic, and is dropped", **self._sizes_of(output))
                self._on_dropped(output)
            elif cause.offset not in letters:
                told = "{topic}: wanted at most {limit} bytes, got {size}".format(**self._sizes_of(output))
                letters[cause.offset] = DeadLetter(cause, DeadLetterReason.TOO_LARGE, told)
        gone = set(map(id, refused))
        kept = [output for output in effects.outputs if id(output) not in gone]
        return replace(
            effects, outputs=kept, dead_letters=[*effects.dead_letters, *list(letters.values())[known:]]
        )

    def _is_too_large(self, output: Output) -> bool:
        return BATCH_OVERHEAD_BYTES + record_bytes(output) > self.limit(output.topic)

    def _sizes_of(self, output: Output) -> dict[str, object]:
        return {
            "topic": output.topic,
            "key": (output.key or b"")[:_SHOWN_KEY_BYTES].decode("utf-8", "replace"),
            "size": BATCH_OVERHEAD_BYTES + record_bytes(output),
            "limit": self.limit(output.topic),
        }

    def _stop_for_changelog(self, output: Output) -> None:
        if output.topic in self._changelogs:
            raise HopelessError(
                "state: the value of {key!r} is {size} bytes, and {topic} takes {limit}; "
                "raise {setting} of that topic and start again; nothing is lost".format(
                    setting=SETTING, **self._sizes_of(output)
                )
            )


def record_bytes(output: Output) -> int:
    """An upper bound of a record's bytes in a batch: varints, lengths and headers included."""
    size = len(output.key or b"") + len(output.value or b"") + _RECORD_OVERHEAD_BYTES
    return size + header_bytes(output.headers) if output.headers else size


def header_bytes(headers: Iterable[tuple[str, bytes]]) -> int:
    """An upper bound of the bytes of headers."""
    return sum(len(name) + len(value) + _HEADER_OVERHEAD_BYTES for name, value in headers)


def _cause(output: Output, records: Sequence[Record]) -> Record | None:
    """The record that an output says it comes from (every contract has its source); None if it is not of these.

    >>> _cause(Output("t", None, b'{"source": {"topic": "r", "partition": 0, "offset": 3}}'), []) is None
    True
    """
    if len(records) == 1:
        return records[0]
    try:
        source = orjson.loads(output.value or b"null")["source"]
        wanted = (source["topic"], source["partition"], source["offset"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    places = {(record.topic, record.partition, record.offset): record for record in records}
    return places.get(wanted)
