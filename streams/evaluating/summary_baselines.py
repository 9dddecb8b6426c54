"""Other ways to choose sentences for a summary: LexRank, nearest to the centroid, the first, and random ones.

LexRank (Erkan and Radev 2004) is that of the package `sumy`, iterated until it converges.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any

from models.text import chinese_sentences, sentences
from streams.evaluating.summary_files import SummaryItem
from streams.evaluating.summary_words import content_tokens, fitting, wanted_package

_CONVERGED = 1e-4
_DRAWS = 5


def baseline_texts(item: SummaryItem, most_words: int) -> dict[str, list[str]]:
    """Summaries of at most so many words, sentences in the order of the documents: one each, several random ones."""
    split = [_split(document, item.language) for document in item.documents]
    pool = [sentence for document in split for sentence in document]
    words = [content_tokens(one, item.language) for one in pool]
    orders = {
        "lexrank": [_lexrank(words)],
        "centroid": [_centroid(words)],
        "lead": [_lead(split)],
        "random": [_random(len(pool), f"{item.item_id} {draw}") for draw in range(_DRAWS)],
    }
    return {
        name: [_text_of(pool, order, most_words, item.language) for order in of_name]
        for name, of_name in orders.items()
    }


def _text_of(pool: Sequence[str], order: Sequence[int], most_words: int, language: str) -> str:
    chosen = fitting([pool[place] for place in order], most_words, language)
    return " ".join(pool[place] for place in sorted(order[number] for number in chosen))


def _split(document: str, language: str) -> list[str]:
    spans = (
        [(one.start, one.end) for one in chinese_sentences.split_sentences(document)]
        if language == "zh"
        else sentences.split_sentences(document)
    )
    return [document[start:end] for start, end in spans]


def _lexrank(words: Sequence[Sequence[str]]) -> list[int]:
    try:
        from sumy.summarizers.lex_rank import LexRankSummarizer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise wanted_package("sumy") from error
    ranker = LexRankSummarizer()
    ranker.epsilon = _CONVERGED
    order: list[int] = []

    def keep(rated: list[Any]) -> list[Any]:
        order.extend(one.order for one in rated)
        return rated

    ranker(SimpleNamespace(sentences=[_Words(one) for one in words]), keep)
    return order


class _Words:
    """A sentence as sumy wants it; unlike any other, even one of the same words."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words


def _centroid(words: Sequence[Sequence[str]]) -> list[int]:
    """By the cosine of a sentence's TF-IDF weights and the sum of all."""
    frequency = Counter(word for one in words for word in set(one))
    weights = [
        {word: count * math.log(1 + len(words) / frequency[word]) for word, count in Counter(one).items()}
        for one in words
    ]
    centroid: dict[str, float] = defaultdict(float)
    for one in weights:
        for word, weight in one.items():
            centroid[word] += weight
    nearness = [_cosine(one, centroid) for one in weights]
    return sorted(range(len(words)), key=lambda place: -nearness[place])


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return sum(weight * other[word] for word, weight in one.items()) / lengths if lengths else 0.0


def _lead(split: Sequence[Sequence[str]]) -> list[int]:
    """The first sentence of each document, then the second."""
    numbers = iter(range(sum(map(len, split))))
    places = [[next(numbers) for _ in document] for document in split]
    return [place for row in zip_longest(*places) for place in row if place is not None]


def _random(sentences: int, seed: str) -> list[int]:
    return random.Random(seed).sample(range(sentences), sentences)  # noqa: S311 - no secret
