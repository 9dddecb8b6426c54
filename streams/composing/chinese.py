"""Chinese sentences: of all reviews, and of one aspect."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.fields import SentimentLabel
from streams.composing.composition import Mix, Opinion, Quoted, Speakers, primary
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
# {who} buyers, {what} they speak of.
_FORMS: Mapping[SentimentLabel, tuple[str, ...]] = MappingProxyType(
    {
        "positive": (
            "{who}称赞{what}", "{who}对{what}表示满意", "{who}认可{what}", "{what}得到{who}的肯定",
            "{who}对{what}评价不错", "谈到{what}，{who}给出好评",
        ),
        "negative": (
            "{who}批评{what}", "{who}对{what}表示不满", "{who}抱怨{what}", "{what}受到{who}的批评",
            "{who}对{what}不满意", "谈到{what}，{who}给出差评",
        ),
        "neutral": ("{who}谈到{what}", "{who}说到{what}"),
    }
)  # fmt: skip
_BRIEFLY: Mapping[SentimentLabel, str] = MappingProxyType(
    {"positive": "{who}称赞{what}", "negative": "{who}批评{what}", "neutral": "{who}谈到{what}"}
)
# Of aspects that are not good or bad but so or not.
_CLAUSES: Mapping[str, Mapping[SentimentLabel, tuple[str, ...]]] = MappingProxyType(
    {
        "authenticity": {
            "positive": ("{who}相信是正品", "{who}认为是正品"),
            "negative": ("{who}怀疑不是正品", "{who}对是否正品存疑"),
            "neutral": ("{who}谈到是否正品",),
        },
        "safety": {
            "positive": ("{who}认为安全", "{who}对安全性放心"),
            "negative": ("{who}担心安全问题", "{who}提出安全方面的问题"),
            "neutral": ("{who}谈到安全性",),
        },
        "ease_of_use": {
            "positive": ("{who}觉得使用方便", "{who}认为使用起来方便"),
            "negative": ("{who}觉得使用不便", "{who}抱怨使用不便"),
            "neutral": ("{who}谈到使用是否方便",),
        },
    }
)
_SPEAKERS: Mapping[Speakers, str] = MappingProxyType({"reviewers": "买家", "commenters": "网友"})
_SAYS = ("说", "表示")
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


def overall(
    mix: Mix,
    variety: Variety,
    *,
    is_told: bool = False,
    speakers: Speakers = "reviewers",  # noqa: ARG001 - what is written is called the same, whoever writes
) -> str:
    """How many reviews there are, and how they feel.

    Args:
        mix: the numbers.
        variety: chooses the words.
        is_told: whether more is told of them, so that some were read even where none has a sentiment.
        speakers: who wrote them.

    >>> overall(Mix(1, 1, 0, 0), Variety("p"))
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


def told(
    opinion: Opinion, variety: Variety, turn: int, *, turns: bool, speakers: Speakers = "reviewers"
) -> str:
    """One sentence on an aspect; see the English one."""
    beginning = variety.pick("turn", _TURNS[opinion.polarity], turn) if turns else ""
    who = _who(opinion, speakers)
    if opinion.aspect == UNNAMED:
        says = variety.pick("says", _SAYS, turn)
        return f"{beginning}{_begun(_unnamed(opinion, who, says))}。"
    return f"{beginning}{_begun(_core(opinion, who, variety, turn))}{_tail(opinion, variety, turn)}。"


def _core(opinion: Opinion, who: str, variety: Variety, turn: int) -> str:
    """Who says what of which aspect, without quotes."""
    what = aspect_words(opinion.aspect)
    if opinion.aspect in _CLAUSES:
        return variety.pick("verb", _CLAUSES[opinion.aspect][opinion.polarity], turn).format(who=who)
    if opinion.aspect not in ASPECT_WORDS:
        if opinion.polarity == "neutral":
            return f"{who}谈到{what}"
        return f"关于{what}，{who}{'给出好评' if opinion.polarity == 'positive' else '给出差评'}"
    return variety.pick("verb", _FORMS[opinion.polarity], turn).format(who=who, what=what)


def told_briefly(opinion: Opinion, *, speakers: Speakers = "reviewers") -> str:
    """One sentence on an aspect in the fewest words; see `told`."""
    who = _who(opinion, speakers)
    beginning = "，如" if opinion.total > 1 else "："
    if opinion.aspect == UNNAMED:
        return _begun(f"{_unnamed(opinion.shortened(), who, '说')}。")
    if opinion.aspect in _CLAUSES:
        core = _CLAUSES[opinion.aspect][opinion.polarity][0].format(who=who)
    else:
        core = _BRIEFLY[opinion.polarity].format(who=who, what=aspect_words(opinion.aspect))
    return _begun(f"{core}{beginning}{_quote(opinion.quoted[0])}。")


def attributed(sentence: str, opinion: Opinion, *, speakers: Speakers = "reviewers") -> str:
    """A sentence that a model wrote, with how many say so; see the English one."""
    return _begun(f"{_who(opinion, speakers)}说：{sentence}")


def _who(opinion: Opinion, speakers: Speakers) -> str:
    speaker = _SPEAKERS[speakers]
    if not opinion.are_all:
        return f"至少{opinion.total}位{speaker}"
    return f"{opinion.total}位{speaker}" if opinion.total > 1 else f"一位{speaker}"


def _begun(sentence: str) -> str:
    """With "有" where it begins with one who is not known yet."""
    return f"有{sentence}" if sentence.startswith("一位") else sentence


def _unnamed(opinion: Opinion, who: str, says: str) -> str:
    """What is said of nothing that has a name: as one says it, or as several do."""
    quotes = "、".join(_quote(quoted) for quoted in opinion.told_alike)
    return f"{who}{says}：{quotes}" if opinion.total == 1 else f"{who}有类似的说法，例如{quotes}"


def aspect_words(aspect: str) -> str:
    """An aspect's name for people; those of other models are taken as they are."""
    return ASPECT_WORDS.get(aspect) or " ".join(aspect.replace("_", " ").split())


def _tail(opinion: Opinion, variety: Variety, turn: int) -> str:
    """The quotes, as those of all who say so or as examples."""
    quoted = opinion.quoted if opinion.aspect in ASPECT_WORDS else opinion.told_alike
    quotes = [_quote(one) for one in quoted]
    together = "、".join(quotes)
    if opinion.total == len(quotes):
        return f"：{together}"
    each = f"，有人说{quotes[0]}" + "".join(f"，也有人说{quote}" for quote in quotes[1:])
    return variety.pick("tail", (f"，例如{together}", each, f"，比如{together}"), turn)


def _quote(one: Quoted) -> str:
    marked = f"“{one.quote}”"
    if one.foreign is None:
        return marked
    return f"{marked}（{_LANGUAGES.get(primary(one.foreign), '其他语言')}）"
