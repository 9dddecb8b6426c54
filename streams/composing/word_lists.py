"""Lists of words and patterns in files beside the code: one a line, each list read and compiled once."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

_DEFINITION = re.compile(r"([A-Z_]+) = (.*)")


@cache
def any_pattern(name: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """A pattern that is met wherever one of a list's patterns is.

    Args:
        name: of a file in `streams`, such as "composing/codes.txt". Lines with # in front are comments, and after
            `NAME = pattern` that pattern stands for `<NAME>`.
        flags: of `re`.
    """
    return re.compile("|".join(_patterns(name)), flags)


@cache
def any_word(name: str) -> re.Pattern[str]:
    """A pattern that is met wherever one of a list's words stands, whatever its case.

    Words of languages with spaces stand whole; others have no end that could be seen.

    >>> any_word("evaluating/praise.txt").findall("Great! Greatly 满意")
    ['Great', '满意']
    """
    words = list(_patterns(name))
    whole = "|".join(word for word in words if word[0].isascii())
    unspaced = [word for word in words if not word[0].isascii()]
    return re.compile("|".join([rf"\b(?:{whole})\b", *unspaced]), re.IGNORECASE)


def _patterns(name: str) -> Iterator[str]:
    names: dict[str, str] = {}
    for line in (resources.files("streams") / name).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line
        for known, meaning in names.items():
            pattern = pattern.replace(f"<{known}>", meaning)
        if definition := _DEFINITION.match(pattern):
            names[definition[1]] = definition[2]
        else:
            yield pattern
