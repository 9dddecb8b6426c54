"""What a sentence says, piece by piece, and what is denied.

In English a piece is a word of content; in Chinese, which has no spaces, the longest stretch that the evidence has too.
"""

import re
from collections.abc import Sequence

from models.generation.words import FUNCTION_WORDS, UNSPACED, words_of

_HAN = re.compile(r"[㐀-鿿]+")
_NEGATIONS = frozenset(
    {"not", "no", "never", "without", "hardly", "barely", "scarcely", "nor", "neither", "nothing", "none",
     "cannot", "lack", "lacks", "lacked", "lacking", "isnt", "dont", "doesnt", "didnt", "wont", "cant"}
)  # fmt: skip
_NEGATION_REACHES = 4
_AUXILIARIES = frozenset({"do", "does", "did", "be", "been", "being"})
_HAN_NEGATION = re.compile(r"(?:不|没有|没|无|未|别)([㐀-鿿])")
_CLAUSE_ENDS = re.compile(r"[.,;:!?()]|\bbut\b", re.IGNORECASE)


def units(text: str, known: str, language: str) -> list[str]:
    """The pieces of a text, in order, lower case.

    Args:
        text: a sentence.
        known: the evidence, all of it.
        language: ISO 639-1 code.

    >>> units("The arm isn't firm.", "", "en"), units("底座很不稳。", "不过底座不稳", "zh")
    (['arm', 'firm'], ['底座', '很', '不稳'])
    """
    if language not in UNSPACED:
        return [word for word in map(_folded, words_of(text)) if not _says_nothing(word)]
    pieces = [piece for run in _HAN.findall(text) for piece in _longest(run, known)]
    function_words = FUNCTION_WORDS[language]
    return [piece for piece in pieces if not set(piece) <= function_words] + [
        word.casefold() for word in words_of(_HAN.sub(" ", text))
    ]


def strange_units(text: str, evidence: Sequence[str], language: str) -> set[str]:
    """Pieces that no evidence has."""
    known = "\n".join(evidence)
    if language in UNSPACED:
        return {unit for unit in units(text, known, language) if unit not in known.casefold()}
    return set(units(text, "", language)) - set(units(known, "", language))


def denies_otherwise(text: str, evidence: Sequence[str], language: str) -> bool:
    """Whether something is denied that no evidence denies, or the other way round."""
    if language in UNSPACED:
        return _han_denies_otherwise(text, "\n".join(evidence))
    known = {pair for sentence in evidence for pair in _denied(sentence)}
    return not _denied(text) <= known


def _folded(word: str) -> str:
    return word.casefold().replace("’", "'").removesuffix("'s")


def _is_negation(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")


def _says_nothing(word: str) -> bool:
    """Whether a word is looked at elsewhere or says nothing by itself."""
    return word in FUNCTION_WORDS["en"] or word in _AUXILIARIES or _is_negation(word)


def _longest(run: str, known: str) -> list[str]:
    """A stretch of Han characters cut into the longest pieces that `known` has, from the left."""
    pieces, start = [], 0
    while start < len(run):
        end = next((end for end in range(len(run), start + 1, -1) if run[start:end] in known), start + 1)
        pieces.append(run[start:end])
        start = end
    return pieces


def _denied(text: str) -> set[tuple[str, bool]]:
    """The words of content, each with whether it is denied."""
    found = set()
    for clause in _CLAUSE_ENDS.split(text):
        left = 0
        for word in map(_folded, words_of(clause)):
            if _is_negation(word):
                left = _NEGATION_REACHES
            elif not _says_nothing(word):
                found.add((word, left > 0))
                left -= 1
    return found


def _han_denies_otherwise(text: str, known: str) -> bool:
    if any(match[0] not in known for match in _HAN_NEGATION.finditer(text)):
        return True
    # What every mention denies may not be said plainly.
    for match in _HAN_NEGATION.finditer(known):
        after = known[match.start(1) : match.start(1) + 2]
        plain = re.compile(rf"(?<![不没无未别有]){re.escape(after)}")
        if len(after) == 2 and plain.search(text) and not plain.search(known):
            return True
    return False
