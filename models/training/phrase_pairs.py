"""Pairs to learn phrasing from: a sentence of a person's summary, and the clauses of reviews that it says again."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.errors import TrainingDataError
from models.generation.interfaces import MOST_EVIDENCE, PhraseRequest
from models.generation.prompts import quotable
from models.generation.words import capitalised, content_words, words_of
from models.interfaces import SentimentLabel
from models.sentences import clause_around, split_sentences

_SETS = ("amazon", "yelp")
_REVIEWS = tuple(f"rev{number}" for number in range(1, 9))
_SUMMARIES = tuple(f"summ{number}" for number in range(1, 4))

#: The least share of a sentence's content words that its evidence has to hold.
LEAST_SUPPORT = 0.6
#: Words of a sentence.
_FEWEST, _MOST = 4, 20

# How a sentence begins that needs none before it, and its verb.
_PLAIN = re.compile(
    r"(?:The|This|These) (?:[\w'-]+ ){1,4}?(?:is|are|was|were|has|have|had|comes?|works?|fits?) [^;()!.]+[.!]$"
)
_FEWEST_TELLING = 2

# What joins a sentence to the one before it, which a phrase has none of.
_LINK = re.compile(
    r"(?:overall|also|however|additionally|in addition|furthermore|plus|and|but|unfortunately)\b[ ,]+",
    re.IGNORECASE,
)
_FIRST_PERSON = frozenset(
    [
        "i",
        "i'm",
        "i've",
        "i'd",
        "i'll",
        "me",
        "my",
        "mine",
        "myself",
        "we",
        "we're",
        "we've",
        "we'd",
        "we'll",
        "us",
        "our",
        "ours",
    ]
)
# Common words that tell nothing of what a sentence is about.
_WEAK = frozenset(
    [
        "very",
        "also",
        "can",
        "could",
        "will",
        "would",
        "be",
        "been",
        "being",
        "not",
        "no",
        "there",
        "here",
        "so",
        "too",
        "just",
        "some",
        "all",
        "any",
        "more",
        "most",
        "much",
        "many",
        "one",
        "do",
        "does",
        "did",
        "if",
        "you",
        "your",
        "get",
        "gets",
        "got",
        "make",
        "makes",
        "made",
        "even",
        "well",
        "really",
        "always",
        "than",
        "then",
        "what",
        "who",
        "how",
    ]
)
OPPOSITES: Mapping[SentimentLabel, SentimentLabel] = {"positive": "negative", "negative": "positive"}
_ADVICE = re.compile(
    r"\b(?:recommend\w*|buy|purchase|avoid|must|should|ought|beware|advis\w+|suggest\w*|try|go elsewhere|"
    r"you(?:'ll|'d|'re|r|rs|rself)?)\b",
    re.IGNORECASE,
)


class PairReader(Protocol):
    """What a reader of reviews is asked; see `phrase_reader`."""

    def labels(self, texts: Sequence[str]) -> list[SentimentLabel]:
        """How each text feels."""
        ...

    def point(self, evidence: Sequence[str]) -> tuple[str, str]:
        """What some clauses speak of, and how, in a word or two each."""
        ...


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
            for phrase in (one for summary in summaries for one in _sentences_of(summary)):
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


def read_plain_pairs(directory: Path, part: str) -> list[PhrasePair]:
    """Sentences of reviews that are phrases as they stand, each with itself for evidence, as a key point quotes it.

    People's summaries often say what no review says; from these a model learns to stay with the words it is given.

    Raises:
        TrainingDataError: as of `read_phrase_pairs`.
    """
    pairs: dict[str, PhrasePair] = {}
    for source in _SETS:
        for reviews, _ in _items(directory / f"{source}_{part}.csv"):
            for sentence in (one for review in reviews for one in _sentences_of(review)):
                quoted = sentence[0].lower() + sentence[1:].rstrip(".!")
                telling = _telling_words(sentence)
                if (
                    _PLAIN.match(sentence)
                    and _reason_against(sentence, (quoted,)) is None
                    and len(telling) >= _FEWEST_TELLING
                ):
                    pairs.setdefault(
                        sentence.casefold(), PhrasePair((quoted,), sentence, "", "", f"{source} reviews")
                    )
    return list(pairs.values())


def without_those_of(pairs: Iterable[PhrasePair], others: Iterable[PhrasePair]) -> list[PhrasePair]:
    """The pairs of which neither phrase nor evidence is among the others' texts."""
    known = {text.casefold() for pair in others for text in (pair.phrase, *pair.evidence)}
    return [
        pair for pair in pairs if known.isdisjoint(text.casefold() for text in (pair.phrase, *pair.evidence))
    ]


def align(phrase: str, reviews: Sequence[str], reader: PairReader) -> tuple[str, ...]:
    """The one to three clauses of the reviews that share most words with a sentence.

    Each adds the most words that those before it do not have; of equals the shortest. A further one shares two words
    at least. What is read as the opposite of the sentence is no evidence of it.

    Returns:
        None of them where they hold less than LEAST_SUPPORT of its words, function words and weak ones aside.
    """
    wanted = _telling_words(phrase)
    found = [clause for review in reviews for clause in _clauses_of(review, wanted)]
    opposite = OPPOSITES.get(reader.labels([phrase])[0])
    candidates = [
        (clause, _telling_words(clause) & wanted)
        for clause, label in zip(found, reader.labels(found), strict=True)
        if label != opposite
    ]
    chosen, supported = _cover(wanted, candidates)
    return chosen if wanted and supported >= LEAST_SUPPORT * len(wanted) else ()


def _cover(wanted: set[str], candidates: Iterable[tuple[str, set[str]]]) -> tuple[tuple[str, ...], int]:
    """Clauses, and how many of the wanted words they hold, of which each candidate says which it has."""
    left = list(candidates)
    chosen: list[str] = []
    missing = set(wanted)
    while left and missing and len(chosen) < MOST_EVIDENCE:
        clause, words = max(left, key=lambda one: (len(one[1] & missing), -len(one[0])))
        if not words & missing:
            break
        chosen.append(clause)
        missing -= words
        left = [one for one in left if len(one[1]) > 1]
    return tuple(chosen), len(wanted) - len(missing)


def _clauses_of(review: str, wanted: set[str]) -> list[str]:
    """Of each of its sentences that share a word what a key point would quote."""
    return [
        _narrowed(sentence, wanted)
        for sentence in _sentences_of(review)
        if not wanted.isdisjoint(_telling_words(sentence))
    ]


def _telling_words(text: str) -> set[str]:
    return set(content_words(text, "en")) - _WEAK


def _narrowed(sentence: str, shared: set[str]) -> str:
    """From the first to the last of the sentence's clauses that hold a shared word: what a key point quotes."""
    spans = []
    position = 0
    for word in words_of(sentence):
        position = sentence.index(word, position)
        if word.casefold() in shared:
            spans.append(clause_around(sentence, position, position + len(word)))
        position += len(word)
    return sentence[min(start for start, _ in spans) : max(end for _, end in spans)] if spans else sentence


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


def _sentences_of(text: str) -> list[str]:
    # Some summaries were quoted as in CSV though the files have no quoting.
    plain = quotable(text.replace('""', '"'), most=len(text))
    return [plain[start:end] for start, end in split_sentences(plain)]


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
