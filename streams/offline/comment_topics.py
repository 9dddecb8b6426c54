"""Topics of comments that the aspects do not fit, such as on news or videos: their sentences, clustered by meaning.

Two sentences are alike by their embeddings, and by the words that both use and few others do. Clusters grow by average
linkage: the two that are most alike become one, as long as any are alike enough. A topic is named by words of its most
central sentence that others of it use too, and then it is all comments that use them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.generation.words import UNSPACED
from models.similarity.sentence_bits import DIRECTIONS
from schemas.summaries import KeyPoint, Quote
from streams.offline.topic_words import can_name, topic_words, weight

MAX_TOPICS = 10
#: The aspect of what no other name fits.
UNNAMED = "other"
_MAX_QUOTES = 8
_MAX_REVIEW_IDS = 1_000

# Of sentences that are put together. At 0.4 a topic of six of 32 comments on news was not found.
_LEAST_ALIKE = 0.35
#: Sentences that clusters are made of; of more, the rest join the cluster that is most like them.
_MOST_CLUSTERED = 800
_DETERMINERS = ("the", "a", "an")
_LONGEST_NAME = 3

Matrix = NDArray[np.float32]


class Said(NamedTuple):
    """A sentence of a comment. `bits` is its embedding."""

    review_id: str
    language: str
    text: str
    bits: bytes


def discover(sentences: Iterable[Said]) -> list[KeyPoint]:
    """The topics that several comments speak of, as key points whose aspect is their name; largest first.

    They are neutral: those who speak of one thing agree in that alone.
    """
    of_language: dict[str, list[Said]] = defaultdict(list)
    for sentence in sentences:
        of_language[sentence.language].append(sentence)
    topics = [topic for said in of_language.values() for topic in _topics(said)]
    topics.sort(key=lambda topic: -topic.count)
    return topics[:MAX_TOPICS]


def _topics(said: Sequence[Said]) -> list[KeyPoint]:
    words = [topic_words(sentence.text, sentence.language) for sentence in said]
    told = [place for place, known in enumerate(words) if known]
    if len(told) < 2:
        return []
    points = _Points([said[place] for place in told], [words[place] for place in told])
    topics = [points.topic(cluster) for cluster in points.clusters() if points.comments(cluster) > 1]
    topics.sort(key=lambda topic: -topic.count)
    spoken: set[str] = set()
    new_ones = []
    for topic in topics:
        new = set(topic.review_ids) - spoken
        if 2 * len(new) >= len(topic.review_ids):
            new_ones.append(topic)
            spoken |= new
    return new_ones


class _Points:
    """Sentences of one language as points of a space of meaning and words.

    Args:
        said: the sentences.
        words: of each, by stem; see `topic_words`.
    """

    def __init__(self, said: Sequence[Said], words: Sequence[Mapping[str, str]]) -> None:
        self._said = said
        self._words = words
        bits = np.frombuffer(b"".join(sentence.bits for sentence in said), np.uint8).reshape(len(said), -1)
        signs = np.unpackbits(bits, axis=1).astype(np.float32) * 2 - 1
        # The likeness of two rows is their product: the share of equal bits, from -1 to 1, and the cosine of the words.
        self._rows = np.hstack([signs / np.sqrt(DIRECTIONS), _word_vectors(said, words)])

    def clusters(self) -> list[list[int]]:
        """Places of sentences that are alike, together; most clusters have one."""
        count = len(self._said)
        places = list(range(count))
        if count > _MOST_CLUSTERED:
            places = sorted(np.random.default_rng(0).choice(count, _MOST_CLUSTERED, replace=False).tolist())
        rows = self._rows[places]
        clusters = [[places[member] for member in cluster] for cluster in _linked(rows @ rows.T)]
        if len(places) < count:
            centres = np.array([self._rows[cluster].mean(axis=0) for cluster in clusters])
            for place in set(range(count)) - set(places):
                likeness = centres @ self._rows[place]
                if likeness.max() >= _LEAST_ALIKE:
                    clusters[int(likeness.argmax())].append(place)
        return clusters

    def comments(self, cluster: Sequence[int]) -> int:
        """How many comments speak of it."""
        return len({self._said[place].review_id for place in cluster})

    def topic(self, cluster: Sequence[int]) -> KeyPoint:
        """A cluster as a key point, the most central sentences first."""
        centre = self._rows[cluster].mean(axis=0)

        def by_nearness(places: Iterable[int]) -> list[int]:
            return sorted(places, key=lambda place: -float(self._rows[place] @ centre))

        order = by_nearness(cluster)
        name, stems = self._name(order)
        if name is not None:
            order = by_nearness(place for place, words in enumerate(self._words) if stems <= set(words))
        central: dict[str, Said] = {}
        for place in order:
            central.setdefault(self._said[place].review_id, self._said[place])
        quotes = [Quote(review_id=review_id, text=said.text) for review_id, said in central.items()]
        return KeyPoint(
            claim=quotes[0].text,
            language=self._said[order[0]].language,
            aspect=name or UNNAMED,
            polarity="neutral",
            count=len(central),
            review_ids=tuple(central)[:_MAX_REVIEW_IDS],
            quotes=tuple(quotes[:_MAX_QUOTES]),
        )

    def _name(self, order: Sequence[int]) -> tuple[str | None, set[str]]:
        """The words that most comments of a cluster share, as its most central sentence has them, and their stems."""
        users: dict[str, set[str]] = defaultdict(set)
        for place in order:
            for stem in self._words[place]:
                users[stem].add(self._said[place].review_id)
        language = self._said[order[0]].language
        shared = {stem for stem, by in users.items() if len(by) > 1}
        most = max((len(users[stem]) for stem in shared), default=0)
        for place in order:
            words = self._words[place]
            naming = [
                stem
                for stem in words
                if stem in shared and len(users[stem]) == most and can_name(words[stem], language)
            ]
            if naming:
                best = max(naming, key=lambda stem: (weight(words[stem], language), len(stem)))
                text = self._said[place].text
                if language in UNSPACED:
                    return best, {best}
                name, stems = _phrase(text, words, best, shared, language)
                return _with_determiner(name, [self._said[at].text for at in order]), stems
        return None, set()


def _word_vectors(said: Sequence[Said], words: Sequence[Mapping[str, str]]) -> Matrix:
    """(sentences, words) of length 1 at most: how much each word of a sentence says, at large and among these."""
    users = Counter(stem for known in words for stem in known)
    shared = [stem for stem, count in users.items() if count > 1]
    column = {stem: number for number, stem in enumerate(shared)}
    vectors = np.zeros((len(said), len(shared)), dtype=np.float32)
    # Words that no other sentence has make a sentence unlike all others: they count in its length.
    lengths = np.zeros(len(said), dtype=np.float32)
    for place, (sentence, known) in enumerate(zip(said, words, strict=True)):
        for stem, word in known.items():
            rarity = np.log((len(said) + 1) / users[stem])
            lengths[place] += rarity**2
            if stem in column:
                vectors[place, column[stem]] = weight(word, sentence.language) * rarity
    return np.asarray(vectors / np.sqrt(np.maximum(lengths, 1e-6))[:, None], dtype=np.float32)


def _linked(likeness: Matrix) -> list[list[int]]:
    """Clusters by average linkage of the rows of a square of likenesses, until none are alike enough."""
    count = len(likeness)
    clusters = [[place] for place in range(count)]
    sizes = np.ones(count, dtype=np.float32)
    likeness = likeness.copy()
    np.fill_diagonal(likeness, -np.inf)
    while True:
        one, other = divmod(int(likeness.argmax()), count)
        if likeness[one, other] < _LEAST_ALIKE:
            return [cluster for cluster in clusters if cluster]
        together = sizes[one] + sizes[other]
        mean = (sizes[one] * likeness[one] + sizes[other] * likeness[other]) / together
        likeness[one], likeness[:, one] = mean, mean
        likeness[one, one] = -np.inf
        likeness[other], likeness[:, other] = -np.inf, -np.inf
        sizes[one] = together
        clusters[one] += clusters[other]
        clusters[other] = []


def _phrase(
    text: str, words: Mapping[str, str], stem: str, shared: set[str], language: str
) -> tuple[str, set[str]]:
    """The name's word with the shared words around it, as they stand in a sentence, "night bus", and their stems."""
    pieces = re.findall(r"[\w'’-]+", text)
    spelled = {word: known for known, word in words.items()}
    stems = [spelled.get(piece.lower(), "") for piece in pieces]
    place = stems.index(stem) if stem in stems else -1
    if place < 0:
        return words[stem], {stem}

    def is_shared(at: int) -> bool:
        return stems[at] in shared and weight(pieces[at].lower(), language) > 0

    before = [*takewhile(is_shared, range(place - 1, -1, -1))][: _LONGEST_NAME - 1]
    after = [*takewhile(is_shared, range(place + 1, len(pieces)))][: _LONGEST_NAME - 1 - len(before)]
    places = [*reversed(before), place, *after]
    return " ".join(pieces[at].lower() for at in places), {stems[at] for at in places}


def _with_determiner(name: str, texts: Sequence[str]) -> str:
    """With the article that it has in a sentence, if it has one."""
    for determiner in _DETERMINERS:
        pattern = re.compile(rf"\b{determiner} {re.escape(name)}\b", re.IGNORECASE)
        if any(pattern.search(text) for text in texts):
            return f"{determiner} {name}"
    return name
