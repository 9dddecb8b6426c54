"""`evaluate summaries`: texts written from key points, beside what people write and other ways to choose."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from streams.errors import ConfigurationError
from streams.evaluating.summarisers import SUMMARISERS
from streams.evaluating.summary_baselines import baseline_texts
from streams.evaluating.summary_files import SummarySet, read_summary_set
from streams.evaluating.summary_metrics import (
    ROUGE,
    Rouge,
    mean,
    praise_told,
    praise_written,
    repeated_shares,
    told_share,
)
from streams.evaluating.summary_support import is_supported
from streams.evaluating.summary_texts import EvaluatedText, ReadItem, Summariser
from streams.evaluating.summary_words import tokens_of
from streams.offline.asking import Asked, ReadingFacts, ask
from streams.settings import Settings


class RougeNumbers(TypedDict):
    """ROUGE against gold summaries, in the mean; None: nothing to compare."""

    rouge_1: float | None
    rouge_2: float | None
    rouge_l: float | None


class Lead(TypedDict):
    """By how much ROUGE-L is ahead of a baseline's, and the 95 % interval of that."""

    mean: float
    low: float
    high: float


class Comparison(RougeNumbers):
    """How texts compare, each number the mean of the items or of the sentences.

    `polarity_error` is by how much the share of praise among a text's sentences is off that among its reviews;
    `praise` has both shares. `coverage` is the share of the weightiest key points that are told.
    """

    baselines: dict[str, RougeNumbers]
    people: RougeNumbers
    lead_rouge_l: dict[str, Lead]
    supported: float | None
    supported_by_method: dict[str, float | None]
    generated_share: float | None
    repetition: dict[str, float | None]
    coverage: float | None
    polarity_error: float | None
    praise: dict[str, float | None]
    words: float | None


class SummaryReport(Comparison, ReadingFacts):
    """What `evaluate summaries` measured, on what; `most_words` is the length that the gold summaries have."""

    summariser: str
    most_words: int
    sentences: int
    layout: str
    items: int
    language: str
    writing_seconds: float


@dataclass(slots=True)
class _Tally:
    """Numbers by name, one an item or a sentence; None: nothing to tell there."""

    numbers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, number: float | None) -> None:
        if number is not None:
            self.numbers[name].append(number)

    def add_all(self, numbers: Mapping[str, float] | None) -> None:
        for name, number in (numbers or {}).items():
            self.add(name, number)

    def mean(self, name: str) -> float | None:
        exact = mean(self.numbers[name])
        return None if exact is None else round(exact, 4)

    def rouge(self) -> RougeNumbers:
        return {
            "rouge_1": self.mean("rouge_1"),
            "rouge_2": self.mean("rouge_2"),
            "rouge_l": self.mean("rouge_l"),
        }


def evaluate_summaries(
    settings: Settings,
    path: Path,
    *,
    language: str | None,
    progress: Callable[[str], None],
    name: str = "published",
    summariser: Summariser | None = None,
) -> SummaryReport:
    """Read the reviews, have a text made of every item's, and compare.

    Args:
        settings: which models, on what.
        path: see `read_summary_set`.
        language: of all texts; None: English.
        progress: told what happens.
        name: of the summariser, see `streams.evaluating.summarisers`.
        summariser: whose texts; None: that of the name.

    Returns:
        The numbers, ready for JSON: how the texts compare, what was measured, and who read it.

    Raises:
        ConfigurationError: the path holds nothing to measure on, no model reads it, or a package is missing.
    """
    measured = read_summary_set(path, language or "en")
    most_words = reference_words(measured)
    documents = [document for item in measured.items for document in item.documents]
    progress(f"{len(measured.items)} items, {len(documents)} documents in {path}")
    asked = ask(settings, documents, language=measured.items[0].language, progress=progress)
    items = _applied(measured, asked, most_words, settings.model.least_confidence)
    progress("writing, and comparing")
    summarise = summariser or SUMMARISERS[name](settings)
    started = time.monotonic()
    texts = summarise(items)
    seconds = time.monotonic() - started
    report: SummaryReport = {
        "summariser": name,
        **_compared(texts, items),
        "most_words": most_words,
        "sentences": sum(len(text.sentences) for text in texts),
        "layout": measured.layout,
        "items": len(items),
        "language": measured.items[0].language,
        "writing_seconds": round(seconds, 3),
        **asked.facts(),
    }
    return report


