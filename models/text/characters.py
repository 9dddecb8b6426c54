"""The characters of a text as a reader sees them: no invisible ones, one kind of space, no full-width letters."""

import re
from collections.abc import Callable, Iterator

from models.text.offsets import Edit, EditedText

#: Never seen, wherever they stand: for a set in a regular expression.
INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufeff"
#: Invisible too, but they turn the order in which a text is shown: without them it would say something else than what
#: its readers saw. They stay, and nothing that holds one is quoted.
DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
#: Spaces of all widths but the ideographic one, which Chinese texts have as a part of their layout.
SPACES = "\xa0\u2000-\u200a\u202f\u205f"
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_TAG_CHARACTERS = "\U000e0000-\U000e007f"
# What joins the parts of an emoji, and letters of some scripts; between others it is only hidden.
_JOINED = r"A-Za-z0-9\u4e00-\u9fff"
_JOINER = rf"[\u200c\u200d](?:(?<=[{_JOINED}].)|(?=[{_JOINED}]))"
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,10}\U000e007f"  # of a region, such as Scotland

# Full-width forms that are not Chinese punctuation, and that punctuation.
_WIDE = "＂-＇＊＋－／０-９＜-＠Ａ-Ｚ＼＾-｀ａ-ｚ｛-｝"
_WIDE_PUNCTUATION = "！（），．：；？［］～"
_IDEOGRAPHIC_SPACE = "\u3000"
_BETWEEN_WIDE_DIGITS = r"[．：](?<=[0-9０-９].)(?=[0-9０-９])"
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PLAIN_FROM_WIDE = 0xFEE0

_STRANGE = (
    rf"(?P<flag>{_FLAG})|(?P<hidden>[{INVISIBLE}{_CONTROLS}{_TAG_CHARACTERS}]|{_JOINER})"
    rf"|(?P<line>\r\n|[{_LINE_ENDS}])|(?P<space>[{SPACES}])"
)
_STRANGE_AMONG_EAST_ASIAN = re.compile(rf"{_STRANGE}|(?P<wide>[{_WIDE}]|{_BETWEEN_WIDE_DIGITS})")
_STRANGE_ELSEWHERE = re.compile(
    rf"{_STRANGE}|(?P<wide>[{_WIDE}{_WIDE_PUNCTUATION}])|(?P<ideographic>{_IDEOGRAPHIC_SPACE})"
)
# The same characters as one set, because the engine looks for that fastest.
STRANGE_CHARACTERS = f"{INVISIBLE}{_CONTROLS}{_TAG_CHARACTERS}\u200c\u200d{_LINE_ENDS}{SPACES}{_WIDE}．"
_REPLACEMENTS: dict[str, Callable[[str], str]] = {
    "flag": str,
    "hidden": lambda _: "",
    "line": lambda _: "\n",
    "space": lambda _: " ",
    "ideographic": lambda _: " ",
    "wide": lambda wide: chr(ord(wide) - _PLAIN_FROM_WIDE),
}


def is_east_asian(text: str) -> bool:
    """Whether it holds a Chinese, Japanese or Korean character."""
    return _EAST_ASIAN.search(text) is not None


def with_plain_characters(text: EditedText) -> EditedText:
    """The text without what is not seen; its full-width letters, digits and signs are ordinary ones.

    Full-width punctuation stays in texts with Chinese, Japanese or Korean characters.

    >>> with_plain_characters(EditedText("Ａ４ paper！")).text, with_plain_characters(EditedText("买了２个，好！")).text
    ('A4 paper!', '买了2个，好！')
    """
    return text.edited(_plain(text.text))


def _plain(text: str) -> Iterator[Edit]:
    pattern = _STRANGE_AMONG_EAST_ASIAN if is_east_asian(text) else _STRANGE_ELSEWHERE
    for strange in pattern.finditer(text):
        replacement = _REPLACEMENTS[strange.lastgroup or ""](strange[0])
        if replacement != strange[0]:
            yield Edit(*strange.span(), replacement)
