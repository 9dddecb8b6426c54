"""What the English reader is trained on: texts with whatever is known of their sentiment and aspects."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from models.aspects import ASPECTS, Aspect, aspect_of
from models.errors import TrainingDataError
from models.interfaces import SENTIMENT_LABELS, SentimentLabel
from models.training.aspect_data import AspectText, read_mams, read_oposum_aspects
from models.training.data import LabelledText, read_fewsum_reviews, read_kotzias, read_oposum

WRITTEN = Path(__file__).parent / "written_en.tsv"
#: Times each written pattern is used, each time with its slots filled anew: there are few of them.
_VARIANTS = 4
_SIGNS: Mapping[str, SentimentLabel] = {"+": "positive", "-": "negative", "0": "neutral"}
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
    """Sentences of our own: `aspects<TAB>text` a line, aspects as `delivery+ quality-`, a lone sign for none; words in
    braces are filled in. What is not named is not spoken of.

    Raises:
        TrainingDataError: a line is not like that.
    """  # noqa: D205 - the layout takes two lines to say
    random = Random(seed)  # noqa: S311 - nothing secret is drawn
    examples: list[Example] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], start=2):
        marks, tab, pattern = line.partition("\t")
        try:
            signs = {mark[:-1]: _SIGNS[mark[-1]] for mark in marks.split()}
            aspects = {aspect_of(name): sign for name, sign in signs.items() if name}
        except (KeyError, ValueError) as error:
            raise TrainingDataError(
                f"{path.name}, line {number}: wanted aspects and a text: {error}"
            ) from error
        if not tab or not signs:
            raise TrainingDataError(
                f"{path.name}, line {number}: wanted aspects, a tab and a text, got {line!r}"
            )
        sentiment = signs.popitem()[1] if len(set(signs.values())) == 1 else None
        source = f"written/{number}"
        examples += [
            Example(text, source, sentiment, aspects, frozenset(ASPECTS)) for text in _filled(pattern, random)
        ]
    return examples


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
