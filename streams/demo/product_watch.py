"""What the demonstration's reviews add up to: the newest summary of each product, and the alerts."""

from collections.abc import Iterable

from schemas.alerts import ProductAlert
from schemas.reviews import ReviewEnriched
from schemas.summaries import ProductSummary
from schemas.topics import ENRICHED_REVIEW, PRODUCT_ALERT, PRODUCT_SUMMARY
from streams.demo.tally import OutputRecord, Position, event_of
from streams.settings import TopicNames

FIRST_REVIEWS = 5
#: A text of fewer reviews than this share of those there are is about to be written anew.
CURRENT_SHARE = 1 / 1.2


class ProductWatch:
    """Follows the summaries until they know of every review that was published.

    Args:
        names: of topics on the broker.

    Attributes:
        topics: to follow for it.
        summaries: the newest of each product.
        alerts: in the order they came, each once.
    """

    def __init__(self, names: TopicNames) -> None:
        self._reviews, self._summaries, self._alerts_topic = (
            names(topic.name) for topic in (ENRICHED_REVIEW, PRODUCT_SUMMARY, PRODUCT_ALERT)
        )
        self.topics = (self._summaries, self._alerts_topic)
        self.summaries: dict[str, ProductSummary] = {}
        self._alerts: dict[tuple[str, str], ProductAlert] = {}
        self._enriched: dict[Position, tuple[str, int]] = {}

    @property
    def alerts(self) -> tuple[ProductAlert, ...]:
        """See above."""
        return tuple(self._alerts.values())

    def add(self, record: OutputRecord, offset: int) -> bool:
        """Take note of a record; whether it was one of a product, not of a review."""
        if record.topic == self._reviews:
            review = event_of(ReviewEnriched, record)
            if review is not None:
                position = (review.source.partition, review.source.offset)
                self._enriched[position] = (review.product_id, offset)
        elif record.topic == self._alerts_topic:
            alert = event_of(ProductAlert, record)
            if alert is not None:
                self._alerts.setdefault((alert.alert_id, alert.state), alert)
        elif record.topic == self._summaries:
            summary = event_of(ProductSummary, record)
            if summary is not None:
                self.summaries[summary.product_id] = summary
        return record.topic in self.topics

    def is_complete(self, products: Iterable[str], published: Iterable[Position]) -> bool:
        """Whether these products have a summary, and the published reviews' products one that knows of them."""
        if not all(product_id in self.summaries for product_id in products):
            return False
        known = (self._enriched[position] for position in published if position in self._enriched)
        return all(self._reached(product_id) >= offset for product_id, offset in known)

    def has_texts(self, published: Iterable[Position]) -> bool:
        """Whether every product with reviews enough for a text has the newest: asked for last, and of most reviews."""
        ours = {self._enriched[position][0] for position in published if position in self._enriched}
        return all(
            summary.generation == summary.text_generation > 0
            and summary.text_review_count > CURRENT_SHARE * summary.counts.reviews
            for summary in self.summaries.values()
            if summary.product_id in ours and (summary.generation or summary.counts.reviews >= FIRST_REVIEWS)
        )

    @property
    def texts(self) -> int:
        """How many texts came so far."""
        return sum(summary.text_generation for summary in self.summaries.values())

    def _reached(self, product_id: str) -> int:
        summary = self.summaries.get(product_id)
        if summary is None or summary.source.topic != self._reviews:
            return -1
        return summary.source.offset
