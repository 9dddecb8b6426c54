"""Where sentences and clauses of a Chinese text begin and end: exact offsets, linear time, nothing lost."""

import re
from typing import NamedTuple

Span = tuple[int, int]

_CLOSING = r"[”’」』》）)\]】]*"
# A turn in mid-sentence, as "但是" is; not the same characters in "再好不过", "不过如此" and "不但".
_TURN = (
    r"(?<=但)是|(?<=可)[是惜]|(?<=然)而|(?<=[就只])是有点|(?<=不)(?<!好不)过(?![如分了去来关期])"
    r"|(?<=但)(?<![不非]但)(?!愿|凡|求)"
)
# Begins with one set of characters because the engine skips to those fastest. Of a number and a turn that is all
# that is taken, and it belongs to what follows.
_BREAK = re.compile(
    r"[。！？!?；;….\n，、：:,~～—\-\d\s但可然就只不](?:"
    rf"(?P<full>(?:(?<=[。！？!?；;…])[。！？!?；;…]*|(?<=\.)(?:(?=\s|$)|\.+)){_CLOSING}\s*|(?<=\n)\s*)"
    r"|(?P<comma>(?<=[，、：:])(?<!\d[:：])|(?<=,)(?:(?!\d)|(?<!\d,))|(?<=[~～])[~～]*|(?<=—)—*|(?<=-)-+)"
    r"|(?P<number>(?<=\d)(?<!\d\d)(?=\d?[.、．)）](?!\d)))"
    r"|(?P<space>(?<=[^\x00-\x7f\s]\s)\s*+(?=[^\x00-\x7f]))"
    rf"|(?P<turn>(?={_TURN})))"
)
_BELONG_TO_NEXT = frozenset({"number", "turn"})

# A piece shorter than this belongs to its neighbour: "好，" says little alone.
_LEAST_CLAUSE_CHARACTERS = 3
# Texts cut into words by spaces must stay whole; of clauses parted by spaces few are shorter.
_LEAST_CHARACTERS_BEFORE_SPACE = 4
# What has no punctuation at all is cut, so that a span points somewhere.
_MOST_CLAUSE_CHARACTERS = 200


class Sentence(NamedTuple):
    """`text[start:end]`, in code points, and its clauses, which lie end to end but for space between them."""

    start: int
    end: int
    clauses: tuple[Span, ...]


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of a text, punctuation included. All that is not space lies in one clause of one of them.

    >>> text = "物流很快，但是客服态度差！价格1,500元"
    >>> [[text[start:end] for start, end in sentence.clauses] for sentence in split_sentences(text)]
    [['物流很快，', '但是客服态度差！'], ['价格1,500元']]
    """
    sentences: list[Sentence] = []
    clauses: list[Span] = []
    clause_start = run_start = 0
    for found in _BREAK.finditer(text):
        kind = found.lastgroup
        end = found.start() if kind in _BELONG_TO_NEXT else found.end()
        if kind == "full":
            _close(text, clause_start, end, clauses)
            _finish(clauses, sentences)
            clauses = []
            clause_start = end
        elif kind == "space":
            if found.start() - run_start >= _LEAST_CHARACTERS_BEFORE_SPACE:
                _close(text, clause_start, end, clauses)
                clause_start = end
        elif found.start() - clause_start >= _LEAST_CLAUSE_CHARACTERS:
            _close(text, clause_start, end, clauses)
            clause_start = end
        run_start = end
    _close(text, clause_start, len(text), clauses)
    _finish(clauses, sentences)
    return sentences


def without_punctuation(text: str, start: int, end: int) -> Span:
    """The span without punctuation and space around; unchanged where there is nothing else.

    >>> without_punctuation("，物流快！", 0, 5)
    (1, 4)
    """
    left, right = start, end
    while left < right and not _is_kept(text[left]):
        left += 1
    while right > left and not _is_kept(text[right - 1]):
        right -= 1
    return (left, right) if left < right else (start, end)


def _is_kept(character: str) -> bool:
    """Whether a span may begin or end with it; brackets for the sake of placeholders such as [phone]."""
    return character.isalnum() or character in "[]"


def _close(text: str, start: int, end: int, clauses: list[Span]) -> None:
    """Add `text[start:end]` to the clauses of the sentence, or to the last of them where it is too short."""
    piece = text[start:end]
    stop = start + len(piece.rstrip())
    start = end - len(piece.lstrip())
    if start >= stop:
        return
    if clauses and stop - start < _LEAST_CLAUSE_CHARACTERS:
        start = clauses.pop()[0]
    while stop - start > _MOST_CLAUSE_CHARACTERS:
        clauses.append((start, start + _MOST_CLAUSE_CHARACTERS))
        start += _MOST_CLAUSE_CHARACTERS
    clauses.append((start, stop))


def _finish(clauses: list[Span], sentences: list[Sentence]) -> None:
    if clauses:
        sentences.append(Sentence(clauses[0][0], clauses[-1][1], tuple(clauses)))
