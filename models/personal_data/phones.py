"""Finds the phone numbers of people; those of companies' services stay."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from models.personal_data.context import NUMBER_BEGINS, NUMBER_ENDS, named, numbers
from models.personal_data.working_text import Span, blanked

_REGIONS = ("CN", "GB")
REGIONS_OF_LANGUAGE: Mapping[str, tuple[str, ...]] = {
    "ar": ("EG", "SA"), "de": ("DE", "AT", "CH"), "en": ("AU", "NZ", "IE", "ZA"), "fr": ("FR", "BE"), "id": ("ID",),
    "ja": ("JP",), "ko": ("KR",), "nl": ("NL",), "sv": ("SE",), "th": ("TH",), "tr": ("TR",), "vi": ("VN",),
    "zh": ("TW",),
}  # fmt: skip
_SERVICE_NUMBERS = frozenset(
    (
        PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.UAN,
    )
)  # fmt: skip

_PHONE_BEGINS = rf"(?:{NUMBER_BEGINS}|(?<=\b[Tt]el))"
_EXTENSION = r"(?:,? ?(?:x|ext\.?) ?\d{1,5}(?!\d))?"
_INTERNATIONAL_PHONE = re.compile(
    r"(?<![0-9A-Za-z+])(?:\(\+\d{1,3}\)|\+|(?<![0-9][ .-])(?:00[ .-]?|011[ .-]?)(?=[1-9]))(?:[ ()./-]{0,2}\d){7,15}"
)
# 400 is China's area of service numbers, and no American area.
_AMERICAN_PHONE = re.compile(
    rf"{_PHONE_BEGINS}(?:1[ .-]?)?(?!400)(?:\([2-9]\d\d\)|[2-9]\d\d)[ ./-]{{0,2}}\d{{3}}[ .-]?\d{{4}}"
    rf"{_EXTENSION}{NUMBER_ENDS}"
)
# Pieces that stand far apart; only a word for phones makes one number of them.
_SPREAD_PHONE = re.compile(
    rf"{_PHONE_BEGINS}(?![48]00)"
    r"(?:(?:\([2-9]\d\d\)|[2-9]\d\d) ?[./_*-] ?\d{3} ?[./_*-] ?\d{4}|[2-9](?:[ ._-]\d){9})"
    rf"{NUMBER_ENDS}"
)
_INDIAN_MOBILE = re.compile(rf"{_PHONE_BEGINS}(?:0|91[ -])?[6-9]\d{{4}}[ -]?\d{{5}}{NUMBER_ENDS}")
_CHINESE_MOBILE = re.compile(
    rf"{_PHONE_BEGINS}(?:86[ -]?)?1[3-9](?:\d{{9}}|\d([ .-])\d{{4}}\1\d{{4}}|\d([ -])\d{{3}}\2\d{{5}}"
    rf"|\d\d([ -])\d{{4}}\3\d{{3}}|\d\d([ -])\d{{3}}\4\d{{4}}|\d[ -]\d{{8}}"
    rf"|\d(?:[_*·~/]|[ ._-]{{2,3}})\d{{4}}(?:[_*·~/]|[ ._-]{{2,3}})\d{{4}}){NUMBER_ENDS}"
    rf"|{_PHONE_BEGINS}1(?P<gap>[ ._*·/-])[3-9](?:(?P=gap)\d){{9}}(?!(?P=gap)\d){NUMBER_ENDS}"
)
_HAN_DIGITS = "〇零一二三四五六七八九"
_HAN_ONE = "幺壹"
_WRITTEN_MOBILE = re.compile(
    rf"(?<![{_HAN_DIGITS}{_HAN_ONE}])[一{_HAN_ONE}](?:[ -]?[{_HAN_DIGITS}{_HAN_ONE}]){{10}}"
    rf"(?![{_HAN_DIGITS}{_HAN_ONE}])"
)
_FROM_HAN = str.maketrans(_HAN_DIGITS + _HAN_ONE, "00123456789" + "11")
# Not a social security number, nor the end of an IBAN.
_NO_TRUNK = r"(?<![A-Z]{2}\d\d [A-Z0-9]{4} )(?!\d{3}[ .-]\d{2}[ .-]\d{4}(?!\d))"
_TRUNK_PHONE = re.compile(
    rf"{_PHONE_BEGINS}(?<![0-9] ){_NO_TRUNK}(?:\(0\d{{0,4}}\)|0\d{{1,4}})"
    r"(?: ?/ ?\d{3,9}(?:[ .-]\d{2,5}){0,3}|(?:[ .-]{0,2}\d{2,8}){1,4})"
)
# "Phones from 400-1200 dollars": a number without its area counts only where the word stands right before it.
_LOCAL_PHONE = re.compile(
    rf"(?:\b(?:call|text|ring|dial|tel|phone)\b(?: (?:me|us|him|her))?(?: number)?(?: at| on| is)?[:.]? ?"
    rf"([2-9]\d\d-\d{{4}}|[689]\d{{3}}[ -]\d{{4}}){NUMBER_ENDS}"
    r"|(?:电话|電話|手机|手機|座机|固话)(?:号码|號碼)?[:是为為 ]{0,2}"
    rf"([2-8]\d{{6,7}}|[2-9]\d{{3}}[ -]\d{{4}}){NUMBER_ENDS})",
    re.IGNORECASE,
)
_LEAST_DIGITS_OF_PHONE = 7
# A shorter group may be a quantity that follows: "020 7946 0123 2 weeks ago".
_LEAST_DIGITS_OF_LAST_GROUP = 3
_DIGITS_OF_PAIR = 2

_PREFIX = re.compile(r"^(?:00|011)[ .-]?(?=[1-9])")
_FILLER = re.compile(r"[_*·]")
_GROUP_OF_DIGITS = re.compile(r"\d+")
_GOES_ON = re.compile(r"[0-9A-Za-z_]|-[0-9A-Za-z]")


def phones(plain: str, regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand, in the formats of `regions` and of those that are always read."""
    found: list[Span] = []
    for find in _FINDERS:
        spans = list(find(plain, (*_REGIONS, *regions)))
        plain = blanked(plain, spans)
        found += spans
    yield from sorted(found)


