"""Which encoding a file is in: known from its bytes, said by who calls, or not decided."""

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes

from streams.errors import ConfigurationError

_UTF_8 = "utf-8"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What Chinese says most often. Korean decodes as GBK too, and hardly ever gives one of these.
_FREQUENT = frozenset(
    "的一是了我不人在有这个上们来到时大为子中你说年着就那和要出也得里后自以会家可下而过天去能对小多然于心么之都好看起"
    "发当没成只如事把还用第样道想作种开美总从无情面最但现前些所同手又行意动方它头经长回位分爱老因很给名法间知什两次"
    "使身被高已其进此话常与活正感快差质量物流服务包装满喜欢买货味道价格评推荐东西商品非错真比较新客客户商店收亮色声音"
)
#: What other code pages look like when they are read as cp1252: Czech and Polish (1250), Turkish (1254), Hungarian
#: and Romanian. None of it stands in the languages that cp1252 is written in.
_NOT_WESTERN = re.compile(
    r"[šžŠŽðýþÞÐÝ¼½¾¦§¨¬¯¸]|[^\W\d_][¹³²¿¡¥£¢¶±]|õ[^eE]|[^\W\d_nN][ºª]|[×÷](?=[^\W\d_])|[ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜà-öø-ÿ]{3}"
)
#: So few characters are a short text; hangul ends at this first byte.
_SHORT, _LAST_OF_KOREAN = 6, 0xC8
_CANDIDATES = ["gb18030", "cp1252", "big5", "shift_jis", "cp949", "cp1251", "cp1250", "cp1254"]
_SHOWN = 30


class Encoding(NamedTuple):
    """How bytes become text.

    Attributes:
        name: of a codec of Python.
        told: what is said of it, and why.
        advice: what to say of bytes that are not in it.
    """

    name: str
    told: str
    advice: str


def named_encoding(name: str) -> Encoding:
    """The encoding that somebody asked for.

    Raises:
        ConfigurationError: Python knows none of this name.
    """
    try:
        known = codecs.lookup(name).name
        " ".encode(known)
    except (LookupError, TypeError) as error:
        raise ConfigurationError(
            f"--encoding: wanted one such as utf-8, utf-16, gb18030 or cp1252, got {name!r}"
        ) from error
    codec = "utf-8-sig" if known == _UTF_8 else known
    return Encoding(codec, known, f"not {known}; --encoding names another")


def find_encoding(sample: bytes, *, is_whole: bool = True) -> Encoding:
    r"""Find the encoding of a file by its beginning.

    A byte-order mark decides, then valid UTF-8, then the pattern of UTF-16. What is left is read as GBK if it is
    surely Chinese, and as cp1252 if it is surely western. Otherwise it is taken for UTF-8, in which the bytes in
    question are refused, with the readings that are possible.

    Args:
        sample: the beginning, or all of it.
        is_whole: whether it is all; else its last character may be cut off.

    >>> find_encoding("très bon".encode()).name, find_encoding("très bon".encode("cp1252")).name
    ('utf-8-sig', 'cp1252')
    >>> find_encoding("质量很好".encode("gbk")).name, find_encoding("a\tb".encode("utf-16")).name
    ('gb18030', 'utf-16')
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            told = name.removesuffix("-sig").upper()
            return Encoding(name, f"{told} with a byte-order mark", f"not {told}")
    if sixteen := _utf_16(sample):
        return Encoding(sixteen, f"{sixteen.upper()} without a byte-order mark", f"not {sixteen.upper()}")
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    if _is_mostly_utf_8(lines, is_whole=is_whole):
        return Encoding("utf-8-sig", "UTF-8", f"not UTF-8; {_possible(sample)}")
    suspect = b"\n".join(lines)
    if _is_chinese(suspect):
        return Encoding("gb18030", "GBK (by its characters; --encoding decides)", "not GBK")
    if _is_western(suspect):
        return Encoding("cp1252", "cp1252 (by its letters; --encoding decides)", "not cp1252")
    return Encoding("utf-8-sig", "UTF-8, but for some rows", f"not UTF-8; {_possible(suspect)}")


def _utf_16(sample: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of text in Latin letters is zero."""
    pairs = sample[: 4096 & ~1]
    if len(pairs) < 4:
        return None
    half = len(pairs) // 2
    for name, zeros in (("utf-16-le", pairs[1::2]), ("utf-16-be", pairs[0::2])):
        if zeros.count(0) > 0.4 * half and pairs.count(0) - zeros.count(0) < 0.05 * half:
            return name
    return None


def _is_mostly_utf_8(lines: list[bytes], *, is_whole: bool) -> bool:
    """Whether more lines are UTF-8 than are not; the last one may be cut off."""
    valid = sum(_is_utf_8(line) for line in lines[:-1])
    valid += sum(_is_utf_8(line, final=is_whole) for line in lines[-1:])
    return 2 * valid >= len(lines)


def _is_utf_8(line: bytes, *, final: bool = True) -> bool:
    try:
        codecs.getincrementaldecoder(_UTF_8)().decode(line, final)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(suspect: bytes) -> bool:
    """Whether nearly all characters are of the first level of GB 2312, and some of the most frequent.

    Korean decodes as such characters too, but only as those of its first half; in a short text that says nothing.
    """
    characters = [one for one in suspect.decode("gb18030", "replace") if not one.isascii()]
    common = [one for one in characters if _is_common(one)]
    frequent = sum(one in _FREQUENT for one in common)
    if len(common) < 0.8 * len(characters):
        return False
    if len(common) < _SHORT:
        return frequent >= 0.6 * len(common)
    late = sum(one.encode("gb2312")[0] > _LAST_OF_KOREAN for one in common)
    return frequent >= 0.1 * len(common) and late >= 0.1 * len(common)


def _is_common(character: str) -> bool:
    code = character.encode("gb2312", "ignore")
    return len(code) == 2 and (code[0] < 0xAA or 0xB0 <= code[0] <= 0xD7)


def _is_western(suspect: bytes) -> bool:
    """Whether the letters beyond ASCII stand alone among others, and none of them betrays another code page."""
    try:
        text = suspect.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return _NOT_WESTERN.search(text) is None


def _possible(suspect: bytes) -> str:
    """Which encodings it might be, each with what the first such line reads like."""
    line = next((one for one in suspect.split(b"\n") if not one.isascii()), b"")
    matches = from_bytes(suspect, cp_isolation=_CANDIDATES) if line else ()
    readings = []
    for match in list(matches)[:2]:
        text = line.decode(match.encoding, "replace")
        first = next((place for place, one in enumerate(text) if not one.isascii()), 0)
        shown = text[max(0, first - _SHOWN // 2) : first + _SHOWN // 2].strip()
        readings.append(f"--encoding {match.encoding} reads “{shown}”")
    return ", ".join(readings) or "--encoding says what it is in"
