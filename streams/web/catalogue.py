"""The seam between the pages and the store: what the pages ask for, and what they get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.fields import SentimentLabel
from schemas.serving import SortKey, SortOrder, StaleReason
from streams.errors import RetryableError


class NotKnownYetError(RetryableError):
    """The store cannot be asked, or is being filled: whether there is an answer cannot be told."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A product's newest record, as the store holds it.

    Attributes:
        epoch: which filling of the store wrote it; another one if it was filled anew.
        partition: the record's partition of product-summary.
        offset: its offset there.
        document: the summary as published; None if the record said that the product is gone.
    """

    product_id: str
    epoch: str
    partition: int
    offset: int
    document: bytes | None


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product that exists.

    Attributes:
        document: its summary, JSON as published.
        stale_reason: None if the store is up to date.
    """

    stored: Stored
    document: bytes
    stale_reason: StaleReason | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is known of some products.

    Attributes:
        found: by product id.
        missing: ids that do not exist.
        unknown: ids of which it cannot be told at the moment; `why` says the reason.
    """

    found: Mapping[str, KnownProduct]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which product a page begins: its score, as the store writes it, and its id."""

    score: str
    product_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some products in order, and where the next page begins; None at the end."""

    products: Sequence[KnownProduct]
    next_place: Place | None


@dataclass(frozen=True, slots=True)
class ReviewList:
    """A list of a product's reviews: those of one of its counters.

    Attributes:
        withdrawals: how often the product was withdrawn before, as its summary says.
        polarity: of the reviews, or of what they say of the aspect; None for all reviews.
        aspect: that they speak of; None for the reviews of a sentiment.
    """

    withdrawals: int
    polarity: SentimentLabel | None = None
    aspect: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class ListedReview:
    """A review in a list: when it was written, in milliseconds since 1970, and its id."""

    created_ms: int
    review_id: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A part of a list, the latest first.

    Attributes:
        total: the length of the list.
        has_more: whether more follow behind the last.
        stale_reason: None if the store is up to date.
    """

    total: int
    reviews: Sequence[ListedReview]
    has_more: bool
    stale_reason: StaleReason | None = None


class Catalogue(Protocol):
    """Knows the products."""

    async def find(self, product_ids: Sequence[str]) -> Lookup:
        """What is known of each product."""

    async def page(self, sort: SortKey, order: SortOrder, *, limit: int, after: Place | None) -> Page:
        """The products in order, from behind a place.

        Raises:
            NotKnownYetError: the store cannot be asked, or is being filled.
        """

    async def listed(
        self, product_id: str, reviews: ReviewList, *, limit: int, after: ListedReview | None
    ) -> ReviewPage:
        """The reviews of a list, from behind one.

        Raises:
            NotKnownYetError: the store cannot be asked, or is being filled.
        """
