"""Order phrases by how well their evidence supports them and how well they read."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from models.generation.interfaces import Phrase
from models.generation.words import UNSPACED, content_words

# Words of content that say enough and do not ramble; where no spaces part them, pairs of characters.
_FEWEST, _MOST, _MOST_PAIRS = 3, 10, 24

# Unsupported words weigh most, for they may be wrong; a phrase that only reads badly can be dropped later.
_SUPPORT_WEIGHT, _FLUENCY_WEIGHT, _LENGTH_WEIGHT = 2.0, 1.0, 0.5


def rank(phrases: Iterable[Phrase], evidence: Sequence[str], language: str = "en") -> list[Phrase]:
    """The phrases, best first; of equals the first one.

    By support, fluency (the mean probability of a token) and length: too little or too much said, and words said
    twice, count against a phrase.

    >>> kept = rank([Phrase("It floats.", -0.5), Phrase("The lamp hums loudly.", -0.6)], ["The lamp hums loudly"])
    >>> kept[0].text
    'The lamp hums loudly.'
    """
    return sorted(phrases, key=lambda phrase: -_score(phrase, evidence, language))


def support(text: str, evidence: Sequence[str], language: str = "en") -> float:
    """The share of a text's content words that the evidence has too, 0 to 1; 0 where it has none.

    >>> support("The lamp hums loudly.", ["My lamp hums"])
    0.6666666666666666
    """
    said = content_words(text, language)
    known = {word for sentence in evidence for word in content_words(sentence, language)}
    return sum(word in known for word in said) / len(said) if said else 0.0


def _score(phrase: Phrase, evidence: Sequence[str], language: str) -> float:
    said = Counter(content_words(phrase.text, language))
    words = said.total()
    most = _MOST_PAIRS if language in UNSPACED else _MOST
    amiss = max(0, _FEWEST - words) + max(0, words - most) + words - len(said)
    return (
        _SUPPORT_WEIGHT * support(phrase.text, evidence, language)
        + _FLUENCY_WEIGHT * math.exp(phrase.mean_log_probability)
        - _LENGTH_WEIGHT * amiss / max(words, 1)
    )
