"""What the English reader is trained on: texts with whatever is known of their sentiment and aspects."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from models.readers.aspects import ASPECTS, Aspect
from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel
from models.training.aspect_data import AspectText, read_mams, read_oposum_aspects
from models.training.data import LabelledText, read_fewsum_reviews, read_kotzias, read_oposum
from models.training.written import read_patterns

WRITTEN = Path(__file__).parent / "written_en.tsv"
#: Times each written pattern is used, each time with its slots filled anew: there are few of them.
_VARIANTS = 4
_SLOT = re.compile(r"\{(\w+)\}")
_SLOTS: Mapping[str, tuple[str, ...]] = {
    "product": (
        "phone", "lamp", "kettle", "backpack", "headset", "jacket", "keyboard", "blender", "watch", "camera",
        "mattress", "printer", "toy", "desk", "charger", "pan", "tent", "stroller", "perfume", "shoes",
    ),
    "time": ("two days", "a week", "three weeks", "ten days", "a month", "half a year", "an hour", "two years"),
    "day": ("Monday", "Friday", "the 3rd of May", "Sunday", "a Tuesday in March"),
    "place": ("Leeds", "Texas", "Berlin", "Shenzhen", "Ohio", "Madrid"),
    "place2": ("desk", "shelf", "kitchen", "bike", "living room"),
    "number": ("three", "four", "five", "six"),
    "price": ("12", "25", "49.99", "120", "300"),
    "person": ("mother", "daughter", "husband", "boss", "wife", "son", "friend", "dad"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """One text.

    Attributes:
        sentiment: of all of it; None where that is not known.
        aspects: that it speaks of; the sentiment towards each, None where that is not known.
        covered: aspects of which it is known whether it speaks of them.
        source: the set and the part of it.
    """

    text: str
    source: str
    sentiment: SentimentLabel | None = None
    aspects: Mapping[Aspect, SentimentLabel | None] | None = None
    covered: frozenset[Aspect] = frozenset()


def read_examples(data: Path, *, seed: int) -> list[Example]:
    """Everything to train on: Kotzias, OPOSUM, MAMS' training part, FewSum's training part, and what we wrote.

    Raises:
        TrainingDataError: a set is missing or not in its published layout.
    """
    oposum = read_oposum(data / "oposum")
    feeling = {example.text: example.label for example in oposum}
    texts = [
        *read_kotzias(data / "kotzias"),
        *oposum,
        *read_fewsum_reviews(data / "fewsum", "amazon_train.csv"),
    ]
    return [
        *map(_of_text, texts),
        *(_with_feeling(_of_aspects(one), feeling) for one in read_oposum_aspects(data / "oposum")),
        *map(_of_aspects, read_mams(data / "mams" / "MAMS-ACSA_train.xml")),
        *read_written(WRITTEN, seed=seed),
    ]


def read_written(path: Path, *, seed: int) -> list[Example]:
    """Sentences of our own, their slots filled; see `read_patterns`. What is not named is not spoken of.

    Raises:
        TrainingDataError: a line is not as it should be.
    """
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    return [
        Example(text, one.source, one.sentiment, one.aspects, frozenset(ASPECTS))
        for one in read_patterns(path)
        for text in _filled(one.pattern, random)
    ]


def _filled(pattern: str, random: Random) -> Sequence[str]:
    return [_SLOT.sub(lambda slot: random.choice(_SLOTS[slot[1]]), pattern) for _ in range(_VARIANTS)]


def _of_text(one: LabelledText) -> Example:
    return Example(one.text, one.source, one.label)


def _of_aspects(one: AspectText) -> Example:
    return Example(one.text, one.source, None, one.aspects, one.covered)


def _with_feeling(example: Example, feeling: Mapping[str, SentimentLabel]) -> Example:
    """Where a segment speaks of one aspect, what it feels it feels towards that."""
    sentiment = feeling.get(example.text)
    if sentiment is None or example.aspects is None or len(example.aspects) != 1:
        return example
    return replace(example, aspects=dict.fromkeys(example.aspects, sentiment))


def sentiment_index(label: SentimentLabel | None) -> int:
    """The class's column; -1 where there is none, which losses leave out."""
    return -1 if label is None else SENTIMENT_LABELS.index(label)
