"""The text in which personal data is looked for: as it looks, and with blanks for what was found."""

import re
from collections.abc import Mapping

from models.text.characters import DIRECTIONS, INVISIBLE, SPACES

Span = tuple[int, int]

# What has been masked, in the working text: neither letter, digit, space nor punctuation, so that no
# pattern and no context reaches across it.
BLANK = "\0"

# Here also what joins letters and emoji, and the frame of a keycap digit.
_INVISIBLE = re.compile(f"[{INVISIBLE}{DIRECTIONS}\u200b-\u200f\u20e3\ufe00-\ufe0f]")
_SPACES = [*re.findall(f"[{SPACES}]", "".join(map(chr, range(0xA0, 0x2060)))), "\u3000"]
_LOOKALIKES: Mapping[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width
    **{first + digit: str(digit) for first in (0x0660, 0x06F0) for digit in range(10)},  # Arabic
    **{0x1D7CE + index: str(index % 10) for index in range(50)},  # mathematical
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE63], "-"),
}


def in_plain_characters(text: str) -> tuple[str, range | list[int]]:
    """The text as it looks, in ASCII as far as that goes, and where each of its characters was."""
    if text.isascii():
        return text, range(len(text))
    plain = text.translate(_LOOKALIKES)
    if not _INVISIBLE.search(plain):
        return plain, range(len(text))
    offsets = [index for index, character in enumerate(plain) if not _INVISIBLE.match(character)]
    return "".join(plain[index] for index in offsets), offsets


def end_of_invisible(text: str, start: int) -> int:
    """Past the invisible characters at `start`, such as the frame of a keycap digit."""
    while start < len(text) and _INVISIBLE.match(text[start]):
        start += 1
    return start


def blanked(plain: str, spans: list[Span]) -> str:
    """The text with blanks, as many as there were characters, in spans that are in order."""
    pieces: list[str] = []
    copied = 0
    for start, end in spans:
        pieces += plain[copied:start], BLANK * (end - start)
        copied = end
    return "".join(pieces) + plain[copied:]
