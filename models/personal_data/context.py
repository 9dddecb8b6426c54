"""Finds numbers, and the words before them that say what they are."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from models.text.signs import Signs

# A number in a longer number, or in a code, is not looked at. Han characters may touch it.
NUMBER_BEGINS = r"(?<![0-9A-Za-z_])(?<![0-9][.-])(?<![A-Za-z]-)"
NUMBER_ENDS = r"(?![0-9A-Za-z_]|-[0-9A-Za-z]|\.[0-9])"

_BEGINNING = re.compile(r"[\d(+](?<![0-9].)")

READ_BEFORE = 30
_CLAUSE = re.compile(r"[^\0\n!?;。！？；]*$")
#: What a number can be said to be, and the words that say so. The first of two that begin at one place counts.
_WORDS: Mapping[str, str] = {
    "phone": (
        r"\b(?:call(?:ed|ing|s)?|text(?:ed|ing|s)?|phone[ds]?|tel|telephone|mobile|cell|whatsapp|ring|rang"
        r"|reach|contact|dial|fax|my (?:number(?! plate)|no)|anrufen|telefon|handy|téléphone|teléfono)\b"
        r"|电话|電話|手机|手機|座机|固话|(?<![照证件])号码|拨|撥|打给|打給|联系|聯絡|聯繫|短信|传真|📞|☎"
    ),
    "account": (r"\biban\b|\bbank(?:ing)? (?:account|details)|\bsort code|\brouting\b|银行账[号户]|开户行"),
    "card": (
        r"\b(?:(?:credit |debit |bank )?card|visa|mastercard|amex|diners|unionpay)\b|信用卡|银行卡|银联|卡号"
    ),
    "ssn": (r"\bssn|social security|\bsocial\b|\bitin\b|\btaxpayer"),
    "identity": (r"身份证|证件"),
    "passport": (r"\bpassport|护照|護照|\breisepass|\bpass-?nr|\bpasseport|\bpasaporte|\bpassaporto"),
    "licence": (
        r"\bdriv(?:er|ing)[’']?s? licen[cs]e|\bdriving permit|\bdl ?(?:no|number|#)|驾照|驾驶证|驾驶执照"
        r"|\bführerschein|\bpermis de conduire"
    ),
    "plate": (
        r"\b(?:licen[cs]e|number|registration)[ -]plates?|\bplate (?:no|number)|\brego\b|\b(?:car|vehicle"
        r"|van|truck)(?:'s)? (?:reg(?:istration)?|plates?|tags?)\b|\bkfz|\b(?:amtliche[sn]? )?kennzeichen"
        r"|\bplaque d['’]immatriculation|\bmatrícula|\btarga\b|车牌|車牌|牌照"
    ),
    "ip": (r"(?<![a-z])ip(?:v[46])?(?![a-z])"),
    "mac": (r"(?<![a-z])macs?(?![a-z])|\b(?:hardware|physical|ethernet) (?:mac )?address|物理地址"),
    "other": (
        r"\b(?:orders?|tracking|isbn|ean|upc|barcode|imei|s/n|p/n|sn|serial|part|model|sku|asin|item|lot"
        r"|batch|invoice|rma|ticket|confirmation|reference|ref|key|patent|gift card|case (?:number|id|no"
        r"|#))(?![a-z])|单号|订单|运单|快递单|编号|条码|条形码|型号|序列号|批号|货号|会员号|会员卡号?|购物卡号?|礼品卡号?|流水号|交易号|发票号码?|税号|信用代码|工号"
        r"|商品"
    ),
    "version": (
        r"\b(?:version|ver\.?|firmware|build|release|driver|bios|software|update)\b|\bv(?=\d|\.? ?$)|固件|版本"
        r"|驱动|升级"
    ),
}
_NAMED = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items()), re.IGNORECASE)
# One of these is in every text that says so.
_SIGNS = {
    "account": Signs("iban bank banking sort routing", "银行账", "开户行"),
    "ssn": Signs("ssn social itin taxpayer taxpayers"),
    "passport": Signs(
        "passport passports reisepass pass passeport pasaporte passaporto",
        "reisepass",
        "passport",
        "passnr",
        "护照",
        "護照",
    ),
    "licence": Signs("driver drivers driving dl permis", "ührerschein", "驾"),
    "plate": Signs(
        "plate plates rego car vehicle van truck kfz kennzeichen plaque targa",
        "kfz",
        "kennzeichen",
        "matrícula",
        "车牌",
        "車牌",
        "牌照",
    ),
}
_MOST_CLAUSES_KNOWN = 1_024


def numbers(pattern: re.Pattern[str], plain: str) -> Iterator[re.Match[str]]:
    """What `pattern.finditer` gives, where each match begins with a digit, a bracket or a plus, and not after a digit.

    These are few, and a pattern that begins with a look behind is else tried at every character.
    """
    end = 0
    for beginning in _BEGINNING.finditer(plain):
        if beginning.start() >= end and (match := pattern.match(plain, beginning.start())):
            end = match.end()
            yield match


def named(plain: str, start: int) -> str | None:
    """What the nearest word before a number, in its clause, says that the number is."""
    clause = _CLAUSE.search(plain, max(0, start - READ_BEFORE), start)
    return _last_name(clause[0]) if clause else None


@lru_cache(_MOST_CLAUSES_KNOWN)
def _last_name(clause: str) -> str | None:
    """Several finders ask of the same number."""
    name = None
    for match in _NAMED.finditer(clause):
        name = match.lastgroup
    return name


def may_say(plain: str, name: str) -> bool:
    """The cheap look for the words of some names: False where none is in the text."""
    return _SIGNS[name].are_in(plain)
