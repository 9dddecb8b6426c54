"""Finds the numbers of documents and accounts: identity, passport, driving licence, plate, card, IBAN."""

import re
from collections.abc import Iterator
from datetime import date

from models.personal_data.context import NUMBER_BEGINS, NUMBER_ENDS, READ_BEFORE, may_say, named, numbers
from models.personal_data.working_text import Span, blanked
from models.text.signs import Signs

_CHINESE_ID = re.compile(
    rf"{NUMBER_BEGINS}([1-9]\d{{5}}[ -]?(?:18|19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{{3}}[\dXx])"
    r"(?![0-9A-Za-z]|[-.][0-9])"
)
_OLD_CHINESE_ID = re.compile(
    rf"{NUMBER_BEGINS}[1-9]\d{{5}}\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}{NUMBER_ENDS}"
)
_SSN = re.compile(rf"{NUMBER_BEGINS}\d{{3}}([.-])\d{{2}}\1\d{{4}}{NUMBER_ENDS}")
_ANY_SSN = re.compile(rf"{NUMBER_BEGINS}\d{{3}}[ .-]?\d{{2}}[ .-]?\d{{4}}{NUMBER_ENDS}")
_ISSUED_SSN = re.compile(r"(?!000|666|9)\d{3}.(?!00)\d{2}.(?!0000)\d{4}")

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
    spans += [
        match.span()
        for match in numbers(_SSN, plain)
        if _ISSUED_SSN.fullmatch(match[0]) and named(plain, match.start()) not in {"other", "version"}
    ]
    yield from _more(plain, sorted(spans), _ANY_SSN, "ssn")


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
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|1\d{14}"
    r"|(?:50(?:18|19|20|38)|5893|6(?:304|759|76[1-3]))\d{8,15}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
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


# ISO 13616: how many characters an IBAN has, by its country.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC",
        32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_IBAN = re.compile(
    r"(?<![A-Za-z0-9_-])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,4})?(?![A-Za-z0-9_])"
)
_MAY_HOLD_IBAN = re.compile(r"\d(?<=[A-Za-z]{2}\d)\d[ -]?[A-Za-z0-9]{4}")
_ACCOUNT = re.compile(
    r"(?:\d{2}-\d{2}-\d{2}[ ,]{1,3}(?:(?:and |account|acc\.?|acct|no\.?|number) ?:? ?){0,3})?\d{6,17}(?![0-9A-Za-z_-])"
)
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]")


def account_numbers(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where IBANs with the right check digits stand, and other numbers that are said to be of a bank account."""
    spans: list[Span] = []
    for match in _IBAN.finditer(plain) if _MAY_HOLD_IBAN.search(plain) else ():
        end = _end_of_iban(match)
        if end and named(plain, match.start()) != "other":
            spans.append((match.start(), end))
    yield from _more(plain, spans, _ACCOUNT, "account")


def _end_of_iban(match: re.Match[str]) -> int | None:
    length = _IBAN_LENGTHS.get(match[0][:2].upper(), 0)
    places = [found.end() for found in _ALPHANUMERIC.finditer(match[0])]
    if not length or len(places) < length or match[0][places[length - 1] :][:1].isalnum():
        return None
    end = places[length - 1]
    return match.start() + end if _is_iban(match[0][:end]) else None


def _is_iban(number: str) -> bool:
    """Whether it passes the check of ISO 7064 (97-10).

    >>> _is_iban("GB82 WEST 1234 5698 7654 32"), _is_iban("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    characters = "".join(_ALPHANUMERIC.findall(number))
    return int("".join(str(int(character, 36)) for character in characters[4:] + characters[:4])) % 97 == 1


_PASSPORT = re.compile(
    r"(?<![A-Za-z0-9-])(?:[A-Za-z]{1,2}\d{6,8}[A-Za-z]?|\d{8,9}|\d{2}[A-Za-z]{2}\d{5}"
    r"|[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{7}\d)(?![A-Za-z0-9-])"
)
# A British one holds five letters of the name, the date of birth among other digits, and initials.
_BRITISH_LICENCE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Z9]{5}\d)[A-Z]{1,5}9{0,4}(?<=[A-Z9]{5})\d(?:0[1-9]|1[0-2]|5[1-9]|6[0-2])"
    r"(?:0[1-9]|[12]\d|3[01])\d[A-Z][A-Z9][0-9A-Z][A-Z]{2}(?![A-Za-z0-9])"
)
_BRITISH_END = re.compile(r"\d{6}[A-Z][A-Z9][0-9A-Z][A-Z]{2}")
_LICENCE = re.compile(
    r"(?<![A-Za-z0-9*-])(?=[A-Z0-9*-]{0,12}\d{3}|[A-Z0-9*]{0,8}\*)[A-Z0-9](?:[A-Z0-9*]|-(?=[A-Z0-9])){5,19}"
    r"(?![A-Za-z0-9*])"
)


