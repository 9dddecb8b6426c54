"""Where a clause of Chinese may be cut without turning round what it says.

There are no spaces to go by, and a stretch that is cut out wrongly says the opposite: of 不太好用, 好用. So what a
negation, a condition or a restriction governs, to the end of its clause, stays in one piece with it, and a clause that
compares stays whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# A Han character, a whole word or number of another script, or a space beside one; between Han it is a pause.
_PIECE: Final = re.compile(
    r"[㐀-鿿、，]|[$€£¥#]?[^\W㐀-鿿]+(?:['’.,/&+-][^\W㐀-鿿]+)*[%°℃]?"
    r"|(?<![㐀-鿿、，]) +| +(?![㐀-鿿、， ])"
)
_RUN: Final = re.compile(rf"(?:(?!，)(?:{_PIECE.pattern}))+")

# Words that neither deny nor compare though they look like it; they are not cut either.
_HARMLESS: Final = re.compile(
    "不错|不仅|不管|不论|不少|不断|不愧|不好意思|差不多|了不起|非常|特别|级别|分别|区别|识别|告别|个别|未来|无线|无论|"
    "无疑|没[的得话]说|比较|比如|比例|比赛|对比|性价比|好像|图像|摄像|录像|影像|鞋跟|高跟|细跟|粗跟|刚才|人才|身材|"
    "说明|说话|小说"
)
# What governs the rest of its clause: negations, likenesses, restrictions, degrees, some of many, and what is not so,
# is no more, or is only said, feared or wished for. One too many costs nothing but a shorter phrase.
_GOVERNS: Final = re.compile(
    "不|没|未|无|勿|莫|甭|别[再买去想让用]|难以|很难|避免|缺|免得|省得|除了|"
    "像|跟|和.{1,8}(?:一样|差不多)|"
    "(?<![一二两三四五六七八九十几每这那])只|仅|才|光是|最[多少]|[至顶]多|至少|"
    "有点|有些|稍|略|几乎|差点|差一点|险些|勉强|基本|大概|可能|也许|似乎|偶尔|有时|"
    "有的|部分|少数|大多|多数|以前|从前|原来|曾|当初|起初|开始|刚[买到]|"
    "如果|要是|假如|若|万一|除非|希望|以为|本来|原本|应该|建议|说|号称|宣传|看似|看起来|"
    "担心|怕|怀疑|想|打算|准备|期待|期望|可|能|会|要"
)
_CONDITION: Final = re.compile("如果|要是|假如|若|万一|除非|只要|只有")
_COMPARES: Final = re.compile("比|不如|不及|[多少高低强大小优短长]于|[胜超好强]过|输给")
# A verb and whether it succeeds: 打不开, 买得起.
_SUCCESS: Final = re.compile("[㐀-鿿][不得][了到起上下来去出开住动着见清懂完够进过掉惯成全]")
# Words that link clauses, within a run of them and at its beginning.
_LINKS: Final = re.compile("但是|(?<!不)但|(?<!只)不过|可是|然而|而且|并且")
_FIRST: Final = re.compile("虽然|因为|所以|尽管|另外|此外|而|就是|可惜")

# No stretch begins behind one of these, for they belong to what follows; nor behind a number.
_CLINGS: Final = frozenset(
    "的很太最更挺较极超真特也都就还再又从在把被给让向往与和或及可会要想得是每各这那哪某、"
    "一二三四五六七八九十百千万两半几第零"
)
# Nor does one begin with these.
_TRAILS: Final = frozenset("的了着过得吗呢吧啊呀嘛们些点、， ")

# Said or not said, it is the same.
_MOODS: Final = frozenset("了啊呀呢哦嘛哈")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause and its cuts.

    Attributes:
        pieces: Han characters, and whole words and numbers of other scripts.
        starts: places of pieces that it may be begun with.
        ends: places behind a piece at which it may be left, for its predicate has been said.
    """

    pieces: tuple[str, ...]
    starts: frozenset[int]
    ends: frozenset[int]

    def text(self, start: int, end: int) -> str:
        """The stretch between two places."""
        return "".join(self.pieces[start:end]).strip()


def clauses_of(sentence: str) -> list[Clause]:
    """The clauses of a sentence, without the words that link them; questions assert nothing and are left out.

    >>> [clause.text(0, len(clause.pieces)) for clause in clauses_of("便宜但不耐用，如果能换，就好了。能退吗？")]
    ['便宜', '不耐用', '如果能换，就好了']
    """
    return [_cut(tuple(_PIECE.findall(text))) for text in _texts(sentence)]


def _texts(sentence: str) -> Iterator[str]:
    runs = list(_RUN.finditer(sentence))
    held = ""
    for place, run in enumerate(runs):
        following = runs[place + 1].start() if place + 1 < len(runs) else len(sentence)
        mark = sentence[run.end() : following]
        text, held = held + run[0].strip(), ""
        if set(mark) & set("？?") or text.endswith("吗"):
            continue
        if mark[:1] in {"，", ","} and "，" not in text and _CONDITION.search(text):
            # A condition stays with what it is the condition of.
            held = f"{text}，"
        elif "，" in text:
            yield text
        else:
            parts = (part.strip(" 、") for part in _LINKS.split(text))
            yield from filter(
                None, (part[found.end() :] if (found := _FIRST.match(part)) else part for part in parts)
            )


def _cut(pieces: tuple[str, ...]) -> Clause:
    size = len(pieces)
    # One character a piece, so that places in it are places of pieces.
    text = "".join(piece if len(piece) == 1 else "〇" for piece in pieces)
    plain = _HARMLESS.sub(lambda match: "〇" * len(match[0]), text)
    if _COMPARES.search(plain):
        return Clause(pieces, frozenset({0}), frozenset({size}))
    governing = [match.start() for match in _GOVERNS.finditer(plain)]
    whole = [*_HARMLESS.finditer(text), *_SUCCESS.finditer(plain)]
    governing += [match.start() for match in whole if match[0][1:2] == "不" and _SUCCESS.fullmatch(match[0])]
    inside = {place for match in whole for place in range(match.start() + 1, match.end())}
    inside |= set(range(min(governing, default=size) + 1, size))
    starts = {
        place
        for place in range(1, size)
        if place not in inside and pieces[place] not in _TRAILS and not _clings(pieces[place - 1])
    }
    ends = {size, size - 1} if size > 1 and pieces[-1] in _MOODS and size - 1 not in inside else {size}
    return Clause(pieces, frozenset(starts | {0}), frozenset(ends))


def _clings(piece: str) -> bool:
    return piece in _CLINGS or any(character.isdigit() for character in piece)
