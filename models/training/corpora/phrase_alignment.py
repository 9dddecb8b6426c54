"""Which clauses of reviews a sentence says again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from models.generation.interfaces import MOST_EVIDENCE
from models.generation.prompts import quotable
from models.generation.words import content_words, words_of
from models.readers.interfaces import SentimentLabel
from models.text.sentences import clause_around, split_sentences

#: The least share of a sentence's content words that its evidence has to hold.
LEAST_SUPPORT = 0.6
# Common words that tell nothing of what a sentence is about.
_WEAK = frozenset({
    "very", "also", "can", "could", "will", "would", "be", "been", "being", "not", "no", "there", "here",
    "so", "too", "just", "some", "all", "any", "more", "most", "much", "many", "one", "do", "does", "did",
    "if", "you", "your", "get", "gets", "got", "make", "makes", "made", "even", "well", "really", "always",
    "than", "then", "what", "who", "how",
})  # fmt: skip
OPPOSITES: Mapping[SentimentLabel, SentimentLabel] = {"positive": "negative", "negative": "positive"}


class PairReader(Protocol):
    """What a reader of reviews is asked; see `phrase_reader`."""

    def labels(self, texts: Sequence[str]) -> list[SentimentLabel]:
        """How each text feels."""
        ...

    def point(self, evidence: Sequence[str]) -> tuple[str, str]:
        """What some clauses speak of, and how, in a word or two each."""
        ...


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
        for sentence in sentences_of(review)
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


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, its quotation marks removed."""
    # Some summaries were quoted as in CSV though the files have no quoting.
    plain = quotable(text.replace('""', '"'), most=len(text))
    return [plain[start:end] for start, end in split_sentences(plain)]
