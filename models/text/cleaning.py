"""What is done to a text before it is masked and read: only what its author wrote is left, in plain characters."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from models.text.characters import STRANGE_CHARACTERS, is_east_asian, with_plain_characters
from models.text.markup import without_markup
from models.text.mojibake import may_hold_mojibake, with_mended_letters
from models.text.notices import may_hold_notice, without_notices
from models.text.offsets import UNCHANGED, Edit, EditedText, Origin

_SUSPICION = re.compile(f"[&<{STRANGE_CHARACTERS}]")
_WIDE_PUNCTUATION = re.compile("[！（），：；？［］～\u3000]")
_SPACE = re.compile(r"\s+")


class CleanedText(NamedTuple):
    """A text as its author meant it.

    Attributes:
        text: what is masked, read and published; empty where the author wrote nothing.
        origin: leads from offsets in it to offsets in the text as it came.
        is_rewarded: whether a notice in it said that it was collected for a reward; the notice is not in `text`.
    """

    text: str
    origin: Origin = UNCHANGED
    is_rewarded: bool = False


def clean(text: str) -> CleanedText:
    r"""Take out of a text what its author did not write, and mend what happened to it on the way.

    Letters that were decoded wrongly are put right; HTML entities, however often encoded, become characters; tags
    that end a line end a sentence, other tags go; so do control characters, what is invisible, and the notices of
    platforms; full-width forms become ordinary ones, but for punctuation among Chinese, Japanese and Korean.

    Args:
        text: as the platform published it, of any length; the time taken grows with it linearly.

    >>> clean("<p>It isn&amp;#39;t loud.<br/>&nbsp;Great &amp; light</p>").text
    "It isn't loud.\nGreat & light"
    """
    if not needs_cleaning(text):
        return CleanedText(text)
    edited = with_plain_characters(without_markup(with_mended_letters(EditedText(text))))
    if edited.origin.layers:
        edited = edited.edited(_tidied(edited.text))
    if not may_hold_notice(edited.text):
        return CleanedText(edited.text, edited.origin)
    written, is_rewarded = without_notices(edited)
    return CleanedText(written.text, written.origin, is_rewarded)


def needs_cleaning(text: str) -> bool:
    """The cheap look that most texts pass: False where cleaning would change nothing."""
    return bool(
        _SUSPICION.search(text)
        or may_hold_mojibake(text)
        or may_hold_notice(text)
        or _is_wide_elsewhere(text)
    )


def _is_wide_elsewhere(text: str) -> bool:
    """Whether it has the punctuation of Chinese and no Chinese."""
    return not text.isascii() and not is_east_asian(text) and bool(_WIDE_PUNCTUATION.search(text))


def _tidied(text: str) -> Iterator[Edit]:
    """One space or one line end where mark-up left several, none at the edges."""
    for space in _SPACE.finditer(text):
        if space.start() == 0 or space.end() == len(text):
            plain = ""
        elif "\n" in space[0]:
            plain = "\n"
        else:
            plain = " " if len(space[0]) > 1 else space[0]
        if plain != space[0]:
            yield Edit(*space.span(), plain)
