"""How good a summary is: like people's ones, true to the reviews, without repetition, with what weighs most."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from streams.evaluating.summary_texts import EvaluatedText, ReadItem
from streams.evaluating.summary_words import (
    UNSPACED,
    CharacterTokenizer,
    tokens_of,
    wanted_package,
)
from streams.rolling.product_state import POLARITIES

ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
_WEIGHTIEST = 5


class Rouge:
    """ROUGE (Lin 2004) of the package `rouge-score`: F1, the mean over the gold summaries.

    English words are stemmed; of languages without spaces single characters are compared.

    Args:
        language: of the texts.
    """

    def __init__(self, language: str) -> None:
        try:
            from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise wanted_package("rouge-score") from error
        self._scorer: Any = (
            RougeScorer(list(ROUGE.values()), tokenizer=CharacterTokenizer())
            if language in UNSPACED
            else RougeScorer(list(ROUGE.values()), use_stemmer=True)
        )

    def score(self, text: str, references: Sequence[str]) -> dict[str, float]:
        """`rouge_1`, `rouge_2` and `rouge_l`, 0 to 1."""
        scores = [self._scorer.score(reference, text) for reference in references]
        return {
            name: mean([score[theirs].fmeasure for score in scores]) or 0.0 for name, theirs in ROUGE.items()
        }

    def people(self, references: Sequence[str]) -> dict[str, float] | None:
        """Each gold summary against the others; None where there is one alone."""
        if len(references) < 2:
            return None
        scores = [
            self.score(one, [other for number, other in enumerate(references) if number != place])
            for place, one in enumerate(references)
        ]
        return {name: mean([score[name] for score in scores]) or 0.0 for name in ROUGE}


def repeated_shares(text: EvaluatedText, language: str) -> tuple[float, float]:
    """Shares of sentences, and of runs of three words, that are there before."""
    words = [tuple(tokens_of(sentence.text, language)) for sentence in text.sentences]
    trigrams = [run for one in words for run in zip(one, one[1:], one[2:], strict=False)]
    return _repeated(words), _repeated(trigrams)


def _repeated(things: Sequence[tuple[str, ...]]) -> float:
    return sum(count - 1 for count in Counter(things).values()) / max(1, len(things))


def told_share(text: EvaluatedText, read: ReadItem) -> float | None:
    """The share of the five weightiest key points that are told; None where there are none.

    Told is one whose aspect and polarity a sentence has that stands on a review which makes the point.
    """
    weightiest = read.points[:_WEIGHTIEST]
    told = [
        any(
            sentence.aspect == kind.aspect
            and sentence.polarity == POLARITIES[kind.polarity]
            and not read.quotes(point).keys().isdisjoint(sentence.reviews)
            for sentence in text.sentences
        )
        for kind, point in weightiest
    ]
    return mean([float(one) for one in told])


def praise_told(text: EvaluatedText) -> float | None:
    """The share of praise among sentences of praise and criticism; None where there are none."""
    polarities = [one.polarity for one in text.sentences if one.polarity in {"positive", "negative"}]
    return mean([float(one == "positive") for one in polarities])


def praise_written(read: ReadItem) -> float | None:
    """The share of positive reviews among positive and negative ones; None where there are none."""
    feelings = read.snapshot.counts.sentiment
    polar = feelings.positive + feelings.negative
    return feelings.positive / polar if polar else None


def mean(numbers: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(numbers) / len(numbers) if numbers else None
