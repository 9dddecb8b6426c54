"""Whether a Chinese sentence says what its evidence says: whole clauses, in their order.

Chinese leaves out what it speaks of, and has no articles that would tell a new subject. So a clause is said whole, but
for particles and adverbs of degree, the first of a quote first; one noun may move before its attribute, as from
"很结实的包装" to "包装很结实".
"""

import re
from collections.abc import Sequence

from streams.composing.word_lists import any_pattern

_BREAKS = re.compile(
    r"[，、；。！？：（）,.;!?:()](?!\d)|但是?|不过|可是|却|虽然|尽管|而且|并且|(?<![柔温暖随平缓饱谦总共])和(?![谐气善平])"
)
_SAYS_LITTLE = re.compile(r"\s|很|非常|特别|十分|真的?|挺|都|也|还|的|(?<!不)了")


def is_said_in_chinese(text: str, evidence: Sequence[str]) -> bool:
    """Whether the evidence says it.

    >>> is_said_in_chinese("包装很结实。", ["很结实的包装，送货也快"]), is_said_in_chinese("底座很稳。", ["底座不稳"])
    (True, False)
    """
    allowed = set(any_pattern("composing/unreal_zh.txt").findall(text))
    quotes = [
        _clauses(one)
        for one in evidence
        if set(any_pattern("composing/unreal_zh.txt").findall(one)) <= allowed
    ]
    groups = [_plain(one) for one in _clauses(text)]
    return bool(groups) and _is_told(groups, [[_ways(clause) for clause in quote] for quote in quotes])


def _clauses(text: str) -> list[str]:
    return [part for part in _BREAKS.split(text) if _plain(part)]


def _plain(clause: str) -> str:
    return _SAYS_LITTLE.sub("", clause).casefold()


def _ways(clause: str) -> set[str]:
    """How a clause may be said."""
    ways = {_plain(clause)}
    attribute, _, noun = clause.partition("的")
    if _plain(attribute) and _plain(noun) and "的" not in noun:
        ways.add(_plain(noun) + _plain(attribute))
    return ways


def _is_told(groups: Sequence[str], quotes: Sequence[Sequence[set[str]]]) -> bool:
    """Whether the groups are the first clauses of quotes, quote by quote."""
    if not groups:
        return True
    for place, quote in enumerate(quotes):
        others = [*quotes[:place], *quotes[place + 1 :]]
        for taken in range(1, min(len(groups), len(quote)) + 1):
            if groups[taken - 1] not in quote[taken - 1]:
                break
            if _is_told(groups[taken:], others):
                return True
    return False
