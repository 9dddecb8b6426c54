"""Finds names in a text, and words that speak for another product or shop than the one reviewed.

No list of names is complete, and Chinese does not mark them: so it looks at how they are written and what is said with
them. A name at the beginning of a sentence looks like any word there.
"""

import re

_WORD = re.compile(r"[A-Za-z][\w'’-]*")
_SENTENCE_END = re.compile(r"[.!?:;\"“”(]\s*$")
#: Capitals that are no names of somebody.
_PLAIN = re.compile(
    r"I(?:['’]\w+)?|[A-Z0-9-]{1,5}s?|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|January|February|March|April|May|June"
    r"|July|August|September|October|November|December|Christmas|Easter|English|Chinese|French|German|Italian|Spanish"
    r"|Japanese|American|European|British"
)
_FOR_ANOTHER = re.compile(
    r"\b(?:better|best|cheaper|nicer|finer|superior|stronger|brighter|faster|quieter|prefer\w*|switch\w*|instead|buy\w*"
    r"|bought|order(?:ed|s)?|got|get|beats?|outshines?|recommend\w*|rather|sells?|less|half|lower|official|original|prices?|stores?|shops?|outlet|market|website|discount|sale)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:their|other|another|next) \w+ (?:is|are|was|were|costs?|sells?|has|have|does) (?:\w+ )?"
    r"(?:better|best|cheaper|nicer|superior|stronger|brighter|faster|quieter|less|half|for less)\b"
    r"|\b(?:competitors?|rivals?|other (?:brand|shop|store|seller|company|maker)s?|cheaper (?:at|from|on|elsewhere))\b",
    re.IGNORECASE,
)
_ELSEWHERE_HAN = re.compile(
    r"比(?:这个|这款|这家|它|他家|他们家?|本店).{0,4}(?:好|强|便宜|划算|快|安静|靠谱)"
    r"|(?:别家|隔壁|其他家|另一家|旗舰店|专卖店|竞品|友商).{0,8}(?:好|强|便宜|划算|低|快|靠谱)|同款|更(?:低|便宜|划算)"
)


def names(text: str) -> list[str]:
    """Words that are written as names within a sentence.

    >>> names("I bought it from Norrvik on Monday, with a USB port"), names("The arm wobbles. It broke")
    (['Norrvik'], [])
    """
    return [
        match[0]
        for match in _WORD.finditer(text)
        if match[0][:1].isupper()
        and text[: match.start()].strip()
        and not _SENTENCE_END.search(text[: match.start()])
        and not _PLAIN.fullmatch(match[0])
    ]


def speaks_for_another(text: str) -> bool:
    """Whether it praises another product or shop, or says where else to buy.

    >>> speaks_for_another("the Norrvik lamp is better"), speaks_for_another("their lamps are cheaper")
    (True, True)
    >>> speaks_for_another("better than my last lamp"), speaks_for_another("比这个便宜的多的是")
    (False, True)
    """
    return bool(
        _ELSEWHERE.search(text) or _ELSEWHERE_HAN.search(text) or (_FOR_ANOTHER.search(text) and names(text))
    )
