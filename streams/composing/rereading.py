"""Reads quotes and phrases again, each by itself and in its sentence, before they are published.

A review is read as a whole: a clause that praises may stand in a sentence that complains, and be counted as complaint.
Alone it would then tell the opposite of what it is quoted for. Only where the clause, the sentence around it and the
aspect agree is it told, and its review counted.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from models.readers.aspects import ASPECTS
from schemas.fields import SentimentLabel
from schemas.summaries import KeyPoint, Quote, RefreshRequested
from streams.composing.composition import Opinion, primary
from streams.composing.opinions import UNNAMED, IsFit
from streams.composing.publishable import clean_quote, is_written_for_effect
from streams.composing.rivals import speaks_for_another
from streams.composing.word_lists import any_pattern

# Of quotes that are read with less, one in four says something else than its claim; of the others one in fifteen.
_LEAST_FEELING, _LEAST_CONFIDENCE = 0.75, 0.4


class Feeling(NamedTuple):
    """The likeliest polarity, and its probability; of an aspect, how sure it is that it is spoken of, too."""

    polarity: SentimentLabel
    probability: float
    confidence: float = 1.0


class Read(NamedTuple):
    """What a reader of reviews says of one sentence: of all of it, and of each aspect that it speaks of."""

    whole: Feeling
    aspects: Mapping[str, Feeling]


#: Reads sentences of one language, in order.
ReadSentences = Callable[[Sequence[str]], Sequence[Read]]


def agrees(read: Read, text: str, claimed: KeyPoint | Opinion, sentence: Read | None = None) -> bool:
    """Whether words surely feel as they are to, and surely speak of their aspect.

    Args:
        read: what a reader says of the words.
        text: the words.
        claimed: what they are to say.
        sentence: what the reader says of the sentence that they stand in, where that is longer.
    """
    if claimed.polarity == "neutral" and (claimed.aspect == UNNAMED or claimed.aspect not in ASPECTS):
        return True  # a topic that is spoken of, well or badly
    if claimed.polarity == "negative" and _denies_a_fault(text):
        return False
    if sentence is not None and sentence.whole.polarity != claimed.polarity:
        return False
    if claimed.aspect == UNNAMED or claimed.aspect not in ASPECTS:  # a topic, which no reader knows
        return _surely_feels(read.whole, claimed.polarity)
    # What is felt towards the aspect is judged surely by the words on it, and less so by a whole of few words.
    return read.whole.polarity == claimed.polarity and _speaks_of(claimed, read, sentence)


def _speaks_of(claimed: KeyPoint | Opinion, read: Read, sentence: Read | None) -> bool:
    """Whether the aspect is read with the polarity: in the words, or where they name none, in their sentence."""
    aspects = read.aspects or (sentence.aspects if sentence is not None else {})
    feeling = aspects.get(claimed.aspect)
    return (
        feeling is not None
        and _surely_feels(feeling, claimed.polarity)
        and feeling.confidence >= _LEAST_CONFIDENCE
    )


def _denies_a_fault(text: str) -> bool:
    """Whether it is praise without a word of it, "it does not shrink", which a reader may take for a complaint."""
    return any_pattern("composing/denied_faults.txt", re.IGNORECASE).search(text) is not None


def _surely_feels(feeling: Feeling, polarity: SentimentLabel) -> bool:
    return feeling.polarity == polarity and feeling.probability >= _LEAST_FEELING


def fitting_quotes(snapshots: Sequence[RefreshRequested], readers: Mapping[str, ReadSentences]) -> IsFit:
    """Which quotes of the snapshots, read again, say what their key points say; all that nobody reads do."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for snapshot in snapshots:
        for point in snapshot.key_points:
            language = primary(point.language or snapshot.language or "")
            if language in readers:
                texts[language] |= dict.fromkeys(_texts(point))
    readings: dict[str, Read] = {}
    for language, wanted in texts.items():
        readings |= zip(wanted, readers[language](list(wanted)), strict=True)

    def is_fit(point: KeyPoint, quote: Quote) -> bool:
        around = quote.sentence
        if around is not None and (is_written_for_effect(around) or speaks_for_another(around)):
            return False  # "say that it is perfect" does not praise, nor does what is said of a rival
        words, sentence = _words(quote.text, point), _words(quote.sentence or "", point)
        read = readings.get(words)
        return read is None or agrees(read, words, point, readings.get(sentence))

    return is_fit


def _texts(point: KeyPoint) -> Iterator[str]:
    """What is read of a point: its quotes as they would be told, and their sentences."""
    for quote in point.quotes:
        yield _words(quote.text, point)
        if quote.sentence is not None:
            yield _words(quote.sentence, point)


def _words(text: str, point: KeyPoint) -> str:
    """As they would be told."""
    return clean_quote(text, point.language) or text
