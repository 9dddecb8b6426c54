"""What the rules ask of the state of one partition, wherever it is kept."""

from collections.abc import Iterator
from typing import Protocol

from streams.rolling.product_state import ProductState, ReviewState


class Tables(Protocol):
    """The state of one partition. Products are changed in place; `touch` says that one was."""

    def product(self, product_id: str) -> ProductState:
        """A product's state; a new one where there is none."""

    def touch(self, product: ProductState) -> None:
        """Keep a product as it is now."""

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        """A review's state; None where none is kept."""

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """Keep a review; None forgets it."""

    def reviews_of(self, product_id: str, after: str = "") -> Iterator[tuple[str, ReviewState]]:
        """All reviews of a product, in the order of their ids, from the first after one. Slow to read to the end."""

    def put_listed(self, product_id: str, key: bytes, *, is_listed: bool) -> None:
        """Keep a key of the product's lists of reviews, or forget it; see `streams.rolling.listing`."""

    def listed(self, product_id: str, prefix: bytes, start: bytes = b"") -> Iterator[bytes]:
        """The keys of a list, in order, from one on."""
