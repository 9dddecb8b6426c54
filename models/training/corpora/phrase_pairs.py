"""Pairs to learn phrasing from: a sentence of a person's summary, and the clauses of reviews that it says again."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import TrainingDataError
from models.generation.interfaces import PhraseRequest
from models.generation.words import capitalised, words_of
from models.training.corpora.phrase_alignment import PairReader, align, sentences_of

_SETS = ("amazon", "yelp")
_REVIEWS = tuple(f"rev{number}" for number in range(1, 9))
_SUMMARIES = tuple(f"summ{number}" for number in range(1, 4))

#: Words of a sentence.
_FEWEST, _MOST = 4, 20

# What joins a sentence to the one before it, which a phrase has none of.
_LINK = re.compile(
    r"(?:overall|also|however|additionally|in addition|furthermore|plus|and|but|unfortunately)\b[ ,]+",
    re.IGNORECASE,
)
_FIRST_PERSON = frozenset({
    "i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself", "we", "we're", "we've", "we'd",
    "we'll", "us", "our", "ours",
})  # fmt: skip
_ADVICE = re.compile(
    r"\b(?:recommend\w*|buy|purchase|avoid|must|should|ought|beware|advis\w+|suggest\w*|try|go elsewhere|"
    r"you(?:'ll|'d|'re|r|rs|rself)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PhrasePair:
    """What a phrase is made of, and how a person put it.

    Attributes:
        evidence: one to three clauses or sentences of reviews.
        phrase: a sentence.
        aspect: what the evidence speaks of, as a generator is told.
        polarity: how it does.
        source: the set, such as "amazon".
    """

    evidence: tuple[str, ...]
    phrase: str
    aspect: str
    polarity: str
    source: str

    def request(self, **changes: object) -> PhraseRequest:
        """As a generator is asked for it."""
        return PhraseRequest("en", self.evidence, self.aspect, self.polarity, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class PhrasePairs:
    """Pairs of one part of the sets.

    Attributes:
        pairs: in the order of the files.
        sentences: sentences of summaries that there were.
        left_out: how many of these each rule took.
    """

    pairs: tuple[PhrasePair, ...]
    sentences: int
    left_out: Mapping[str, int]


def read_phrase_pairs(directory: Path, part: str, reader: PairReader) -> PhrasePairs:
    """The pairs of FewSum's part "train" or "val".

    Args:
        directory: with amazon_PART.csv and yelp_PART.csv: tab separated, no quoting, columns rev1 to rev8 and
            summ1 to summ3.
        part: of the sets.
        reader: of reviews.

    Raises:
        TrainingDataError: a file or a column is missing.
    """
    pairs: list[PhrasePair] = []
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    for source in _SETS:
        for reviews, summaries in _items(directory / f"{source}_{part}.csv"):
            for phrase in (one for summary in summaries for one in sentences_of(summary)):
                counts["sentences"] += 1
                plain = _without_link(phrase)
                evidence = align(plain, reviews, reader)
                reason = _reason_against(plain, evidence)
                if reason is None and plain.casefold() in seen:
                    reason = "said twice"
                if reason is not None:
                    counts[reason] += 1
                    continue
                seen.add(plain.casefold())
                pairs.append(PhrasePair(evidence, plain, *reader.point(evidence), source))
    sentences = counts.pop("sentences", 0)
    return PhrasePairs(tuple(pairs), sentences, dict(counts))


def without_those_of(pairs: Iterable[PhrasePair], others: Iterable[PhrasePair]) -> list[PhrasePair]:
    """The pairs of which neither phrase nor evidence is among the others' texts."""
    known = {text.casefold() for pair in others for text in (pair.phrase, *pair.evidence)}
    return [
        pair for pair in pairs if known.isdisjoint(text.casefold() for text in (pair.phrase, *pair.evidence))
    ]


def read_split(
    directory: Path, reader: PairReader
) -> tuple[list[PhrasePair], list[PhrasePair], dict[str, PhrasePairs]]:
    """Pairs to train on, others to stop by or to measure on, and what was read of each part.

    Raises:
        TrainingDataError: as of `read_phrase_pairs`, or there is no pair.
    """
    read = {part: read_phrase_pairs(directory, part, reader) for part in ("train", "val")}
    others = list(read["val"].pairs)
    training = without_those_of(read["train"].pairs, others)
    if not training or not others:
        raise TrainingDataError(f"training data: {directory} holds no pair to train or to measure on")
    return training, others, read


def _reason_against(phrase: str, evidence: Sequence[str]) -> str | None:
    """Why a sentence is nothing to learn from; None: it is."""
    words = [word.casefold().replace("’", "'") for word in words_of(phrase)]
    if not _FEWEST <= len(words) <= _MOST or not phrase.endswith((".", "!")):
        return "length"
    if not _FIRST_PERSON.isdisjoint(words):
        return "first person"
    if _ADVICE.search(phrase):
        return "advice"
    return None if evidence else "unsupported"


def _without_link(sentence: str) -> str:
    link = _LINK.match(sentence)
    if link is None:
        return sentence
    rest = sentence[link.end() :]
    first, _, others = rest.partition(" ")
    return f"{capitalised(first)} {others}"


def _items(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Reviews and summaries of each product or shop."""
    if not path.is_file():
        raise TrainingDataError(f"training data: wanted {path.name} of FewSum in {path.parent}, found none")
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
            texts = {name: row.get(name) for name in (*_REVIEWS, *_SUMMARIES)}
            missing = [name for name, text in texts.items() if text is None]
            if missing:
                raise TrainingDataError(
                    f"{path.name}, row {number}: wanted a column {missing[0]}, found none"
                )
            yield [texts[name] or "" for name in _REVIEWS], [texts[name] or "" for name in _SUMMARIES]
