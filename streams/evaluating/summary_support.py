"""Whether a sentence is true to the reviews it names: found out in another way than it was written and checked.

Writing looks at key points: their quotes, word by word, and a reader's opinion. Here it is the whole reviews. What code
counted and quoted is read again from the finished sentence (`streams.evaluating.claim_checking`, which nothing asks
when a text is written), and each of its quotations must stand in a review it names. What a model wrote must have every
content word, by its stem, in the reviews it names, and must not feel the other way than its claim to a dictionary of
sentiment (VADER, Hutto and Gilbert 2014, English), which no model here was trained with.
"""

import re
from functools import cache
from typing import Any

from models.readers.interfaces import SentimentLabel
from streams.evaluating.claim_checking import faults
from streams.evaluating.summary_texts import EvaluatedSentence, ReadItem
from streams.evaluating.summary_words import content_tokens, wanted_package

_QUOTATION = re.compile(r"“([^”]*)”")
_SPACES = re.compile(r"\s+")
# Of VADER's compound score, -1 to 1: its authors call everything beyond 0.05 a feeling.
_FEELS = 0.05


def is_supported(sentence: EvaluatedSentence, read: ReadItem) -> bool:
    """Whether a sentence is true to the documents it stands on; one that names none stands on all."""
    cited = [read.documents[place] for place in sentence.reviews] or list(read.documents)
    language = read.item.language
    if sentence.claim is None or sentence.method == "generated":
        known = set(content_tokens("\n".join(cited), language))
        has_words = set(content_tokens(sentence.text, language)) <= known
        return has_words and not (sentence.method == "generated" and _feels_otherwise(sentence, language))
    plain = [_SPACES.sub(" ", document) for document in cited]
    quotes = [_SPACES.sub(" ", quote) for quote in _QUOTATION.findall(sentence.text)]
    return not faults(sentence.claim, read.snapshot) and all(
        any(quote in document for document in plain) for quote in quotes
    )


def _feels_otherwise(sentence: EvaluatedSentence, language: str) -> bool:
    opposite: dict[SentimentLabel | None, int] = {"positive": -1, "negative": 1}
    sign = opposite.get(sentence.polarity, 0)
    return language == "en" and sign * _feeling(sentence.text) > _FEELS


def _feeling(text: str) -> float:
    score: float = _analyser().polarity_scores(text)["compound"]
    return score


@cache
def _analyser() -> Any:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise wanted_package("vaderSentiment") from error
    return SentimentIntensityAnalyzer()
