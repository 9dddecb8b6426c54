"""A dead letter as the record to publish: the raw bytes, with reason and origin in its headers."""

from collections.abc import Callable, Iterable

import structlog

from schemas import dead_letters as headers
from schemas.topics import dead_letter_topic
from streams.delivery.records import DeadLetter, Output
from streams.delivery.sizes import BATCH_OVERHEAD_BYTES, DEFAULT_BYTES, record_bytes

log = structlog.get_logger(__name__)

#: A larger key and value are cut, and a header says so: a broker refuses what exceeds its message.max.bytes,
#: and what it delivered compressed may be far larger.
MAX_DEAD_LETTER_KEY_BYTES = 100 * 1024
MAX_DEAD_LETTER_VALUE_BYTES = 800 * 1024
MAX_ERROR_CHARACTERS = 1_000

#: Makes the record to publish of a dead letter, for a topic that takes so many bytes; `dead_letter_output` fits.
DeadLetterWriter = Callable[[DeadLetter, int], Output]


def dead_letter_output(letter: DeadLetter, max_bytes: int = DEFAULT_BYTES) -> Output:
    """The record to publish for a dead letter: the raw bytes, with reason and origin in its headers.

    Args:
        letter: the record that is set aside, and why.
        max_bytes: the largest record batch that the dead-letter topic takes. Error, key and value are cut to fit.
    """
    record = letter.record
    key, value = record.key, record.value
    told = [
        (headers.REASON, str(letter.reason)),
        (headers.ERROR, _cut_text(" ".join(letter.error.split())[:MAX_ERROR_CHARACTERS], max_bytes // 4)),
        (headers.SOURCE_TOPIC, record.topic),
        (headers.SOURCE_PARTITION, str(record.partition)),
        (headers.SOURCE_OFFSET, str(record.offset)),
        (headers.SOURCE_TIMESTAMP, str(record.timestamp)),
        (headers.SCHEMA_VERSION, headers.DEAD_LETTER_VERSION),
        (headers.TRUNCATED_FROM, str(len(key or b"") + len(value or b""))),
    ]
    encoded = tuple((name, text.encode("utf-8", "replace")) for name, text in told)
    empty = Output(dead_letter_topic(record.topic), None, None, encoded)
    room = max(0, max_bytes - BATCH_OVERHEAD_BYTES - record_bytes(empty))
    cut_key = key[: min(MAX_DEAD_LETTER_KEY_BYTES, room // 2)] if key is not None else None
    room -= len(cut_key or b"")
    cut_value = value[: min(MAX_DEAD_LETTER_VALUE_BYTES, room)] if value is not None else None
    is_whole = (cut_key, cut_value) == (key, value)
    return empty._replace(key=cut_key, value=cut_value, headers=encoded[:-1] if is_whole else encoded)


def tell_dead_letters(letters: Iterable[DeadLetter]) -> None:
    """Log where each was, and why it is set aside; not a word of it, for logs are kept elsewhere and longer."""
    for letter in letters:
        record = letter.record
        log.warning(
            "an event is set aside",
            reason=str(letter.reason),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )


def _cut_text(text: str, max_bytes: int) -> str:
    """The beginning of a text that fits in so many bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")
