"""Finds the numbers of identity documents and payment cards."""

import re
from collections.abc import Iterator
from datetime import date

from models.personal_data.context import NUMBER_BEGINS, NUMBER_ENDS, named, numbers
from models.personal_data.spans import Span

_CHINESE_ID = re.compile(
    rf"{NUMBER_BEGINS}([1-9]\d{{5}}[ -]?(?:18|19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{{3}}[\dXx])"
    r"(?![0-9A-Za-z]|[-.][0-9])"
)
_OLD_CHINESE_ID = re.compile(
    rf"{NUMBER_BEGINS}[1-9]\d{{5}}\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}{NUMBER_ENDS}"
)
_SSN = re.compile(rf"{NUMBER_BEGINS}\d{{3}}([ -]?)\d{{2}}\1\d{{4}}{NUMBER_ENDS}")
_ISSUED_SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")

# GB/T 2260: the first two digits of the provinces.
_PROVINCES_BY_NUMBER = frozenset(
    map(str, (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46))
) | frozenset(map(str, (50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83)))

# GB 11643-1999: the weights of the first 17 digits, and the check character for each sum modulo 11.
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def id_numbers(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where Chinese identity numbers and American social security numbers stand."""
    spans = [
        match.span()
        for match in numbers(_CHINESE_ID, plain)
        if _is_chinese_id(match[0]) or named(plain, match.start()) == "identity"
    ]
    spans += [
        match.span()
        for match in numbers(_OLD_CHINESE_ID, plain)
        if match[0][:2] in _PROVINCES_BY_NUMBER and named(plain, match.start()) == "identity"
    ]
    for match in numbers(_SSN, plain):
        name = named(plain, match.start())
        if name == "ssn" or (name != "other" and _ISSUED_SSN.fullmatch(match[0])):
            spans.append(match.span())
    yield from sorted(spans)


def _is_chinese_id(number: str) -> bool:
    """Whether it has a province, a day of birth and the right check digit.

    >>> _is_chinese_id("11010519491231002X"), _is_chinese_id("110105194912310021")
    (True, False)
    """
    characters = re.sub(r"[ -]", "", number).upper()
    try:
        date(int(characters[6:10]), int(characters[10:12]), int(characters[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(characters, _ID_WEIGHTS, strict=False))
    return characters[:2] in _PROVINCES_BY_NUMBER and characters[17] == _ID_CHECKS[total % 11]


_CARD = re.compile(
    rf"{NUMBER_BEGINS}(?:\d{{13,19}}|\d{{4}}([ -])\d{{4}}\1\d{{4}}\1\d{{2,4}}(?:\1\d{{1,3}})?"
    rf"|3\d{{3}}([ -])\d{{6}}\2\d{{4,5}}|62\d{{4}}[ -]\d{{10,13}}){NUMBER_ENDS}"
)
_ISSUED_CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
# Shorter ones are as often the numbers of articles; only a word tells them apart.
_LEAST_DIGITS_UNNAMED = 15
_CARD_SECURITY_CODE = re.compile(r"[ -]\d{3}$")


def card_numbers(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where numbers stand that an issuer of cards can have given, without a security code behind."""
    for match in numbers(_CARD, plain):
        number = match[0]
        if not _is_card_number(number):
            number = _CARD_SECURITY_CODE.sub("", number)
            if not _is_card_number(number):
                continue
        name = named(plain, match.start())
        is_long = sum(map(str.isdigit, number)) >= _LEAST_DIGITS_UNNAMED
        if name == "card" or (is_long and name != "other"):
            yield match.start(), match.start() + len(number)


def _is_card_number(number: str) -> bool:
    """Whether an issuer's number passes Luhn's check.

    >>> _is_card_number("4111 1111 1111 1111"), _is_card_number("4111 1111 1111 1112")
    (True, False)
    """
    digits = re.sub(r"[ -]", "", number)
    if not _ISSUED_CARD.fullmatch(digits):
        return False
    doubled = "".join(str(2 * int(digit)) for digit in digits[-2::-2])
    return sum(map(int, digits[-1::-2] + doubled)) % 10 == 0
