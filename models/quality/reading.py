"""A text in the forms that the rules for doubts need."""

import re
import unicodedata
from typing import NamedTuple

HAN = re.compile("[\u4e00-\u9fff]")
# Letters, digits and signs of full width, and mathematical letters: to write so is a way past filters.
_WIDE = re.compile("[\uff03\uff04\uff0a\uff0e\uff10-\uff19\uff20-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]")


class ReadText(NamedTuple):
    """A text in the forms that the rules need.

    Attributes:
        plain: in normal width.
        lower: the same in lower case.
        words: its words of ASCII letters and digits; digits and signs that stand for letters are replaced.
        distinct: the same, each once.
        has_han: whether it has Han characters.
    """

    plain: str
    lower: str
    words: list[str]
    distinct: frozenset[str]
    has_han: bool


def read_text(text: str) -> ReadText:
    """The text in normal width if it uses full width to get past filters, and the forms that follow from it."""
    is_ascii = text.isascii()
    plain = text if is_ascii or not _WIDE.search(text) else unicodedata.normalize("NFKC", text)
    words = _words(plain)
    has_han = not is_ascii and bool(HAN.search(plain))
    return ReadText(plain, plain.lower(), words, frozenset(words), has_han)


def _words_table() -> bytes:
    table = bytearray(b" " * 256)
    for byte in b"abcdefghijklmnopqrstuvwxyz0123456789":
        table[byte] = table[ord(chr(byte).upper())] = byte
    for sign, letter in zip(b"103$@", b"ioesa", strict=True):
        table[sign] = letter
    return bytes(table)


_WORDS_TABLE = _words_table()


def _words(text: str) -> list[str]:
    return text.encode("ascii", "replace").translate(_WORDS_TABLE).decode("ascii").split()