def _compared(texts: Sequence[EvaluatedText], items: Sequence[ReadItem]) -> Comparison:
    """The texts beside what people wrote and other ways to choose."""
    rouge = Rouge(items[0].item.language)
    ours, of_sentences = _measured(texts, items, rouge)
    baselines, people = _others(items, rouge)
    return {
        **ours.rouge(),
        "baselines": {name: tally.rouge() for name, tally in baselines.items()},
        "people": people.rouge(),
        "lead_rouge_l": {name: _lead(ours, tally) for name, tally in baselines.items()},
        "supported": of_sentences.mean("supported"),
        "supported_by_method": {method: of_sentences.mean(method) for method in ("template", "generated")},
        "generated_share": of_sentences.mean("is_generated"),
        "repetition": {"sentences": ours.mean("sentences"), "trigrams": ours.mean("trigrams")},
        "coverage": ours.mean("coverage"),
        "polarity_error": ours.mean("polarity_error"),
        "praise": {"told": ours.mean("praise_told"), "written": ours.mean("praise_written")},
        "words": ours.mean("words"),
    }


def reference_words(measured: SummarySet) -> int:
    """The mean length of a set's gold summaries, in words; in characters where there are no spaces."""
    lengths = [len(tokens_of(one, item.language)) for item in measured.items for one in item.references]
    return max(1, round(sum(lengths) / len(lengths)))


def _applied(measured: SummarySet, asked: Asked, most_words: int, least_confidence: float) -> list[ReadItem]:
    if not asked.reader_of:
        raise ConfigurationError(
            f"evaluate summaries: no model reads the language {measured.items[0].language!r}; "
            "see REVIEWSTREAM_MODEL__READERS"
        )
    readings = iter(asked.readings)
    return [
        ReadItem(
            item, [next(readings) for _ in item.documents], most_words, least_confidence=least_confidence
        )
        for item in measured.items
    ]


def _measured(
    texts: Sequence[EvaluatedText], items: Sequence[ReadItem], rouge: Rouge
) -> tuple[_Tally, _Tally]:
    """Numbers of the texts, and of their sentences."""
    of_texts, of_sentences = _Tally(), _Tally()
    for text, read in zip(texts, items, strict=True):
        language = read.item.language
        of_texts.add_all(rouge.score(text.text, read.item.references))
        sentences, trigrams = repeated_shares(text, language)
        of_texts.add_all({"sentences": sentences, "trigrams": trigrams})
        of_texts.add("words", float(len(tokens_of(text.text, language))))
        of_texts.add("coverage", told_share(text, read))
        told, written = praise_told(text), praise_written(read)
        if told is not None and written is not None:
            of_texts.add_all(
                {"praise_told": told, "praise_written": written, "polarity_error": abs(told - written)}
            )
        for sentence in text.sentences:
            supported = float(is_supported(sentence, read))
            of_sentences.add_all({"supported": supported, sentence.method: supported})
            of_sentences.add("is_generated", float(sentence.method == "generated"))
    return of_texts, of_sentences


def _others(items: Sequence[ReadItem], rouge: Rouge) -> tuple[dict[str, _Tally], _Tally]:
    """Numbers of each baseline, of several draws their mean, and of people."""
    baselines: dict[str, _Tally] = defaultdict(_Tally)
    people = _Tally()
    for read in items:
        people.add_all(rouge.people(read.item.references))
        for name, texts in baseline_texts(read.item, read.most_words).items():
            scores = [rouge.score(text, read.item.references) for text in texts]
            baselines[name].add_all({key: mean([score[key] for score in scores]) or 0.0 for key in ROUGE})
    return dict(baselines), people


def _lead(ours: _Tally, theirs: _Tally) -> Lead:
    lead, low, high = lead_of(ours.numbers["rouge_l"], theirs.numbers["rouge_l"])
    return {"mean": round(lead, 4), "low": round(low, 4), "high": round(high, 4)}


_DRAWS = 2_000
_SEED = 7


def lead_of(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """By how much ours are larger in the mean, and the 95 % interval of that: bootstrap over items, in pairs.

    >>> lead_of([0.5, 0.5], [0.25, 0.25])
    (0.25, 0.25, 0.25)
    """
    differences = [one - other for one, other in zip(ours, theirs, strict=True)]
    count = len(differences)
    drawing = random.Random(_SEED)  # noqa: S311 - no secret
    means = sorted(sum(drawing.choices(differences, k=count)) / count for _ in range(_DRAWS))
    return sum(differences) / count, means[_DRAWS // 40], means[-1 - _DRAWS // 40]
