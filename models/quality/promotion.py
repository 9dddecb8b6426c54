"""Signs of spam: words that advertise, promise a reward for reviews, or ask to be contacted."""

import re
from collections.abc import Iterator

from models.quality.reading import ReadText

_WEAK = 0.28  # two of these are not enough for a flag, three are

# English patterns are for words with one space before each. They and the Chinese ones begin with a literal,
# because the engine skips to one fastest.
_OUR = "(?:my|our)"
_OFFER = "(?:promo|discount|coupon|referral|voucher)"
_PLACE = (
    r"(?:\w+ )?(?:channel|store|shop|page|profile|website|site|blog|listings?|instagram|youtube|tiktok)\b"
)
_WARES = (
    r"(?:\w+ )?(?:details|orders?|prices?|discounts?|a quote|free|more|info|samples?|deals?|jobs?|work|one)\b"
)
_ADVERTISES = re.compile(
    # What counts only where it is asked of the reader.
    rf" (?:(?P<asked>(?:use|using|enter|apply|with) {_OUR} (?:\w+ ){{0,2}}(?:codes?|coupon|link)\b"
    rf"|(?:use|enter|apply) (?:the |this )?(?:\w+ )?{_OFFER} code\b|use (?:the )?code \w+ (?:at|for|to get|and get)\b"
    r"|(?:dm|pm|inbox|whatsapp|telegram) (?:me|us)\b"
    rf"|(?:text|message|call|contact|e ?mail) (?:me|us) (?:for|to get|if you (?:want|need)) {_WARES}"
    rf"|follow (?:me|us) (?:on|at|for)\b|follow {_OUR} {_PLACE})"
    rf"|{_OUR} (?:referral|affiliate) (?:link|code)\b"
    rf"|links? (?:is )?in {_OUR} (?:bio|profile|description)\b|link in bio\b"
    rf"|subscribe to {_OUR} |like and subscribe\b|check (?:out )?{_OUR} {_PLACE}|visit (?:us\b|{_OUR} {_PLACE})"
    rf"|click here\b|click (?:on )?(?:this|{_OUR}) link\b"
    r"|click (?:on )?the link (?:below|above|in|to (?:get|claim|win|buy))\b"
    r"|(?:earn|make|making) (?:\w+ ){0,3}(?:money|cash|income|dollars|usd|s[\doei]{2,}) (?:\w+ ){0,2}"
    r"(?:online|from home|(?:per|a|every) (?:day|week|hour)|daily|weekly)\b"
    r"|guaranteed (?:profits?|income|loans?|approval|returns)\b"
    r"|recover (?:your|my) (?:lost )?(?:funds|crypto|bitcoin)\b"
    r"|spell caster\b|(?:instant|quick|online) loans?\b|online casino\b|(?:buy|cheap) followers\b)"
)
_URGES = re.compile(
    r" (?:limited time offer|(?:buy|shop|order|act) (?:yours )?now|hurry up|don t miss (?:out|this)"
    r"|best prices? guaranteed|satisfaction guaranteed|while supplies last|whatsapp|telegram)\b"
)
_REWARDS = re.compile(
    r" (?:gift ?cards?|refund|cash ?back|paypal|rebate|free(?: \w+){1,2}|money) (?:\w+ ){0,2}"
    r"(?:for|in exchange for|if you) (?:\w+ ){0,4}(?:5|five|good|positive) (?:stars? )?reviews?\b"
)
# What an advertisement or a reward holds one of; most reviews hold none.
_SPAM_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        code codes coupon link links dm pm inbox whatsapp telegram text message call contact email mail follow
        subscribe check visit click earn income dollars usd cash online daily weekly guaranteed recover caster loan
        loans followers limited hurry supplies gift giftcard giftcards paypal rebate refund cashback free exchange
        """,
    )
)
# The word before, where a buyer tells what he did: "I tried to use my code", "they did not call me".
_TELLING = re.compile(r" (?:to|not|me|i|t|(?<! you )can|could|we|d|they|he|she|will|would)$")
_TELLING_IN_CHINESE = re.compile(r"[让要叫求](?:我|你|他|人家|客人)?$")
_READ_BEFORE = 10

_ADVERTISES_IN_CHINESE = re.compile(
    r"加(?:我|下|个)?的?(?:微信|薇信|威信|[vV](?:[xX信]|(?![a-zA-Z领字形型]))|[qQ]{2}(?!糖|弹))|私聊|私信我|私我"
    r"|加(?:我的?)?(?:粉丝|福利|优惠|微信)?群|进(?:我的?)?(?:粉丝|福利|优惠|微信|[qQ]{2})群"
    r"|诚招|招代理|收代理|代理加盟|加盟(?:咨询|热线|电话)|一件代发|一手货源"
    r"|刷单(?:兼职|返|招|加|赚|日结)|招.{0,4}(?:刷单|兼职)|兼职(?:刷单|日结|赚钱|招|加|联系)|日结(?<!\d日结)"
    r"|日赚|月入(?:过万|\d)|轻松赚|网赚|在家(?:就能|可以|也能)?赚钱"
    r"|代购(?:请|加|联系|找我|咨询)|专业代购|承接代购|诚信代购|长期代购|接代购"
    r"|点击.{0,6}(?:链接|口令)|戳.{0,6}链接|打开.{0,6}口令|复制.{0,6}(?:链接|口令)|淘口令"
    r"|内部(?:优惠)?券|隐藏(?:优惠)?券|优惠券(?:领取|.{0,6}(?:私信|加|联系|点击))|领取?(?:优惠)?券(?:加|请|链接|地址)"
    r"|关注(?:我|本店)?的?(?:公众号|直播间|抖音|小红书|微博|账号|频道)"
    r"|扫码(?:关注|领|加|进)|扫.{0,3}二维码(?:领|加|关注|进)"
    r"|六合彩|博彩|网赌|代开发票|发票代开|信用卡套现|无抵押|秒批|裸聊|约炮"
)
# A price that went down ("下单返现100") is no reward for praise.
_REWARDS_IN_CHINESE = re.compile(
    r"好评.{0,4}(?:返|红包)|晒图.{0,6}(?:返|红包)|评价.{0,4}返|返现.{0,6}(?:好评|评价|客服|联系|私|加)|联系.{0,6}返现"
)

_CALLS = re.compile(
    r" (?:(?P<asked>(?:contact|call|text|message|e ?mail|reach|add|write|ring|ping|whatsapp) (?:to )?(?:me|us)\b)"
    r"|(?:contact|call|text|e ?mail|whatsapp) (?:now |at |on )?(?:email|phone) (?:for|to)\b)"
)
_CALLS_IN_CHINESE = re.compile(
    r"联系我|跟我联系|找我|加我|私聊|私信|私我|咨询|详询|扫码"
    r"|需要的|想要的|有意|欢迎|请加|可加|加.{0,4}\[(?:wechat|qq)\]"
)
# A buyer who wants to be called about his order.
_COMPLAINT_WORDS = frozenset(
    [
        "refund", "refunded", "replacement", "replace", "return", "returned", "missing", "broken", "warranty",
        "support", "service",
    ]
)  # fmt: skip
_COMPLAINS_IN_CHINESE = re.compile(r"退款|退货|退钱|换货|售后|补发|投诉")


def promotion(read: ReadText) -> Iterator[tuple[float, str]]:
    """How sure each sign makes that it is spam, and what the text does."""
    if not _SPAM_WORDS.isdisjoint(read.distinct):
        spaced = f" {' '.join(read.words)}"
        if _asks(_ADVERTISES, spaced):
            yield 0.8, "advertises"
        for _ in set(_URGES.findall(spaced)):
            yield _WEAK, "urges to buy"
        if _REWARDS.search(spaced):
            yield 0.6, "promises a reward for reviews"
    if read.has_han:
        if _asks_in_chinese(_ADVERTISES_IN_CHINESE, read.plain):
            yield 0.8, "advertises"
        if _REWARDS_IN_CHINESE.search(read.plain):
            yield 0.6, "promises a reward for reviews"
        elif "返现" in read.plain or "刷单" in read.plain:
            yield _WEAK, "speaks of paid orders"


def calls(read: ReadText) -> bool:
    """Whether it asks to be contacted, other than as a buyer with a complaint does."""
    if not _COMPLAINT_WORDS.isdisjoint(read.distinct) or _COMPLAINS_IN_CHINESE.search(read.plain):
        return False
    return _asks(_CALLS, f" {' '.join(read.words)}") or (
        read.has_han and _asks_in_chinese(_CALLS_IN_CHINESE, read.plain)
    )


def _asks(pattern: re.Pattern[str], spaced: str) -> bool:
    """Whether it is found, and what it calls "asked" not only told of.

    >>> _asks(_CALLS, " call me"), _asks(_CALLS, " they did not call me")
    (True, False)
    """
    return any(
        match.lastgroup != "asked" or not _stands_before(match, _TELLING)
        for match in pattern.finditer(spaced)
    )


def _asks_in_chinese(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _stands_before(match, _TELLING_IN_CHINESE) for match in pattern.finditer(text))


def _stands_before(match: re.Match[str], told: re.Pattern[str]) -> bool:
    return bool(told.search(match.string, max(0, match.start() - _READ_BEFORE), match.start()))
