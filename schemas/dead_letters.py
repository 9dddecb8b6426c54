"""Dead letters: why an event was set aside, and the headers that say so beside its raw bytes."""

from enum import StrEnum
from types import MappingProxyType


class DeadLetterReason(StrEnum):
    """Why an event can never be processed as it is."""

    MALFORMED_JSON = "malformed_json"
    INVALID_EVENT = "invalid_event"
    UNSUPPORTED_VERSION = "unsupported_version"
    NULL_VALUE = "null_value"
    KEY_MISMATCH = "key_mismatch"
    TOO_LARGE = "too_large"
    PREPARATION_ERROR = "preparation_error"
    MODEL_ERROR = "model_error"
    MODEL_TIMEOUT = "model_timeout"
    OUT_OF_MEMORY = "out_of_memory"
    GENERATION_ERROR = "generation_error"


#: The version of the headers below, itself told in one of them.
DEAD_LETTER_VERSION = "1.0"

REASON = "reviewstream-reason"
ERROR = "reviewstream-error"
SOURCE_TOPIC = "reviewstream-source-topic"
SOURCE_PARTITION = "reviewstream-source-partition"
SOURCE_OFFSET = "reviewstream-source-offset"
SOURCE_TIMESTAMP = "reviewstream-source-timestamp"
SCHEMA_VERSION = "reviewstream-schema-version"
#: Only on a record that was too large to be kept whole.
TRUNCATED_FROM = "reviewstream-truncated-from"
#: Only on a record that is not kept as it was, for a setting asks for that.
MASKED = "reviewstream-masked"

#: Every header, UTF-8 text, and what it tells.
HEADERS = MappingProxyType(
    {
        REASON: "the machine-readable reason",
        ERROR: "the reason in words, one line",
        SOURCE_TOPIC: "the topic that the event was read from",
        SOURCE_PARTITION: "its partition, a decimal number",
        SOURCE_OFFSET: "its offset, a decimal number",
        SOURCE_TIMESTAMP: "its broker timestamp in milliseconds since 1970, a decimal number",
        SCHEMA_VERSION: "the version of these headers",
        TRUNCATED_FROM: "present if key or payload was cut: their size before, in bytes, a decimal number",
        MASKED: "present if personal data in the payload was masked: the bytes are not those of the source",
    }
)
OPTIONAL_HEADERS = frozenset({TRUNCATED_FROM, MASKED})
