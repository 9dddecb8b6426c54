"""Finds the addresses of homes, in English, Chinese and some continental forms."""

import re
from collections.abc import Iterator

from models.personal_data.context import READ_BEFORE
from models.personal_data.working_text import Span, blanked
from models.text.signs import Signs

STREET_TYPES = (
    r"(?:(?:St|Ave|Rd|Blvd|Dr|Ln|Ct|Pl|Pkwy|Hwy)\b\.?|(?:Street|Avenue|Road|Boulevard|Lane|Drive|Court|Terrace|Place"
    r"|Square|Close|Crescent|Highway|Parkway|Way|Loop|Circle|Gardens|Mews|Row|Hill)\b)"
)

_UNIT = r"(?:(?:Apt|Apartment|Unit|Suite|Ste|Floor|Flat|Room|Rm)\b\.? ?#?|#)[A-Za-z0-9]{1,5}(?![A-Za-z0-9])"
_CITY = r"[A-Z][A-Za-z.]{1,20}(?: [A-Z][A-Za-z.]{1,20}){0,2}"
_POST_CODE = r"(?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?![A-Za-z0-9])"
_STREET = re.compile(
    rf"(?<![\w.-])(?P<flat>{_UNIT},? )?\d{{1,5}}[A-Za-z]?,? (?:[NSEW]\.? )?"
    rf"(?:(?:[A-Z][A-Za-z'.]{{0,20}}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}{STREET_TYPES}"
    rf"(?P<unit>,? {_UNIT})?(?P<place>,? (?:{_CITY},? )?{_POST_CODE})?"
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’.-]{0,30}"
_NAMES = rf"(?:(?:{_NAME}|de|la|le|les|du|des|del|di|della|van|den|der|y|von) ){{0,4}}{_NAME}"
_TOWN = rf"{_NAME}(?: (?:{_NAME}|am|an der|de|la|le|sur|en)){{0,3}}"
_TOWN_WITH_CODE = rf"(?:[A-Z]{{1,2}}-)?(?:\d{{4}} ?[A-Z]{{2}}|\d{{4,5}}) {_TOWN}"
_CAPITALISED = r"(?!Wohn|Adresse|Anschrift|Lieferadresse|Adres )[A-ZÄÖÜ][\w.-]{0,24} "
_STREET_ENDS = (
    r"(?:stra(?:ß|ss)e|str\.|weg|allee|platz|gasse|ring|damm|ufer|chaussee|straat|gracht|laan|plein|kade)"
)
_STREET_WORDS = r"(?:Stra(?:ß|ss)e|Str\.|Weg|Allee|Platz|Ring|Damm)"
_FRENCH_STREETS = (
    r"(?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|passage)"
    r" (?:(?:de|du|des|la|le|les|l['’]|d['’]) ?){0,2}"
)
_SOUTHERN_STREETS = (
    r"(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Carrer|Via|Viale|Corso|Piazza|Vicolo|Rua|Travessa)"
)
_CONTINENTAL = re.compile(
    # The kind of street ends its name, and the number follows: German, Dutch.
    rf"(?<![\w-])(?:(?:{_CAPITALISED}){{0,3}}[A-ZÄÖÜ]?[\w.-]{{1,30}}{_STREET_ENDS}"
    rf"|(?:{_CAPITALISED}){{1,3}}{_STREET_WORDS}) ?\d{{1,4}} ?[a-z]?(?!\w)"
    # The number is first: French.
    rf"|(?<![\w.-])\d{{1,4}}(?: ?(?:bis|ter))?,? {_FRENCH_STREETS}{_NAMES}"
    # The kind of street is first: Spanish, Italian, Portuguese.
    rf"|(?<![\w-]){_SOUTHERN_STREETS} ?{_NAMES}"
    r",? (?:n[.º°o]{0,2} ?)?\d{1,4}(?:, ?\d{1,2}[.ºª°]{1,2} ?[A-Z]?)?(?!\w)",
)
_PLACE = re.compile(rf"(?:,|\n| -|;)? ?{_TOWN_WITH_CODE}")
_BEFORE_CONTINENTAL = re.compile(
    r"\b(?:wohne|wohnhaft|adresse|anschrift|adres|woon|habite|vivo|dirección|abito|indirizzo|moro|morada)\b"
    r"[^.!?\n]{0,14} ?$",
    re.IGNORECASE,
)
# One of these is in every continental street; without a post code few digits are.
_STREET_SIGNS = Signs(
    "rue avenue av boulevard bd place chemin impasse quai route cours passage calle avenida avda plaza paseo carrer via"
    " viale corso piazza vicolo rua travessa str strasse weg platz ring damm",
    *(
        "allée",
        "traße",
        "trasse",
        "str.",
        "weg",
        "allee",
        "platz",
        "gasse",
        "ring",
        "damm",
        "ufer",
        "chaussee",
    ),
    *("straat", "gracht", "laan", "plein", "kade", "C/"),
)
CONTINENTAL_SIGNS = Signs(
    "rue calle via rua", "traße", "trasse", "straat", "str. ", "weg ", "allee ", "platz ", "gasse ", "gracht "
)
_BOX = re.compile(
    rf"(?<![A-Za-z])P\.? ?O\.? ?Box #?\d{{1,6}}(?!\d)(?:,? (?:{_CITY},? )?{_POST_CODE})?", re.IGNORECASE
)
_BEFORE_STREET = re.compile(
    r"(?:\bliv(?:e|es|ed|ing) (?:at|in|on)|\baddress(?: is| on (?:the )?\w{1,10})?:?"
    r"|\b(?:ship|shipped|deliver|delivered|send|sent|resend|mov(?:e|ed))(?: it| this| them)? to"
    r"|\b(?:left|dropped)(?: it| them)? (?:at|off at)"
    r"|\bhouse (?:at|is)|\bhome (?:at|is)|\blabel said) [\"(]?$",
    re.IGNORECASE,
)

