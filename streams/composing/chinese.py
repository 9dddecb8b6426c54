"""Chinese sentences: of all reviews, and of one aspect."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.fields import SentimentLabel
from streams.composing.composition import Mix, Opinion, Quoted, primary
from streams.composing.opinions import UNNAMED
from streams.composing.shares import named_share
from streams.composing.variety import Variety

#: Aspects as they stand in a sentence.
ASPECT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "quality": "质量", "performance": "功能效果", "design": "外观", "size_and_fit": "尺寸", "ease_of_use": "易用性",
        "price_and_value": "性价比", "delivery": "物流", "packaging": "包装", "customer_service": "服务",
        "authenticity": "真伪", "taste_and_smell": "味道", "content": "内容", "safety": "安全性", "ambience": "环境",
        "other": "其他",
    }
)  # fmt: skip
_LANGUAGES = MappingProxyType(
    {
        "en": "英文", "zh": "中文", "es": "西班牙文", "fr": "法文", "de": "德文", "ja": "日文", "ko": "韩文",
        "pt": "葡萄牙文", "it": "意大利文", "ru": "俄文", "ar": "阿拉伯文", "nl": "荷兰文",
    }
)  # fmt: skip
# {who} users, {what} they speak of.
_FORMS: Mapping[SentimentLabel, tuple[str, ...]] = MappingProxyType(
    {
        "positive": ("{who}称赞{what}", "{who}对{what}表示满意", "{who}认可{what}", "{what}得到{who}的肯定"),
        "negative": ("{who}批评{what}", "{who}对{what}表示不满", "{who}抱怨{what}", "{what}受到{who}的批评"),
        "neutral": ("{who}提到{what}", "{who}谈到{what}"),
    }
)
_BRIEFLY: Mapping[SentimentLabel, str] = MappingProxyType(
    {"positive": "{what}获赞", "negative": "{what}受批评", "neutral": "提到{what}"}
)
# Of aspects that are not good or bad but so or not.
_CLAUSES: Mapping[str, Mapping[SentimentLabel, str]] = MappingProxyType(
    {
        "authenticity": {
            "positive": "{who}相信是正品",
            "negative": "{who}怀疑不是正品",
            "neutral": "{who}提到是否正品",
        },
        "safety": {
            "positive": "{who}认为安全",
            "negative": "{who}担心安全问题",
            "neutral": "{who}提到安全性",
        },
    }
)
_TURNS: Mapping[SentimentLabel, tuple[str, ...]] = MappingProxyType(
    {
        "positive": ("好的方面，", "值得肯定的是，", "优点方面，"),
        "negative": ("不足之处，", "不足的是，", "缺点方面，"),
        "neutral": ("",),
    }
)
_SHARES = MappingProxyType(
    {
        "quarter": "四分之一",
        "third": "三分之一",
        "half": "一半",
        "two_thirds": "三分之二",
        "three_quarters": "四分之三",
    }
)
_TILTS = MappingProxyType(
    {"positive": "整体以好评为主", "negative": "整体以差评为主", "neutral": "评价褒贬不一"}
)
_FEELINGS = MappingProxyType({"positive": "好评", "neutral": "中评", "negative": "差评"})


def overall(mix: Mix, variety: Variety, *, is_told: bool = False) -> str:
    """How many reviews there are, and how they feel.

    Args:
        mix: the numbers.
        variety: chooses the words.
        is_told: whether more is told of them, so that some were read even where none has a sentiment.

    >>> overall(Mix(1, 1, 0, 0), Variety("p", 1))
    '目前只有1条评论，是好评。'
    """
    groups = mix.feelings(_FEELINGS)
    if not groups and is_told:
        return f"目前有{mix.reviews}条评论。"
    return variety.pick("overall", _forms(mix, groups))


def _forms(mix: Mix, groups: list[tuple[int, str]]) -> list[str]:
    reviews = f"{mix.reviews}条评论"
    if not groups:
        return [f"目前有{reviews}，但未能识别其内容。"]
    if len(groups) == 1 and not mix.unread:
        feeling = groups[0][1]
        if mix.reviews == 1:
            return [f"目前只有{reviews}，是{feeling}。"]
        return [
            f"{reviews}全部是{feeling}。",
            f"共{reviews}，全是{feeling}。",
            f"到目前为止，{reviews}都是{feeling}。",
            f"目前的{reviews}全部为{feeling}。",
            f"从{reviews}来看，全是{feeling}。",
        ]
    unread = [f"{mix.unread}条未能识别"] if mix.unread else []
    items = "、".join([f"{number}条{word}" for number, word in groups] + unread)
    swapped = "、".join(
        [f"{word}{number}条" for number, word in groups] + [f"未能识别{mix.unread}条"] * bool(unread)
    )
    forms = [
        f"{reviews}中，有{items}。",
        f"共{reviews}：{items}。",
        f"目前有{reviews}，其中{items}。",
        f"从{reviews}来看，{swapped}。",
        f"到目前为止共{reviews}，{swapped}。",
        f"在{reviews}里，{items}。",
    ]
    if mix.read >= 5 and mix.tilt is not None:
        forms.append(f"{_TILTS[mix.tilt]}：{reviews}中有{items}。")
    most = max(groups)
    named = None if mix.unread or groups.count(most) > 1 else named_share(most[0], mix.reviews)
    if named is not None:
        share = f"{'' if named[1] else '约'}{_SHARES[named[0]]}"
        rest = "、".join(f"{number}条{word}" for number, word in groups if word != most[1])
        forms += [f"{reviews}中{share}是{most[1]}（{most[0]}条），另有{rest}。"] * 2
    return forms


def told(opinion: Opinion, variety: Variety, turn: int, *, turns: bool) -> str:
    """One sentence on an aspect; see the English one."""
    beginning = variety.pick("turn", _TURNS[opinion.polarity], turn) if turns else ""
    who = f"{opinion.total}位用户"
    if opinion.aspect == UNNAMED:
        like = "有类似的说法" if opinion.total > 1 else "说"
        return f"{beginning}{who}{like}：{_quote(opinion.quoted[0])}。"
    what = aspect_words(opinion.aspect)
    if opinion.aspect in _CLAUSES:
        core = _CLAUSES[opinion.aspect][opinion.polarity].format(who=who)
    elif opinion.aspect not in ASPECT_WORDS:
        verb = {"positive": "给出好评", "negative": "给出差评", "neutral": "有提及"}[opinion.polarity]
        core = f"关于{what}，{who}{verb}"
    else:
        core = variety.pick("verb", _FORMS[opinion.polarity], turn).format(who=who, what=what)
    return f"{beginning}{core}{_tail(opinion, variety, turn)}。"


def told_briefly(opinion: Opinion) -> str:
    """One sentence on an aspect in the fewest words; see `told`."""
    who = f"{opinion.total}位用户"
    quote = _quote(opinion.quoted[0])
    beginning = "，例如" if opinion.quoted[0].point.count < opinion.total else "："
    if opinion.aspect == UNNAMED:
        return f"{who}{'提到类似' if opinion.total > 1 else '说'}{quote}。"
    if opinion.aspect in _CLAUSES:
        return f"{_CLAUSES[opinion.aspect][opinion.polarity].format(who=who)}{beginning}{quote}。"
    return (
        f"{_BRIEFLY[opinion.polarity].format(what=aspect_words(opinion.aspect))}（{who}）{beginning}{quote}。"
    )


def aspect_words(aspect: str) -> str:
    """An aspect's name for people; those of other models are taken as they are."""
    return ASPECT_WORDS.get(aspect) or " ".join(aspect.replace("_", " ").split())


def _tail(opinion: Opinion, variety: Variety, turn: int) -> str:
    quoted = opinion.quoted
    counts = [one.point.count for one in quoted]
    quotes = "、".join(_quote(one) for one in quoted)
    if len(counts) == 1 and counts[0] >= opinion.total:
        return f"：{quotes}"
    if max(counts) == 1:
        return f"：{quotes}" if opinion.total == len(counts) else f"，例如{quotes}"
    if len(counts) == 1 and variety.pick("tail", (True, False), turn):
        return f"，其中{counts[0]}位提到{quotes}之类的情况"
    parts = [
        f"{one.point.count}位的说法类似{_quote(one)}" if one.point.count > 1 else f"1位说{_quote(one)}"
        for one in quoted
    ]
    return f"，其中{'，'.join(parts)}"


def _quote(one: Quoted) -> str:
    marked = f"“{one.quote}”"
    if one.foreign is None:
        return marked
    return f"{marked}（{_LANGUAGES.get(primary(one.foreign), '其他语言')}）"
