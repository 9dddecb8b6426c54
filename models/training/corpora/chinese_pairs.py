"""Chinese pairs of evidence and phrase, written for this project, and how phrases compare with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.errors import TrainingDataError
from models.generation.interfaces import PhraseRequest
from models.generation.words import content_words
from models.training.corpora.phrase_pairs import PhrasePair

_DIRECTORY = Path(__file__).parent
TRAINING_FILE: Final = _DIRECTORY / "phrases_zh.tsv"
HELD_OUT_FILE: Final = _DIRECTORY / "phrases_zh_held_out.tsv"

_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class ChinesePair(PhrasePair):
    """A pair in Chinese."""

    def request(self, **changes: object) -> PhraseRequest:
        """As a generator is asked for it."""
        return PhraseRequest("zh", self.evidence, self.aspect, self.polarity, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ChineseScores:
    """How phrases do beside those of a person; words are told in pairs of characters.

    Attributes:
        written: phrases that there are.
        unsupported: share of their words that the evidence has not.
        gold_words: share of the person's words that they have.
        only_gold_words: share of their words that the person's have.
        alike: phrases that are the person's.
        length: characters of theirs, as a share of the person's.
    """

    written: int
    unsupported: float
    gold_words: float
    only_gold_words: float
    alike: int
    length: float


def read_chinese_pairs(path: Path) -> list[ChinesePair]:
    """The pairs of a file: evidence with | between its sentences, aspect, polarity, phrase, parted by tabs.

    Raises:
        TrainingDataError: a line is something else; names it.
    """
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        columns = line.split("\t")
        if len(columns) != _COLUMNS or not all(columns):
            raise TrainingDataError(
                f"{path}:{number}: wanted evidence, aspect, polarity and phrase, got {line!r}"
            )
        evidence, aspect, polarity, phrase = columns
        pairs.append(ChinesePair(tuple(evidence.split(" | ")), phrase, aspect, polarity, "written"))
    return pairs


def compare(pairs: Sequence[PhrasePair], phrases: Sequence[str | None]) -> ChineseScores:
    """Measure some phrases, one a pair; None: there is none."""
    written = [(pair, phrase) for pair, phrase in zip(pairs, phrases, strict=True) if phrase is not None]
    said = [content_words(phrase, "zh") for _, phrase in written]
    gold = [content_words(pair.phrase, "zh") for pair, _ in written]
    known = [{word for one in pair.evidence for word in content_words(one, "zh")} for pair, _ in written]
    return ChineseScores(
        written=len(written),
        unsupported=1.0 - _share(said, known),
        gold_words=_share(gold, [set(words) for words in said]),
        only_gold_words=_share(said, [set(words) for words in gold]),
        alike=sum(pair.phrase == phrase for pair, phrase in written),
        length=sum(len(phrase) for _, phrase in written)
        / max(1, sum(len(pair.phrase) for pair, _ in written)),
    )


def _share(texts: Sequence[Sequence[str]], known: Sequence[set[str]]) -> float:
    """The share of all texts' words that are known."""
    found = sum(word in words for text, words in zip(texts, known, strict=True) for word in text)
    return found / max(1, sum(map(len, texts)))
