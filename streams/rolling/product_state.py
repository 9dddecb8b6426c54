"""The state of the rolling role: one value a product, one a review. Counters are whole numbers, never sums of floats.

Kept as MessagePack arrays (`streams.roles.rolling.tables`): a field's place is its name, so new fields go to the end,
with a default.
"""

from typing import NamedTuple

import msgspec

from streams.rolling.surges import AlertState

NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2
#: The polarities in the order of every triple of counters.
POLARITIES = ("negative", "neutral", "positive")
UNREAD = -1
UNRATED = -1
#: Of a review without words.
NO_LANGUAGE = ""


class PointMention(NamedTuple):
    """A key point that a review makes: the point's number, and the review's own words."""

    point: int
    quote: str


class Contribution(msgspec.Struct, array_like=True):
    """What one review adds to its product.

    Attributes:
        created_ms: when it was written, milliseconds since 1970.
        day: the day it counts for, days since 1970 UTC.
        rating_hundredths: 0 to 500, or UNRATED.
        sentiment: a polarity, or UNREAD.
        language: its code, or NO_LANGUAGE.
        opinions: (aspect, polarity) pairs, each once.
        mentions: the key points it makes, each once.
        excerpt: its text, cut; empty where it has none.
        is_of_stars: whether its sentiment is that of its stars alone.
    """

    created_ms: int
    day: int
    rating_hundredths: int
    sentiment: int
    is_verified: bool
    is_near_duplicate: bool
    language: str
    opinions: tuple[tuple[str, int], ...]
    mentions: tuple[PointMention, ...]
    title: str | None
    excerpt: str
    is_of_stars: bool = False

    @property
    def is_five_star(self) -> bool:
        """Whether it gives the best rating."""
        return self.rating_hundredths >= 450

    @property
    def is_one_star(self) -> bool:
        """Whether it gives the worst rating: one star, or none where a platform has that."""
        return UNRATED < self.rating_hundredths < 150


class ReviewState(msgspec.Struct, array_like=True):
    """The newest version of a review that was applied.

    Attributes:
        version: the review's.
        applied: the offset of `enriched-review` it came with.
        era: the product's when it was applied; a review of an earlier era does not count any more.
        contribution: what it adds to its product; None once it is removed.
    """

    version: int
    era: int
    contribution: Contribution | None
    applied: int = -1


class Counts(msgspec.Struct, array_like=True):
    """Exact counters of a product's reviews; triples are by polarity.

    `sentiment_from_stars` are those of `sentiment` that were judged by stars alone.
    """

    reviews: int = 0
    histogram: list[int] = msgspec.field(default_factory=lambda: [0] * 6)
    rating_hundredths: int = 0
    sentiment: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    aspects: dict[str, list[int]] = msgspec.field(default_factory=dict)
    verified: int = 0
    near_duplicates: int = 0
    lookalike_five_stars: int = 0
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    sentiment_from_stars: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])


class Reference(NamedTuple):
    """A review that makes a key point. `strength` is how sure the model is, 0 to 100."""

    review_id: str
    created_ms: int
    is_verified: bool
    strength: int


class Kind(NamedTuple):
    """Points are compared within their kind only. The name of a kind is its key in the state."""

    language: str
    polarity: int
    aspect: str

    @property
    def name(self) -> str:
        """As text."""
        return f"{self.language}|{self.polarity}|{self.aspect}"

    @classmethod
    def of(cls, name: str) -> "Kind":
        """From its name.

        >>> Kind.of(Kind("en", 2, "taste|smell").name)
        Kind(language='en', polarity=2, aspect='taste|smell')
        """
        language, polarity, aspect = name.split("|", 2)
        return cls(language, int(polarity), aspect)


class Point(msgspec.Struct, array_like=True):
    """A claim about an aspect: how many reviews make it, and the best of them.

    Attributes:
        number: its name within the product, never used again.
        bits: the embedding of the sentence that founded it.
        count: the reviews that make it.
        references: the newest of them, verified ones first, a bounded number.
        embedding_version: of the embedding.
    """

    number: int
    bits: bytes
    count: int
    references: list[Reference]
    embedding_version: str | None = None


class RecentReview(NamedTuple):
    """A review that came soon after it was written, as surges are judged by it."""

    review_id: str
    written_ms: int
    sentiment: int
    is_lookalike: bool
    negative_aspects: tuple[str, ...]
    is_one_star: bool = False


