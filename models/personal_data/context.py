"""Finds numbers, and what stands around them and says what they are."""

import re
from collections.abc import Iterator

# A number in a longer number, or in a code, is not looked at. Han characters may touch it.
NUMBER_BEGINS = r"(?<![0-9A-Za-z_])(?<![0-9][.-])(?<![A-Za-z]-)"
NUMBER_ENDS = r"(?![0-9A-Za-z_]|-[0-9A-Za-z]|\.[0-9])"

_BEGINNING = re.compile(r"[\d(+](?<![0-9].)")

READ_BEFORE = 30
_CLAUSE = re.compile(r"[^\0\n!?;。！？；]*$")
_NAMED = re.compile(
    r"(?P<phone>\b(?:call(?:ed|ing|s)?|text(?:ed|ing|s)?|phone[ds]?|tel|telephone|mobile|cell"
    r"|whatsapp|ring|rang|reach|contact|dial|fax|my number)\b|电话|手机|座机|固话|号码|拨|联系|短信|传真|📞|☎)"
    r"|(?P<card>\b(?:(?:credit |debit |bank )?card|visa|mastercard|amex|diners|unionpay)\b|信用卡|银行卡|银联|卡号)"
    r"|(?P<ssn>\bssn|social security|\bsocial\b)"
    r"|(?P<identity>身份证|证件)"
    r"|(?P<other>\b(?:orders?|tracking|isbn|ean|upc|barcode|imei|s/n|sn|serial|part|model|sku|asin"
    r"|item|lot|batch|invoice|rma|ticket|confirmation|reference|ref|key|patent|gift card"
    r"|case (?:number|id|no|#))(?![a-z])"
    r"|单号|订单|编号|条码|条形码|型号|序列号|批号|货号|会员号|会员卡号?"
    r"|购物卡号?|礼品卡号?|流水号|交易号|发票号码?|税号|信用代码|工号|商品)",
    re.IGNORECASE,
)


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
    name = None
    for match in _NAMED.finditer(clause[0] if clause else ""):
        name = match.lastgroup
    return name
