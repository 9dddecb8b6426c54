"""Numbers and shares as they are read in a sentence, in digits or in words."""

import re
from fractions import Fraction

_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_CHINESE = "一二三四五六七八九十"
_SHARES = {
    r"three[ -]quarters": Fraction(3, 4),
    r"two[ -]thirds": Fraction(2, 3),
    r"(?:a|one) third": Fraction(1, 3),
    r"(?:a|one) quarter": Fraction(1, 4),
    r"half": Fraction(1, 2),
    "四分之三": Fraction(3, 4),
    "三分之二": Fraction(2, 3),
    "三分之一": Fraction(1, 3),
    "四分之一": Fraction(1, 4),
    "一半|半数": Fraction(1, 2),
}
_SHARE = re.compile(
    "|".join(f"(?P<s{place}>\\b(?:{words})\\b|(?:{words}))" for place, words in enumerate(_SHARES)),
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d.])|\d+(?:\.\d+)?")
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)}|both|neither)\b", re.IGNORECASE)
_COUNTED = re.compile(rf"([{_CHINESE}两])(?=[位条个名人])")


def numbers_in(text: str) -> list[float]:
    """All numbers of a text but those that are shares.

    >>> numbers_in("1,204 reviews, one of them bad; two thirds are good"), numbers_in("两位用户、3条评论")
    ([1204.0, 1.0], [3.0, 2.0])
    """
    rest = _SHARE.sub(" ", text)
    rest = re.sub(
        r"\b(?:every|none|all|each|no) one\b|\bone of the\b(?= \d)|\bevery one\b",
        " ",
        rest,
        flags=re.IGNORECASE,
    )
    found = [float(match[0].replace(",", "")) for match in _DIGITS.finditer(rest)]
    for match in _WORD.finditer(rest):
        word = match[0].lower()
        found.append(2.0 if word in {"both", "neither"} else float(_WORDS.index(word) + 1))
    found += [
        2.0 if match[1] == "两" else float(_CHINESE.index(match[1]) + 1) for match in _COUNTED.finditer(rest)
    ]
    return found


def shares_in(text: str) -> list[tuple[Fraction, str]]:
    """All shares that are named, each with the text that follows it.

    >>> shares_in("About two thirds of the 9 reviews are positive")
    [(Fraction(2, 3), ' of the 9 reviews are positive')]
    """
    values = list(_SHARES.values())
    return [
        (values[int((match.lastgroup or "s0")[1:])], text[match.end() :]) for match in _SHARE.finditer(text)
    ]
