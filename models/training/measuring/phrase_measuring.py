"""Measure phrases against what people wrote of the same evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from models.generation.generator import DecodingOptions, PhraseGenerator
from models.generation.ranking import rank
from models.generation.words import content_words, words_of
from models.readers.interfaces import SentimentLabel
from models.training.corpora.phrase_alignment import OPPOSITES, PairReader
from models.training.corpora.phrase_pairs import PhrasePair

#: Of the sampling; see `DecodingOptions`.
TEMPERATURE = 0.7
SAMPLES = 4

_DEADLINE_S = 3600.0

#: A way to write: the phrase of each pair, None where there is none.
Writer = Callable[[Sequence[PhrasePair]], list[str | None]]


@dataclass(frozen=True, slots=True)
class PhraseScores:
    """How phrases do; shares are of all words, or of all phrases, together.

    Attributes:
        written: phrases that there are.
        unsupported: share of their content words that the evidence has not.
        gold_words: share of the people's content words that they have.
        rouge_l: F1 of the longest common subsequence of words with the person's sentence, the mean.
        against_gold: share of phrases that are read as the opposite of the person's sentence.
        against_evidence: share of phrases that are read as the opposite of their evidence.
        words: in a phrase, the mean.
    """

    written: int
    unsupported: float
    gold_words: float
    rouge_l: float
    against_gold: float
    against_evidence: float
    words: float


def writers_of(
    untrained: Callable[[], PhraseGenerator], trained: Callable[[], PhraseGenerator]
) -> dict[str, Writer]:
    """The ways that are compared, by their names; each generator is loaded when it is needed."""
    return {
        "people": lambda pairs: [pair.phrase for pair in pairs],
        "shortest evidence": lambda pairs: [min(pair.evidence, key=len) for pair in pairs],
        "untrained, greedy": partial(write_greedily, untrained, copied=True),
        "untrained, best of 4": partial(write_best, untrained),
        "trained, greedy, any words": partial(write_greedily, trained, copied=False),
        "trained, greedy": partial(write_greedily, trained, copied=True),
        "trained, best of 4": partial(write_best, trained),
    }


def write_greedily(
    load: Callable[[], PhraseGenerator], pairs: Sequence[PhrasePair], *, copied: bool
) -> list[str | None]:
    """The likeliest phrase, word by word."""
    generator = load()
    generator.options = DecodingOptions(temperature=0.0)
    requests = [pair.request(copied=copied, samples=1) for pair in pairs]
    found = generator.phrase(requests, deadline_s=_DEADLINE_S)
    return [phrases[0].text if phrases else None for phrases in found]


def write_best(load: Callable[[], PhraseGenerator], pairs: Sequence[PhrasePair]) -> list[str | None]:
    """The best ranked of some samples of whole words of the evidence."""
    generator = load()
    generator.options = DecodingOptions(temperature=TEMPERATURE)
    requests = [pair.request(samples=SAMPLES) for pair in pairs]
    found = generator.phrase(requests, deadline_s=_DEADLINE_S)
    ranked = [rank(phrases, pair.evidence) for phrases, pair in zip(found, pairs, strict=True)]
    return [phrases[0].text if phrases else None for phrases in ranked]


def score(pairs: Sequence[PhrasePair], phrases: Sequence[str | None], reader: PairReader) -> PhraseScores:
    """Measure some phrases, one a pair; what is None counts as written by nobody."""
    written = [(pair, phrase) for pair, phrase in zip(pairs, phrases, strict=True) if phrase is not None]
    said = unsupported = wanted = got = 0
    for pair, phrase in written:
        words, gold = content_words(phrase, "en"), set(content_words(pair.phrase, "en"))
        known = set(content_words(" ".join(pair.evidence), "en"))
        said += len(words)
        unsupported += sum(word not in known for word in words)
        wanted += len(gold)
        got += len(gold & set(words))
    labels = reader.labels([phrase for _, phrase in written])
    golds = reader.labels([pair.phrase for pair, _ in written])
    evidence = reader.labels([". ".join(pair.evidence) for pair, _ in written])
    count = max(1, len(written))
    return PhraseScores(
        written=len(written),
        unsupported=unsupported / max(1, said),
        gold_words=got / max(1, wanted),
        rouge_l=sum(rouge_l(phrase, pair.phrase) for pair, phrase in written) / count,
        against_gold=_share_opposite(labels, golds),
        against_evidence=_share_opposite(labels, evidence),
        words=sum(len(words_of(phrase)) for _, phrase in written) / count,
    )


def rouge_l(text: str, gold: str) -> float:
    """F1 of the longest common subsequence of their words (Lin 2004), case aside, without stemming.

    >>> rouge_l("The lamp is bright.", "The bright lamp is cheap.")
    0.6666666666666666
    """
    one, other = words_of(text.casefold()), words_of(gold.casefold())
    lengths = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for place, wanted in enumerate(other, start=1):
            above = lengths[place]
            lengths[place] = diagonal + 1 if word == wanted else max(above, lengths[place - 1])
            diagonal = above
    return 2 * lengths[-1] / max(1, len(one) + len(other))


def _share_opposite(labels: Sequence[SentimentLabel], others: Sequence[SentimentLabel]) -> float:
    opposite = sum(OPPOSITES.get(other) == label for label, other in zip(labels, others, strict=True))
    return opposite / max(1, len(labels))
