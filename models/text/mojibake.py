"""Mends letters that were decoded in the wrong encoding, such as "â€™" for an apostrophe."""

import re
from collections.abc import Iterator
from functools import lru_cache

import ftfy
from ftfy.badness import is_bad

from models.text.offsets import Edit, EditedText

# A letter, sign or frame that wrong decoding leaves, beside another one that is not ASCII or beside what was a hard
# space. Texts in ASCII, with curly quotes, emoji, or in Chinese hold none, so that ftfy's slower look is rare.
_SUSPICION = re.compile(r"[\x80-\u024f\u0370-\u04ff\u20a0-\u22ff\u2500-\u259f](?:[^\x00-\x7f]|(?<=[ÂÃ]) )")
_RUN = re.compile(r"[^\x00-\x7f]+(?:(?<=[ÂÃ]) )?")
# An apostrophe that was lost: of "don?t" and of "it\ufffds" only the letters around it tell what it was.
_LOST_APOSTROPHE = re.compile(
    r"[?\ufffd](?:(?<=\ufffd)(?<=[A-Za-z].)(?=(?:t|s|m|d|re|ve|ll)\b)"
    r"|(?<=\?)(?:(?<=(?:do|is|ca|wo|ai)n.)|(?<=(?:did|has|had|are|was)n.)|(?<=(?:does|have|were)n.)"
    r"|(?<=(?:could|would)n.)|(?<=shouldn.))(?=t\b)"
    r"|(?<=\bI\?)(?=(?:m|d|ve|ll)\b))",
    re.IGNORECASE,
)
_MOST_RUNS_KNOWN = 4_096


def may_hold_mojibake(text: str) -> bool:
    """The cheap look: False where nothing would be mended."""
    if not text.isascii() and _SUSPICION.search(text):
        return True
    return ("?" in text or "\ufffd" in text) and bool(_LOST_APOSTROPHE.search(text))


def with_mended_letters(text: EditedText) -> EditedText:
    """The text with what ftfy is sure of put right, and apostrophes where only "?" or "\ufffd" is left of them."""
    if _SUSPICION.search(text.text) and is_bad(text.text):
        text = text.edited(_mended_runs(text.text))
    return text.edited(Edit(*lost.span(), "'") for lost in _LOST_APOSTROPHE.finditer(text.text))


def _mended_runs(text: str) -> Iterator[Edit]:
    for run in _RUN.finditer(text):
        wrong, right = run[0], _mended(run[0])
        if right != wrong:
            start = _common(wrong, right)
            same = _common(wrong[start:][::-1], right[start:][::-1])
            yield Edit(run.start() + start, run.end() - same, right[start : len(right) - same])


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )


@lru_cache(_MOST_RUNS_KNOWN)
def _mended(run: str) -> str:
    return ftfy.fix_encoding(run)
