"""Reads quotes and phrases again, each by itself, before they are published.

A review is read as a whole: a clause that praises may stand in a sentence that complains, and be counted as complaint.
Alone it would then tell the opposite of what it is quoted for.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from schemas.fields import SentimentLabel
from schemas.summaries import KeyPoint, RefreshRequested
from streams.composing.composition import Opinion, primary
from streams.composing.opinions import UNNAMED, IsFit
from streams.composing.publishable import clean_quote
from streams.composing.word_lists import any_pattern

# Below these probabilities the built-in readers are wrong in one of three short quotes, or more often.
_LEAST_WHOLE, _LEAST_OF_ASPECT = 0.5, 0.6


class Feeling(NamedTuple):
    """The likeliest polarity, and its probability."""

    polarity: SentimentLabel
    probability: float


class Read(NamedTuple):
    """What a reader of reviews says of one sentence: of all of it, and of each aspect that it speaks of."""

    whole: Feeling
    aspects: Mapping[str, Feeling]


#: Reads sentences of one language, in order.
ReadSentences = Callable[[Sequence[str]], Sequence[Read]]


def agrees(read: Read, text: str, claimed: KeyPoint | Opinion) -> bool:
    """Whether a sentence surely feels as it is to, and speaks of its aspect if it speaks of any."""
    if claimed.polarity == "negative" and _denies_a_fault(text):
        return False
    if not _is(read.whole, claimed.polarity, _LEAST_WHOLE):
        return False
    if claimed.aspect == UNNAMED or not read.aspects:
        return True
    of_aspect = read.aspects.get(claimed.aspect)
    return of_aspect is not None and _is(of_aspect, claimed.polarity, _LEAST_OF_ASPECT)


def _denies_a_fault(text: str) -> bool:
    """Whether it is praise without a word of it, "it does not shrink", which a reader may take for a complaint."""
    return any_pattern("composing/denied_faults.txt", re.IGNORECASE).search(text) is not None


def _is(feeling: Feeling, polarity: SentimentLabel, least: float) -> bool:
    return feeling.polarity == polarity and feeling.probability >= least


def fitting_quotes(snapshots: Sequence[RefreshRequested], readers: Mapping[str, ReadSentences]) -> IsFit:
    """Which quotes of the snapshots, read by themselves, say what their key points say; all that nobody reads do."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for snapshot in snapshots:
        for point in snapshot.key_points:
            language = primary(point.language or snapshot.language or "")
            if language in readers:
                cleaned = (clean_quote(quote.text, point.language) for quote in point.quotes)
                texts[language] |= dict.fromkeys(quote for quote in cleaned if quote is not None)
    readings: dict[str, Read] = {}
    for language, quotes in texts.items():
        readings |= zip(quotes, readers[language](list(quotes)), strict=True)

    def is_fit(point: KeyPoint, quote: str) -> bool:
        read = readings.get(quote)
        return read is None or agrees(read, quote, point)

    return is_fit