_PROVINCE = re.compile(
    r"北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    r"|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_HAN = "\u4e00-\u9fff"
_FLOOR = r"[楼樓](?![上下道梯盘])"
_BUILDING = (
    rf"[{_HAN}A-Za-z]{{2,12}}?"
    r"(?:大厦|大廈|中心|广场|花园|小区|公寓|大楼|家园|新村|公馆|国际|园|苑|庭|轩|阁|府|城)"
)
_DETAIL = (
    rf"[ ,-]?(?:[A-Za-z]|[A-Za-z]?\d{{1,5}}) ?(?:号楼|號樓|[栋棟幢座室房层层號号户院弄期]|单元|單元|{_FLOOR})"
)
# The room may be a bare number behind all else, but not what is counted or paid.
_ROOM = (
    r"[ ,-]?\d{2,5}(?:-\d{1,4}){0,2}[A-Za-z]?(?![\d.A-Za-z%]|[元块人件米年月天个個次号室房楼栋瓦度]|公里|毫)"
)
_CHINESE_NUMBER = re.compile(
    r"(?:[路街巷]|大道|胡同|[东西南北中]道|[一二三四五六七八九十]段)"
    rf" ?\d{{1,5}}(?:-\d{{1,4}})? ?[号號弄](?:之[一二三四五六七八九十\d]{{1,2}})?(?:院|{_FLOOR})?"
    rf"(?:{_BUILDING}(?=[ ,-]?(?:[A-Za-z]?\d|[A-Za-z]座)))?"
    rf"(?P<detail>(?:{_DETAIL}){{0,5}})(?:(?<=[楼樓栋棟幢座元層层院厦廈心场园区寓村馆际苑庭轩阁府城])(?:{_ROOM}))?"
    rf"|(?<=[{_HAN}])(?:\d{{1,2}}期)?\d{{1,4}}(?:号楼|號樓|[栋棟幢座])[ -]?"
    r"(?:\d{1,2}(?:单元|單元)[ -]?\d{2,5}(?:室|房|号)?|\d{1,2}[楼樓层]\d{2,5}(?:室|房)?"
    r"|\d{3,5}(?:室(?!友|内|外)|房(?!间|东)))"
    rf"|(?<=[{_HAN}])\d{{1,4}}(?:号楼|號樓|栋|幢)(?=\d{{3}}){_ROOM}"
    rf"|(?<=小区|花园|公寓|家园|新村)\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?![\d-])"
    rf"|(?<=[{_HAN}][村屯])(?:\d{{1,3}}组)?\d{{1,5}}[号號]"
)
_BEFORE_NUMBER = re.compile(rf"(?:[{_HAN}]{{2,10}}[省市州区县镇] ){{0,3}}[{_HAN}]{{1,30}}$")
_READ_BEFORE_NUMBER = 45
_LEADS_TO_ADDRESS = re.compile(r".*(?:地址|住在?|家在|[寄送发退][到往回给]?了?)[是:：]?")
_LEADS_TO_PLACE = re.compile(r".*(?:[在到是我]|的)")
_DIVISION = re.compile(r"[^省市区县]{2}[省市区县]|自治区")


def addresses(plain: str, _regions: tuple[str, ...]) -> Iterator[Span]:
    """Where they stand, from first to last: a street only with a flat, a place or words that lead to it."""
    spans = [match.span() for match in _BOX.finditer(plain)] if "box" in plain.lower() else []
    for match in _STREET.finditer(blanked(plain, spans)):
        before = plain[max(0, match.start() - READ_BEFORE) : match.start()]
        if match["flat"] or match["unit"] or match["place"] or _BEFORE_STREET.search(before):
            spans.append(match.span())
    if not plain.isascii():
        spans += _chinese_addresses(plain)
    yield from sorted([*spans, *_continental_addresses(blanked(plain, sorted(spans)))])


def _continental_addresses(plain: str) -> Iterator[Span]:
    """Streets with a post code and a town behind them, or after words that lead to an address."""
    for match in _CONTINENTAL.finditer(plain) if _STREET_SIGNS.are_in(plain) else ():
        place = _PLACE.match(plain, match.end())
        before = plain[max(0, match.start() - READ_BEFORE) : match.start()]
        if place or _BEFORE_CONTINENTAL.search(before) or _BEFORE_STREET.search(before):
            yield match.start(), place.end() if place else match.end()


def _chinese_addresses(plain: str) -> Iterator[Span]:
    last_end = 0
    for match in _CHINESE_NUMBER.finditer(plain):
        head_end = match.start() + (0 if match[0][0].isdecimal() else 1)
        before = _BEFORE_NUMBER.search(plain, max(last_end, head_end - _READ_BEFORE_NUMBER), head_end)
        if before:
            lead = _lead_in(before[0])
            head = before[0][lead:]
            announced = bool(
                _LEADS_TO_ADDRESS.match(
                    before[0][:lead] or plain[max(0, before.start() - 6) : before.start()]
                )
            )
            if (
                announced
                or match["detail"]
                or _DIVISION.search(head)
                or match[0][0].isdecimal()
                or _PROVINCE.match(head)
            ):
                last_end = match.end()
                yield before.start() + lead, match.end()


def _lead_in(words: str) -> int:
    """How many characters stand before the address that ends in the name of a road."""
    if province := _PROVINCE.search(words):
        return province.start()
    lead = _LEADS_TO_ADDRESS.match(words) or _LEADS_TO_PLACE.match(words)
    return lead.end() if lead else 0
