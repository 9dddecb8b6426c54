"""Takes out what platforms add to a review's text: that it was rewarded, "Read more", and praise by default."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from models.text.offsets import Edit, EditedText, Span
from models.text.signs import Signs

# Words of a notice that the review was collected for a reward; all stand in brackets or are sentences of their own.
_REWARDED = re.compile(
    r"\[?\bThis (?:user )?review was (?:collected|submitted|received|written|posted)"
    r" (?:as part of|in exchange for|through|for) an? "
    r"[^.\n\]]{0,40}?(?:promotion|sweepstakes?|sampling|giveaway|contest|incentive|incentivi[sz]ed|free product|reward"
    r"|testing)\b[^.\n\]]{0,40}(?:\.\]?|\]|$)"
    r"|[\[(](?:Incentivi[sz]ed|Promotional|Sponsored|Sampled) review[\])]\.?|^Incentivi[sz]ed review\b[.:]?$"
    r"|\(?\b(?:Amazon )?Vine Customer Review of Free Product\b(?:\( ?What's this\? ?\))?\)?"
    r"|\[?\bDiese (?:Bewertung|Rezension) wurde (?:im Rahmen|als Teil) einer [^.\n\]]{0,40}?"
    r"(?:Aktion|Werbeaktion|Promotion|Verlosung)\b[^.\n\]]{0,30}(?:\.\]?|\]|$)"
    r"|\[?\bCet avis a été (?:recueilli|collecté|soumis|publié) dans le cadre d['’]une? [^.\n\]]{0,40}?"
    r"(?:promotion|opération|concours|campagne)\b[^.\n\]]{0,30}(?:\.\]?|\]|$)"
    r"|\[?\bEsta (?:reseña|opinión) se (?:recopiló|recogió|envió) como parte de una? [^.\n\]]{0,40}?"
    r"(?:promoción|sorteo|campaña)\b[^.\n\]]{0,30}(?:\.\]?|\]|$)"
    r"|[\[【（(]?(?:该|此|本)(?:条)?(?:评价|评论)(?:是|为|由|来自|作为)[^。\n\]】）)]{0,20}?"
    r"(?:促销活动|有奖评价|试用活动|有奖活动|推广活动|免费试用)[^。\n\]】）)]{0,12}[。\]】）)]?",
    re.IGNORECASE | re.MULTILINE,
)
_MORE = re.compile(
    r"(?:(?<=[.…!?。！？\n\"”)])|(?<=\.\.\. )|(?<=[.…!?。！？] )|^)"
    r"(?:Read (?:more|less|full review)|(?:Show|See|View) (?:more|less|full review)|Continue reading"
    r"|Mehr (?:lesen|anzeigen)"
    r"|Weiterlesen|Lire (?:la suite|plus)|Voir plus|Leer más|Ver más|Mostrar más|Leggi (?:tutto|di più)"
    r"|続きを読む|もっと見る"
    r"|展开(?:全文)?|查看(?:更多|全文)|阅读全文|收起(?:全文)?)$",
    re.IGNORECASE,
)
_MORE_ENDS = (
    "more", "More", "MORE", "less", "review", "reading", "lesen", "anzeigen", "suite", "plus", "más", "tutto", "più",
    "読む", "見る", "展开", "更多", "全文", "收起",
)  # fmt: skip
_MARKS_BEHIND_MORE = " .…>»⌄▼\n"
_LONGEST_MORE = 32
_NO_MEDIA = re.compile(
    r"\[\[(?:VIDEOID|ASIN):[^\]\n]{0,200}\]\]|\bThe media could not be loaded\."
    r"|\bYour browser does not support HTML5 video\."
)
# Written by the platform in the name of who wrote nothing.
_NOT_WRITTEN = re.compile(
    r"\s{0,20}(?:此用户(?:没有|未)(?:填写|及时)?(?:评价|评论)(?:内容)?|(?:此|该)?用户(?:没有|未)填写(?:评价|评论)(?:内容)?"
    r"|(?:评价方|买家|用户)未及时(?:做出|作出)?评价[,，]?系统默认好评|系统默认好评|系统默认评价|默认好评"
    r"|该用户觉得商品[^。！!]{1,20}(?:好评|评价)[^。！!]{0,4}"
    r"|The (?:user|customer|reviewer) (?:did not|didn['’]t) (?:write|leave) a? ?(?:review|comment)s?"
    r"|No (?:review|comment)s? (?:text|was) (?:provided|left|given))[。！!.]{0,3}\s{0,20}",
    re.IGNORECASE,
)
_LONGEST_NOT_WRITTEN = 80
# One of these is in every notice but "Read more".
_SIGNS = Signs(
    "review rezension bewertung avis vine videoid asin html media reviews comment comments",
    "Bewertung",
    "reseña",
    "opinión",
    "评价",
    "评论",
    "好评",
)


class TextWithoutNotices(NamedTuple):
    """A text that holds only what its author wrote, and whether a notice said that he was rewarded."""

    text: EditedText
    is_rewarded: bool


def may_hold_notice(text: str) -> bool:
    """The cheap look: False where nothing would be taken out."""
    return _SIGNS.are_in(text) or _may_end_in_more(text)


def without_notices(text: EditedText) -> TextWithoutNotices:
    """Take the notices of platforms out of a text without mark-up.

    >>> without_notices(EditedText("[This review was collected as part of a promotion.] Bright lamp.")).text.text
    'Bright lamp.'
    """
    if len(text.text) <= _LONGEST_NOT_WRITTEN and _NOT_WRITTEN.fullmatch(text.text):
        return TextWithoutNotices(text.edited([Edit(0, len(text.text), "")]), is_rewarded=False)
    rewarded = [notice.span() for notice in _REWARDED.finditer(text.text)]
    media = [notice.span() for notice in _NO_MEDIA.finditer(text.text)]
    without = text.edited(_without(text.text, sorted(rewarded + media)))
    return TextWithoutNotices(_without_more(without), is_rewarded=bool(rewarded))


def _may_end_in_more(text: str) -> bool:
    return text.endswith(_MORE_ENDS, 0, len(text.rstrip(_MARKS_BEHIND_MORE)))


def _without_more(text: EditedText) -> EditedText:
    written = text.text
    if _may_end_in_more(written):
        end = len(written.rstrip(_MARKS_BEHIND_MORE))
        if more := _MORE.search(written, max(0, end - _LONGEST_MORE), end):
            return text.edited([Edit(len(written[: more.start()].rstrip()), len(written), "")])
    return text


def _without(text: str, notices: list[Span]) -> Iterator[Edit]:
    """Each with the space around it; what stood before and behind it keeps a line or a space between."""
    copied = 0
    for notice_start, notice_end in notices:
        start = max(copied, len(text[:notice_start].rstrip()))
        end = len(text) - len(text[notice_end:].lstrip())
        is_inside = copied < start and end < len(text)
        yield Edit(start, end, ("\n" if "\n" in text[start:end] else " ") if is_inside else "")
        copied = end
