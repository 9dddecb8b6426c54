"""Dates as exports write them: read, or refused with their two readings."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ConfigurationError
from streams.importing.dates import DateError, DateReading, zone_named

NOON = datetime(2021, 5, 4, 12, 34, 56, tzinfo=UTC)
DAY = datetime(2021, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2021-05-04T12:34:56Z",
        "2021-05-04 12:34:56 UTC",
        "2021-05-04 12:34:56",
        "2021-05-04T12:34:56",
        "2021-05-04T12:34:56+00:00",
        "2021-05-04T14:34:56+02:00",
        "2021-05-04T14:34:56+0200",
        "2021-05-04T07:34:56-05",
        "2021-05-04 12:34:56 +0000 UTC",
        "2021-05-04 12:34:56 GMT",
        "2021/05/04 12:34:56",
        "2021.05.04 12:34:56",
        "2021年5月4日 12:34:56",
        "20210504T123456Z",
        "Tue, 04 May 2021 12:34:56 +0000",
        "Tue May 04 12:34:56 +0000 2021",
        "May 4, 2021 12:34:56 PM",
        "4 May 2021, 12:34:56",
        "4 mai 2021 à 12:34:56",
        "1620131696",
        "1620131696000",
        "1620131696.0",
    ],
)
def test_a_moment(text: str) -> None:
    """ISO 8601 and its relatives, suffixes, names of months, seconds and milliseconds."""
    assert DateReading().moment(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "2021-05-04",
        "2021/5/4",
        "2021年5月4日",
        "2021년 5월 4일",
        "20210504",
        "May 4, 2021",
        "may 4th, 2021",
        "4 May 2021",
        "04-May-2021",
        "4. Mai 2021",
        "4 mai 2021",
        "4 de mayo de 2021",
        "4 maggio 2021",
        "4 de maio de 2021",
        "4 mei 2021",
        "Tuesday, May 4, 2021",
        "Reviewed in the United States on May 4, 2021",
        "Reviewed in the United Kingdom 🇬🇧 on 4 May 2021",
        "Rezension aus Deutschland vom 4. Mai 2021",
        "Commenté en France le 4 mai 2021",
        "Revisado en España el 4 de mayo de 2021",
        "2021年5月4日に日本でレビュー済み",
        "2021年5月4日 在中国评论",
    ],
)
def test_a_date_alone_is_its_first_moment(text: str) -> None:
    """In numbers, with a month's name, or within the sentence of a shop."""
    assert DateReading().moment(text) == DAY


@pytest.mark.parametrize("number", [1620131696, 1620131696000, 1620131696.0])
def test_numbers_are_seconds_or_milliseconds(number: float) -> None:
    """They cannot be mistaken for each other between 1990 and 2199."""
    assert DateReading().moment(number) == NOON


@given(st.datetimes(datetime(1990, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))
def test_every_moment_is_read_as_it_was_written(moment: datetime) -> None:
    """In ISO 8601, in seconds and in milliseconds."""
    reading = DateReading()
    whole = moment.replace(microsecond=0)
    assert reading.moment(moment.isoformat()) == moment
    assert reading.moment(str(int(whole.timestamp()))) == whole
    assert reading.moment(int(whole.timestamp()) * 1000) == whole


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("04/05/2021", ("4 May 2021", "5 April 2021")),
        ("04.05.2021", ("4 May 2021", "5 April 2021")),
        ("4-5-2021 10:00", ("4 May 2021", "5 April 2021")),
        ("12/11/2023 08:00 PM", ("12 November 2023", "11 December 2023")),
        ("01/02/99", ("1 February 1999", "2 January 1999")),
    ],
)
def test_an_ambiguous_date_is_refused_with_both_readings(text: str, readings: tuple[str, str]) -> None:
    """It is never guessed; the message says which options decide."""
    with pytest.raises(DateError, match="--day-first or --month-first") as caught:
        DateReading().moment(text)
    assert all(reading in str(caught.value) for reading in readings)
    days = {DateReading(day_first=first).moment(text).strftime("%-d %B %Y") for first in (True, False)}
    assert days == set(readings)


@given(st.dates(datetime(1990, 1, 1).date(), datetime(2199, 12, 31).date()), st.sampled_from("/.-"))
def test_only_what_has_one_reading_is_read_without_being_told(day: object, mark: str) -> None:
    """A day above 12, or the same number twice; all others are refused."""
    text = f"{day:%d}{mark}{day:%m}{mark}{day:%Y}"
    first, second = int(f"{day:%d}"), int(f"{day:%m}")
    if first <= 12 and first != second:
        with pytest.raises(DateError):
            DateReading().moment(text)
    else:
        assert DateReading().moment(text).date() == day
    assert DateReading(day_first=True).moment(text).date() == day


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2 weeks ago", "counts from a day that the file does not say"),
        ("yesterday", "counts from a day"),
        ("vor 3 Tagen", "counts from a day"),
        ("3天前", "counts from a day"),
        ("soon", "wanted a date such as"),
        ("2021-02-30", "no such day"),
        ("2021-13-01", "no such day"),
        ("31/31/2021", "no such day"),
        ("2021-05-04 25:00", "no such day or hour"),
        ("44320", "wanted a date such as"),
        ("10:00", "wanted a date such as"),
        ("31/12/21", "--day-first"),
        ("", "wanted a date such as"),
        ("999999999", None),
        ("99999999999", "from 1990 to 2199"),
    ],
)
def test_what_is_no_date_is_refused(text: str, wanted: str | None) -> None:
    """With what was wanted, and what came."""
    if wanted is None:
        assert DateReading().moment(text).year == 2001
        return
    with pytest.raises(DateError, match=wanted):
        DateReading().moment(text)


def test_a_flag_is_not_overruled() -> None:
    """A date that does not exist in the order that was said is refused, not turned round."""
    with pytest.raises(DateError, match="has no month 31, which --month-first asks for"):
        DateReading(day_first=False).moment("31/12/2021")


@given(st.text(max_size=30))
def test_nothing_else_than_a_refusal_is_raised(text: str) -> None:
    """Whatever stands in the cell."""
    try:
        moment = DateReading(day_first=True).moment(text)
    except DateError:
        return
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    ("zone", "text", "hour"),
    [
        ("Europe/Berlin", "2021-05-04 12:00", 10),
        ("Europe/Berlin", "2021-12-04 12:00", 11),
        ("Asia/Shanghai", "2021-05-04 12:00", 4),
        ("+05:30", "2021-05-04 12:30", 7),
        ("utc", "2021-05-04 12:00", 12),
        ("Europe/Berlin", "2021-05-04 12:00 UTC", 12),
        ("Europe/Berlin", "2021-05-04T12:00:00+03:00", 9),
        ("Europe/Berlin", "2021-10-31 02:30", 0),
    ],
)
def test_a_zone_is_for_clocks_that_do_not_say_theirs(zone: str, text: str, hour: int) -> None:
    """Summer and winter; an hour that a clock shows twice is the first one."""
    assert DateReading(zone=zone_named(zone)).moment(text).astimezone(UTC).hour == hour


@pytest.mark.parametrize("name", ["Berlin", "", "+25:00", "../etc", "CEST"])
def test_an_unknown_zone_is_said(name: str) -> None:
    """With examples."""
    with pytest.raises(ConfigurationError, match="--timezone: wanted a name such as Europe/Berlin"):
        zone_named(name)


def test_a_distance_is_a_zone() -> None:
    """For shops that know no name."""
    assert zone_named("-03:30") == timezone(-timedelta(hours=3, minutes=30))
