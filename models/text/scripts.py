"""Which writing system a text is in, by the code points of its letters."""

import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache

# (first code point, last code point, script); letters outside all of these count as Latin.
_RANGES = (
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "armenian"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x077F, "arabic"),
    (0x08A0, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0A00, 0x0A7F, "gurmukhi"),
    (0x0A80, 0x0AFF, "gujarati"),
    (0x0B80, 0x0BFF, "tamil"),
    (0x0C00, 0x0C7F, "telugu"),
    (0x0C80, 0x0CFF, "kannada"),
    (0x0D00, 0x0D7F, "malayalam"),
    (0x0D80, 0x0DFF, "sinhala"),
    (0x0E00, 0x0E7F, "thai"),
    (0x0E80, 0x0EFF, "lao"),
    (0x1000, 0x109F, "burmese"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x1200, 0x137F, "ethiopic"),
    (0x1780, 0x17FF, "khmer"),
    (0x1F00, 0x1FFF, "greek"),
    (0x3040, 0x30FF, "kana"),
    (0x3130, 0x318F, "hangul"),
    (0x31F0, 0x31FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFF, "arabic"),
    (0xFF66, 0xFF9D, "kana"),
    (0x20000, 0x323AF, "han"),
)
_STARTS = [first for first, _, _ in _RANGES]

# One of these says about as much as this many letters of an alphabet, so that a Latin brand name
# inside a Chinese sentence does not outvote it.
_LETTERS_PER_CHARACTER = {"han": 3, "kana": 2, "hangul": 2}

# Chinese texts use a kana for decoration now and then; Japanese ones are half kana.
_JAPANESE_KANA_SHARE = 0.15

# Han characters and what is no letter: most Chinese texts are nothing else.
_NO_LETTERS = r"\0-@\[-`{-~\u2010-\u2027\u3000-\u3004\u3008-\u3020\uff00-\uff20"
_HAN_ALONE = re.compile(rf"[{_NO_LETTERS}]*[\u4e00-\u9fff][\u4e00-\u9fff{_NO_LETTERS}]*")


def dominant_script(text: str) -> str | None:
    """The script most of the text's letters are in; None if it has no letter.

    Kana among Han characters make the text "kana".

    >>> dominant_script("iPhone 的屏幕很清楚"), dominant_script("とても良いです"), dominant_script("10/10")
    ('han', 'kana', None)
    """
    if text.isascii():
        return "latin" if any(character.isalpha() for character in text) else None
    if _HAN_ALONE.fullmatch(text):
        return "han"
    counts = Counter(map(_script, text))
    counts.pop("", 0)
    if not counts:
        return None
    weights = {script: count * _LETTERS_PER_CHARACTER.get(script, 1) for script, count in counts.items()}
    best = max(weights, key=lambda script: weights[script])
    if best == "han" and counts["kana"] >= _JAPANESE_KANA_SHARE * (counts["han"] + counts["kana"]):
        return "kana"
    return best


@lru_cache(maxsize=1 << 13)
def _script(character: str) -> str:
    """Empty where it is no letter."""
    if not character.isalpha():
        return ""
    code_point = ord(character)
    index = bisect_right(_STARTS, code_point) - 1
    if index >= 0 and code_point <= _RANGES[index][1]:
        return _RANGES[index][2]
    return "latin"
