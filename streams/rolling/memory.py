"""Tables in memory, for reviews that come from no stream: a file, an evaluation, a test."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.rolling.applying import Tables
from streams.rolling.product_state import ProductState, ReviewState


@dataclass
class MemoryTables(Tables):
    """Tables that are dictionaries: products by id, reviews by product and id."""

    products: dict[str, ProductState] = field(default_factory=dict)
    reviews: dict[tuple[str, str], ReviewState] = field(default_factory=dict)

    def product(self, product_id: str) -> ProductState:
        """See `Tables`."""
        return self.products.setdefault(product_id, ProductState(product_id))

    def touch(self, product: ProductState) -> None:
        """Products are kept as they are."""

    def review(self, product_id: str, review_id: str) -> ReviewState | None:
        """See `Tables`."""
        return self.reviews.get((product_id, review_id))

    def put_review(self, product_id: str, review_id: str, state: ReviewState | None) -> None:
        """See `Tables`."""
        if state is None:
            self.reviews.pop((product_id, review_id), None)
        else:
            self.reviews[product_id, review_id] = state

    def reviews_of(self, product_id: str) -> Iterator[tuple[str, ReviewState]]:
        """See `Tables`."""
        for (product, review_id), state in list(self.reviews.items()):
            if product == product_id:
                yield review_id, state
