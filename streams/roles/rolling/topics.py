"""The topics of the rolling role by what they carry: data, for a replay reads and writes others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    PRODUCT_ALERT,
    PRODUCT_DOCUMENT,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
)
from streams.rolling.product_state import ProductState
from streams.serde import JsonObject
from streams.state.positions import offset_of


@dataclass(frozen=True, slots=True)
class RollingTopics:
    """Names of topics; the defaults are those of the live stream.

    Attributes:
        replay_id: stamped on everything that is published; None in the live stream.
    """

    reviews: str = ENRICHED_REVIEW.name
    products: str = NEW_PRODUCT.name
    texts: str = PRODUCT_TEXT.name
    summaries: str = PRODUCT_SUMMARY.name
    documents: str = PRODUCT_DOCUMENT.name
    refreshes: str = REFRESH_REQUESTED.name
    alerts: str = PRODUCT_ALERT.name
    replay_id: str | None = None

    def renamed(self, names: Callable[[str], str]) -> Self:
        """The same topics by the names that they have on the broker."""
        return replace(
            self,
            reviews=names(self.reviews),
            products=names(self.products),
            texts=names(self.texts),
            summaries=names(self.summaries),
            documents=names(self.documents),
            refreshes=names(self.refreshes),
            alerts=names(self.alerts),
        )

    def source_of(self, product: ProductState, partition: int) -> JsonObject:
        """The last event that changed a product: a review, or the product itself if it has none."""
        is_review = product.applied >= 0
        return {
            "topic": self.reviews if is_review else self.products,
            "partition": partition,
            "offset": offset_of(product.applied if is_review else max(0, product.product_applied)),
            "timestamp_ms": product.changed_ms,
        }


LIVE = RollingTopics()
