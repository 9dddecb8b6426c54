"""Finds the addresses of homes, in English and Chinese forms."""

import re
from collections.abc import Iterator

from models.personal_data.context import READ_BEFORE
from models.personal_data.spans import Span, blanked

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
_DETAIL = r"[ ,]?(?:[A-Za-z]|[A-Za-z]?\d{1,5}) ?(?:号楼|栋|幢|座|单元|室|楼(?![上下道梯盘])|层|号|户|院|弄)"
_CHINESE_NUMBER = re.compile(
    r"(?:[路街巷]|大道|胡同|[东西南北中]道|[一二三四五六七八九十]段)"
    r" ?\d{1,5}(?:-\d{1,4})? ?[号弄](?:院|楼(?![上下道梯盘]))?"
    rf"(?P<detail>(?:{_DETAIL}){{0,4}})"
    rf"|(?<=[{_HAN}])\d{{1,4}}(?:号楼|栋|幢|座)\d{{1,2}}单元\d{{2,5}}(?:室|号)?"
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
    yield from sorted(spans)


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
