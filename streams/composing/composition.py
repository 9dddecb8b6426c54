"""What composing works with: the mix of a product's reviews, what is said of one aspect, and the finished text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from schemas.fields import SentimentLabel
from schemas.summaries import Facet, KeyPoint, RefreshRequested, SummaryClaim

#: Written without spaces between words and sentences.
UNSPACED = frozenset({"zh", "ja", "th", "yue"})
#: Reviews that a claim can name.
MOST_NAMED = 1_000


#: Whose texts these are, which is how they are called.
Speakers = Literal["reviewers", "commenters"]


class Mix(NamedTuple):
    """How many reviews there are, and how they feel. `unread` are those in a language that no model reads."""

    reviews: int
    positive: int
    neutral: int
    negative: int

    @classmethod
    def of(cls, snapshot: RefreshRequested) -> "Mix":
        """The mix of a snapshot."""
        feelings = snapshot.counts.sentiment
        return cls(snapshot.counts.reviews, feelings.positive, feelings.neutral, feelings.negative)

    @property
    def read(self) -> int:
        """Reviews with a sentiment."""
        return self.positive + self.neutral + self.negative

    @property
    def unread(self) -> int:
        """Reviews without one."""
        return self.reviews - self.read

    def feelings(self, names: Mapping[str, str]) -> list[tuple[int, str]]:
        """How many reviews feel how, without feelings that none has.

        Args:
            names: of the fields, in a language, in the order wanted.

        >>> Mix(3, 2, 0, 1).feelings({"positive": "good", "neutral": "mixed", "negative": "bad"})
        [(2, 'good'), (1, 'bad')]
        """
        return [(number, word) for name, word in names.items() if (number := getattr(self, name))]

    @property
    def tilt(self) -> SentimentLabel | None:
        """What most reviews feel, where that is three in five or more; "neutral" where two sides are strong."""
        if 5 * self.positive >= 3 * self.read:
            return "positive"
        if 5 * self.negative >= 3 * self.read:
            return "negative"
        return "neutral" if 10 * min(self.positive, self.negative) >= 3 * self.read else None


class Quoted(NamedTuple):
    """A key point with the words that it is told in.

    Attributes:
        point: which, with those of its reviews that count for it.
        quote: word for word from one of its reviews, fit to be published.
        review_id: whose words they are.
        foreign: the language of the quote, where it is not that of the text.
        others: how others put it, as fit to be published.
        sentence: the whole sentence around the quote, where that says so too and may be told.
    """

    point: KeyPoint
    quote: str
    review_id: str
    foreign: str | None
    others: tuple[str, ...] = ()
    sentence: str | None = None

    @property
    def in_its_sentence(self) -> "Quoted":
        """The same with all of the sentence, where it may be told."""
        return self if self.sentence is None else self._replace(quote=self.sentence, sentence=None)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What reviews say of one aspect with one polarity: one sentence's worth.

    Attributes:
        aspect: by its name in the snapshot.
        polarity: towards it.
        review_ids: the reviews that say so, those that are quoted first; their number is what is told.
        quoted: the points that it is told in, most made first; never empty.
        are_all: whether no other review says so; else it is told that at least so many do.
    """

    aspect: str
    polarity: SentimentLabel
    review_ids: tuple[str, ...]
    quoted: tuple[Quoted, ...]
    are_all: bool = True

    @classmethod
    def of(cls, points: Sequence[KeyPoint], quoted: tuple[Quoted, ...]) -> "Opinion":
        """What points of one aspect and polarity say together, some of them quoted."""
        speakers = [one.review_id for one in quoted]
        named = [review_id for point in points for review_id in point.review_ids]
        review_ids = tuple(dict.fromkeys(speakers + named))[:MOST_NAMED]
        are_all = (
            all(point.count == len(point.review_ids) for point in points) and len(review_ids) < MOST_NAMED
        )
        return cls(points[0].aspect, points[0].polarity, review_ids, quoted, are_all)

    @property
    def total(self) -> int:
        """How many reviews are known to say so."""
        return len(self.review_ids)

    @property
    def told_alike(self) -> tuple[Quoted, ...]:
        """The quotes of one point, and how another puts it: what has no name of its own is known by both."""
        first, *more = self.quoted
        if more or first.foreign is not None or not first.others:
            return self.quoted
        return (first, first._replace(quote=first.others[0]))

    def shortened(self, quotes: int = 1) -> "Opinion":
        """The same with so many quotes."""
        return replace(self, quoted=self.quoted[:quotes])

    def only(self, quoted: Quoted) -> "Opinion":
        """What one of its points says, by those who make that point."""
        return Opinion.of([quoted.point], (quoted,))


@dataclass(frozen=True, slots=True)
class Composition:
    """A summary in words.

    Attributes:
        language: of the text.
        claims: its sentences, each with what it stands on.
        pros: aspects that reviews praise, as words of the language.
        cons: aspects that they criticise.
        facets: both by their keys, with the reviews of the snapshot that say so.
        model: the name and the version of the model that wrote some of the sentences; None: code wrote all.
    """

    language: str
    claims: tuple[SummaryClaim, ...]
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    facets: tuple[Facet, ...] = ()
    model: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """All of it; empty where there is nothing to tell."""
        return joined(self.claims, self.language)


def primary(language: str) -> str:
    """The language of a code, without script and region.

    >>> primary("zh-Hans"), primary("EN_gb")
    ('zh', 'en')
    """
    return language.replace("_", "-").partition("-")[0].lower()


def joined(claims: Iterable[SummaryClaim], language: str) -> str:
    """Sentences as one text."""
    return ("" if primary(language) in UNSPACED else " ").join(claim.text for claim in claims)
