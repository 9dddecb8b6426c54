"""Moments as exports write them, read without a guess: what can mean two days is refused with both."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from schemas.fields import EARLIEST, TOO_LATE
from streams.errors import ConfigurationError
from streams.importing.month_names import MONTH_PATTERN, MONTHS

_CLOCK = (
    r"(?:(?:[T,]|\s+(?:at|um|à|a las|alle)\s|\s*)\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[ap]\.?m\.?)?)?"
)
_ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)(?:\s*(?:UTC|GMT))?)?"
_AFTER = rf"(?:{_CLOCK}{_ZONE})$"
_YEAR_FIRST = re.compile(
    r"^(?P<year>\d{4})(?:[-/.]|年\s*|년\s*)(?P<month>\d{1,2})(?:[-/.]|月\s*|월\s*)"
    rf"(?P<day>\d{{1,2}})[日일]?{_AFTER}",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    rf"^(?P<year>(?:19|20)\d{{2}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:T(?P<clock>\d{{6}}))?{_ZONE}$",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(
    r"^(?P<left>\d{1,2})(?P<mark>[-/.])(?P<right>\d{1,2})(?P=mark)"
    rf"(?P<year>\d{{4}}|\d{{2}}){_AFTER}",
    re.IGNORECASE,
)
_WEEKDAY = r"^(?:[^\W\d_]{2,12}\.?,?\s+)?"
_DAY_NAME_YEAR = (
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?:\s+(?:of|de|di))?[\s-]+"
    rf"(?P<name>{MONTH_PATTERN})(?:\s+(?:of|de|di))?[\s,-]+(?P<year>\d{{4}})"
)
_NAME_DAY_YEAR = rf"(?P<name>{MONTH_PATTERN})[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
_NAMED = tuple(
    re.compile(f"{_WEEKDAY}{form}{_AFTER}", re.IGNORECASE) for form in (_DAY_NAME_YEAR, _NAME_DAY_YEAR)
)
#: Tue May 04 12:34:56 +0000 2021
_ASCTIME = re.compile(
    rf"{_WEEKDAY}(?P<name>{MONTH_PATTERN})\s+(?P<day>\d{{1,2}})\s+"
    rf"(?P<hour>\d{{2}}):(?P<minute>\d{{2}}):(?P<second>\d{{2}}){_ZONE}\s+(?P<year>\d{{4}})$",
    re.IGNORECASE,
)
#: The sentence of a shop around a date: "Reviewed in the United States on June 3, 2021".
_IN_SENTENCE = (
    re.compile(rf"\b(?:on|vom|am|le|el|il|op|den)\s+{_DAY_NAME_YEAR}$", re.IGNORECASE),
    re.compile(rf"\b(?:on)\s+{_NAME_DAY_YEAR}$", re.IGNORECASE),
    re.compile(r"^(?P<year>\d{4})年\s*(?P<month>\d{1,2})月\s*(?P<day>\d{1,2})日(?=\D*$)"),
)
_NUMBER = re.compile(r"^\d{9,13}(?:\.\d+)?$")
_RELATIVE = re.compile(
    r"\b(?:ago|yesterday|today|just now|hier|gestern|heute|vor \d|il y a|hace \d)\b|[前昨今]", re.IGNORECASE
)
_OLDEST_YEAR_OF_TWO_DIGITS = 90
_MILLISECONDS = 1000


class DateError(ValueError):
    """A moment that cannot be read, or in two ways; the message says what was wanted, what came, and what to do."""


@dataclass(frozen=True, slots=True)
class DateReading:
    """How moments are read where they do not say it themselves.

    Attributes:
        day_first: whether 04/05/2021 is in May; None: not known, so such a date is refused.
        zone: of clocks without one.
    """

    day_first: bool | None = None
    zone: tzinfo = UTC

    def moment(self, value: object) -> datetime:
        """Read a moment: ISO 8601, a date alone, with the name of a month, or seconds or milliseconds since 1970.

        A date alone is its first moment. An hour that a clock shows twice in autumn is the first one.

        Raises:
            DateError: it is none, or can be read in two ways.

        >>> DateReading().moment("2024-03-06 09:00:00 UTC").isoformat()
        '2024-03-06T09:00:00+00:00'
        >>> DateReading(day_first=True).moment("04.05.2021 12:34").isoformat()
        '2021-05-04T12:34:00+00:00'
        """
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _since_1970(value)
        if not isinstance(value, str):
            raise DateError(f"wanted a date, got {type(value).__name__}")
        text = " ".join(value.split())
        if _NUMBER.match(text):
            return _since_1970(float(text))
        try:
            return self._of_text(text)
        except (ValueError, OverflowError) as error:
            if isinstance(error, DateError):
                raise
            raise DateError(f"there is no such day or hour as {text[:80]!r}") from error

    def _of_text(self, text: str) -> datetime:
        if match := _YEAR_FIRST.match(text):
            return self._made(match, int(match["month"]), int(match["day"]))
        if match := _YEAR_LAST.match(text):
            return self._of_numbers(text, match)
        if match := _COMPACT.match(text):
            rest = match["clock"] or "000000"
            clock = (int(rest[:2]), int(rest[2:4]), int(rest[4:]))
            day = (int(match["year"]), int(match["month"]), int(match["day"]))
            return datetime(*day, *clock, tzinfo=_zone_of(match["zone"]) or self.zone)
        for form in (*_NAMED, _ASCTIME, *_IN_SENTENCE):
            if match := form.search(text):
                groups = match.groupdict()
                month = (
                    MONTHS[groups["name"].lower().rstrip(".")] if "name" in groups else int(groups["month"])
                )
                return self._made(match, month, int(match["day"]))
        if _RELATIVE.search(text):
            raise DateError(
                f"wanted a date, got {text[:80]!r}, which counts from a day that the file does not say"
            )
        raise DateError(
            f"wanted a date such as 2021-05-04, 2021-05-04 10:00 UTC or 1620121500, got {text[:80]!r}"
        )

    def _of_numbers(self, text: str, match: "re.Match[str]") -> datetime:
        """A date whose numbers do not say which is the day."""
        first, second = int(match["left"]), int(match["right"])
        is_short = len(match["year"]) == 2
        if self.day_first is not None:
            day, month = (first, second) if self.day_first else (second, first)
            if month > 12:
                said = "--day-first" if self.day_first else "--month-first"
                raise DateError(f"{text[:40]!r} has no month {month}, which {said} asks for")
            return self._made(match, month, day)
        readings = [(day, month) for day, month in ((first, second), (second, first)) if 1 <= month <= 12]
        if is_short or (len(readings) == 2 and first != second):
            shown = " or ".join(dict.fromkeys(_shown_days(match, readings)))
            raise DateError(
                f"{text[:40]!r} can be {shown or 'no day'}: say which with --day-first or --month-first"
            )
        if not readings:
            raise DateError(f"there is no such day as {text[:40]!r}")
        return self._made(match, readings[0][1], readings[0][0])

    def _made(self, match: "re.Match[str]", month: int, day: int) -> datetime:
        groups = match.groupdict()
        hour = int(groups.get("hour") or 0)
        if half := groups.get("half"):
            if not 1 <= hour <= 12:
                raise ValueError(half)
            hour = hour % 12 + (12 if half[0] in "pP" else 0)
        microsecond = int((groups.get("fraction") or "0").ljust(9, "0")[:9]) // 1000
        clock = (hour, int(groups.get("minute") or 0), int(groups.get("second") or 0), microsecond)
        return datetime(
            _year_of(match["year"]), month, day, *clock, tzinfo=_zone_of(groups.get("zone")) or self.zone
        )


def zone_named(name: str) -> tzinfo:
    """A time zone by its name, or by its distance from UTC.

    Raises:
        ConfigurationError: there is none of this name.

    >>> zone_named("+02:00").utcoffset(None)
    datetime.timedelta(seconds=7200)
    """
    try:
        return _zone_of(name.upper()) or ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise ConfigurationError(
            f"--timezone: wanted a name such as Europe/Berlin, or +02:00, got {name!r}"
        ) from error


def _zone_of(text: str | None) -> tzinfo | None:
    """UTC, or a distance from it; None: neither is said."""
    if not text:
        return None
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", text)
    if match is None:
        return None
    distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-distance if match[1] == "-" else distance)


def _year_of(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= _OLDEST_YEAR_OF_TWO_DIGITS else 2000)


def _shown_days(match: "re.Match[str]", readings: Iterable[tuple[int, int]]) -> Iterable[str]:
    for day, month in readings:
        try:
            moment = datetime(_year_of(match["year"]), month, day, tzinfo=UTC)
        except ValueError:
            continue
        yield f"{day} {moment:%B %Y}"


def _since_1970(number: float) -> datetime:
    """Seconds or milliseconds; from 1990 to 2199 they cannot be mistaken for each other."""
    earliest, too_late = EARLIEST.timestamp(), TOO_LATE.timestamp()
    for unit in (1, _MILLISECONDS):
        if earliest * unit <= number < too_late * unit:
            return datetime.fromtimestamp(number / unit, UTC)
    raise DateError(f"wanted seconds or milliseconds since 1970, from 1990 to 2199, got {number!r}")