def _international_phones(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    for match in numbers(_INTERNATIONAL_PHONE, plain):
        if "+" not in match[0] and named(plain, match.start()) == "other":
            continue
        end = _end_of_phone(plain, match, ("ZZ",), is_sure=True)
        if end:
            yield match.start(), end


def _american_phones(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    for match in numbers(_AMERICAN_PHONE, plain):
        name = named(plain, match.start())
        is_grouped = not match[0].isdecimal()
        if name != "phone" and (name == "other" or not is_grouped):
            continue
        if _owner(match[0], "US", is_sure=name == "phone") == "person":
            yield match.span()


def _chinese_mobiles(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    for match in numbers(_CHINESE_MOBILE, plain):
        name = named(plain, match.start())
        if name != "other" and _owner(match[0], "CN", is_sure=name == "phone") == "person":
            yield match.span()


def _written_mobiles(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Chinese mobile phones whose digits are Chinese characters."""
    if any(zero in plain for zero in "〇零幺"):
        for match in _WRITTEN_MOBILE.finditer(plain):
            if _owner(match[0].translate(_FROM_HAN), "CN", is_sure=False) == "person":
                yield match.span()


def _announced(
    pattern: re.Pattern[str], region: str, plain: str, _regions: tuple[str, ...]
) -> Iterator[Span]:
    """Numbers of a region that count only after a word for phones."""
    for match in numbers(pattern, plain):
        if named(plain, match.start()) == "phone" and _owner(match[0], region, is_sure=True) == "person":
            yield match.span()


def _trunk_phones(plain: str, regions: tuple[str, ...]) -> Iterator[Span]:
    """Numbers with an area, or a net of mobile phones, after a 0."""
    for match in numbers(_TRUNK_PHONE, plain):
        name = named(plain, match.start())
        if name == "phone" or (name != "other" and not match[0].isdecimal()):
            end = _end_of_phone(plain, match, regions, is_sure=name == "phone")
            if end:
                yield match.start(), end


def _local_phones(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    for match in _LOCAL_PHONE.finditer(plain):
        yield match.span(match.lastindex or 0)


def _end_of_phone(plain: str, match: re.Match[str], regions: tuple[str, ...], *, is_sure: bool) -> int | None:
    """Where the number ends: other numbers may follow it, so it is the longest run of groups that is a phone's."""
    groups = list(_GROUP_OF_DIGITS.finditer(plain, match.start(), match.end()))
    for index, group in reversed(list(enumerate(groups))):
        is_one_of_pairs = index > 0 and len(group[0]) == len(groups[index - 1][0]) == _DIGITS_OF_PAIR
        is_long = len(group[0]) >= _LEAST_DIGITS_OF_LAST_GROUP or is_one_of_pairs
        if not _GOES_ON.match(plain, group.end()):
            number = plain[match.start() : group.end()]
            owners = {_owner(number, region, is_sure=is_sure and is_long) for region in regions}
            if "person" in owners:
                return group.end()
            if "company" in owners:
                return None
        if is_long and not is_sure:
            return None
    return None


def _owner(number: str, region: str, *, is_sure: bool) -> Literal["person", "company"] | None:
    """Whose phone it can be, if any; where the context makes sure that it is one, its length is enough."""
    if sum(map(str.isdecimal, number)) < _LEAST_DIGITS_OF_PHONE:
        return None
    number = _PREFIX.sub("+", _FILLER.sub(" ", number))
    try:
        parsed = phonenumbers.parse(number, region)
    except NumberParseException:
        return None
    if phonenumbers.is_valid_number(parsed):
        return "company" if phonenumbers.number_type(parsed) in _SERVICE_NUMBERS else "person"
    return "person" if is_sure and phonenumbers.is_possible_number(parsed) else None


# What one has taken the next does not see.
_FINDERS = (
    _international_phones,
    _american_phones,
    _chinese_mobiles,
    _written_mobiles,
    _trunk_phones,
    partial(_announced, _SPREAD_PHONE, "US"),
    partial(_announced, _INDIAN_MOBILE, "IN"),
    _local_phones,
)
