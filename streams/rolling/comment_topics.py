"""Topics of comments that the aspects do not fit, such as on news or videos: their sentences, clustered by meaning.

The leader clustering of `key_points`, over all sentences of a language, whatever they speak of.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.similarity.sentence_bits import DIRECTIONS
from schemas.summaries import KeyPoint, Quote
from streams.rolling.key_points import same_point_bits

MAX_TOPICS = 6
#: Topics of one comment are told only where there are not so many of several.
_WANTED_TOPICS = 3
_MAX_QUOTES = 3
_MAX_REVIEW_IDS = 1_000
#: The aspect of what no other name fits.
UNNAMED = "other"


class Said(NamedTuple):
    """A sentence of a comment. `bits` is its embedding, `polarity` how it feels."""

    review_id: str
    language: str
    polarity: str
    text: str
    bits: int


def discover(sentences: Iterable[Said]) -> list[KeyPoint]:
    """The largest topics as key points of no named aspect; largest first.

    A topic praises or criticises where more of its sentences do that than the opposite.
    """
    of_language: dict[str, list[Said]] = defaultdict(list)
    for sentence in sentences:
        of_language[sentence.language].append(sentence)
    clusters = [
        (_closeness(cluster, said), cluster) for said in of_language.values() for cluster in _clusters(said)
    ]
    clusters.sort(key=lambda pair: (-_reviews(pair[1]), pair[0]))
    shared = sum(_reviews(cluster) > 1 for _, cluster in clusters)
    wanted = min(MAX_TOPICS, max(shared, _WANTED_TOPICS))
    return [_key_point(cluster) for _, cluster in clusters[:wanted]]


def _clusters(said: Sequence[Said]) -> list[list[Said]]:
    """Each sentence joins the nearest leader if that is near enough, else it becomes one."""
    leaders: list[int] = []
    clusters: list[list[Said]] = []
    for sentence in said:
        distances = [(leader ^ sentence.bits).bit_count() for leader in leaders]
        nearest = min(range(len(leaders)), key=distances.__getitem__, default=-1)
        if nearest >= 0 and distances[nearest] <= same_point_bits(sentence.language):
            clusters[nearest].append(sentence)
        else:
            leaders.append(sentence.bits)
            clusters.append([sentence])
    return clusters


def _reviews(cluster: Sequence[Said]) -> int:
    return len({sentence.review_id for sentence in cluster})


def _closeness(cluster: Sequence[Said], everything: Sequence[Said]) -> int:
    """How far its first sentence is from the middle of all: of topics of one comment the most typical comes first."""
    return 0 if _reviews(cluster) > 1 else (cluster[0].bits ^ _centroid(everything)).bit_count()


def _centroid(said: Sequence[Said]) -> int:
    """The majority of each bit."""
    ones = Counter(bit for sentence in said for bit in range(DIRECTIONS) if sentence.bits >> bit & 1)
    return sum(1 << bit for bit, count in ones.items() if 2 * count > len(said))


def _key_point(cluster: Sequence[Said]) -> KeyPoint:
    middle = _centroid(cluster)
    typical: dict[str, str] = {}
    for sentence in sorted(cluster, key=lambda sentence: (sentence.bits ^ middle).bit_count()):
        typical.setdefault(sentence.review_id, sentence.text)
    feelings = Counter(sentence.polarity for sentence in cluster)
    balance = feelings["positive"] - feelings["negative"]
    quotes = [Quote(review_id=review_id, text=text) for review_id, text in typical.items()]
    return KeyPoint(
        claim=quotes[0].text,
        language=cluster[0].language,
        aspect=UNNAMED,
        polarity="positive" if balance > 0 else "negative" if balance < 0 else "neutral",
        count=len(typical),
        review_ids=tuple(typical)[:_MAX_REVIEW_IDS],
        quotes=tuple(quotes[:_MAX_QUOTES]),
    )
