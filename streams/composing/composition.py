"""What composing works with: the mix of a product's reviews, what is said of one aspect, and the finished text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas.fields import SentimentLabel
from schemas.summaries import Facet, KeyPoint, RefreshRequested, SummaryClaim

#: Written without spaces between words and sentences.
UNSPACED = frozenset({"zh", "ja", "th", "yue"})


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
        point: which.
        quote: word for word from one of its reviews, fit to be published.
        review_id: whose words they are.
        foreign: the language of the quote, where it is not that of the text.
        others: how others put it, as fit to be published.
    """

    point: KeyPoint
    quote: str
    review_id: str
    foreign: str | None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What reviews say of one aspect with one polarity: one sentence's worth.

    Attributes:
        aspect: by its name in the snapshot.
        polarity: towards it.
        total: how many reviews say so.
        quoted: the points that it is told in, most made first; never empty.
    """

    aspect: str
    polarity: SentimentLabel
    total: int
    quoted: tuple[Quoted, ...]

    def shortened(self, quotes: int = 1) -> "Opinion":
        """The same with so many quotes."""
        return Opinion(self.aspect, self.polarity, self.total, self.quoted[:quotes])

    def only(self, quoted: Quoted) -> "Opinion":
        """What one of its points says, by those who make that point."""
        return Opinion(self.aspect, self.polarity, quoted.point.count, (quoted,))

    @property
    def review_ids(self) -> tuple[str, ...]:
        """The reviews it stands on, those that are quoted first."""
        ids = [quoted.review_id for quoted in self.quoted]
        return tuple(
            dict.fromkeys(ids + [known for quoted in self.quoted for known in quoted.point.review_ids])
        )[:1000]


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
