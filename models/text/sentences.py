"""Where sentences and clauses of a text in Latin letters begin and end: exact offsets, linear time, nothing lost."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

# A full stop after one of these does not end a sentence. A single letter is an initial.
_ABBREVIATIONS = frozenset(
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "e.g", "i.e", "eg", "ie", "approx", "no", "vol",
        "fig", "inc", "ltd", "co", "corp", "dept", "est", "min", "max", "oz", "lb", "ft", "a.m", "p.m", "u.s", "u.k",
    }
)  # fmt: skip
# Begins with one set of characters because the engine skips to those fastest.
_END = re.compile(
    r"[.!?…。！？\n](?:(?<=[.!?…])[.!?…]*[\"'”’)\]]*(?=\s|$)|(?<=[。！？])[。！？]*[”’）]*|(?<=\.)\.{2,}|(?<=\n)\n*)"
)
_LAST_WORD = re.compile(r"[\w.]+$")
_TURNS = ("but", "although", "though", "however", "whereas", "while", "yet", "except", "unfortunately")
_CLAUSE_MARKS = re.compile(r"[,;:()—–，；：（）]+")
_DASH = re.compile(r"\s-\s")
_TURN = re.compile(rf"\b(?=(?:{'|'.join(_TURNS)})\b)", re.IGNORECASE)
# What a clause must at least hold to stand for itself: "however," does not.
_LEAST_CLAUSE_CHARACTERS = 6


def split_sentences(text: str) -> list[Span]:
    """Offsets of the sentences, without the space around them. All that is not space lies in one of them.

    >>> text = "Dr. Lee fixed it. Works! It cost 3.50 dollars"
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['Dr. Lee fixed it.', 'Works!', 'It cost 3.50 dollars']
    """
    return list(_sentences(text))


def clause_around(text: str, start: int, end: int) -> Span:
    """The clause of a sentence that holds a piece of it, without punctuation around; all of it where it has one.

    Args:
        text: the sentence.
        start: of the piece.
        end: of the piece.

    >>> text = "The food was great, but the waiter was rude."
    >>> [text[begin:end] for begin, end in (clause_around(text, 4, 8), clause_around(text, 28, 34))]
    ['The food was great', 'but the waiter was rude']
    """
    left, right = 0, len(text)
    for begin, stop in _cuts(text):
        if stop <= start:
            if begin - left >= _LEAST_CLAUSE_CHARACTERS:
                left = stop
        elif begin >= end and begin - left >= _LEAST_CLAUSE_CHARACTERS:
            right = begin
            break
    return _trimmed(text, left, right)


def _cuts(text: str) -> list[Span]:
    """What stands between clauses, in order; nothing stands there before a word that turns."""
    cuts = [mark.span() for mark in _CLAUSE_MARKS.finditer(text)]
    if "-" in text:
        cuts += [dash.span() for dash in _DASH.finditer(text)]
    if _may_turn(text):
        cuts += [turn.span() for turn in _TURN.finditer(text)]
    return sorted(cuts)


def _may_turn(text: str) -> bool:
    if not text.isascii():
        return True
    lower = text.lower()
    return any(turn in lower for turn in _TURNS)


def _sentences(text: str) -> Iterator[Span]:
    begin = 0
    for end in _END.finditer(text):
        if end[0] == "." and _is_abbreviated(text, begin, end.start()):
            continue
        start, stop = _stripped(text, begin, end.end())
        if start < stop:
            yield start, stop
        begin = end.end()
    start, stop = _stripped(text, begin, len(text))
    if start < stop:
        yield start, stop


def _is_abbreviated(text: str, begin: int, stop: int) -> bool:
    # No abbreviation is longer, and a text without spaces must not make this quadratic.
    word = _LAST_WORD.search(text, max(begin, stop - 12), stop)
    if word is None:
        return False
    plain = word[0].lower()
    return plain in _ABBREVIATIONS or (len(plain) == 1 and plain.isalpha() and plain != "i")


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    marks = " \t\n.,;:!?…-—–()，。；：！？（）"  # not brackets: those of [email] and its like stay
    left = len(piece) - len(piece.lstrip(marks))
    right = len(piece.rstrip(marks))
    return (start + left, start + right) if left < right else (start, end)
