"""From what is said of each token to opinions: where they begin and end, on what, how, whose, and how sure that is."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.readers.opinion_heads import NO_OPINION

#: Number of the reviewer among the holders.
REVIEWER = 0
_BEGINS = 0.5


class TokenProbabilities(NamedTuple):
    """Of tokens that lie end to end, whatever number of texts they are of.

    Attributes:
        aspect: (tokens, 1 + aspects); rows sum to 1, the column NO_OPINION first.
        begins: (tokens,), that an opinion begins there.
        polarity: (tokens, 3); rows sum to 1.
        holder: (tokens, holders); rows sum to 1, the reviewer first.
    """

    aspect: NDArray[np.float32]
    begins: NDArray[np.float32]
    polarity: NDArray[np.float32]
    holder: NDArray[np.float32]


class TokenSpan(NamedTuple):
    """An opinion, or a judgement that is not the reviewer's, in `tokens[first:last]`.

    Attributes:
        aspect: number of the aspect it most likely is on.
        confidence: probability that an opinion of this holder stands there, on this aspect if it is the reviewer's.
        polarity: probabilities, in the order of SENTIMENT_LABELS.
        holder: number of the holder.
    """

    first: int
    last: int
    aspect: int
    confidence: float
    polarity: tuple[float, float, float]
    holder: int


def opinion_spans(
    tokens: TokenProbabilities,
    starts_word: NDArray[np.bool_],
    starts_sentence: NDArray[np.bool_],
    boldness: float,
) -> Iterator[TokenSpan]:
    """Spans in the order in which they stand; none overlaps another or crosses the end of a sentence.

    A word is of one opinion: its tokens are averaged. Words of opinions that touch, of one holder, are one opinion
    unless another begins among them; its aspect is the likeliest of all its words together. So a clause is not cut
    where single words waver between aspects.

    Args:
        tokens: at least one.
        starts_word: (tokens,), true for the first token of a word.
        starts_sentence: (tokens,), likewise.
        boldness: what "no opinion" is divided by before the likeliest is taken; above 1 finds more and errs more.
    """
    firsts = np.flatnonzero(starts_word | starts_sentence)
    words = TokenProbabilities(
        _means(tokens.aspect, firsts),
        tokens.begins[firsts],
        _means(tokens.polarity, firsts),
        _means(tokens.holder, firsts),
    )
    weighed = words.aspect.copy()
    weighed[:, NO_OPINION] /= boldness
    column = weighed.argmax(axis=1)
    is_opinion = column != NO_OPINION
    holder = np.where(is_opinion, REVIEWER, words.holder.argmax(axis=1))
    breaks = (np.diff(is_opinion) != 0) | (np.diff(holder) != 0) | starts_sentence[firsts[1:]]
    breaks |= is_opinion[1:] & (words.begins[1:] > _BEGINS)
    runs = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    kept = np.flatnonzero(is_opinion[runs] | (holder[runs] != REVIEWER))
    of_aspect, polarity, of_holder = (
        _means(values, runs)[kept] for values in (words.aspect, words.polarity, words.holder)
    )
    aspect = of_aspect[:, 1:].argmax(axis=1)
    holder = holder[runs][kept]
    own = of_aspect[np.arange(len(kept)), aspect + 1]
    confidence = of_holder[np.arange(len(kept)), holder] * np.where(holder == REVIEWER, own, 1.0)
    ends = np.append(firsts, len(starts_word))[np.append(runs[1:], len(firsts))]
    columns = (firsts[runs][kept], ends[kept], aspect, confidence, polarity, holder)
    for first, last, which, sure, feeling, whose in zip(*(one.tolist() for one in columns), strict=True):
        yield TokenSpan(first, last, which, sure, tuple(feeling), whose)


def _means(values: NDArray[np.float32], firsts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Means of the runs of rows that begin at `firsts`."""
    sums: NDArray[np.float32] = np.add.reduceat(values, firsts)
    sums /= np.diff(np.append(firsts, len(values)))[:, None]
    return sums
