"""The constrained field types that every contract is built from, each with its own error text."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

MAX_TEXT_CHARACTERS = 20_000
MAX_LABEL_CHARACTERS = 300
MAX_IDENTIFIER_CHARACTERS = 128
#: What a signed 64-bit integer holds: the widest integer that every consumer's language can read.
MAX_INTEGER = 2**63 - 1
#: The first moment that a timestamp may name, and the first one that is too late.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TOO_LATE = datetime(2200, 1, 1, tzinfo=UTC)
_DAY_S = 24 * 3600
#: How far the clock of whoever writes an event may be ahead of the one it is compared with, in seconds.
MAX_AHEAD_S = 2 * _DAY_S
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EARLIEST_DAY, _TOO_LATE_DAY = EARLIEST.toordinal(), TOO_LATE.toordinal()

_NO_CONTROL = r"[^\x00-\x1f\x7f-\x9f]"
_NO_CONTROL_NO_SPACE = r"[^\s\x00-\x1f\x7f-\x9f]"
#: Of an identifier and of a language code, for both kinds of regular expressions.
IDENTIFIER_PATTERN = rf"^{_NO_CONTROL_NO_SPACE}(?:{_NO_CONTROL}*{_NO_CONTROL_NO_SPACE})?$"
LANGUAGE_PATTERN = r"^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*$"
_identifier = re.compile(IDENTIFIER_PATTERN)
# pydantic alone takes "1700000000" for seconds since 1970, so the shape is checked before it parses.
_TIMESTAMP = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Annotation: every refusal of this field says what was wanted, and so does its JSON Schema.

    The text is attached inside pydantic's compiled validator, so an accepted value pays nothing for it.
    """

    description: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source), custom_error_type="unwanted", custom_error_message=f"wanted {self.description}"
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "description": self.description}


@dataclass(frozen=True, slots=True)
class WantedList:
    """Annotation of a tuple: a refusal of the whole says what was wanted, one of an item says which and why."""

    description: str
    fewest: int
    most: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        anything = core_schema.tuple_schema(
            [core_schema.any_schema()], variadic_item_index=0, min_length=self.fewest, max_length=self.most
        )
        whole = core_schema.custom_error_schema(
            anything, custom_error_type="unwanted", custom_error_message=f"wanted {self.description}"
        )
        return core_schema.chain_schema([whole, handler(source)])

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        items = handler(schema["steps"][-1])
        sizes = {"minItems": self.fewest, "maxItems": self.most}
        return {**items, **sizes, "description": self.description}


class _TimestampText:
    """Annotation: in JSON a timestamp is an ISO-8601 string with its offset, never a number."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema(
                [
                    core_schema.str_schema(pattern=_TIMESTAMP, strict=True),
                    core_schema.datetime_schema(tz_constraint="aware", strict=False),
                ]
            ),
            python_schema=handler(source),
        )

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": _TIMESTAMP}


@dataclass(frozen=True, slots=True)
class Known:
    """Annotation: the values that are written today, as examples in the JSON Schema.

    What this project publishes never closes a vocabulary: a reader of yesterday reads the kinds of tomorrow.
    """

    values: tuple[str, ...]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        description = f"known are {', '.join(self.values)}; readers must accept others"
        return {**handler(schema), "description": description, "examples": list(self.values)}


def is_identifier(text: str) -> bool:
    r"""Whether a text of 1 to 128 characters is an `Identifier`, for readers that do not read by the contract.

    >>> is_identifier("lamp 201"), is_identifier(" lamp"), is_identifier("lamp\n"), is_identifier("la\x00mp")
    (True, False, False, False)
    """
    # What is printable has no control characters, and no other space than " ". Some that are not printable may stand.
    if text.isprintable():
        return text[:1] != " " and text[-1:] != " "
    return _identifier.fullmatch(text) is not None


def is_plausible(moment: datetime) -> bool:
    """Whether an aware `moment` lies in the years 1990 to 2199, whatever the time is where it is read.

    >>> is_plausible(EARLIEST), is_plausible(TOO_LATE)
    (True, False)
    """
    # The exact answer asks the offset of the moment, which takes seven times as long as this; no offset is a day.
    if _EARLIEST_DAY < moment.toordinal() < _TOO_LATE_DAY - 1:
        return True
    return EARLIEST <= moment < TOO_LATE


def is_ahead(moment: datetime, *, now_s: float) -> bool:
    """Whether an aware `moment` is more than two days after `now_s` (seconds since 1970).

    >>> from datetime import timedelta
    >>> now = datetime(2025, 6, 1, tzinfo=UTC)
    >>> is_ahead(now + timedelta(days=2), now_s=now.timestamp())
    False
    >>> is_ahead(now + timedelta(days=2, seconds=1), now_s=now.timestamp())
    True
    """
    # As above: a day that is not after that of `now_s` decides without the offset.
    if moment.toordinal() - _EPOCH_DAY <= now_s // _DAY_S:
        return False
    return moment.timestamp() > now_s + MAX_AHEAD_S


def _plausible(moment: datetime) -> datetime:
    if not is_plausible(moment):
        # `Wanted` puts its own text in place of this one.
        raise PydanticCustomError("implausible_timestamp", "wanted a moment from 1990 to 2199")
    return moment


def _worded(text: str) -> str | None:
    return None if not text or text.isspace() else text


Identifier = Annotated[
    str,
    Field(min_length=1, max_length=MAX_IDENTIFIER_CHARACTERS, pattern=IDENTIFIER_PATTERN),
    Wanted("1 to 128 characters without control characters or surrounding whitespace"),
]
Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT_CHARACTERS, pattern=r"\S"),
    Wanted("1 to 20,000 characters that are not only whitespace"),
]
#: What an author wrote, or did not: platforms send "" for stars without words. What holds no word is None.
OptionalText = Annotated[
    Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS), AfterValidator(_worded)] | None,
    Wanted("at most 20,000 characters"),
]
Label = Annotated[
    str,
    Field(min_length=1, max_length=MAX_LABEL_CHARACTERS, pattern=r"\S"),
    Wanted("1 to 300 characters that are not only whitespace"),
]
#: Unlike a label it may be empty: platforms send "" for a review without a title.
Title = Annotated[str, Field(max_length=MAX_LABEL_CHARACTERS), Wanted("at most 300 characters")]
LanguageCode = Annotated[
    str,
    Field(min_length=2, max_length=16, pattern=LANGUAGE_PATTERN),
    Wanted('a language code such as "en" or "zh-Hans", at most 16 characters'),
]
Timestamp = Annotated[
    AwareDatetime,
    _TimestampText(),
    AfterValidator(_plausible),
    Wanted('an ISO-8601 string with its time zone, such as "2025-06-01T12:00:00Z", from 1990 to 2199'),
]
Rating = Annotated[float, Field(ge=0, le=5), Wanted("a number from 0 to 5")]
Version = Annotated[int, Field(ge=1, le=MAX_INTEGER), Wanted("a whole number of at least 1")]
Count = Annotated[int, Field(ge=0, le=MAX_INTEGER), Wanted("a whole number of at least 0")]
Fraction = Annotated[float, Field(ge=0, le=1), Wanted("a number from 0 to 1")]
Milliseconds = Annotated[float, Field(ge=0), Wanted("milliseconds, a number of at least 0")]
Flag = Annotated[bool, Wanted("true or false")]

SentimentLabel = Literal["negative", "neutral", "positive"]
