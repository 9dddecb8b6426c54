"""Doubts that a text says anything."""

import re

from models.quality.reading import HAN, ReadText
from models.quality.values import QualityFlag

_MOST_READ = 60
_MOST_WORDS = 6
# One word can be an opinion ("Great!", "很好"): that is little, but not nothing.
_ONE_WORD = 0.5
_NOTHING = 0.95
_LETTER = re.compile(r"[^\W\d_]")
_UNIT = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")
_PLACEHOLDER = re.compile(r"\[(?:email|phone|wechat|qq|address|id number|card number)\]")
_VERDICT_IN_FIGURES = re.compile(r"\s*(?:\d{1,3}\s*/\s*(?:5|10|100)|6{2,})\W*")
_FILLER = re.compile(
    r"(?:ok|okay|k+|na|n a|none|nil|null|nothing(?: to say)?|yes|yep|no|idk|no comments?|no review"
    r"|tests?|testing|just testing|hmm+|lol|same|(?:see|as) (?:title|above)|abc|blah"
    r"|(?:a?sdf|asd|qwe|zxc|hjkl|dfg|fghj)\w*)"
    r"|(?:此|该|本)?用户(?:没有|未|暂未)(?:填写|作出|做出|发表)(?:评价|评论)(?:内容)?"
    r"|评价方未及时(?:做|作)出评价(?:系统默认好评)?"
    r"|(?:系统)?默认(?:好评|评价)|无|没有|没什么(?:好?说的?)?|没啥(?:好?说的?)?|[嗯哦额呃略]+"
    r"|测试|凑字数?|凑够?字数|不知道说[什啥]么?|懒得写|随便|同上|哈+|呵+|ok的"
)
_PRAISING_CHARACTERS = frozenset("好赞棒牛差烂")

# The most letters that are one word, in scripts that begin at these code points: alphabets, Han and kana, Hangul.
_LONGEST_ALPHABETIC, _LONGEST_HAN, _LONGEST_HANGUL = 20, 2, 4


def too_short(read: ReadText) -> QualityFlag | None:
    """A flag where it says nothing, or is one word."""
    if len(read.words) > _MOST_WORDS or (len(read.plain) > _MOST_READ and _LETTER.search(read.plain)):
        return None
    text = _PLACEHOLDER.sub(" ", read.lower)
    if _VERDICT_IN_FIGURES.fullmatch(text):
        return _short(_ONE_WORD, "says no more than a figure")
    if not _LETTER.search(text):
        return _short(_NOTHING, "holds no word")
    units = _UNIT.findall(text)
    distinct = list(dict.fromkeys(units))
    if _says_nothing(units, distinct):
        return _short(_NOTHING, "says nothing")
    return _short(_ONE_WORD, "is one word") if _is_one_word(distinct) else None


def _says_nothing(units: list[str], distinct: list[str]) -> bool:
    letters = set("".join(units))
    if len(letters) == 1:
        return not letters <= _PRAISING_CHARACTERS
    return any(map(_FILLER.fullmatch, (" ".join(distinct), "".join(units))))


def _is_one_word(units: list[str]) -> bool:
    if len(units) > 1:
        return len(units) <= _LONGEST_HAN and all(map(HAN.match, units))
    first = units[0][0]
    if first < "\u1100":
        return len(units[0]) <= _LONGEST_ALPHABETIC
    return len(units[0]) <= (_LONGEST_HANGUL if "\uac00" <= first <= "\ud7a3" else _LONGEST_HAN)


def _short(score: float, what: str) -> QualityFlag:
    return QualityFlag("too_short", score, f"It {what}.")
