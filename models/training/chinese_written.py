"""Sentences of our own in Chinese: patterns that are filled in, and longer texts that are joined of them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from models.readers.aspects import Aspect
from models.readers.interfaces import SentimentLabel
from models.training.chinese_data import ChineseExample
from models.training.written import read_patterns

WRITTEN = Path(__file__).parent / "written_zh.tsv"
#: Texts of each written pattern.
VARIANTS: Final = 24

_KINDS: tuple[SentimentLabel, ...] = ("positive", "negative", "neutral")
# What a sentence of ours may end with, so that no mark is one class's own.
_ENDINGS = ("", "", "。", "！", "，", "~")
# How many texts of praise, of blame and of neither are joined, and what the whole then is.
_MIXTURES: Sequence[tuple[tuple[int, int, int], SentimentLabel]] = (
    ((1, 1, 0), "neutral"), ((1, 1, 1), "neutral"), ((2, 2, 0), "neutral"), ((2, 2, 2), "neutral"),
    ((3, 3, 1), "neutral"), ((0, 0, 2), "neutral"), ((0, 0, 4), "neutral"), ((1, 1, 3), "neutral"),
    ((2, 0, 0), "positive"), ((2, 0, 0), "positive"), ((3, 0, 0), "positive"), ((3, 0, 1), "positive"),
    ((4, 1, 0), "positive"), ((5, 1, 1), "positive"),
    ((0, 2, 0), "negative"), ((0, 2, 0), "negative"), ((0, 3, 0), "negative"), ((0, 3, 1), "negative"),
    ((1, 4, 0), "negative"), ((1, 5, 1), "negative"),
)  # fmt: skip
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOTS: Mapping[str, str] = {
    "deg": "很|非常|特别|挺|真的很|超级|太|蛮|相当|比较||真|超|十分|好",
    "bad": "太|很|非常|特别|真|有点|实在太|相当|极其|也太|超级|贼|比较",
    "days": "两天|三天|一周|五天|半个月|十天|一个月|一个星期|好几天|20天|半年|3天|两个月",
    "day": "周一|周五|星期天|五月|双十一|上个月|昨天|前天|618|去年|年前",
    "number": "两|三|四|五|十|3|20|八|六|5",
    "money": "12|50|99|一百|两百|300|1999|二十|688|三千|1500|三十多",
    "place": "北京|杭州|广州|成都|深圳|上海|义乌|武汉",
    "person": "妈妈|女儿|老公|儿子|朋友|爸爸|婆婆|同事|老婆|孩子|男朋友|奶奶|宝宝|家人|弟弟|妹妹|老妈",
    "thing": (
        "手机|台灯|裤子|耳机|键盘|洗衣机|热水器|书包|毛衣|电饭锅|被子|洗发水|苹果|平板|鞋子|床垫|水杯|雨伞"
        "|锅|椅子|牛奶|面膜|玩具|电脑|沙发|衣服|书|音箱|充电宝|空调|电视|裙子|纸尿裤|茶叶|面包|手表|鼠标|酒店|餐厅"
    ),
}


def read_written(path: Path, *, seed: int, variants: int) -> list[ChineseExample]:
    """Sentences of our own: `aspects<TAB>pattern` a line, aspects as `delivery+ quality-`, a lone sign for none.

    Of `{one|two}` one is chosen, a name in braces is a list of this module; every line is a group. One praise and
    one blame make a neutral text.

    Raises:
        TrainingDataError: a line is not like that.
    """
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    return [
        ChineseExample(text, "written", line.source, line.sentiment or "neutral", line.aspects)
        for line in read_patterns(path)
        for text in sorted({_filled(line.pattern, random) for _ in range(variants)})
    ]


def join_written(written: Sequence[ChineseExample], count: int, *, seed: int) -> list[ChineseExample]:
    """Longer texts out of our sentences: as much praise as blame is neutral, else what there is more of counts.

    No aspect is praised and blamed in one text.
    """
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    by_label = {
        label: [one for one in written if one.sentiment == label and one.aspects is not None]
        for label in _KINDS
    }
    if not all(by_label.values()):
        return []
    joined: list[ChineseExample] = []
    for _ in range(count):
        numbers, label = random.choice(_MIXTURES)
        chosen = [
            one
            for kind, number in zip(_KINDS, numbers, strict=True)
            for one in random.choices(by_label[kind], k=number)
        ]
        random.shuffle(chosen)
        aspects: dict[Aspect, set[SentimentLabel]] = {}
        for one in chosen:
            for aspect, sign in (one.aspects or {}).items():
                aspects.setdefault(aspect, set()).add(sign)
        if all(len(signs) == 1 for signs in aspects.values()):
            text = random.choice("，，，。。！ \n").join(one.text.rstrip("。！，~") for one in chosen)
            text += random.choice(_ENDINGS)
            named = {aspect: signs.pop() for aspect, signs in aspects.items()}
            joined.append(ChineseExample(text, "written", "joined", label, named))
    return joined


def _filled(pattern: str, random: Random) -> str:
    def choose(slot: re.Match[str]) -> str:
        return random.choice(_SLOTS.get(slot[1], slot[1]).split("|"))

    while _CHOICE.search(pattern):
        pattern = _CHOICE.sub(choose, pattern)
    return pattern + ("" if pattern.endswith(_ENDINGS[2:]) else random.choice(_ENDINGS))
