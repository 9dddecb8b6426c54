"""A text as it looks: plain characters for those that look like them, and none that are invisible."""

import re
from collections.abc import Mapping

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20e3\ufe00-\ufe0f\ufeff]"
)
_LOOKALIKES: Mapping[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width
    **{first + digit: str(digit) for first in (0x0660, 0x06F0) for digit in range(10)},  # Arabic
    **{0x1D7CE + index: str(index % 10) for index in range(50)},  # mathematical
    **dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
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
