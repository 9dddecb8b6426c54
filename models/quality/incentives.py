"""Doubts about independence: the author was given something for the review, and says so."""

import re

from models.quality.values import QualityFlag
from models.text.signs import Signs

_GIVEN = r"(?:received|recieved|got|given|sent|gifted|provided(?: with)?)"
_FOR_NOTHING = r"(?:free|complimentary|at no (?:charge|cost)|discount(?:ed)?|gifted)"
_REVIEW = r"(?:reviews?|opinions?|feedback|evaluation|testing|thoughts|rating)"
# "Free" alone says nothing: "free shipping", "I got a free cable with it".
_DISCLOSES = re.compile(
    rf"\b(?:exchange|return) for (?:\w+,? ){{0,4}}{_REVIEW}\b"
    rf"|\b{_GIVEN} [^.!?\n]{{0,60}}\b{_FOR_NOTHING}\b[^.!?\n]{{0,40}}"
    r"\b(?:to|for|so i could) (?:my |our |an? |this |honest |unbiased )*(?:review|test|try|testing|rate|sample)\b"
    rf"|\b{_GIVEN} (?:\w+ ){{1,3}}(?:for )?free,? (?:\w+ )?(?:from|through|via|by|courtesy of|as part of) "
    r"|\b(?:sent|gifted|provided|gave) (?:me|us) (?:\w+ ){1,5}to (?:review|test)\b"
    r"|#(?:gifted|sponsored|ad|freeproduct|complimentary|voxbox)\b"
    r"|(?:商家|卖家|店家|品牌方?|官方|平台)[^。！？\n]{0,6}(?:赠送|免费送|免费寄|寄来|提供)[^。！？\n]{0,8}(?:试用|测评|评测|写评价)"
    r"|免费试用(?:得到|获得|申请|拿到|来的|活动|产品)|试用(?:活动|中心|报告)[^。！？\n]{0,8}(?:得到|获得|申请|拿到|来的|中奖|中的)",
    re.IGNORECASE,
)
# One of these is in every text that discloses.
_SIGNS = Signs(
    "exchange return free complimentary charge cost discount discounted gifted review test sponsored ad voxbox"
    " freeproduct",
    *("试用", "测评", "评测", "写评价"),
)
_SURE, _LIKELY = 1.0, 0.8


def incentivised(text: str, *, has_notice: bool) -> QualityFlag | None:
    """A flag where a platform's notice or the author says that the review was rewarded.

    Args:
        text: the review without notices.
        has_notice: whether its platform says so.

    >>> incentivised("I received this for free in exchange for my honest review.", has_notice=False).reason
    'Its author says that something was given for it.'
    >>> incentivised("Free shipping, and I got a free cable with it.", has_notice=False)
    """
    if has_notice:
        return QualityFlag("incentivised", _SURE, "A notice says that it was collected for a reward.")
    if _SIGNS.are_in(text) and _DISCLOSES.search(text):
        return QualityFlag("incentivised", _LIKELY, "Its author says that something was given for it.")
    return None
