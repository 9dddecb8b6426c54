"""Whether an English sentence says what its evidence says: clause by clause, word after word.

What one clause of the evidence says may be said without its beginning, where this is a phrase of its own, and without
its adverbs; one noun may move before its adjectives, as from "great price" to "the price is great".
Nothing else may be left out, join or move: "the screen has bad speakers" must not end as "the screen is bad".
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.generation.words import DETERMINERS, FUNCTION_WORDS, words_of
from streams.composing.word_lists import any_word

_BREAKS = re.compile(
    r"[,.;!?:()—–](?!\d)|\s-+\s|\b(?:and|or|but|although|though|however|while|whereas|except|yet|besides)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"\b(?:than|unlike|instead|rather|compared|versus|vs|as\s+\w+\s+as)\b", re.IGNORECASE)
_RELATIONS = frozenset(
    {"as", "at", "by", "for", "from", "in", "into", "of", "on", "to", "with", "when", "where", "which"}
)
_GLUE = (FUNCTION_WORDS["en"] - _RELATIONS) | {"do", "does", "did", "be", "been", "being"}
_OWN_SUBJECT = DETERMINERS["en"]
_PRONOUNS, _POINTERS = frozenset({"it", "they"}), frozenset({"this", "these", "that"})
_ADVERBS = frozenset(
    {"very", "really", "so", "quite", "pretty", "extremely", "super", "absolutely", "incredibly", "just", "also",
     "still", "even", "actually", "truly", "totally", "overall"}
)  # fmt: skip
_OPENS_ANOTHER = frozenset({"who", "whose", "which", "that", "when", "where", "what", "why", "how"})
_MOST_MOVED_OVER = 2
_MOST_OF_PHRASE = 2


class _Clause(NamedTuple):
    """A clause of a quote.

    Attributes:
        quote: its number.
        place: among the clauses of the quote.
        words: lower case, "not" apart.
        names_another: whether something is named before it that "it" may stand for.
    """

    quote: int
    place: int
    words: tuple[str, ...]
    names_another: bool


def is_said_in_english(text: str, evidence: Sequence[str]) -> bool:
    """Whether the evidence says it.

    >>> is_said_in_english("The price is great.", ["for a great price"])
    True
    >>> is_said_in_english("The screen is bad.", ["the screen has bad speakers"])
    False
    """
    compares = bool(_COMPARES.search(text))
    clauses = list(_clauses(evidence, text, compares=compares))
    groups = [tuple(words) for part in _BREAKS.split(text) if _units(words := _words(part))]
    may_follow: list[list[_Clause]] = []
    for place, group in enumerate(groups):
        found = [clause for clause in clauses if _limits(clause.words) == _limits(group)]
        if compares or (len(groups) > 1 and any(len(_units(one)) == 1 for one in groups)):
            found = [one for one in found if _is_whole(group, one)]
            found = [one for one in found if not place or _follows(one, may_follow[-1])]
        elif place and group[0] not in _OWN_SUBJECT:
            found = [one for one in found if _is_whole(group, one) and _follows(one, may_follow[-1])]
        else:
            found = [one for one in found if _is_part(group, one)]
        may_follow.append(found)
    return bool(groups) and all(may_follow)


def _clauses(evidence: Sequence[str], text: str, *, compares: bool) -> Iterator[_Clause]:
    """What may be said again, without what it is compared with where the text compares nothing."""
    allowed = _unreal(text)
    for number, quote in enumerate(evidence):
        if not _unreal(quote) <= allowed:
            continue
        place, names_another = 0, False
        for part in _BREAKS.split(quote):
            compared = None if compares else _COMPARES.search(part)
            words = _words(part[: compared.start()] if compared else part)
            if words:
                yield _Clause(number, place, tuple(words), names_another)
            names_another = names_another or not _OWN_SUBJECT.isdisjoint(words)
            place += bool(words)


def _limits(words: Sequence[str]) -> list[str]:
    """What a clause may not be said without."""
    return any_word("composing/limits_en.txt").findall(" ".join(words))


def _unreal(text: str) -> set[str]:
    """Words, and question marks, with which a text says what need not be so."""
    return {*any_word("composing/unreal_en.txt").findall(text.casefold()), *re.findall(r"\?", text)}


def _words(text: str) -> list[str]:
    found: list[str] = []
    for word in words_of(text):
        folded = word.casefold().replace("’", "'").removesuffix("'s")
        if folded == "cannot" or folded.endswith("n't"):
            found += [folded.removesuffix("n't").removesuffix("not"), "not"]
        else:
            found.append(folded)
    return ["can" if word == "ca" else word for word in found]


def _units(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _GLUE]


def _bare(words: Sequence[str]) -> list[str]:
    return [word for word in _units(words) if word not in _ADVERBS]


def _is_whole(group: Sequence[str], clause: _Clause) -> bool:
    """Whether it says all of a clause, in its order."""
    return _bare(group) == _bare(clause.words)


def _follows(clause: _Clause, before: Sequence[_Clause]) -> bool:
    return any((one.quote, one.place + 1) == (clause.quote, clause.place) for one in before)


def _is_part(group: Sequence[str], clause: _Clause) -> bool:
    """Whether it says a part of a clause that may stand alone."""
    said, words = _units(group), clause.words
    if group[0] in _PRONOUNS or (group[0] in _POINTERS and group[1:2] and group[1] not in said):
        is_of_it = words[0] in _PRONOUNS | _POINTERS and _units(words)[:1] == said[:1]
        if clause.names_another or not (is_of_it or _is_whole(group, clause)):
            return False
    return any(
        _ends_well(words, end) and _begins_well(words, start, is_moved=is_moved)
        for start, end, is_moved in _readings(said, words)
    )


def _readings(said: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, int, bool]]:
    """From where to where the units stand in a clause, and whether the first of them moved before others."""
    for start, word in enumerate(words):
        if word == said[0] and (end := _end(said[1:], words, start + 1)) is not None:
            yield start, end, False
        for over in range(1, min(_MOST_MOVED_OVER, len(said) - 1) + 1):
            run = [*said[1 : over + 1], said[0]]
            if list(words[start : start + over + 1]) != run or not _RELATIONS.isdisjoint(run):
                continue
            if (end := _end(said[over + 1 :], words, start + over + 1)) is not None:
                yield start, end, True


def _end(said: Sequence[str], words: Sequence[str], place: int) -> int | None:
    """Behind the last unit, if all stand one after the other from a place on."""
    for unit in said:
        if (found := _next(unit, words, place)) is None:
            return None
        place = found + 1
    return place


def _next(unit: str, words: Sequence[str], place: int) -> int | None:
    """Where the next unit stands: behind adverbs, or behind a short phrase that says where or whose."""
    passed = (
        _MOST_OF_PHRASE if place < len(words) and words[place] in {"of", "on", "in", "at", "from"} else -1
    )
    for at in range(place, len(words)):
        if words[at] == unit:
            return at
        if words[at] in _GLUE or words[at] in _ADVERBS:
            continue
        if at == place and passed >= 0:
            continue
        passed -= 1
        if passed < 0:
            return None
    return None


def _ends_well(words: Sequence[str], end: int) -> bool:
    """Whether nothing is left out behind: no noun of the last adjective, nothing for which alone it is so."""
    return all(word in _GLUE or word in _ADVERBS for word in words[end:])


def _begins_well(words: Sequence[str], start: int, *, is_moved: bool) -> bool:
    """Whether what is left out before says nothing of it: no adjective, nobody else whom the rest is about."""
    before = [word for word in words[:start] if word not in _ADVERBS]
    if before and before[-1] not in _GLUE and not (is_moved and before[-1] in _RELATIONS):
        return False
    if is_moved:
        return True
    while before and before[-1] in _GLUE - _OPENS_ANOTHER:
        before.pop()
    return not before or (before[-1] not in _RELATIONS and not any(map(_takes_over, before)))


def _takes_over(word: str) -> bool:
    """Whether what follows belongs to it, and not to the rest: "cleaning the filter is a pain"."""
    return word in _OPENS_ANOTHER or word == "to" or word.endswith("ing")
