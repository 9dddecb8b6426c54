"""Labels of tokens, from labels of characters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.encoders.sentence_tokeniser import TokenisedText
from models.readers.aspects import ASPECTS
from models.readers.interfaces import SENTIMENT_LABELS
from models.training.corpora.annotated import AnnotatedOpinion
from schemas.vocabularies import HOLDERS

#: Where a label is not known; losses leave it out.
UNKNOWN = -100


@dataclass(frozen=True, slots=True)
class TokenLabels:
    """Of the content tokens of one text, in their order; UNKNOWN where a label is not known or has no meaning.

    Attributes:
        aspect: number of the aspect plus one, 0 for no opinion of the reviewer's.
        begins: 1 where an opinion begins, inside of opinions.
        polarity: inside of opinions.
        holder: inside of judgements whose holder is not the reviewer; 0 elsewhere, if holders are known.
    """

    aspect: NDArray[np.int64]
    begins: NDArray[np.int64]
    polarity: NDArray[np.int64]
    holder: NDArray[np.int64]


def token_labels(
    tokenised: TokenisedText, opinions: Sequence[AnnotatedOpinion] | None, *, knows_holders: bool
) -> TokenLabels:
    """Labels of tokens from labels of characters: a token that shares a character with an opinion is part of it."""
    places = [
        sentence.place_of(token) for sentence in tokenised.sentences for token in range(sentence.tokens)
    ]
    count = len(places)
    unknown = np.full(count, UNKNOWN)
    if opinions is None:
        return TokenLabels(unknown, unknown, unknown, unknown)
    labels = TokenLabels(
        np.zeros(count, dtype=np.int64),
        unknown.copy(),
        unknown.copy(),
        np.zeros(count, dtype=np.int64) if knows_holders else unknown.copy(),
    )
    starts, ends = (
        (np.array(column, dtype=np.int64) for column in zip(*places, strict=True))
        if places
        else (
            np.zeros(0, dtype=np.int64),
            np.zeros(0, dtype=np.int64),
        )
    )
    for opinion in opinions:
        inside = np.flatnonzero((starts < opinion.end) & (ends > opinion.start))
        holder = HOLDERS.index(opinion.holder)
        if not len(inside):
            continue
        if holder:
            labels.holder[inside] = holder
            continue
        labels.aspect[inside] = ASPECTS.index(opinion.aspect) + 1
        labels.polarity[inside] = SENTIMENT_LABELS.index(opinion.polarity)
        labels.begins[inside] = 0
        labels.begins[inside[0]] = 1
    return labels
