"""What every text of copy must pass, whoever wrote it: composed, generated or edited."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from streams.composing.injection import plain_form
from streams.composing.publishable import problems
from streams.composing.word_lists import any_pattern

_HAN = re.compile(r"[\u3400-\u9fff]")
#: What stands for a lawful use that was taken out, so that what is left of it does not join what follows.
_TAKEN_OUT = " · "
#: Problems that other texts are checked for too, and the check that each of them fails.
_CHECKS = {
    "offensive words": "offensive",
    "personal data": "personal_data",
    "link or contact": "link",
    "advertisement": "link",
    "strange characters": "markup",
    "mark-up": "markup",
    "instructions": "instruction",
}
_BANNED: Mapping[str, str] = MappingProxyType(
    {
        "en": "copywriting/banned_en.txt",
        "zh": "copywriting/banned_zh.txt",
        "es": "copywriting/banned_es.txt",
    }
)
_LAWFUL: Mapping[str, str] = MappingProxyType(
    {"en": "copywriting/lawful_en.txt", "zh": "copywriting/lawful_zh.txt"}
)
_DIMENSIONS = re.compile(r"(?<=\d)\s?[x×X*]\s?(?=\d)")
_MARKS = re.compile(r"([、，,;；/])(?=\S)(?<!\d,)")
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")


class Fault(NamedTuple):
    """Why a text must not be published: the check it fails, by its name in the contracts, and words for people."""

    check: str
    reason: str


def faults(
    text: str, language: str, forbidden: Collection[str] = (), *, names: Sequence[str] = ()
) -> list[Fault]:
    """Why a text must not be published; empty where it may.

    Args:
        text: a fact, a sentence or a whole text.
        language: of the text; adds what is banned in it, and the phone formats of its countries.
        forbidden: words that the shop never uses.
        names: of products and brands in it, which may be called what they like.

    >>> faults("The best lamp there is.", "en")
    [Fault(check='banned_word', reason='“the best” is a claim that nobody can prove')]
    >>> faults("Best before May. 100% cotton.", "en"), faults("最大承重140公斤", "zh")
    ([], [])
    """
    found = list(_published_faults(text, language))
    nameless = _without(text, tuple(names))
    if (banned := banned_use(nameless, language)) is not None:
        found.append(Fault("banned_word", f"“{banned}” is a claim that nobody can prove"))
    folded = nameless.casefold()
    found += [
        Fault("house_rule", f"the shop's rules forbid “{word}”")
        for word in forbidden
        if _stands(word, folded)
    ]
    return found


@lru_cache(maxsize=16_384)  # products share words, and a text is written again when its product changes
def _published_faults(text: str, language: str) -> tuple[Fault, ...]:
    """What no text of any kind may hold."""
    readable = _MARKS.sub(r"\1 ", _DIMENSIONS.sub(" by ", text))
    readable = any_pattern("copywriting/not_instructions.txt", re.IGNORECASE).sub("it is so", readable)
    found = [
        Fault(_CHECKS[problem], f"it holds {_worded(problem)}") for problem in problems(readable, language)
    ]
    if any_pattern("copywriting/instructions_other.txt").search(text.casefold()):
        found.append(Fault("instruction", "it holds instructions"))
    return tuple(found)


def _worded(problem: str) -> str:
    return {"link or contact": "a link or a contact", "advertisement": "a code or an offer"}.get(
        problem, problem
    )


@lru_cache(maxsize=4096)
def banned_use(text: str, language: str) -> str | None:
    """The first superlative, absolute claim or promise of a text; None: it makes none that is banned."""
    plain = plain_form(text).replace("’", "'")
    kinds = ["en", *(["zh"] if _HAN.search(plain) else []), *(["es"] if language.startswith("es") else [])]
    banned = [any_pattern(_BANNED[kind]) for kind in kinds]
    if not any(pattern.search(plain) for pattern in banned):
        return None
    for kind in kinds:
        if kind in _LAWFUL:
            plain = any_pattern(_LAWFUL[kind]).sub(_TAKEN_OUT, plain)
    for pattern in banned:
        if (match := pattern.search(plain)) is not None:
            return match[0].strip()
    return None


def repeated(sentences: Sequence[str]) -> str | None:
    """The first sentence that stands in a text twice, however it is spaced and written; None: none does."""
    seen: set[str] = set()
    for sentence in sentences:
        plain = re.sub(r"\W+", "", sentence.casefold())
        if plain and plain in seen:
            return sentence
        seen.add(plain)
    return None


def sentences_in(text: str) -> list[str]:
    """A text in pieces that end like sentences, for comparing."""
    return [match[0].strip() for match in _SENTENCE.finditer(text) if match[0].strip()]


def _without(text: str, names: tuple[str, ...]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, _TAKEN_OUT)
    return text


def _stands(word: str, folded: str) -> bool:
    wanted = word.casefold()
    if _HAN.search(wanted):
        return wanted in folded
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded) is not None
