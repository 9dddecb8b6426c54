"""Finds names in a text, and words that speak for another product or shop than the one reviewed.

No list of names is complete, and Chinese does not mark them: so it looks at how they are written and what is said with
them. A name at the beginning of a sentence looks like any word there.
"""

import re

from streams.composing.word_lists import any_pattern, any_word

_WORD = re.compile(r"[A-Za-z][\w'’-]*")
_SENTENCE_END = re.compile(r"[.!?:;\"“”(]\s*$")
_ELSEWHERE = re.compile(
    r"\b(?:their|other|another|next) \w+ (?:is|are|was|were|costs?|sells?|has|have|does) (?:\w+ )?"
    r"(?:better|best|cheaper|nicer|superior|stronger|brighter|faster|quieter|less|half|for less)\b"
    r"|\b(?:competitors?|rivals?|other (?:brand|shop|store|seller|company|maker)s?|cheaper (?:at|from|on|elsewhere))\b",
    re.IGNORECASE,
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
        and not any_pattern("composing/plain_capitals.txt").fullmatch(match[0])
    ]


def speaks_for_another(text: str) -> bool:
    """Whether it praises another product or shop, or says where else to buy.

    >>> speaks_for_another("the Norrvik lamp is better"), speaks_for_another("their lamps are cheaper")
    (True, True)
    >>> speaks_for_another("better than my last lamp"), speaks_for_another("比这个便宜的多的是")
    (False, True)
    """
    return bool(
        _ELSEWHERE.search(text)
        or any_pattern("composing/rivals_zh.txt").search(text)
        or (any_word("composing/rivals_en.txt").search(text) and names(text))
    )
