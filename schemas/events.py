"""What every event shares: the frozen bases, schema versions, and where an output comes from.

Decode with `Contract.model_validate_json(raw_bytes)`. The one exception it raises is
`pydantic.ValidationError`; `schemas.explanation` tells its kinds apart and words it for people.
"""

from typing import Annotated, LiteralString

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.fields import Count, Identifier, Label, Milliseconds, Timestamp, Wanted

#: What every writer of ours writes. A change that breaks a reader raises the major version.
SCHEMA_VERSION = "1.0"
SUPPORTED_MAJOR = SCHEMA_VERSION.partition(".")[0]
#: The pydantic error type of an event whose major version this reader does not know.
UNSUPPORTED_VERSION = "unsupported_version"
#: The pydantic error type of fields that are fine alone and contradict each other.
CONTRADICTION = "contradiction"


def contradiction(message: LiteralString, **names: str) -> PydanticCustomError:
    """The error to raise where an event's fields contradict each other.

    Args:
        message: names the fields; `{name}` stands for what is given as `name`.
        names: this project's own words, never what a sender wrote.
    """
    return PydanticCustomError(CONTRADICTION, message, {**names})


def is_unsupported_version(error: ValidationError) -> bool:
    """Whether an event was refused for its major version, whatever else is wrong with it.

    Its other problems mean nothing then: they were judged by the rules of a version it does not follow.
    """
    return any(problem["type"] == UNSUPPORTED_VERSION for problem in error.errors(include_url=False))


def is_supported(version: str) -> bool:
    """Whether this reader knows the major version of `version`; all that decode events ask here.

    >>> is_supported("1.7"), is_supported("10.0"), is_supported("new")
    (True, False, False)
    """
    return version.partition(".")[0] == SUPPORTED_MAJOR


def _readable(version: str) -> str:
    if not is_supported(version):
        raise PydanticCustomError(
            UNSUPPORTED_VERSION,
            "wanted a version {major}.x, the only one this reader knows",
            {"major": SUPPORTED_MAJOR},
        )
    return version


SchemaVersion = Annotated[
    str,
    Field(pattern=r"^(?:0|[1-9][0-9]{0,5})\.(?:0|[1-9][0-9]{0,5})$"),
    Wanted(f'a version such as "{SCHEMA_VERSION}"'),
    AfterValidator(_readable),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^{SUPPORTED_MAJOR}\.(?:0|[1-9][0-9]{{0,5}})$",
            "description": "major.minor; a reader refuses other majors and accepts every minor",
        }
    ),
]


class Value(BaseModel):
    """A frozen part of an event. Unknown fields are ignored, types are never converted."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Event(Value):
    """The base of every contract. A writer of ours writes `SCHEMA_VERSION`."""

    schema_version: SchemaVersion = SCHEMA_VERSION


class Request(Event):
    """The base of what somebody asks for: unknown fields are refused, for they may be typing mistakes."""

    model_config = ConfigDict(extra="forbid")


class RequestPart(Value):
    """A part of a request, as strict as the request itself."""

    model_config = ConfigDict(extra="forbid")


class SourcePosition(Value):
    """A record that an output answers or was made from: its topic, partition, offset and broker timestamp."""

    topic: Annotated[str, Field(min_length=1, max_length=249), Wanted("a topic's name")]
    partition: Count
    offset: Count
    timestamp_ms: Count


class ModelVersion(Value):
    """Which model said it: the reference it was loaded by and the version of its weights."""

    name: Label
    version: Label


class Timings(Value):
    """How long one event waited for its batch, was tokenised, and was in the model."""

    queue_ms: Milliseconds
    tokenise_ms: Milliseconds
    forward_ms: Milliseconds


class Output(Event):
    """The base of what this project publishes: where it comes from, and when and by what it was made.

    `model` is null where no model was involved; `replay_id` is set only on the outputs of a replay.
    """

    source: SourcePosition
    made_at: Timestamp
    model: ModelVersion | None = None
    replay_id: Identifier | None = None