def document_numbers(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where numbers of passports and driving licences stand, after words that say so; British licences anywhere."""
    spans = (
        []
        if not _BRITISH_END.search(plain)
        else [
            match.span()
            for match in _BRITISH_LICENCE.finditer(plain)
            if named(plain, match.start()) != "other"
        ]
    )
    spans = _more(plain, spans, _PASSPORT, "passport")
    yield from _more(plain, spans, _LICENCE, "licence")


def _more(plain: str, spans: list[Span], pattern: re.Pattern[str], name: str) -> list[Span]:
    """These spans and, beside them, those of a pattern that a word before gives this name."""
    if not may_say(plain, name):
        return spans
    found = [
        match.span()
        for match in pattern.finditer(blanked(plain, spans))
        if named(plain, match.start()) == name
    ]
    return sorted([*spans, *found])


_PROVINCES_OF_PLATES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_CHINESE_PLATE = re.compile(
    rf"(?:(?<![\u4e00-\u9fff])|(?<=[车牌照号的是为辆开挂]))[{_PROVINCES_OF_PLATES}][A-HJ-NP-Z][·. -]?"
    r"(?=[A-Z]{0,2}\d)[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
)
_PLATE = re.compile(
    r"(?<![A-Za-z0-9-])(?=[A-ZÄÖÜ0-9 -]{0,9}\d)(?=[A-ZÄÖÜ0-9 -]{0,9}[A-ZÄÖÜ])"
    r"(?=(?:[ ·-]?[A-ZÄÖÜ0-9]){4,10}(?![A-Za-z0-9]))[A-ZÄÖÜ0-9]{1,4}(?:[ ·-]?[A-ZÄÖÜ0-9]{1,4}){1,3}(?![A-Za-z0-9])"
)
# British and German ones of today are sure enough beside a car.
_NATIONAL_PLATE = re.compile(
    r"(?<![A-Za-z0-9-])(?:[A-HJ-PR-Y]{2}(?:0[2-9]|[125-7]\d)[ -]?[A-HJ-PR-Z]{3}"
    r"|[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]\d{1,4}[EH]?)(?![A-Za-z0-9-])"
)
_VEHICLE = re.compile(
    r"\b(?:vehicles?|cars?|vans?|lorr(?:y|ies)|trucks?|taxis?|parked|fahrzeuge?|auto)\b", re.IGNORECASE
)
_VEHICLE_SIGNS = Signs(
    "vehicle vehicles car cars van vans lorry lorries truck trucks taxi taxis parked fahrzeug fahrzeuge auto"
)
# One of these is in every text with a plate, passport or device of so few digits that nothing else shows it.
DOCUMENT_SIGNS = _VEHICLE_SIGNS | Signs(
    "plate plates numberplate rego reg registration kennzeichen kfz plaque immatriculation targa passport reisepass mac"
    " macs physical hardware driver drivers driving licence license",
    *("matrícula", "车牌", "車牌", "牌照", "护照", "護照"),
)


def licence_plates(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand: Chinese ones, British and German ones after a word for cars, others after words for plates."""
    spans = [] if plain.isascii() else [match.span() for match in _CHINESE_PLATE.finditer(plain)]
    spans += (
        []
        if not _VEHICLE_SIGNS.are_in(plain)
        else [
            match.span()
            for match in _NATIONAL_PLATE.finditer(blanked(plain, spans))
            if _VEHICLE.search(plain, max(0, match.start() - READ_BEFORE), match.start())
        ]
    )
    spans.sort()
    yield from _more(plain, spans, _PLATE, "plate")
