"""A dead letter as the record to publish, with personal data masked in payload and error."""

from dataclasses import dataclass

from models.personal_data import mask_personal_data
from schemas import dead_letters as headers
from streams.delivery.dead_letters import dead_letter_output
from streams.delivery.records import DeadLetter, Output
from streams.delivery.sizes import DEFAULT_BYTES, record_bytes
from streams.masking import masked_payload

_IS_MASKED = ((headers.MASKED, b"true"),)
_HEADER_BYTES = record_bytes(Output("", None, None, _IS_MASKED))


@dataclass(frozen=True, slots=True)
class _MaskedRecord:
    """A record's place, and what may be kept of it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def masked_dead_letter_output(letter: DeadLetter, max_bytes: int = DEFAULT_BYTES) -> Output:
    """What `dead_letter_output` gives of it, masked; a header says so where the raw bytes are not kept.

    The key stays: it names the product.

    Args:
        letter: the record that is set aside, and why.
        max_bytes: the largest record batch that the dead-letter topic takes.
    """
    raw = letter.record
    value = masked_payload(raw.value) if raw.value else raw.value
    record = _MaskedRecord(raw.topic, raw.partition, raw.offset, raw.timestamp, raw.key, value)
    told = DeadLetter(record, letter.reason, mask_personal_data(letter.error).text)
    if value == raw.value:
        return dead_letter_output(told, max_bytes)
    output = dead_letter_output(told, max_bytes - _HEADER_BYTES)
    return output._replace(headers=output.headers + _IS_MASKED)