class Refresh(msgspec.Struct, array_like=True):
    """The last refresh of a product's text, and what has changed since.

    Attributes:
        generation: how many refreshes were asked for.
        reviews: that the product had then.
        sentiment: their polarities.
        aspects: the mentions of each aspect, all polarities together.
        added: reviews added or edited since.
        retracted: reviews removed or edited since.
        waits_since_ms: when the first of these changes was applied; None without any.
        applied: the product's `applied` then.
    """

    generation: int = 0
    reviews: int = 0
    sentiment: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    aspects: dict[str, int] = msgspec.field(default_factory=dict)
    added: int = 0
    retracted: int = 0
    waits_since_ms: int | None = None
    applied: int = -1


class Claim(msgspec.Struct, array_like=True, frozen=True):
    """A sentence of a product's text; see `schemas.summaries.SummaryClaim`."""

    text: str
    method: str
    count: int
    review_ids: tuple[str, ...]
    aspect: str | None
    polarity: str | None


class FacetName(NamedTuple):
    """An aspect of `pros` or `cons`: its key, its name in the language of the text, and a polarity."""

    key: str
    label: str
    polarity: int


class ProductWords(msgspec.Struct, array_like=True):
    """A product's text, as far as its evidence still stands; see `schemas.summaries.ProductText`.

    Attributes:
        model: name and version of the model that put some of it into words.
        facets: `pros` and `cons` by their keys.
        reviews: of the snapshot that it was written from; 0 where that is not known.
        as_of_ms: of that snapshot; 0 where that is not known.
    """

    generation: int = 0
    language: str = "und"
    claims: tuple[Claim, ...] = ()
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    model: tuple[str, str] | None = None
    facets: tuple[FacetName, ...] = ()
    reviews: int = 0
    as_of_ms: int = 0


class ProductFacts(msgspec.Struct, array_like=True, frozen=True):
    """What the platform says of a product beside its name; see `schemas.products.ProductDetails`."""

    brand: str | None = None
    price: float | None = None
    currency: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


class ProductState(msgspec.Struct, array_like=True):
    """All that is kept of a product.

    Attributes:
        applied: the last applied offset of `enriched-review`, as a position that grows for ever
            (`streams.state.positions`), like the offsets below.
        product_applied: the last applied offset of `new-product`.
        era: how often the product was withdrawn.
        cleared: the offset of `enriched-review` up to which reviews went with the product.
        days: reviews, negative, neutral and positive ones of each day of the last 90, then those three judged by
            stars alone; days that were first counted before these were told apart have no such three.
        points: the key points by the name of their kind, in the order they were founded.
        newest_day: the latest day a review was ever written on.
        recent: the latest of the reviews that came soon after they were written, in the order of writing.
        signatures: of the reviews of `arrived`, one after the other; zeros where one has none.
        latest: (created_ms, review id) of the latest reviews by when they were written, latest first.
        changed_ms: the broker's timestamp of the last event that changed it.
        first_ms: when the first of its reviews was written; 0 before there was one.
        words: its text; of an earlier generation than the last refresh until that is answered.
        text_applied: the last applied offset of `product-text`.
        alerts: the latest alert of each subject.
        is_unpublished: whether the published summary is older than this.
        swept: reviews of before the last withdrawal are kept of ids after this one; None: of no id.
        is_unlisted: whether its first reviews are from before there were lists of them, so that each machine has to
            list them when it restores them.
        arrived: the ids of the last reviews in the order in which they came, oldest first.
        facts: of its newest version; empty where that came before they were kept.
        aspect_days: of each aspect, how many reviews of a day of `days` speak of it; triples are by polarity.
        revisited: reviews of before opinions were counted by day are counted so up to this id, and those of ids after
            it are not; None: all are.
    """

    product_id: str
    applied: int = -1
    product_applied: int = -1
    product_version: int = 0
    era: int = 0
    cleared: int = -1
    is_gone: bool = False
    title: str | None = None
    category: str | None = None
    counts: Counts = msgspec.field(default_factory=Counts)
    days: dict[int, list[int]] = msgspec.field(default_factory=dict)
    newest_day: int = 0
    points: dict[str, list[Point]] = msgspec.field(default_factory=dict)
    next_point: int = 0
    recent: list[RecentReview] = msgspec.field(default_factory=list)
    signatures: bytes = b""
    latest: list[tuple[int, str]] = msgspec.field(default_factory=list)
    changed_ms: int = 0
    is_unpublished: bool = False
    refresh: Refresh = msgspec.field(default_factory=Refresh)
    first_ms: int = 0
    alerts: dict[str, AlertState] = msgspec.field(default_factory=dict)
    words: ProductWords = msgspec.field(default_factory=ProductWords)
    text_applied: int = -1
    swept: str | None = None
    is_unlisted: bool = False
    arrived: list[str] = msgspec.field(default_factory=list)
    facts: ProductFacts = ProductFacts()
    aspect_days: dict[str, dict[int, list[int]]] = msgspec.field(default_factory=dict)
    revisited: str | None = None
