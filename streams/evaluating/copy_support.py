"""Whether a sentence of copy says only what its product's record says; knows nothing of how it was written.

Every number must be one of the record. Every word must be one of the record, or one that claims nothing of a product:
those are in `neutral_en.txt`, `neutral_zh.txt` and `neutral_es.txt`.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from schemas.grounding import CopyClaim
from streams.copywriting import Subject

_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_\u3040-\u9fff]+", re.UNICODE)
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_NEUTRAL: Mapping[str, str] = MappingProxyType(
    {
        "en": "evaluating/neutral_en.txt",
        "zh": "evaluating/neutral_zh.txt",
        "es": "evaluating/neutral_es.txt",
    }
)
_STEM_LETTERS = 5
_MOST_STRAY_HAN = 1


def unsupported_numbers(text: str, subject: Subject) -> list[str]:
    """Numbers of a text that its product's record does not hold.

    A number in the record may be written otherwise: "1,200" for "1200", "39.90" for 39.9.
    """
    known = {_value(number) for number in _NUMBER.findall(record(subject))}
    return [number for number in _NUMBER.findall(text) if _value(number) not in known]


def unsupported_words(claim: CopyClaim, subject: Subject, language: str) -> list[str]:
    """Words, or runs of Chinese characters, that neither the record has nor every text may have."""
    source = record(subject).casefold()
    if language == "zh":
        return [run for run in _HAN_RUN.findall(claim.text) if _stray(run, source) > _MOST_STRAY_HAN]
    stems = {_stem(word) for word in _WORD.findall(source)}
    neutral = _neutral(language)
    return [
        word
        for word in _WORD.findall(claim.text.casefold())
        if len(word) > 1 and _stem(word) not in stems and word not in neutral and _plain(word) not in neutral
    ]


def _plain(word: str) -> str:
    return word.removesuffix("s")


def _stem(word: str) -> str:
    return _plain(word)[:_STEM_LETTERS]


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _stray(run: str, source: str) -> int:
    """How many characters of a run are neither in a piece of the record nor in a neutral word."""
    neutral = _neutral("zh")
    stray = at = 0
    while at < len(run):
        length = _longest(run, at, source, neutral)
        stray += not length
        at += length or 1
    return stray


def _longest(run: str, at: int, source: str, neutral: frozenset[str]) -> int:
    for end in range(len(run), at, -1):
        piece = run[at:end]
        if piece in neutral or (len(piece) > 1 and piece in source) or f"、{piece}、" in source:
            return end - at
    return 0


@cache
def _neutral(language: str) -> frozenset[str]:
    file = resources.files("streams") / _NEUTRAL[language]
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def record(subject: Subject) -> str:
    """All that is known of a product, as one text."""
    details, summary = subject.details, subject.summary
    parts = [
        subject.title,
        details.description,
        details.category,
        details.brand,
        details.currency,
        *details.tags,
    ]
    # Marks around each value tell a value of one character from a part of a word.
    parts += [f"{name} 、{value}、" for name, value in details.attributes.items()]
    parts.append(None if details.price is None else f"{details.price}")
    if summary is not None:
        parts += [quote.text for point in summary.key_points for quote in point.quotes]
        parts += [f"{point.count}" for point in summary.key_points]
        parts += [f"{summary.counts.reviews} {summary.average_rating or ''}"]
    return " . ".join(str(part) for part in parts if part)
