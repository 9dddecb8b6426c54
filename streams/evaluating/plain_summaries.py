"""The plain summary: of each chosen key point the sentence that says best what others say too, word for word."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import log

from models.readers.interfaces import SENTIMENT_LABELS
from streams.composing.quote_worth import PERSONAL
from streams.evaluating.summary_texts import EvaluatedSentence, EvaluatedText, ReadItem
from streams.evaluating.summary_words import tokens_of
from streams.rolling.product_state import POSITIVE, Kind

#: Sentences of other lengths are taken only for want of these. They, the weight and the words below were chosen on
#: FewSum's training part.
_LEAST_WORDS = 4
_MOST_WORDS = 30
_COUNT_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that makes a key point, and how good it is."""

    point: int
    kind: Kind
    document: int
    text: str
    words: int
    worth: float


def plain(read: ReadItem) -> EvaluatedText:
    """Sentences of the reviews, at most one a key point, as many as fit; the commoner polarity first.

    A sentence is the better the more of the other reviews use its words, the more reviews make its point, and the
    fewer of its words are personal.
    """
    left = read.most_words
    known = _candidates(read)
    shortest = sorted(known, key=lambda one: one.words)[:1]
    candidates = [one for one in known if one.words <= left] or shortest
    chosen: list[_Candidate] = []
    while candidates:
        best = max(candidates, key=lambda one: one.worth)
        chosen.append(best)
        left -= best.words
        candidates = [
            one
            for one in candidates
            if one.point != best.point and one.text != best.text and one.words <= left
        ]
    praise = [one for one in chosen if one.kind.polarity == POSITIVE]
    others = [one for one in chosen if one.kind.polarity != POSITIVE]
    ordered = praise + others if len(praise) >= len(others) else others + praise
    return EvaluatedText(
        tuple(
            EvaluatedSentence(
                one.text, "template", (one.document,), one.kind.aspect, SENTIMENT_LABELS[one.kind.polarity]
            )
            for one in ordered
        )
    )


def _candidates(read: ReadItem) -> list[_Candidate]:
    language = read.item.language
    frequency: Counter[str] = Counter()
    for document in read.documents:
        frequency.update(set(tokens_of(document, language)))
    found = []
    for kind, point in read.points:
        quotes = read.quotes(point)
        for sentence in read.sentences:
            if sentence.document in quotes and quotes[sentence.document] in sentence.text:
                words = tokens_of(sentence.text, language)
                worth = _worth(words, frequency, len(read.documents)) + _COUNT_WEIGHT * log(point.count)
                found.append(
                    _Candidate(point.number, kind, sentence.document, sentence.text, len(words), worth)
                )
    usual = [one for one in found if _LEAST_WORDS <= one.words <= _MOST_WORDS]
    return usual or found


def _worth(words: list[str], frequency: Mapping[str, int], documents: int) -> float:
    """The mean share of other documents with a word of the sentence, less the share of personal words."""
    if not words:
        return 0.0
    different = set(words)
    shared = sum(frequency[word] - 1 for word in different) / (documents * len(different))
    return shared - sum(word in PERSONAL for word in words) / len(words)
