"""What copy is about: a product as its platform describes it, beside what its reviews say."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.products import Product, ProductDetails
from schemas.summaries import ProductSummary, RefreshRequested
from streams.composing.composition import Opinion, primary
from streams.composing.opinions import opinions_of


@dataclass(frozen=True, slots=True)
class Subject:
    """A product and its reviews.

    Attributes:
        product_id: whose.
        title: its name; empty where a request describes a product and does not name it.
        details: what its platform says of it.
        summary: what its reviews say; None: nothing is known of any.
    """

    product_id: str
    title: str
    details: ProductDetails
    summary: ProductSummary | None = None

    @classmethod
    def of(cls, product: Product, summary: ProductSummary | None = None) -> "Subject":
        """A product that is there, with its summary if there is one."""
        details = ProductDetails.model_validate(
            {name: getattr(product, name) for name in ProductDetails.model_fields}
        )
        return cls(product.product_id, product.title or "", details, summary)

    @property
    def review_count(self) -> int:
        """How many reviews are known."""
        return 0 if self.summary is None else self.summary.counts.reviews

    def opinions(self, language: str) -> tuple[Opinion, ...]:
        """What its reviews say that may be quoted in a text of a language, most made points first."""
        return tuple(self._opinions(language))

    def _opinions(self, language: str) -> Iterator[Opinion]:
        if self.summary is None or not self.summary.key_points:
            return
        snapshot = RefreshRequested(
            source=self.summary.source,
            made_at=self.summary.made_at,
            product_id=self.product_id,
            generation=max(1, self.summary.generation),
            as_of=self.summary.as_of,
            reason="requested",
            language=language,
            counts=self.summary.counts,
            key_points=self.summary.key_points,
        )
        for opinion in opinions_of(snapshot, language):
            if opinion.quoted[0].foreign is None or primary(opinion.quoted[0].foreign) == language:
                yield opinion
